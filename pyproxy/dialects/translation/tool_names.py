"""Names of tools that a provider does not take: others on the way there, the client's own on the way back.

Each API has its rule for them: what Anthropic's clients may call a tool is twice as long as OpenAI's API allows, and what Gemini's may,
has dots. A name is replaced by one that tells what it can of it, and always by the same one, so that a conversation stays the same from
turn to turn, and caches of prompts know it again.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.dialects.translation.places import places

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Json

__all__ = ["ToolNames"]

_ODD = re.compile(r"[^A-Za-z0-9_-]")
_DIGEST = 12


class _Rule(NamedTuple):
    """What an API takes for a name.

    Attributes:
        takes: what names look like.
        longest: how many characters they may have.
        asked: where they stand in requests.
        told: where they stand in answers, and in the events of their streams.
    """

    takes: re.Pattern[str]
    longest: int
    asked: tuple[str, ...]
    told: tuple[str, ...]


_RULES = {
    "openai": _Rule(
        takes=re.compile(r"[A-Za-z0-9_-]{1,64}"),
        longest=64,
        asked=(
            "tools[].function.name",
            "tool_choice.function.name",
            "tool_choice.allowed_tools.tools[].function.name",
            "messages[].tool_calls[].function.name",
        ),
        told=("choices[].message.tool_calls[].function.name", "choices[].delta.tool_calls[].function.name"),
    ),
    "anthropic": _Rule(
        takes=re.compile(r"[A-Za-z0-9_-]{1,128}"),
        longest=128,
        asked=("tools[].name", "tool_choice.name", "messages[].content[].name"),
        told=("content[].name", "content_block.name"),
    ),
    "gemini": _Rule(
        takes=re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"),
        longest=64,
        asked=(
            "tools[].functionDeclarations[].name",
            "toolConfig.functionCallingConfig.allowedFunctionNames[]",
            "contents[].parts[].functionCall.name",
            "contents[].parts[].functionResponse.name",
        ),
        told=("candidates[].content.parts[].functionCall.name", "candidates[].content.parts[].function_call.name"),
    ),
}


class ToolNames:
    """The names of one call.

    Args:
        wire: the provider's API.
    """

    def __init__(self, wire: str) -> None:
        self._rule = _RULES[wire]
        self._client_names: dict[str, str] = {}

    def replace(self, request: Json) -> None:
        """Put names that the provider takes into its request, which is changed."""
        rule = self._rule
        found = [place for path in rule.asked for place in places(request, path) if isinstance(place[0][place[1]], str)]
        names = dict.fromkeys(holder[key] for holder, key in found)
        odd = [name for name in names if name and not rule.takes.fullmatch(name)]
        if not odd:
            return
        given: dict[str, str] = {}
        for name in odd:
            given[name] = self._unlike(name, {*names, *given.values()})
        for holder, key in found:
            holder[key] = given.get(holder[key], holder[key])
        self._client_names = {replaced: name for name, replaced in given.items()}

    def restore(self, answer: Any) -> None:
        """Put the client's names into a provider's answer, or an event of its stream, which is changed."""
        if not self._client_names:
            return
        for path in self._rule.told:
            for holder, key in places(answer, path):
                if isinstance(holder[key], str):
                    holder[key] = self._client_names.get(holder[key], holder[key])

    def _unlike(self, name: str, taken: set[str]) -> str:
        """Return what a name is replaced by: the same one every time, unless the client has a tool that is called so."""
        head = _ODD.sub("_", name)
        head = (head if head[0].isalpha() or head[0] == "_" else f"_{head}")[: self._rule.longest - _DIGEST - 1]
        for salt in ("", *map(str, range(len(taken)))):
            digest = hashlib.sha256((salt + name).encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
            if (replaced := f"{head}_{digest}") not in taken:
                return replaced
        raise AssertionError("there are more digests than names")
