from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyproxy.domain import Attempt, RequestRecord
from pyproxy.observe.fallback_history import FallbackHistory


def a_record(results: list[str], *, target: str = "g", answered: bool = True) -> RequestRecord:
    attempts = tuple(Attempt(f"g.e/{number}", result, 0, 1) for number, result in enumerate(results))
    return RequestRecord(
        request_id="r",
        route="/v1/chat/completions",
        status=200 if answered else 502,
        flag="-" if answered else "no_model_available",
        target=target,
        attempts=attempts,
        provider="p" if answered else "-",
        model="m" if answered else "-",
        stream=False,
        queue_ns=0,
        first_byte_ns=None,
        total_ns=2_000_000_000,
        sent_bytes=0,
        usage=None,
    )


def test_a_rescue_is_kept_with_the_reason_for_each_step() -> None:
    history = FallbackHistory(now=lambda: 7.0)
    history(a_record(["429", "connect_failed", "200"]))
    (entry,) = history.entries()
    assert entry.steps == (("g.e/0", "429"), ("g.e/1", "connect_failed"), ("g.e/2", "200"))
    assert (entry.rescued, entry.model, entry.seconds, entry.at) == (True, "m", 2.0, 7.0)
    assert history.statistics()["reasons"] == {"429": 1, "connect_failed": 1}


def test_what_is_answered_at_once_or_never_asked_is_no_fallback() -> None:
    history = FallbackHistory()
    history(a_record(["200"]))
    history(a_record([], answered=False))
    assert history.entries() == []
    assert history.statistics()["requests"] == 1
    assert history.statistics()["rescue_rate"] is None


@given(st.lists(st.tuples(st.lists(st.sampled_from(["429", "reset"]), max_size=3), st.booleans(), st.sampled_from("ab")), max_size=30))
def test_everything_is_counted_though_only_the_last_are_kept(requests: list[tuple[list[str], bool, str]]) -> None:
    history = FallbackHistory(keep=3)
    asked = [(failures, answered, target) for failures, answered, target in requests if failures or answered]
    for failures, answered, target in requests:
        history(a_record([*failures, *(["200"] if answered else [])], target=target, answered=answered))
    told: dict[str, Any] = history.statistics()
    assert told["requests"] == len(asked)
    assert told["first_try"] == sum(answered and not failures for failures, answered, _ in asked)
    assert told["rescued"] == sum(answered and bool(failures) for failures, answered, _ in asked)
    assert told["failed"] == sum(not answered for _, answered, _ in asked)
    assert told["upstream_calls"] == sum(len(failures) + answered for failures, answered, _ in asked)
    assert told["reasons"] == Counter(failure for failures, _, _ in asked for failure in failures)
    assert {name: sum(counts.values()) for name, counts in told["targets"].items()} == Counter(target for _, _, target in asked)
    fell = [(failures, answered) for failures, answered, _ in asked if failures or not answered]
    assert [len(entry.steps) for entry in history.entries()] == [len(failures) + answered for failures, answered in reversed(fell)][:3]
    assert len(history.entries(2)) <= 2


def test_names_that_clients_choose_take_bounded_memory() -> None:
    history = FallbackHistory()
    for number in range(1_500):
        history(a_record(["200"], target=f"claude-{number}"))
    targets = history.statistics()["targets"]
    assert len(targets) == 1_001
    assert targets["(other)"] == {"first_try": 500}
