"""The stage of Failover Bench's sixteen faults: a provider whose first model fails and whose second is healthy, a sidecar, a caller.

The catalogue is that of github.com/failoverbench/failoverbench, methodology 0.1; only its ideas are used here. Its published profile waits
20 s for a slow token, 30 s in a stall and 60 s in an outage: FAILOVER_BENCH=full plays those, anything else the same in a fraction.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from support.scene import until

from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.callers import Caller, Seen
    from support.pairs import Pair, Running

__all__ = ["ANSWER", "CALLS_AT_MOST", "WAITS", "Bench", "Way", "bench"]

ANSWER = (
    "A sidecar is judged on the day its provider fails, for on every other day there is nothing to see. It must know a pause from an end, "
    "wait where waiting helps, turn elsewhere where it does not, say what was lost, and never hand over half an answer as though "
    "it were whole: silence misleads more than errors do."
)
assert len(ANSWER.split()) == 60, "long enough that 40 words of it are no whole answer"
CALLS_AT_MOST = 6


class Waits(NamedTuple):
    """How long the faults last, and what they are measured against; in seconds."""

    pace: float
    retry_after: float
    slow_token: float
    patience: float
    outage: float
    between: float
    requests: int
    back_within: float
    breaker: float
    back_off: float
    hang: float


FULL = Waits(
    pace=0.015,
    retry_after=2,
    slow_token=20,
    patience=10,
    outage=60,
    between=4,
    requests=20,
    back_within=30,
    breaker=20,
    back_off=1.0,
    hang=45,
)
BRIEF = Waits(
    pace=0.0,
    retry_after=0.4,
    slow_token=1.6,
    patience=0.5,
    outage=1.2,
    between=0.15,
    requests=20,
    back_within=1.5,
    breaker=0.3,
    back_off=0.05,
    hang=6,
)
WAITS = FULL if os.environ.get("FAILOVER_BENCH") == "full" else BRIEF


@dataclass(frozen=True)
class Way:
    """How the stage is set up: who asks, and what its streams are promised."""

    caller: Caller
    guarantee: str


class Bench:
    """One request after another at group `g`: its first echelon has the fault, its second is healthy."""

    def __init__(self, mock: MockProvider, running: Running, caller: Caller) -> None:
        self._mock = mock
        self._running = running
        self.caller = caller
        self.healthy = Behaviour(text=ANSWER, pace=WAITS.pace, prefill="continue")
        mock.default = self.healthy

    def fault(self, *behaviours: Behaviour, then_healthy: bool = False) -> None:
        """Say what the first model does; with `then_healthy` it has the fault once."""
        self._mock.script("first", *behaviours, *([self.healthy] if then_healthy else []))

    def standby(self, behaviour: Behaviour) -> None:
        """Say what the second model does, where it is not simply healthy."""
        self._mock.script("second", behaviour)

    async def ask(self) -> Seen:
        """Ask once. A request that has no end is the worst of failures, and fails here."""
        before = self._mock.arrived
        async with asyncio.timeout(WAITS.hang):
            seen = await self.caller.ask(self._running.address, "g")
        assert self._mock.arrived - before <= CALLS_AT_MOST, "one budget of calls for each request, whoever repeats it"
        return seen

    async def ask_one_of_many(self) -> Seen:
        """Ask while others do."""
        return await self.caller.ask(self._running.address, "g")

    def calls(self, model: str) -> list[float]:
        """When each call for a model came, in seconds since the first of all."""
        began = self._mock.requests[0].arrived_ns
        return [(each.arrived_ns - began) / 1e9 for each in self._mock.requests if each.model == model]

    def within(self, seconds: float) -> int:
        """How many of the calls to the first model came in its first `seconds`."""
        return sum(at < seconds for at in self.calls("first"))

    async def is_well(self) -> None:
        """Afterwards a healthy target answers at once, and nothing is held any more."""
        async with asyncio.timeout(10):
            seen = await self.caller.ask(self._running.address, "second")
        assert (seen.error, seen.words) == (None, ANSWER)
        await until(lambda: not self._running.in_flight())
        await self._mock.wait_for(lambda: self._mock.in_flight == 0)


@contextlib.asynccontextmanager
async def bench(pair: Pair, way: Way, *, first_at: str | None = None, **group: Any) -> AsyncIterator[Bench]:
    """Two retries, one fallback, and the times of a careful operator; everything else is what pyproxy does by itself.

    With `first_at` the first model is elsewhere, at that base_url.
    """
    async with MockProvider() as mock:
        config = {
            "providers": {
                "p": {"base_url": mock.base_url, "api_key": "sk-of-the-sidecar"},
                **({} if first_at is None else {"elsewhere": {"base_url": first_at}}),
            },
            "models": {
                "first": {"provider": "p" if first_at is None else "elsewhere", "model": "first", "context_window": 8_192},
                "second": {"provider": "p", "model": "second", "context_window": 128_000},
            },
            "task_groups": {
                "g": {
                    "e1": {"models": ["first"], "max_retries": 2},
                    "e2": {"models": ["second"], "max_retries": 2},
                    "timeouts": {"connect": WAITS.patience, "first_byte": WAITS.patience, "idle": WAITS.patience, "total": 3 * WAITS.hang},
                    "stream_guarantee": way.guarantee,
                    "fallback_config": {
                        "attempt_budget": CALLS_AT_MOST,
                        "retry_delay": WAITS.back_off,
                        "circuit_breaker": {"failure_threshold": 5, "recovery_time": WAITS.breaker},
                    },
                    **group,
                },
            },
        }
        async with pair(config) as running:
            yield Bench(mock, running, way.caller)
