"""How hard a model is to think: an effort or a budget in chat, a level or a budget with Gemini."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["thinking_of"]

# As Google's own chat API has it.
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
# As much as there is stands for more than there is; not at all is what no model takes that is told a level.
_LEVELS = {"none": "minimal", "xhigh": "high", "max": "high"}
# Up to how many tokens of a budget each effort stands for.
_EFFORTS = ((4_096, "low"), (12_288, "medium"))


def thinking_of(body: Fields, call: Call, longest: int | None) -> Json:
    """Return Gemini's ``thinkingConfig``; nothing where it is left open.

    A number, as other providers of chat take it in ``thinking``, goes to models that count, and an effort to those that are told a level.
    What is thought is part of the answer: a budget leaves room in `longest`, its bound, for what is said.

    Raises:
        UntranslatableError: it is none of the efforts that there are.
    """
    effort = (body.text("reasoning_effort") or "").lower()
    if effort and effort != "none" and effort not in _BUDGETS:
        raise body.fault("reasoning_effort", f"reasoning_effort is none that there is: {effort!r}.")
    kind, budget = _told(body)
    member = "reasoning_effort" if effort else "thinking"
    if not effort and kind == "disabled":
        effort = "none"
    if not effort and budget is None:
        return {} if not kind or call.capabilities.thinking == "none" else {"includeThoughts": True}
    if call.capabilities.thinking == "budget":
        return _counted(body, call, effort, budget, longest)
    if call.capabilities.thinking == "effort":
        return _level(body, call, effort or _effort_of(budget or 0), member)
    if effort != "none":
        body.lose(member)
    return {}


def _told(body: Fields) -> tuple[str | None, int | None]:
    thinking = body.object("thinking")
    if thinking is None:
        return None, None
    kind, budget = thinking.text("type"), thinking.count("budget_tokens")
    thinking.done()
    return kind, None if kind == "disabled" else budget


def _counted(body: Fields, call: Call, effort: str, budget: int | None, longest: int | None) -> Json:
    least, most, can_be_kept = _bounds(call.model.lower())
    if budget is None and effort == "none":
        if not can_be_kept:
            body.lose("thinking" if body.get("reasoning_effort") is None else "reasoning_effort")
        return {"thinkingBudget": 0 if can_be_kept else least}
    asked = _BUDGETS[effort] if budget is None else budget
    fitting = longest // 2 if longest is not None and asked >= longest else asked
    taken = min(max(fitting, least), most)
    if budget is not None and taken != budget:
        body.lose("thinking")
    return {"thinkingBudget": taken, "includeThoughts": True}


def _bounds(model: str) -> tuple[int, int, bool]:
    """The least budget above nothing, the largest, and whether the model can be kept from thinking."""
    if "pro" in model:
        return 128, 32_768, False
    return 512 if "lite" in model else 1, 24_576, True


def _level(body: Fields, call: Call, effort: str, member: str) -> Json:
    level = call.capabilities.effort_taken(_LEVELS.get(effort, effort))
    if effort != "none":
        return {"thinkingLevel": level.upper(), "includeThoughts": True}
    if level != _LEVELS["none"]:
        body.lose(member)  # they cannot be kept from thinking
    return {"thinkingLevel": level.upper()}


def _effort_of(budget: int) -> str:
    return next((effort for most, effort in _EFFORTS if budget <= most), "high")
