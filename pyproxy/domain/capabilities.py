"""What a model takes, where models differ: translations go by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

__all__ = ["ALL_CAPABILITIES", "PLAIN_CAPABILITIES", "Capabilities", "Effort", "Thinking"]

# Of the thoughts that a word such as "ping" leads to: some hundreds of tokens at most, and only what is thought costs.
_ROOM_FOR_THOUGHTS = 1_024

Thinking: TypeAlias = Literal["effort", "budget", "none"]
"""How a model is told how much to think: in a word, as a number of tokens, or not at all."""

Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""The words, from the least to the most."""
_EFFORTS: tuple[Effort, ...] = get_args(Effort)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one model takes.

    Attributes:
        sampling: whether it takes ``temperature``, ``top_p`` and ``top_k``; most reasoning models refuse them.
        sampling_while_thinking: whether it takes them in a request that has it think, too.
        thinking: how it is told how much to think.
        forced_tools: whether a request may force it to call a tool.
        prefill: whether it goes on with a last message of the assistant.
        json_schema: whether its provider holds an answer to a JSON schema.
        vision: whether it takes images.
        reasoning_history: whether a chat provider takes the text of earlier turns' reasoning back (``reasoning_content``); some cannot
            go on without it, and many refuse what they do not know. What was signed goes back to who signed it, and only there.
        max_output: the most tokens of an answer: no request asks for more, and a provider that must be given a bound is given it.
        efforts: the words that it takes, where it is told in words how much to think; empty if all of them, or nobody knows.
    """

    sampling: bool = True
    sampling_while_thinking: bool = True
    thinking: Thinking = "none"
    forced_tools: bool = True
    prefill: bool = True
    json_schema: bool = True
    vision: bool = True
    reasoning_history: bool = False
    max_output: int | None = None
    efforts: tuple[Effort, ...] = ()

    def effort_taken(self, asked: str) -> str:
        """The word for an effort that comes closest to what is asked, of those that it takes.

        That is the next lower one, else the lowest. To think a little is not taken for not to think at all; who cannot be kept from
        thinking thinks as little as it can.
        """
        if not self.efforts or asked in self.efforts or asked not in _EFFORTS:
            return asked
        taken: list[Effort] = [effort for effort in _EFFORTS if effort in self.efforts and effort != "none"] or list(self.efforts)
        lower = [effort for effort in taken if _EFFORTS.index(effort) < _EFFORTS.index(asked)]
        return lower[-1] if lower else taken[0]

    def takes_sampling(self, *, thinks: bool) -> bool:
        """Whether it takes sampling parameters in a request that has it think, or in one that does not."""
        return self.sampling and (self.sampling_while_thinking or not thinks)

    @property
    def thinks_unasked(self) -> bool:
        """Whether it is told in words how much to think, and thinks where nobody says so; those that do not are sampled then."""
        return self.thinking == "effort" and (self.takes_sampling(thinks=True) or not self.takes_sampling(thinks=False))

    @property
    def reasons_in_chat(self) -> bool:
        """Whether a chat provider has it as OpenAI has its reasoning models, which refuse stops, penalties and the older bound.

        Many of other makers are told efforts, too, but take sampling parameters, and all of these.
        """
        return self.thinking == "effort" and not self.takes_sampling(thinks=True)

    @property
    def bound_in_chat(self) -> Literal["max_tokens", "max_completion_tokens"]:
        """The name that a chat provider has for the bound of an answer: reasoning models refuse the older one, others know no newer."""
        return "max_completion_tokens" if self.reasons_in_chat else "max_tokens"

    @property
    def least_bound_in_chat(self) -> int:
        """The tokens that are bound enough for an answer of which nothing is to be read.

        Where other models break off, those that reason refuse a bound that their thoughts alone come to.
        """
        return _ROOM_FOR_THOUGHTS if self.reasons_in_chat else 1


ALL_CAPABILITIES = Capabilities(reasoning_history=True, thinking="budget")

# Of a model of which nothing is known: most take a last message of the assistant for a turn that has ended.
PLAIN_CAPABILITIES = Capabilities(prefill=False)
