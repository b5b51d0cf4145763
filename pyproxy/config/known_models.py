"""What well-known models refuse, how long their answers are, and how they are told to think, by the beginnings of their names.

Each rule takes away from what a model's dialect allows, and adds nothing but thinking. The first that fits holds. A model that is
newer than this list is taken to be like the newest of its family: what is left out of a request costs less than a request that is
refused. A bound is told only where its makers publish one: a guess too low would cut answers short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from pyproxy.domain.capabilities import ALL_CAPABILITIES, PLAIN_CAPABILITIES, Capabilities, Effort, Thinking

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
        max_output: The longest answer in tokens, its thoughts included; a request for more is refused.
        efforts: The words of those that are told to think in words, where some of them are refused.
    """

    names: tuple[str, ...]
    refuses: tuple[Refused, ...] = ()
    max_output: int | None = None
    thinking: Thinking | None = None
    efforts: tuple[Effort, ...] = ()


_FEW: tuple[Effort, ...] = ("low", "medium", "high")
_MORE: tuple[Effort, ...] = (*_FEW, "xhigh")
_MOST: tuple[Effort, ...] = (*_MORE, "max")

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
    Rule(("gpt-3*",), ("json_schema", "vision"), 4_096),
    # Their answers may have 8,192 tokens, as many as fit into them with the prompt: all of it would be refused.
    Rule(("gpt-4", "gpt-4-0*"), ("json_schema", "vision"), 4_096),
    Rule(("gpt-4-turbo*", "gpt-4-1106*"), ("json_schema",), 4_096),
    Rule(("gpt-4o-2024-05-13",), ("json_schema",), 4_096),
    Rule(("gpt-4-1", "gpt-4-1-*"), (), 32_768),
    Rule(("gpt-4o*", "gpt-4-5*", "chatgpt-*", "gpt-*-chat*"), (), 16_384),
    Rule(("gpt-4*",)),
    Rule(("gpt-oss*",), ("vision",), thinking="effort", efforts=_FEW),
    Rule(("o1-mini*",), ("sampling", "json_schema", "vision", "forced_tools"), 65_536),
    Rule(("o1-preview*",), ("sampling", "json_schema", "vision", "forced_tools"), 32_768),
    Rule(("o3-mini*",), ("sampling", "vision"), 100_000, "effort", _FEW),
    Rule(("o[34]-deep-research*", "o4-mini-deep-research*"), ("sampling",), 100_000, "effort", ("medium",)),
    Rule(("o[134]", "o[134]-*"), ("sampling",), 100_000, "effort", _FEW),
    # Of themselves they do not think, and are sampled as one likes.
    Rule(("gpt-5-1", "gpt-5-1-20*"), ("sampling_while_thinking",), 128_000, "effort", ("none", *_FEW)),
    Rule(
        ("gpt-5-[2-4]", "gpt-5-[2-4]-20*", "gpt-5-[2-4]-mini*", "gpt-5-[2-4]-nano*"),
        ("sampling_while_thinking",),
        128_000,
        "effort",
        ("none", *_MORE),
    ),
    Rule(("gpt-5-pro*",), ("sampling",), 272_000, "effort", ("high",)),
    Rule(("gpt-5-[1-9]-pro*",), ("sampling",), 128_000, "effort", ("medium", "high", "xhigh")),
    Rule(("gpt-5", "gpt-5-20*", "gpt-5-mini*", "gpt-5-nano*"), ("sampling",), 128_000, "effort", ("minimal", *_FEW)),
    Rule(("gpt-5-codex*", "gpt-5-1-codex", "gpt-5-1-codex-mini*"), ("sampling",), 128_000, "effort", _FEW),
    Rule(("gpt-5-5", "gpt-5-5-20*"), ("sampling",), 128_000, "effort", ("none", *_MORE)),
    Rule(("gpt-5-6*", "gpt-6-sol*", "gpt-6-luna*"), ("sampling",), 128_000, "effort", ("none", *_MOST)),
    Rule(("gpt-6-astra*", "gpt-6-1*"), ("sampling",), 128_000, "effort", _MOST),
    Rule(("gpt-[56]", "gpt-[56]-*"), ("sampling",), 128_000, "effort", _MORE),
    Rule(("codex-*",), ("sampling",), 100_000, "effort", _FEW),
    Rule(("gpt-[7-9]*", "gpt-[1-9][0-9]*"), ("sampling",), thinking="effort", efforts=_MORE),
    Rule(("o[1-9]*",), ("sampling",), thinking="effort", efforts=_FEW),
    Rule(("grok-3-mini*",), thinking="effort", efforts=("low", "high")),
    # By these names DeepSeek itself serves them; what others serve by the names of the weights is as long as they like.
    Rule(("deepseek-chat*",), ("json_schema", "vision"), 8_192),
    Rule(("deepseek-reasoner*",), ("sampling", "json_schema", "vision"), 65_536),
    Rule(("deepseek-v4*",), ("json_schema", "vision"), 393_216),
    Rule(("deepseek-v*",), ("json_schema", "vision")),
    Rule(("deepseek-r*",), ("sampling", "json_schema", "vision")),
    Rule(("gemini-*-image*",), (), 32_768, "none"),
    Rule(("gemini-*-tts*",), (), 16_384, "none"),
    Rule(("gemma*",), thinking="none"),
    Rule(("gemini-2-5*",), (), 65_536, "budget"),
    Rule(("gemini-2-0-flash-thinking*",), (), 65_536, "none"),
    Rule(("gemini-[12]", "gemini-[12]-*", "gemini-pro", "gemini-pro-[1v]*", "gemini-flash", "gemini-flash-1*"), (), 8_192, "none"),
    Rule(("gemini-3-pro*",), (), 65_536, efforts=("low", "high")),
    Rule(("gemini-3*-pro*", "gemini-pro-latest", "gemini-3-8-flash*"), (), 65_536, efforts=_FEW),
    Rule(("gemini-3*", "gemini-flash-latest", "gemini-flash-lite-latest"), (), 65_536, efforts=("minimal", *_FEW)),
    Rule(("gemini-*",), efforts=_FEW),
)
# What clouds put around a name: "us.anthropic.claude-opus-4-6-v1:0", "claude-opus-4-6@20260205", "models/gemini-3".
_AROUND = re.compile(r"^(?:[a-z]{2,6}\.)?anthropic\.|[@:].*$")
_WILD = re.compile(r"[*?\[]")


def known_capabilities(dialect: Dialect, model: str) -> Capabilities:
    """Return what a model takes, as far as its dialect and its name tell.

    Args:
        dialect: What its provider speaks.
        model: The name its provider knows it by.
    """
    name = _AROUND.sub("", model.lower().rpartition("/")[2]).replace(".", "-")
    allowed = _BY_DIALECT[dialect]
    for rule in _RULES:
        if any(_fits(name, pattern) for pattern in rule.names):
            refused = dict.fromkeys(rule.refuses, False)
            return replace(
                allowed,
                **refused,
                max_output=rule.max_output or allowed.max_output,
                thinking=rule.thinking or allowed.thinking,
                efforts=rule.efforts,
            )
    return allowed


def _fits(name: str, pattern: str) -> bool:
    """Whether it does; where it begins differently its pattern need not be compiled, which takes longer than a look at all of them."""
    return name.startswith(_WILD.split(pattern, maxsplit=1)[0]) and fnmatchcase(name, pattern)
