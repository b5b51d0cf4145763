"""Requests that went alike, told together, come to what they come to one by one."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support.records import finished

from pyproxy.config import AlertsConfig, load_config
from pyproxy.domain import AlikeRequests, Usage
from pyproxy.observe.fallback_history import FallbackHistory
from pyproxy.observe.fallback_rate import FallbackRate
from pyproxy.observe.known import known_of
from pyproxy.observe.metrics import exposition
from pyproxy.observe.observers import Observers
from pyproxy.observe.traffic import Traffic
from pyproxy.observe.traffic_metrics import traffic_metrics
from pyproxy.observe.wrapper_watch import WrapperWatch
from pyproxy.rust_core import Flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.domain import RequestRecord
    from pyproxy.observe.alerts import Alert

KNOWN = known_of(
    load_config(
        {
            "providers": {"p": {"base_url": "http://p.test"}},
            "models": {
                "a": {
                    "provider": "p",
                    "model": "a",
                    "price": {"input": 15_625, "output": 62_500, "cached_input": 31_250, "cache_write": 46_875},
                },
                "b": {"provider": "p", "model": "b"},
            },
            "task_groups": {"g": {"e1": {"models": ["a"]}, "e2": {"models": ["b"]}}},
            "wrappers": {"w": {"type": "task_group", "target": "g"}},
        },
        {},
    ),
    ["g", "w", "a", "b"],
)
NANOSECONDS = st.integers(0, 100_000_000_000)
# A token costs so many 64ths: sums of costs are exact, in whatever order.
TOKENS = st.integers(0, 5_000)

answered = st.builds(
    finished,
    st.sampled_from(["g.e1/a:200", "g.e1/a:201", "a:200"]),
    target=st.sampled_from(["g", "w", "a", "unknown"]),
    node=st.sampled_from(["-", "n"]),
    model=st.sampled_from(["a", "b"]),
    stream=st.booleans(),
    total_ns=NANOSECONDS,
    first_byte_ns=NANOSECONDS,
    usage=st.none() | st.builds(Usage, TOKENS, TOKENS, TOKENS, TOKENS, TOKENS),
).map(lambda record: finished(str(record.attempts[0]), **{**_fields(record), "status": int(record.attempts[0].result)}))
others = st.builds(
    lambda calls, target: finished(*calls, answered=False, target=target),
    st.lists(st.sampled_from(["g.e1/a:503", "g.e2/b:reset"]), max_size=3),
    st.sampled_from(["g", "w"]),
)


def _fields(record: RequestRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__ if name != "attempts"}


class Counted:
    """All that counts."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.traffic, self.history = Traffic(), FallbackHistory(now=lambda: 0.0)
        self.rate = FallbackRate(self.alerts.append, AlertsConfig(fallback_requests=3, fallback_rate=0.3), now_ns=lambda: 0)
        self.watch = WrapperWatch(self.alerts.append)
        self.traffic.follow(KNOWN)
        self.rate.follow(KNOWN, AlertsConfig(fallback_requests=3, fallback_rate=0.3))
        self.watch.follow(["w"])
        self.tell = Observers((self.traffic, self.history, self.rate, self.watch))

    def seen(self) -> object:
        groups = {name: (each.requests, each.fell_back, each.recent, each.recent_fell_back) for name, each in self.rate.groups().items()}
        wrappers = [(alert.kind, alert.details) for alert in self.alerts if alert.kind.startswith("wrapper")]
        return exposition(traffic_metrics(self.traffic)), self.history.statistics(), self.history.entries(), groups, wrappers


def _kind(record: RequestRecord) -> tuple[Any, ...]:
    return record.route, record.target, record.node, record.provider, record.model, record.status or 0, record.attempts[0].label


def _together(records: Sequence[RequestRecord]) -> AlikeRequests:
    route, target, node, provider, model, status, label = _kind(records[0])
    flow = Flow()
    for record in records:
        flow.add(record.total_ns, 0, record.first_byte_ns if record.stream else None, record.usage)
    called_ns = sum(attempt.ended_ns - attempt.started_ns for record in records for attempt in record.attempts)
    return AlikeRequests(route, target, node, provider, model, status, label, called_ns, flow)


@given(st.lists(st.lists(answered, max_size=12) | others.map(lambda record: [record]), max_size=8))
def test_what_is_told_together_counts_as_what_is_told_one_by_one(batches: list[list[RequestRecord]]) -> None:
    one_by_one, together = Counted(), Counted()
    for batch in batches:
        in_order = sorted(batch, key=_kind) if len(batch) > 1 else batch
        for record in in_order:
            one_by_one.tell(record)
        if in_order and in_order[0].model == "-":
            together.tell(in_order[0])
        else:
            for _, alike in groupby(in_order, key=_kind):
                together.tell.many(_together(list(alike)))
    assert together.seen() == one_by_one.seen()
