"""How hard a model is to think: an effort in chat, thinking with an effort or with a budget of tokens in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.reading import read_count, read_object
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["add_thinking"]

# Newer models decide themselves how much they think, and are told an effort; older ones need a budget.
_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
_BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 32_768}
_SMALLEST_BUDGET = 1_024


def add_thinking(given: Json, request: Json, call: Call, losses: Losses, *, spare: int | None) -> bool:
    """Add ``thinking`` to a messages request that is otherwise made, and return whether the model is to think.

    Args:
        given: the chat request; ``thinking`` as other providers of chat take it goes before ``reasoning_effort``.
        request: the messages request so far.
        call: what is known of the call.
        losses: told where thinking cannot be.
        spare: how many tokens ``max_tokens`` may still grow, since the client gave no bound; None for any number.
    """
    name = "thinking" if given.get("thinking") is not None else "reasoning_effort"
    if given.get(name) is None:
        return False
    asked = _told(read_object(given[name], name), call) if name == "thinking" else _by_effort(given[name], call)
    if call.capabilities.thinking == "none" and asked.get("type") not in (None, "disabled"):
        losses.add(name)
        return False
    if (effort := asked.pop("effort", None)) is not None:
        request["output_config"] = {"effort": effort}
    if asked.get("type") in (None, "disabled"):
        if asked.get("type") == "disabled":
            request["thinking"] = {"type": "disabled"}
        return False
    wanted = given[name].get("budget_tokens") if name == "thinking" else None
    if _hinders(request, asked) or not _fits(asked, request, spare, named=wanted is not None):
        losses.add(name)
        return False
    if wanted is not None and wanted != asked.get("budget_tokens", wanted):
        losses.add(name)
    request["thinking"] = asked
    return True


def _told(asked: Json, call: Call) -> Json:
    """``thinking`` as a client wrote it for one provider or another, as this model is told."""
    kind, has_budget = asked.get("type"), asked.get("budget_tokens") is not None
    if call.capabilities.thinking == "effort" and kind == "enabled" and has_budget:
        others = {name: value for name, value in asked.items() if name != "budget_tokens"}
        return {**others, **_by_effort(_effort_of(read_count(asked["budget_tokens"], "thinking.budget_tokens")), call)}
    if (kind == "enabled" and not has_budget) or (kind == "adaptive" and call.capabilities.thinking == "budget"):
        return {**asked, **_by_effort("medium", call)}
    return dict(asked)


def _effort_of(budget: int) -> str:
    return next((effort for effort in ("low", "medium") if budget <= _BUDGETS[effort]), "high")


def _by_effort(effort: Any, call: Call) -> Json:
    known = isinstance(effort, str) and (effort == "none" or effort in _EFFORTS)
    if not known:
        raise UntranslatableError(f"reasoning_effort is none of none, {', '.join(_EFFORTS)}.", "reasoning_effort")
    thinks_by_itself = call.capabilities.thinking == "effort"
    if effort == "none":
        return {"type": "disabled"} if thinks_by_itself else {}
    return {"type": "adaptive", "effort": _EFFORTS[effort]} if thinks_by_itself else {"type": "enabled", "budget_tokens": _BUDGETS[effort]}


def _hinders(request: Json, asked: Json) -> bool:
    """Whether the provider would refuse to let the model think in this request."""
    if request.get("tool_choice", {}).get("type") in {"any", "tool"} or request["messages"][-1]["role"] == "assistant":
        return True
    # With a budget, what the model went on to do after thinking must come back with the thinking.
    last: list[Json] = next((turn["content"] for turn in reversed(request["messages"]) if turn["role"] == "assistant"), [])
    kinds = [block["type"] for block in last]
    return asked["type"] == "enabled" and "tool_use" in kinds and kinds[0] not in {"thinking", "redacted_thinking"}


def _fits(asked: Json, request: Json, spare: int | None, *, named: bool) -> bool:
    """Whether a budget leaves room for an answer: one that is too large is made to, and one that the client named, if it is too small."""
    if asked["type"] != "enabled":
        return True
    budget = read_count(asked["budget_tokens"], "thinking.budget_tokens")
    budget = max(budget, _SMALLEST_BUDGET) if named else budget
    request["max_tokens"] += budget if spare is None else min(budget, spare)
    if budget >= request["max_tokens"]:
        budget = request["max_tokens"] // 2
    budget = max(budget, _SMALLEST_BUDGET) if named else budget
    asked["budget_tokens"] = budget
    return bool(_SMALLEST_BUDGET <= budget < request["max_tokens"])
