"""Every translation there is: which operation of a client's API is asked for which of a provider, and what translates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat.customs import CustomTools
from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.chat_over_gemini.embeddings import EMBEDDINGS_OVER_GEMINI
from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.composed import Composed
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.gemini_over_chat.embeddings import GEMINI_EMBEDDINGS_OVER_CHAT
from pyproxy.dialects.translation.gemini_over_chat.names import GEMINI_NAMES
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.messages_over_chat.names import MESSAGES_NAMES
from pyproxy.dialects.translation.responses_over_chat import RESPONSES_OVER_CHAT
from pyproxy.dialects.translation.responses_over_chat.names import RESPONSES_NAMES
from pyproxy.dialects.translation.ways import Way
from pyproxy.domain.operations import (
    BATCH_EMBED_CONTENTS,
    CHAT,
    EMBED_CONTENT,
    EMBEDDINGS,
    GENERATE_CONTENT,
    MESSAGES,
    RESPONSES,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.domain.operations import Operation
    from pyproxy.domain.surfaces import Dialect

__all__ = ["TRANSLATIONS"]

TRANSLATIONS: Mapping[tuple[Operation, Dialect], Way] = {
    (CHAT, "anthropic"): Way(MESSAGES, CustomTools(CHAT_OVER_MESSAGES)),
    (CHAT, "gemini"): Way(GENERATE_CONTENT, CustomTools(CHAT_OVER_GEMINI)),
    (MESSAGES, "openai"): Way(CHAT, MESSAGES_OVER_CHAT, MESSAGES_NAMES),
    (MESSAGES, "gemini"): Way(GENERATE_CONTENT, Composed(MESSAGES_OVER_CHAT, CHAT_OVER_GEMINI, MESSAGES_NAMES)),
    (GENERATE_CONTENT, "openai"): Way(CHAT, GEMINI_OVER_CHAT, GEMINI_NAMES),
    (GENERATE_CONTENT, "anthropic"): Way(MESSAGES, Composed(GEMINI_OVER_CHAT, CHAT_OVER_MESSAGES, GEMINI_NAMES)),
    (RESPONSES, "openai"): Way(CHAT, RESPONSES_OVER_CHAT, RESPONSES_NAMES),
    (RESPONSES, "anthropic"): Way(MESSAGES, Composed(RESPONSES_OVER_CHAT, CHAT_OVER_MESSAGES, RESPONSES_NAMES)),
    (RESPONSES, "gemini"): Way(GENERATE_CONTENT, Composed(RESPONSES_OVER_CHAT, CHAT_OVER_GEMINI, RESPONSES_NAMES)),
    (EMBEDDINGS, "gemini"): Way(BATCH_EMBED_CONTENTS, EMBEDDINGS_OVER_GEMINI),
    (EMBED_CONTENT, "openai"): Way(EMBEDDINGS, GEMINI_EMBEDDINGS_OVER_CHAT),
    (BATCH_EMBED_CONTENTS, "openai"): Way(EMBEDDINGS, GEMINI_EMBEDDINGS_OVER_CHAT),
}
