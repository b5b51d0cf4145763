from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import finished

from pyproxy.config import load_config
from pyproxy.domain import Usage
from pyproxy.observe import traffic as traffic_module
from pyproxy.observe.known import OTHER, known_of
from pyproxy.observe.metrics import exposition
from pyproxy.observe.operations import operation_of
from pyproxy.observe.traffic import Traffic
from pyproxy.observe.traffic_metrics import traffic_metrics

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

CONFIG: dict[str, Any] = {
    "providers": {"p": {"base_url": "http://p.test", "api_keys": ["one", "two"]}},
    "models": {
        "a": {
            "provider": "p",
            "model": "a",
            "price": {"input": 2, "output": 8, "cached_input": 0.5, "cache_write": 2.5, "cache_write_1h": 4},
        },
        "b": {"provider": "p", "model": "b", "price": {"input": 3, "output": 6}},
        "free": {"provider": "p", "model": "free"},
    },
    "task_groups": {"g": {"e1": {"models": ["a"]}, "e2": {"models": ["b"]}}},
    "polling_pools": {"pool": {"task_groups": ["g"]}},
    "wrappers": {"w": {"type": "task_group", "target": "g"}, "quiet": {"type": "task_group", "target": "g.e1", "metrics": False}},
}
CALLS = ["g.e1/a#1", "g.e1/a#2", "g.e2/b#1", "pool/a#1", "free#1"]


def counting() -> Traffic:
    traffic = Traffic()
    config = load_config(CONFIG, {})
    traffic.follow(known_of(config, ["g", "g.e1", "g.e2", "pool", "a", "b", "free", "w", "quiet"]))
    return traffic


def lines(traffic: Traffic, name: str) -> dict[str, float]:
    """The samples of one metric, by their labels."""
    said = [line for line in exposition(traffic_metrics(traffic)).splitlines() if line.startswith((name + "{", name + " "))]
    return {labels: float(value) for labels, _, value in (line.removeprefix(name).rpartition(" ") for line in said)}


records = st.builds(
    lambda calls, answered, **fields: finished(*calls, answered=answered, **fields),
    st.lists(st.builds("{}:{}".format, st.sampled_from(CALLS), st.sampled_from(["429", "503", "reset"])), max_size=4),
    st.booleans(),
    target=st.sampled_from(["g", "w", "quiet", "made-up", "also made up"]),
    node=st.sampled_from(["-", "n"]),
    usage=st.none() | st.builds(Usage, st.integers(150, 9_000), st.integers(0, 9_000), *[st.integers(0, 50)] * 3),
    total_ns=st.integers(0, 10**11),
    stream=st.booleans(),
    first_byte_ns=st.none() | st.integers(0, 10**9),
)


@given(st.lists(records, max_size=30))
def test_whatever_comes_each_request_is_in_every_sum_once(seen: list[RequestRecord]) -> None:
    traffic = counting()
    for record in seen:
        traffic(record)
    labels = {"g": "g", "w": "w", "quiet": "g.e1"}
    by_end = Counter((labels.get(r.target, OTHER), str(r.status), r.flag) for r in seen)
    said = {f'{{target="{t}",status="{s}",flag="{f}"}}': n for (t, s, f), n in by_end.items()}
    assert lines(traffic, "pyproxy_requests_total") == said
    calls = Counter((attempt.label.rpartition("/")[2], attempt.result) for r in seen for attempt in r.attempts)
    said = {f'{{instance="{i}",outcome="{o}"}}': n for (i, o), n in calls.items()}
    assert lines(traffic, "pyproxy_upstream_attempts_total") == said
    pairs = [pair for r in seen for pair in zip(r.attempts, r.attempts[1:], strict=False)]
    assert sum(lines(traffic, "pyproxy_fallbacks_total").values()) == sum(one.label != other.label for one, other in pairs)
    assert sum(lines(traffic, "gen_ai_client_operation_duration_seconds_count").values()) == len(seen)
    answered = [r for r in seen if r.model != "-"]
    streams = [r for r in answered if r.stream and r.first_byte_ns is not None]
    assert sum(lines(traffic, "gen_ai_server_time_to_first_token_seconds_count").values()) == len(streams)
    tokens = lines(traffic, "gen_ai_client_token_usage_sum")
    assert sum(n for at, n in tokens.items() if 'type="input"' in at) == sum(r.usage.prompt for r in answered if r.usage)
    assert sum(n for at, n in tokens.items() if 'type="output"' in at) == sum(r.usage.completion for r in answered if r.usage)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "free"]), records), max_size=20))
