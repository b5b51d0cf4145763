"""What is known of instances: bounded, kept by name, and told apart from what says nothing of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.admission.instances import Checked, Ended, Instances, known_instances
from pyproxy.config import load_config

NAMES = ["a", "b", "c"]
ENDS = st.one_of(
    st.just(Ended(ok=True, failure=None, latency_ns=5)),
    st.just(Ended(ok=False, failure="reset", latency_ns=5)),
    st.just(Ended(ok=None, failure="rate_limited", latency_ns=5)),
)


@given(st.lists(st.one_of(st.tuples(st.sampled_from(NAMES), ENDS), st.sets(st.sampled_from(NAMES)))))
def test_only_what_the_configuration_names_is_known_and_all_of_that_since_it_came(script: list[Any]) -> None:
    instances, wanted = Instances(), set(NAMES)
    instances.follow(dict.fromkeys(NAMES, 3), 0)
    requests: Counter[str] = Counter()
    failures_in_a_row: Counter[str] = Counter()
    for now_ns, step in enumerate(script):
        if isinstance(step, set):
            wanted = step
            instances.follow(dict.fromkeys(step, 3), now_ns)
            for name in set(NAMES) - step:
                requests[name] = failures_in_a_row[name] = 0
            continue
        name, how = step
        instances.ended(name, how, now_ns)
        if name in wanted:
            requests[name] += 1
            if how.ok is not None:
                failures_in_a_row[name] = 0 if how.ok else failures_in_a_row[name] + 1
        assert set(instances._known) <= wanted
        for each in NAMES:
            assert instances.statistics(each)["requests"] == requests[each]
            health = instances.health(each, now_ns)
            assert health["consecutive_failures"] == failures_in_a_row[each]
            assert failures_in_a_row[each] < 3 or health["state"] == "unhealthy"


def test_a_stricter_pool_holds_for_what_is_known_already() -> None:
    instances = Instances()
    instances.follow({"a": 5}, 0)
    failed = Ended(ok=False, failure="reset", latency_ns=1)
    for now_ns in range(2):
        instances.ended("a", failed, now_ns)
    instances.follow({"a": 3}, 2)
    instances.ended("a", failed, 3)
    assert instances.health("a", 3)["state"] == "unhealthy"


def test_a_check_that_says_nothing_is_told_and_changes_nothing() -> None:
    instances = Instances()
    instances.follow({"a": 1}, 0)
    assert instances.checked("a", Checked(1, None, "status 404"), 1, 1) is None
    assert instances.checked("b", Checked(1, ok=False, detail="reset"), 1, 1) is None
    told = instances.last_check("a")
    assert told is not None
    assert (told.detail, instances.health("a", 1)["state"], instances.last_check("b")) == ("status 404", "healthy", None)
    assert instances.checked("a", Checked(2, ok=False, detail="reset"), 1, 2) == "unhealthy"


@pytest.mark.parametrize(("thresholds", "expected"), [([], 3), ([5], 5), ([5, 2], 2), ([2, 5], 2)])
def test_the_strictest_pool_says_when_an_instance_is_unhealthy(thresholds: list[int], expected: int) -> None:
    config = load_config(
        {
            "providers": {"p": {"base_url": "http://p.test", "api_keys": ["one", "two"]}},
            "models": {"a": {"provider": "p", "model": "a"}, "z": {"provider": "p", "model": "z"}},
            "task_groups": {"g": {"e": {"models": ["a"]}}},
            "polling_pools": {f"pool{n}": {"task_groups": ["g"], "failure_threshold": each} for n, each in enumerate(thresholds)},
        },
        {},
    )
    assert known_instances(config) == {"a#1": expected, "a#2": expected, "z#1": 3, "z#2": 3}
