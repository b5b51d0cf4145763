"""Lowers the bound of an answer where it is beyond what a model can give, and leaves every other byte as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyproxy.dialects.json_spans import Cut, decode, members, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.dialects.json_spans import Span

__all__ = ["Bounded", "bounded"]

_BOUNDS = frozenset({"max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"})
_LEAST_BUDGET = 1_024
_WITHIN = frozenset({"generationConfig", "generation_config"})


class Bounded(NamedTuple):
    """A body, and the names of the members that were lowered in it."""

    body: bytes
    lowered: tuple[str, ...]


def bounded(body: bytes, most: int) -> Bounded:
    """Return a request of any API with no bound above `most`; what is no JSON, or no number, is left to its provider to refuse."""
    try:
        text = body.decode()
        found = [(name, member) for name, member in _bounds(text, decode(text)) if _is_above(member.value, most)]
    except (ValueError, RecursionError):
        return Bounded(body, ())
    cuts = [Cut(member.inside, member.end, str(most)) for _, member in found]
    names = [name for name, _ in found]
    if (budget := _budget(text, most, dict(found).get("max_tokens"))) is not None:
        cuts.append(budget)
        names.append("thinking.budget_tokens")
    return Bounded(replaced(text, cuts).encode(), tuple(dict.fromkeys(names)))


def _budget(text: str, most: int, lowered: Span | None) -> Cut | None:
    """Anthropic's budget for thinking has to be below the bound: it keeps its share of that, and the smallest there is at least."""
    thinking = next((member for member in members(text, decode(text)) if member.key == "thinking"), None) if lowered else None
    if lowered is None or thinking is None or not isinstance(thinking.value, dict):
        return None
    budget = next((member for member in members(text, thinking) if member.key == "budget_tokens"), None)
    if budget is None or not _is_above(budget.value, most - 1):
        return None
    share = int(str(budget.value)) * most // int(str(lowered.value))
    return Cut(budget.inside, budget.end, str(max(_LEAST_BUDGET, min(share, most - 1))))


def _bounds(text: str, whole: Span, within: str = "") -> Iterator[tuple[str, Span]]:
    if not isinstance(whole.value, dict):
        return
    for member in members(text, whole):
        if member.key in _BOUNDS:
            yield within + member.key, member
        elif not within and member.key in _WITHIN:
            yield from _bounds(text, member, f"{member.key}.")


def _is_above(number: object, most: int) -> bool:
    """Whether a number, which is not decoded but a text as it is written, is above; a text in quotes is a text as well."""
    return isinstance(number, str) and number.isascii() and number.isdecimal() and (len(number) > len(str(most)) or int(number) > most)