def test_what_answers_cost_is_the_sum_of_what_each_costs(seen: list[tuple[str, RequestRecord]]) -> None:
    traffic, cost = counting(), Fraction(0)
    prices: dict[str, tuple[Fraction | int, ...]] = {"a": (2, 8, Fraction(1, 2), Fraction(5, 2), 4), "b": (3, 6, 3, 3, 3), "free": (0,) * 5}
    for model, record in seen:
        traffic(finished(usage=record.usage, model=model))
        if record.usage is not None:
            prompt, *others = record.usage
            plain = prompt - sum(others[1:])
            cost += sum(count * price for count, price in zip((plain, *others), prices[model], strict=True))
    assert traffic.total().cost == pytest.approx(float(cost / 1_000_000))


def test_what_a_cache_had_a_part_in_is_counted_by_target_and_model() -> None:
    traffic = counting()
    traffic(finished(usage=Usage(100, 5)))
    assert not [line for line in exposition(traffic_metrics(traffic)).splitlines() if line.startswith("pyproxy_cache")]
    traffic(finished(usage=Usage(100, 5, 1, 20, 3)))
    traffic(finished(usage=Usage(100, 5, 1, 20, 3), model="b"))
    traffic(finished(usage=Usage(100, 5, 0, 0, 4)))
    for name, mine, other in [("cached_input", 1, 1), ("cache_write", 20, 20), ("cache_write_1h", 7, 3)]:
        said = {'{target="g",model="a"}': mine, '{target="g",model="b"}': other}
        assert lines(traffic, f"pyproxy_{name}_tokens_total") == said


def test_a_fallback_says_from_where_to_where_and_why_and_a_retry_is_none() -> None:
    traffic = counting()
    traffic(finished("g.e1/a#1:429", "g.e1/a#1:reset", "g.e2/b#1:200"))
    assert lines(traffic, "pyproxy_fallbacks_total") == {'{group="g",from="g.e1/a#1",to="g.e2/b#1",reason="reset"}': 1}


def test_what_asks_no_model_is_counted_and_has_no_place_among_the_operations() -> None:
    traffic = counting()
    traffic(finished(answered=False, target="-", route="/v1/models", status=404, flag="not_found"))
    assert lines(traffic, "pyproxy_requests_total") == {'{target="-",status="404",flag="not_found"}': 1}
    assert lines(traffic, "gen_ai_client_operation_duration_seconds_count") == {}


def test_an_error_is_told_by_its_type_and_a_client_that_left_early_has_no_status() -> None:
    traffic = counting()
    traffic(finished("g.e1/a#1:client_gone", answered=False, status=None, flag="client_gone"))
    assert lines(traffic, "pyproxy_requests_total") == {'{target="g",status="-",flag="client_gone"}': 1}
    (labels,) = lines(traffic, "gen_ai_client_operation_duration_seconds_count")
    assert labels.endswith(',error_type="client_gone"}')


def test_names_beyond_the_bounds_are_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_module, "MOST_FLOWS", 3)
    monkeypatch.setattr(traffic_module, "MOST_CALLS", 3)
    traffic = counting()
    for number in range(10):
        traffic(finished(f"x.y/{number}:503", f"x.y/{number}z:200", node=f"n{number}"))
    assert len(traffic.flows()) == 4
    assert traffic.total().requests == 10
    assert sum(calls.number for calls in traffic.calls().values()) == 20
    assert len(traffic.calls()) == 4
    assert len(traffic.moves()) == 3


def test_a_label_of_a_configuration_of_before_still_tells_its_group() -> None:
    known = known_of(load_config(CONFIG, {}), [])
    assert known.place("gone.e/x:y") == ("gone", "x:y")
    assert known.place("pool/a#1") == ("pool", "a#1")
    assert known.place("a#2") == ("a#2", "a#2")


@pytest.mark.parametrize(
    ("route", "operation"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/responses", "chat"),
        ("/v1/messages/count_tokens", "count_tokens"),
        ("/v1beta/models/any:thing:streamGenerateContent", "generate_content"),
        ("/v1/models/x:embedContent", "embeddings"),
        ("/v1/models", "-"),
        ("/nothing", "-"),
    ],
)
def test_operations_have_the_names_of_the_convention(route: str, operation: str) -> None:
    assert operation_of(route) == operation
