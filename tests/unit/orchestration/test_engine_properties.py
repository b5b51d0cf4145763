"""Whatever happens to a request, its budget, its deadline and its one end hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.play import SECOND, Play, plan, step

from pyproxy.orchestration.actions import Abort, Admit, Answer, Attempt, Relay

MODELS = "abcd"
# After one of these, nothing passes by itself: the same route is not asked again in the same request.
NEVER_AGAIN = ("connect_failed", "connect_timeout", "first_byte_timeout", "reset", "truncated")
outcomes = st.one_of(
    st.sampled_from((200, 400, 401, 404, 408, 429, 500, 502, 503, 529)),
    st.tuples(st.sampled_from((429, 500, 503)), st.integers(0, 10)),
    st.sampled_from((*NEVER_AGAIN, "malformed")),
)
shapes = st.tuples(st.lists(st.sampled_from(MODELS), min_size=1, max_size=3, unique=True), st.integers(0, 3))
steps = st.lists(shapes, min_size=1, max_size=4)


@st.composite
def plays(draw: st.DrawFn) -> Play:
    return Play(
        {model: draw(st.lists(outcomes, min_size=1, max_size=4)) for model in MODELS},
        full=draw(st.dictionaries(st.sampled_from(MODELS), st.none() | st.integers(1, 5 * SECOND), max_size=2)),
        call_ns=draw(st.sampled_from((0, SECOND, 25 * SECOND))),
        broken=draw(st.none() | st.just("reset")),
    )


@given(plays(), steps, st.integers(1, 4), st.integers(1, 8))
def test_budget_deadline_permits_and_the_one_end_hold(play: Play, shape: list[tuple[list[str], int]], tries: int, budget: int) -> None:
    script = {model: list(left) for model, left in play.outcomes.items()}
    echelons = [step(f"e{index}", *models, max_retries=retries) for index, (models, retries) in enumerate(shape)]
    play.run(plan(*echelons, max_attempts=tries, attempt_budget=budget))

    attempts = [action for action in play.actions if isinstance(action, Attempt)]
    assert len(attempts) <= budget
    assert len({attempt.step.name for attempt in attempts}) <= tries
    assert play.held == 0

    ends = [action for action in play.actions if isinstance(action, (Answer, Relay))]
    assert len(ends) == 1
    assert isinstance(play.actions[-1], (Answer, Relay, Abort))

    for model, calls in Counter(play.calls).items():
        seen = script[model][:calls] + script[model][-1:] * (calls - len(script[model]))
        assert not any(outcome in NEVER_AGAIN for outcome in seen[:-1]), "a broken route was asked again"


@given(plays(), steps)
def test_no_call_and_no_wait_begins_after_the_deadline(play: Play, shape: list[tuple[list[str], int]]) -> None:
    echelons = [step(f"e{index}", *models, max_retries=retries) for index, (models, retries) in enumerate(shape)]
    begun: list[int] = []
    perform = play.perform

    def watched(action: Any) -> Any:
        if isinstance(action, (Attempt, Admit)):
            begun.append(play.now_ns)
        return perform(action)

    play.perform = watched  # type: ignore[method-assign]
    play.run(plan(*echelons))
    assert all(at < 60 * SECOND for at in begun)
    assert all(wait < 60 * SECOND for wait in play.sleeps)
