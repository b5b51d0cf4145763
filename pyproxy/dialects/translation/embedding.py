"""Embeddings among the translations: whole answers, whose form depends on what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, EmbeddingsTranslator, Json, StreamTranslator, Translated

__all__ = ["Embedding"]


class Embedding:
    """A translation of embeddings, as one of any other operation."""

    def __init__(self, translator: EmbeddingsTranslator) -> None:
        self._translator = translator

    def request(self, body: Json, call: Call) -> Translated:
        """The provider's request for a client's. See `Translator.request`."""
        return self._translator.request(body, call)

    def response(self, body: Json, call: Call) -> Translated:
        """The client's answer for a provider's. See `Translator.response`."""
        return self._translator.response(body, call, call.asked)

    def stream(self, call: Call) -> StreamTranslator:  # noqa: ARG002 - the interface's shape
        """There is none."""
        raise UntranslatableError("Embeddings are not streamed.", "stream")
