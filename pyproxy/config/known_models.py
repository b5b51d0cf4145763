"""What well-known models refuse, and how they are told to think, by the beginnings of their names.

Each rule takes away from what a model's dialect allows, and adds nothing but thinking. The first that fits holds. A model that is
newer than this list is taken to be like the newest of its family: what is left out of a request costs less than a request that is
refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from pyproxy.domain.capabilities import ALL_CAPABILITIES, PLAIN_CAPABILITIES, Capabilities, Thinking

if TYPE_CHECKING:
    from pyproxy.domain.surfaces import Dialect

__all__ = ["known_capabilities"]

Refused = Literal["sampling", "sampling_while_thinking", "forced_tools", "prefill", "json_schema", "vision"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known of models by their names.

    Attributes:
        names: Patterns; one fits the name without what stands before its last ``/``, in small letters, its dots as dashes.
        refuses: What they do not take.
        thinking: How they are told to think, where that is not as their dialect has it.
        max_output: The longest answer in tokens, where it must be known.
    """

    names: tuple[str, ...]
    refuses: tuple[Refused, ...] = ()
    max_output: int | None = None
    thinking: Thinking | None = None


_BY_DIALECT: dict[Dialect, Capabilities] = {
    "openai": PLAIN_CAPABILITIES,
    "anthropic": replace(ALL_CAPABILITIES, reasoning_history=False, sampling_while_thinking=False, thinking="budget"),
    "gemini": replace(PLAIN_CAPABILITIES, thinking="effort"),
}

_RULES = (
    Rule(("claude-3-haiku*", "claude-3-opus*", "claude-3-sonnet*"), ("json_schema",), 4_096, "none"),
    Rule(("claude-3-5-*",), ("json_schema",), 8_192, "none"),
    Rule(("claude-3-7-*",), ("json_schema",), 64_000, "budget"),
    Rule(("claude-opus-4-1*",), (), 32_000, "budget"),
    Rule(("claude-opus-4-5*", "claude-sonnet-4-5*", "claude-haiku-4-5*"), (), 64_000, "budget"),
    Rule(("claude-opus-4-6*", "claude-sonnet-4-6*"), ("prefill",), 128_000, "budget"),  # they know efforts, too, but not all of them
    Rule(("claude-opus-4-7*", "claude-opus-4-8*", "claude-sonnet-4-7*", "claude-sonnet-4-8*"), ("prefill", "sampling"), 128_000, "effort"),
    Rule(("claude-opus-4", "claude-opus-4-0", "claude-opus-4-2025*"), ("json_schema",), 32_000, "budget"),
    Rule(("claude-sonnet-4", "claude-sonnet-4-0", "claude-sonnet-4-2025*"), ("json_schema",), 64_000, "budget"),
    Rule(("claude-opus-5", "claude-opus-5-0*", "claude-opus-5-2026*", "claude-sonnet-5*"), ("prefill", "sampling"), 128_000, "effort"),
    Rule(("claude-2*", "claude-instant*"), ("json_schema", "vision"), 4_096, "none"),
    Rule(("claude-*",), ("prefill", "sampling", "forced_tools"), 128_000, "effort"),
    Rule(("gpt-3*",), ("json_schema", "vision")),
    Rule(("gpt-4", "gpt-4-0*"), ("json_schema", "vision")),
    Rule(("gpt-4-turbo*", "gpt-4-1106*"), ("json_schema",)),
    Rule(("gpt-4*", "chatgpt-*", "gpt-*-chat*")),
    Rule(("gpt-oss*",), ("vision",), thinking="effort"),
    Rule(("o1-mini*", "o1-preview*"), ("sampling", "json_schema", "vision", "forced_tools")),
    Rule(("o3-mini*",), ("sampling", "vision"), thinking="effort"),
    # Of themselves they do not think, and are sampled as one likes.
    Rule(("gpt-5-[1-4]", "gpt-5-[1-4]-20*", "gpt-5-[1-4]-mini*", "gpt-5-[1-4]-nano*"), ("sampling_while_thinking",), thinking="effort"),
    Rule(("gpt-[5-9]*", "gpt-[1-9][0-9]*", "o[1-9]*", "codex-*"), ("sampling",), thinking="effort"),
    Rule(("grok-3-mini*",), thinking="effort"),
    Rule(("deepseek-chat*", "deepseek-v*"), ("json_schema", "vision")),
    Rule(("deepseek-reasoner*", "deepseek-r*"), ("sampling", "json_schema", "vision")),
    Rule(("gemini-*-image*", "gemini-*-tts*", "gemma*"), thinking="none"),
    Rule(("gemini-2-5*",), thinking="budget"),
    Rule(("gemini-[12]", "gemini-[12]-*", "gemini-pro*", "gemini-flash"), thinking="none"),
)
# What clouds put around a name: "us.anthropic.claude-opus-4-6-v1:0", "claude-opus-4-6@20260205", "models/gemini-3".
_AROUND = re.compile(r"^(?:[a-z]{2,6}\.)?anthropic\.|[@:].*$")


def known_capabilities(dialect: Dialect, model: str) -> Capabilities:
    """Return what a model takes, as far as its dialect and its name tell.

    Args:
        dialect: What its provider speaks.
        model: The name its provider knows it by.
    """
    name = _AROUND.sub("", model.lower().rpartition("/")[2]).replace(".", "-")
    allowed = _BY_DIALECT[dialect]
    for rule in _RULES:
        if any(fnmatchcase(name, pattern) for pattern in rule.names):
            refused = dict.fromkeys(rule.refuses, False)
            return replace(
                allowed,
                **refused,
                max_output=rule.max_output or allowed.max_output,
                thinking=rule.thinking or allowed.thinking,
            )
    return allowed
