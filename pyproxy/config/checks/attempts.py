"""Echelons and fallbacks that a failing request never gets to, because its attempts are used up before."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyproxy.config.checks.amounts import Amount, amount
from pyproxy.config.fallback import FallbackConfig
from pyproxy.config.faults import FaultLog
from pyproxy.config.references import echelon_name, echelons, references
from pyproxy.config.tree import List, Place, Table

_LONGEST_WALK = 100
"""Steps of one plan that are looked at, so that a hostile file cannot make this expensive."""
_WHERE = "raise {} in fallback_config, or name this earlier"


@dataclass(frozen=True, slots=True)
class _Stop:
    """What stands at one place of a plan.

    Attributes:
        steps: The echelons it stands for, by name.
        place: Where it is written; None where nobody needs to be told.
    """

    steps: dict[str, Table]
    place: Place | None


def check_attempts(root: Table, log: FaultLog) -> None:
    """Warn of bounds on attempts that contradict each other, and of what comes after them in the plan of its group.

    A target without room is passed over and not counted: these warnings speak of requests that fail.
    """
    named = {str(reference.scalar.value) for reference in references(root)}
    steps = {name: _steps(name, group) for name, _, group in root.tables("task_groups")}
    calls = _Calls(root)
    for name, _, group in root.tables("task_groups"):
        policy = group.table("fallback_config")
        bounds = _bound(policy, "max_attempts"), _bound(policy, "attempt_budget")
        _check_bounds(policy, bounds, log)
        _walk(_stops(steps, name, policy, named), bounds, calls, log)


def _steps(name: str, group: Table) -> dict[str, Table]:
    return {f"{name}.{echelon_name(echelon)}": echelon for echelon in echelons(group)}


def _bound(policy: Table | None, key: str) -> Amount:
    default = FallbackConfig.model_fields[key].default
    return amount(policy, key) or Amount(Place(""), float(default), f"{default} by default")


def _check_bounds(policy: Table | None, bounds: tuple[Amount, Amount], log: FaultLog) -> None:
    most, budget = bounds
    written = [key for key in ("max_attempts", "attempt_budget") if policy is not None and key in policy.entries]
    if policy is not None and written and most.value > budget.value:
        message = "attempt_budget ends a request before max_attempts targets were tried"
        log.add(policy.entries[written[0]].place.fault(message, "raise attempt_budget, or lower max_attempts", severity="warning"))


def _stops(steps: dict[str, dict[str, Table]], name: str, policy: Table | None, named: set[str]) -> Iterator[_Stop]:
    own = list(steps[name].items())
    for step, echelon in own[:1]:
        yield _Stop({step: echelon}, None)
    listed = policy.entries.get("fallback_groups") if policy else None
    if listed is None:
        for step, echelon in own[1:]:
            yield _Stop({step: echelon}, None if step in named else echelon.place)
    elif policy is not None and isinstance(listed.value, List):
        for text in policy.texts("fallback_groups"):
            reference = str(text.value)
            group = steps.get(reference.partition(".")[0], {})
            yield _Stop(group if "." not in reference else {reference: group[reference]} if reference in group else {}, text.place)


def _walk(stops: Iterator[_Stop], bounds: tuple[Amount, Amount], calls: "_Calls", log: FaultLog) -> None:
    most, budget = bounds
    tried: set[str] = set()
    models: set[str] = set()
    spent = 0
    for stop in stops:
        if len(tried) >= most.value or spent >= budget.value:
            _report([stop, *stops], tried, (most, budget, spent), log)
            return
        for step, echelon in stop.steps.items() if len(tried) < _LONGEST_WALK else ():
            tried.add(step)
            fresh = {str(text.value) for text in echelon.texts("models")} - models
            models |= fresh
            spent += sum(calls.to(model) for model in fresh)


def _report(rest: list[_Stop], tried: set[str], used: tuple[Amount, Amount, int], log: FaultLog) -> None:
    """Tell of the first of what is not come to, and of how many follow it."""
    places = [stop.place for stop in rest if stop.place is not None and not stop.steps.keys() <= tried]
    if not places:
        return
    most, budget, spent = used
    more = f", nor {_count(len(places) - 1)} after it" if len(places) > 1 else ""
    if len(tried) >= most.value:
        message = f"is never tried after failures{more}: the targets before it use up max_attempts ({most.shown})"
        log.add(places[0].fault(message, _WHERE.format("max_attempts"), severity="warning"))
    else:
        message = f"may never be tried after failures{more}: the {spent} instances before it use up attempt_budget ({budget.shown})"
        log.add(places[0].fault(message, _WHERE.format("attempt_budget"), severity="warning"))


def _count(number: int) -> str:
    return "the one" if number == 1 else f"the {number}"


class _Calls:
    """How many instances a model has: one for each credential of its provider."""

    def __init__(self, root: Table) -> None:
        self._models = root.table("models")
        self._providers = root.table("providers")

    def to(self, model: str) -> int:
        entry = self._models.table(model) if self._models else None
        provider = next((str(text.value) for text in entry.texts("provider")), "") if entry else ""
        settings = self._providers.table(provider) if self._providers else None
        keys = settings.entries.get("api_keys") if settings else None
        return max(1, len(keys.value.items)) if keys and isinstance(keys.value, List) else 1
