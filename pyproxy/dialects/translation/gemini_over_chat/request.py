"""Requests: of Gemini's ``generateContent`` and ``streamGenerateContent`` to the chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.fields import Fields
from pyproxy.dialects.translation.gemini_over_chat.contents import messages_of
from pyproxy.dialects.translation.gemini_over_chat.generation import add_parameters
from pyproxy.dialects.translation.gemini_over_chat.tools import add_tools
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.translator import Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["translate_request"]


def translate_request(body: Json, call: Call) -> Translated:
    """Return the chat request for a Gemini client's.

    Raises:
        UntranslatableError: it cannot be asked of a chat provider.
    """
    losses = Losses()
    fields = Fields(body, losses=losses, gemini=True)
    fields.get("model")
    if fields.get("cachedContent"):
        raise fields.fault("cachedContent", "What is cached at Google cannot be read by this provider.")
    request: Json = {"model": call.model, "messages": messages_of(fields, call)}
    add_tools(fields, request, call.capabilities)
    config = fields.object("generationConfig")
    if config is not None:
        add_parameters(config, request, call)
    if call.stream:
        # Gemini's streams always tell it.
        request.update(stream=True, stream_options={"include_usage": True})
    fields.done()
    return Translated(request, losses.names)
