"""Serves clients of the responses API, Codex and openai-agents among them, from providers of chat completions.

Nothing is kept between calls: what a client refers to by an id has to be put back into its request first
(`pyproxy.dialects.continuation`).

- `request` and `conversation`: a request, and the items of its input as messages; `content` the parts of both.
- `tools`: which tools chat can be given, under which names, and whose call it is that comes back.
- `stream`: an answer, event by event; a plain one, `response`, is a stream of one piece. `open_items` the items under way.
- `seals`: signed reasoning, which goes to the client and comes back from it unread.
- `echo`: the members of a response that repeat the request.
"""

from __future__ import annotations

from pyproxy.dialects.translation.responses_over_chat.request import translate_request
from pyproxy.dialects.translation.responses_over_chat.response import translate_response
from pyproxy.dialects.translation.responses_over_chat.stream import ResponseStream
from pyproxy.dialects.translation.translator import PureTranslator

__all__ = ["RESPONSES_OVER_CHAT"]

# Answers repeat what was asked for: a call brings that as its `asked`.
RESPONSES_OVER_CHAT = PureTranslator(translate_request, translate_response, ResponseStream)
