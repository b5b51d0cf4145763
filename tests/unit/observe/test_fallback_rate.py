from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st
from support.records import finished

from pyproxy.config import AlertsConfig
from pyproxy.observe.fallback_rate import FallbackRate

if TYPE_CHECKING:
    from pyproxy.observe.alerts import Alert

SECOND = 1_000_000_000
WELL, FELL = ("g.e1/a:200",), ("g.e1/a:503", "g.e2/b:200")


class Watched:
    def __init__(self, **settings: float) -> None:
        self.now_ns = 1_000 * SECOND
        self.alerts: list[Alert] = []
        self.settings = AlertsConfig.model_validate({"fallback_window": 10, "fallback_requests": 4, **settings})
        self.rate = FallbackRate(self.alerts.append, self.settings, lambda: self.now_ns)

    def see(self, *calls: str) -> list[str]:
        before = len(self.alerts)
        self.rate(finished(*calls))
        return [alert.kind for alert in self.alerts[before:]]


def test_an_alert_is_raised_once_when_the_share_is_too_large_and_taken_back_once() -> None:
    on = Watched()
    assert [on.see(*FELL) for _ in range(3)] == [[], [], []], "three requests say nothing yet"
    assert on.see(*FELL) == ["fallback_rate_high"]
    assert on.see(*FELL) == []
    assert [on.see(*WELL) for _ in range(5)] == [[], [], [], [], ["fallback_rate_normal"]]
    assert on.see(*FELL) == ["fallback_rate_high"]
    assert on.alerts[0].message == "100% of the last 4 requests of g fell back, within 10 s"
    assert on.alerts[0].details == {"group": "g", "rate": 1.0, "requests": 4, "threshold": 0.5}


def test_what_is_older_than_the_window_does_not_count() -> None:
    on = Watched()
    for _ in range(3):
        on.see(*FELL)
    on.now_ns += 11 * SECOND
    assert on.see(*FELL) == []
    counts = on.rate.groups()["g"]
    assert (counts.requests, counts.fell_back, counts.recent, counts.rate) == (4, 4, 1, 1.0)
    on.now_ns += 11 * SECOND
    assert on.rate.groups()["g"].rate is None


def test_a_retry_at_the_same_instance_and_a_failure_with_nobody_else_are_no_fallbacks() -> None:
    on = Watched(fallback_requests=1, fallback_rate=0.01)
    assert on.see("g.e1/a:503", "g.e1/a:200") == []
    assert on.see("g.e1/a:503") == []
    assert on.see() == []
    assert on.rate.groups()["g"].requests == 2


def test_a_window_of_another_length_begins_anew_and_forgets_no_total() -> None:
    on = Watched()
    on.see(*FELL)
    on.rate.follow(on.rate._known, AlertsConfig(fallback_window=60, fallback_requests=1))
    assert on.see(*WELL) == []
    counts = on.rate.groups()["g"]
    assert (counts.requests, counts.fell_back, counts.recent) == (2, 1, 1)


@example([(0, True), (19 * SECOND, False)])
@given(st.lists(st.tuples(st.integers(0, 2 * SECOND) | st.integers(0, 25 * SECOND), st.booleans()), min_size=1, max_size=60))
def test_the_window_holds_what_came_within_it_as_a_list_would(seen: list[tuple[int, bool]]) -> None:
    on, came = Watched(), list[tuple[int, bool]]()
    for later_ns, fell in seen:
        on.now_ns += later_ns
        on.see(*(FELL if fell else WELL))
        came.append((on.now_ns // SECOND, fell))
        recent = [fell for at, fell in came if at > on.now_ns // SECOND - 10]
        counts = on.rate.groups()["g"]
        assert (counts.recent, counts.recent_fell_back) == (len(recent), sum(recent))
        assert (counts.requests, counts.fell_back) == (len(came), sum(fell for _, fell in came))
