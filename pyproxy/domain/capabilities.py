"""What a model takes, where models differ: translations go by it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALL_CAPABILITIES", "PLAIN_CAPABILITIES", "Capabilities"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Flags of one model.

    Attributes:
        sampling: whether it takes ``temperature``, ``top_p`` and ``top_k``; reasoning models refuse them.
        forced_tools: whether a request may force it to call a tool.
        prefill: whether it goes on with a last message of the assistant.
        json_schema: whether its provider holds an answer to a JSON schema.
        vision: whether it takes images.
        reasoning_history: whether a chat provider takes the reasoning of earlier turns back (``reasoning_content``,
            ``thinking_blocks``); some cannot go on without it, and many refuse what they do not know.
        max_output: the most tokens of an answer; what a provider that must be given a bound is given.
    """

    sampling: bool = True
    forced_tools: bool = True
    prefill: bool = True
    json_schema: bool = True
    vision: bool = True
    reasoning_history: bool = False
    max_output: int | None = None


ALL_CAPABILITIES = Capabilities(reasoning_history=True)

# Of a model of which nothing is known: most take a last message of the assistant for a turn that has ended.
PLAIN_CAPABILITIES = Capabilities(prefill=False)
