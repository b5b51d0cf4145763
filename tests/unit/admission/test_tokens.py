"""Tokens are reserved before a call and settled after it, also where it is the second or third of its request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.admission import Caller, Lease, Prompt, TokenEstimates
from pyproxy.domain import Usage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

COST = 12  # of every answer that the providers here give, prompt and answer together
NO_WAIT: dict[str, Any] = {"max_queue_wait": 0, "e1": {"models": ["a"], "max_retries": 0}}


def play(scene: Callable[[VirtualLoop], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        await scene(loop)

    run_virtually(main(), loop)


def used(sidecar: VirtualSidecar, key: str) -> float:
    """The tokens counted against the scope now."""
    (rate,) = next(scope["rates"] for scope in sidecar.assembly.limits() if scope["key"] == key)
    numerator, denominator = rate["level"]
    return numerator / denominator


def test_what_an_answer_has_cost_is_charged_and_nothing_else() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(**NO_WAIT, a={"tpm_limit": 1000}), {"a": [Plays()], "b": [], "c": [Plays()]})
        left = used(sidecar, "a")
        for calls in range(1, 15):
            await sidecar.ask()
            assert abs(used(sidecar, "a") - left) == calls * COST

    play(scene)


def test_a_call_that_failed_costs_nothing_where_it_failed() -> None:
    async def scene(loop: VirtualLoop) -> None:
        limits = {"tpm_limit": 1000}
        sidecar = VirtualSidecar(loop, config(**NO_WAIT, a=limits, c=limits, tpm_limit=900), {"a": [Plays(500)], "b": [], "c": [Plays()]})
        before = {key: used(sidecar, key) for key in ("a", "c", "g")}
        await sidecar.ask()
        assert {key: abs(used(sidecar, key) - before[key]) for key in before} == {"a": 0, "c": COST, "g": COST}

    play(scene)


def test_a_limit_of_tokens_sends_requests_elsewhere_until_its_minute_is_over() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(**NO_WAIT, a={"tpm_limit": 100}), {"a": [Plays()], "b": [], "c": [Plays()]})
        served = "".join([(await sidecar.ask()).headers[b"x-pyproxy-model"].decode() for _ in range(10)])
        assert served == "aaaaaaa" + "ccc"
        await asyncio.sleep(61)
        assert (await sidecar.ask()).headers[b"x-pyproxy-model"] == b"a"

    play(scene)


@pytest.mark.parametrize(("shortest", "answer"), [(False, 80 // 8), (True, 1)])
def test_a_stream_that_broke_off_is_charged_no_less_than_was_reserved(shortest: bool, answer: int) -> None:  # noqa: FBT001
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(**NO_WAIT, a={"tpm_limit": 80}), {"a": [Plays(breaks=1)], "b": [], "c": [Plays()]})
        before = used(sidecar, "a")
        await sidecar.ask(stream=True, shortest=shortest)
        assert abs(used(sidecar, "a") - before) == 8 + answer

    play(scene)


@pytest.mark.parametrize(("usage", "charged"), [(Usage(1, 1), 18), (Usage(20, 30), 50), (None, 18)])
def test_what_is_known_of_a_broken_answer_charges_more_but_gives_nothing_back(usage: Usage | None, charged: int) -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(**NO_WAIT, a={"tpm_limit": 80}), {"a": [], "b": [], "c": []})
        snapshot, before = sidecar.assembly.snapshots.current, used(sidecar, "a")
        lease = snapshot.desk.admit(snapshot.resolver.resolve("g").steps[0], Caller(), excluded=(), only=None, now_ns=0)
        assert isinstance(lease, Lease)
        lease.broke(0, usage)
        assert abs(used(sidecar, "a") - before) == charged

    play(scene)


@pytest.mark.parametrize(("dialect", "charged"), [("anthropic", 70), ("openai", 80)])
def test_what_was_written_to_a_cache_counts_and_what_was_read_counts_where_its_provider_says_so(dialect: str, charged: int) -> None:
    async def scene(loop: VirtualLoop) -> None:
        told = config(**NO_WAIT, a={"tpm_limit": 80})
        told["providers"]["p"]["dialect"] = dialect
        sidecar = VirtualSidecar(loop, told, {"a": [], "b": [], "c": []})
        snapshot, before = sidecar.assembly.snapshots.current, used(sidecar, "a")
        lease = snapshot.desk.admit(snapshot.resolver.resolve("g").steps[0], Caller(), excluded=(), only=None, now_ns=0)
        assert isinstance(lease, Lease)
        lease.delivered(0, Usage(70, 10, cached=10, cache_write=20, cache_write_1h=30))
        assert abs(used(sidecar, "a") - before) == charged

    play(scene)


def test_a_prompt_that_no_limit_would_ever_pass_goes_elsewhere_at_once() -> None:
    async def scene(loop: VirtualLoop) -> None:
        sidecar = VirtualSidecar(loop, config(a={"tpm_limit": 5}, e1={"models": ["a"]}), {"a": [Plays()], "b": [], "c": [Plays()]})
        assert (await sidecar.ask()).headers[b"x-pyproxy-model"] == b"c"
        assert loop.now_ns() == 0

    play(scene)


@settings(max_examples=60, deadline=None)
@given(st.integers(30, 200), st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), min_size=1, max_size=25))
def test_no_minute_holds_more_than_the_limit_and_what_was_under_way(limit: int, crowd: list[tuple[float, float]]) -> None:
    """Each answer costs less than is reserved for it, so that nothing is ever in debt."""

    async def scene(loop: VirtualLoop) -> None:
        plays = [Plays(after=takes) for _, takes in crowd]
        sidecar = VirtualSidecar(loop, config(**NO_WAIT, a={"tpm_limit": limit}), {"a": plays, "b": [], "c": [Plays()]})

        async def come(starts: float) -> None:
            await asyncio.sleep(starts)
            await sidecar.ask()

        await asyncio.gather(*(come(starts) for starts, _ in crowd))
        times = sorted(at for instance, at, _ in sidecar.providers.calls if instance == "a")
        for first in times:
            within = [at for at in times if first <= at < first + 60_000_000_000]
            assert len(within) * COST <= limit

    play(scene)


class TestReservations:
    @pytest.mark.parametrize(
        ("most", "reserved"), [(None, 8 + 1024), (100_000, 8 + 1024), (800, 8 + 100), (80, 8 + 10), (10, 8 + 1), (5, 8)]
    )
    def test_a_guess_takes_an_eighth_of_a_limit_at_most(self, most: int | None, reserved: int) -> None:
        assert TokenEstimates().reservation("m", Prompt(), most) == reserved

    def test_what_is_usual_is_reserved_once_it_is_known(self) -> None:
        estimates = TokenEstimates()
        for _ in range(10):
            estimates.learn("m", Prompt(), Usage(8, 60))
        assert estimates.reservation("m", Prompt(), 100) == 8 + 60
        assert estimates.reservation("m", Prompt(max_tokens=20), 100) == 8 + 20
        assert estimates.reservation("m", Prompt(), 50) == 50

    def test_models_that_are_gone_are_forgotten(self) -> None:
        estimates = TokenEstimates()
        for _ in range(10):
            estimates.learn("m", Prompt(), Usage(8, 60))
        estimates.keep(frozenset(("other",)))
        assert estimates.reservation("m", Prompt(), None) == 8 + 1024
