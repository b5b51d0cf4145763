"""Checks of instances that nobody asks, on virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.config import load_config
from pyproxy.pools import HealthChecks, Pools

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest

    from pyproxy.pools.check import Check, Wanted

SECOND = 1_000_000_000
FINE = {name: [Plays()] for name in "abc"}


class Stage:
    """A sidecar whose pools are checked."""

    def __init__(self, loop: VirtualLoop, made: dict[str, Any], scripts: dict[str, list[Plays]]) -> None:
        self.made = made
        self.sidecar = VirtualSidecar(loop, made, scripts)
        self.providers = self.sidecar.providers
        self.checks = HealthChecks(self.sidecar.assembly.snapshots, loop.now_ns, seed=1)
        self.pools = Pools(self.sidecar.assembly.snapshots, loop.now_ns)

    def reload(self) -> None:
        assembly = self.sidecar.assembly
        assembly.swap(assembly.prepare(load_config(self.made, {})))
        self.checks.follow()

    def told(self, attribute: str, pool: str = "pool") -> dict[str, Any]:
        return {instance.instance: getattr(instance, attribute) for instance in self.pools.get(pool).status().instances}


def play(made: dict[str, Any], scene: Callable[[Stage], Awaitable[None]], scripts: dict[str, list[Plays]] | None = None) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        on = Stage(loop, made, scripts or FINE)
        on.checks.start()
        try:
            await scene(on)
        finally:
            await on.checks.stop()
            assert len(asyncio.all_tasks()) == 1, "no check outlives the end"
            assert on.providers.under_way == 0, "nor a connection"
            assert on.sidecar.held() == {}, "nor a permit"

    run_virtually(main(), loop)


def pooled(**pool: Any) -> dict[str, Any]:
    """A pool of a, b and c, each with a provider of its own."""
    made = config()
    for name in "abc":
        made["providers"][name] = {"base_url": f"http://{name}.test", "api_key": f"key-of-{name}"}
        made["models"][name]["provider"] = name
    made["polling_pools"] = {"pool": {"task_groups": ["g"], "health_check_interval": 10, **pool}}
    return made


def test_every_instance_is_checked_once_an_interval_and_not_all_at_once() -> None:
    async def scene(on: Stage) -> None:
        await asyncio.sleep(100)
        times: dict[str, list[int]] = defaultdict(list)
        for instance, at_ns in on.providers.checks:
            times[instance].append(at_ns)
        assert set(times) == set("abc")
        for checks in times.values():
            assert checks[0] <= 10 * SECOND
            gaps = [later - sooner for sooner, later in pairwise(checks)]
            assert all(9 * SECOND <= gap <= 11 * SECOND for gap in gaps)
            assert len(set(gaps)) > len(gaps) // 2, "instances that fell in step would part again"
        assert len({checks[0] for checks in times.values()}) == 3
        assert on.providers.calls == [], "no check asks a model"

    play(pooled(), scene)


def test_a_pool_may_do_without_checks_and_then_there_is_no_task() -> None:
    async def scene(on: Stage) -> None:
        await asyncio.sleep(100)
        assert on.providers.checks == []
        assert len(asyncio.all_tasks()) == 1

    play(pooled(health_check=False), scene)


def test_one_check_serves_all_models_of_a_credential_and_all_pools() -> None:
    made = config()
    made["polling_pools"] = {
        "pool": {"task_groups": ["g"], "health_check_interval": 10},
        "another": {"task_groups": ["g.e1"], "health_check_interval": 40},
    }

    async def scene(on: Stage) -> None:
        on.providers.health = {"a": Plays(500)}
        await asyncio.sleep(100)
        assert 18 <= len(on.providers.checks) <= 22, "p and q, ten times each"
        assert on.told("health") == {"a": "unhealthy", "b": "unhealthy", "c": "healthy"}
        assert on.told("breaker", "another") == {"a": "open", "b": "open"}

    play(made, scene)


def test_a_slow_instance_is_never_checked_twice_at_one_time() -> None:
    made = pooled(health_check_interval=1, health_check_timeout=5)
    made["polling_pools"]["another"] = {"task_groups": ["g"], "health_check_interval": 1, "health_check_path": "/else"}

    async def scene(on: Stage) -> None:
        on.providers.health = {"a": Plays(-1)}
        await asyncio.sleep(60)
        times = [at_ns for instance, at_ns in on.providers.checks if instance == "a"]
        assert 11 <= len(times) <= 13
        assert all(later - sooner >= 5 * SECOND for sooner, later in pairwise(times))
        assert on.told("last_check")["a"] == "no answer within 5 s"

    play(made, scene)


def test_a_dead_instance_is_taken_out_before_anybody_asks_it_and_comes_back_by_a_probe() -> None:
    async def scene(on: Stage) -> None:
        on.providers.health = {"b": Plays(0)}
        await asyncio.sleep(35)
        assert on.told("breaker") == {"a": "closed", "b": "open", "c": "closed"}
        assert on.told("health")["b"] == "unhealthy"
        assert on.pools.get("pool").status().available == 2
        for _ in range(4):
            await on.sidecar.ask("pool")
        assert [instance for instance, _, _ in on.providers.calls] == ["a", "c", "a", "c"]
        on.providers.health = {}
        await asyncio.sleep(12)
        assert on.told("breaker")["b"] == "half_open", "long before its recovery_time is over"
        assert on.told("health")["b"] == "recovering"
        for _ in range(3):
            await on.sidecar.ask("pool")
        assert "b" in [instance for instance, _, _ in on.providers.calls[-3:]]
        await asyncio.sleep(10)
        assert (on.told("breaker")["b"], on.told("health")["b"]) == ("closed", "healthy")

    play(pooled(failure_threshold=3, recovery_time=3600), scene)


def test_an_instance_that_answers_checks_and_fails_calls_is_not_probed_at_every_check() -> None:
    async def scene(on: Stage) -> None:
        for _ in range(600):
            assert (await on.sidecar.ask("pool")).status == 200
            await asyncio.sleep(1)
        asked = [at_ns for instance, at_ns, _ in on.providers.calls if instance == "a"]
        assert len(asked) <= 2 + 1 + 4, "taken out, probed early once, and then in its own time, twice as long each time"

    play(pooled(failure_threshold=2, recovery_time=60), scene, {**FINE, "a": [Plays(500)]})


def test_a_check_that_ends_well_does_not_excuse_calls_that_fail() -> None:
    async def scene(on: Stage) -> None:
        for _ in range(3):
            await on.sidecar.ask("pool")
            await asyncio.sleep(25)
        assert on.told("breaker")["a"] == "half_open", "taken out by three calls, and let try again by a check"

    scripts = {**FINE, "a": [Plays(500)]}
    play(pooled(failure_threshold=3, rotation_strategy="weighted", weights={"b": 0, "c": 0}, max_instance_attempts=1), scene, scripts)


def test_a_path_that_is_not_there_or_not_allowed_says_nothing() -> None:
    async def scene(on: Stage) -> None:
        on.providers.health = {"a": Plays(404), "b": Plays(403), "c": Plays(429)}
        await asyncio.sleep(200)
        assert set(on.told("health").values()) == {"healthy"}
        assert set(on.told("breaker").values()) == {"closed"}
        assert on.told("last_check") == {"a": "status 404", "b": "status 403", "c": "status 429"}
        assert set(on.told("last_check_ok").values()) == {None}

    play(pooled(), scene)


def test_a_prompt_asks_each_model_within_its_limits_and_pays_for_it() -> None:
    made = pooled(health_check_prompt="ping")
    made["models"]["a"]["rpm_limit"] = 2

    async def scene(on: Stage) -> None:
        await asyncio.sleep(59)
        asked = Counter(instance for instance, _, _ in on.providers.calls)
        assert asked["a"] == 2
        assert 5 <= asked["b"] <= 7
        assert on.providers.checks == []

    play(made, scene)


def test_a_prompt_that_is_refused_for_its_credential_disables_that() -> None:
    async def scene(on: Stage) -> None:
        await asyncio.sleep(11)
        await on.sidecar.ask("pool")
        await on.sidecar.ask("pool")
        assert on.told("retry_after_ns")["a"] > 0
        assert [instance for instance, _, number in on.providers.calls if number] == ["b", "c"]

    play(pooled(health_check_prompt="ping"), scene, {**FINE, "a": [Plays(401)]})


def test_a_reload_changes_what_is_checked_and_forgets_nothing() -> None:
    async def scene(on: Stage) -> None:
        await asyncio.sleep(30)
        on.made["task_groups"]["g"]["e1"]["models"] = ["a"]
        on.made["polling_pools"]["pool"]["health_check_interval"] = 2
        before = on.told("last_check")
        on.reload()
        assert on.told("last_check") == {"a": before["a"], "c": before["c"]}
        on.providers.checks.clear()
        await asyncio.sleep(20)
        counts = Counter(instance for instance, _ in on.providers.checks)
        assert set(counts) == {"a", "c"}
        assert all(9 <= count <= 11 for count in counts.values())
        on.made["polling_pools"]["pool"]["health_check"] = False
        on.reload()
        on.providers.checks.clear()
        await asyncio.sleep(20)
        assert on.providers.checks == []

    play(pooled(), scene)


def test_a_reload_while_a_check_is_under_way_leaves_it_to_its_end() -> None:
    async def scene(on: Stage) -> None:
        on.providers.health = {name: Plays(after=4) for name in "abc"}
        while not on.providers.under_way:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.1)
        on.made["polling_pools"]["pool"]["description"] = "another"
        on.reload()
        snapshots = on.sidecar.assembly.snapshots
        assert len(snapshots.live) == 2
        await asyncio.sleep(5)
        on.providers.health = {}
        await asyncio.sleep(10)
        assert len(snapshots.live) == 1

    play(pooled(), scene)


@given(
    st.lists(st.tuples(st.sampled_from(["g", "g.e1", "g.e2"]), st.integers(1, 20), st.booleans()), min_size=1, max_size=4),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from([0, -1, 200, 404, 500]), max_size=3),
)
def test_whatever_pools_share_no_instance_is_checked_twice_at_once_and_each_in_its_time(
    pools: list[tuple[str, int, bool]], health: dict[str, int]
) -> None:
    made = pooled()
    made["polling_pools"] = {
        f"pool{number}": {"task_groups": [group], "health_check_interval": interval, "health_check_path": "/x" if other else "/models"}
        for number, (group, interval, other) in enumerate(pools)
    }
    members = {"g": "abc", "g.e1": "ab", "g.e2": "c"}

    async def scene(on: Stage) -> None:
        on.providers.health = {name: Plays(status) for name, status in health.items()}
        await asyncio.sleep(100)
        times: dict[str, list[int]] = defaultdict(list)
        for instance, at_ns in on.providers.checks:
            times[instance].append(at_ns)
        for name, checks in times.items():
            if health.get(name) == -1:
                assert all(later - sooner >= 5 * SECOND for sooner, later in pairwise(checks))
        for group, interval, _ in pools:
            for name in members[group]:
                longest = interval * 1.1 + (10 if health.get(name) == -1 else 0)
                assert all(later - sooner <= longest * SECOND for sooner, later in pairwise(times[name]))
                assert times[name]

    play(made, scene)


def test_a_check_that_cannot_be_started_keeps_no_other_from_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(on: Stage) -> None:
        begin = on.checks._begin

        def broken(check: Check, wanted: Wanted) -> None:
            if check.asked == "a":
                raise ValueError("no")
            begin(check, wanted)

        on.checks._begin = broken  # type: ignore[method-assign]
        await asyncio.sleep(100)
        seen = Counter(instance for instance, _ in on.providers.checks)
        assert set(seen) == {"b", "c"}
        assert min(seen.values()) >= 6
        assert caplog.messages.count("the health checks failed inside the sidecar, and go on in 5 s") >= 6

    play(pooled(), scene)


def test_checks_that_end_unexpectedly_rest_and_begin_anew_and_at_once_with_a_reload(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(on: Stage) -> None:
        spread = on.checks._spread

        def broken(interval_ns: int) -> int:  # noqa: ARG001 - as it is called
            raise ValueError("no")

        on.checks._spread = broken  # type: ignore[method-assign]
        await asyncio.sleep(101)
        assert on.providers.checks == []
        assert 15 <= len(caplog.messages) <= 21, "it rests in between"
        on.checks._spread = spread  # type: ignore[method-assign]
        on.reload()
        await asyncio.sleep(0.1)
        assert {instance for instance, _ in on.providers.checks} == set("abc")

    play(pooled(), scene)


def test_a_stop_during_the_rest_is_the_end() -> None:
    async def scene(on: Stage) -> None:
        def broken(interval_ns: int) -> int:  # noqa: ARG001 - as it is called
            raise ValueError("no")

        on.checks._spread = broken  # type: ignore[method-assign]
        await asyncio.sleep(11)
        await on.checks.stop()
        await asyncio.sleep(100)
        assert on.providers.checks == []

    play(pooled(), scene)
