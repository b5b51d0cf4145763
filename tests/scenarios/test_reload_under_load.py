"""Reloads while streams run: no request fails, nothing leaks, and what is valid is soon in force.

`make test` plays it small; `make test-reload` plays it in full, by RELOADS and STREAMS.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx2
from support.scene import until

from pyproxy import Sidecar
from pyproxy.errors import ConfigError
from pyproxy.providers.connections import Connections
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from pyproxy.config.changes import ReloadReport

RELOADS = int(os.environ.get("RELOADS", "60"))
STREAMS = int(os.environ.get("STREAMS", "40"))
BROKEN_SHARE = 0.3
SEEN_BY_ITSELF_EVERY = 20
# By the sidecar's pulse: a machine that is busy for others slows it down as it does all else. No wait is endless on the wall, either.
LIVE_WITHIN_S = 2.0
PATIENCE_EACH_S = 30.0
PATIENCE_S = 1_800
# Reading and preparing are a thread's: the sidecar stands still for no reload, but for its share in the interpreter's lock, which
# is the dearer the more streams there are.
STALLED_AT_MOST_S = 0.14 + 0.0003 * STREAMS
REST_S = 0.25
BEAT_S = 0.01
MOST_OF_A_BEAT_S = 0.05


def config(base_url: str, number: int) -> dict[str, Any]:
    """One of many configurations that all serve `g`, with whatever else may change between two of them."""
    chance = random.Random(number)
    steady = {"base_url": base_url}
    extra = {f"extra-{chance.randrange(5)}": {"provider": "steady", "model": "extra"} for _ in range(2)}
    models = {
        "a": {"provider": "steady", "model": "a", "concurrency_limit": chance.choice([None, 500, 900]) or 700},
        "b": {"provider": "moving", "model": "b", **({"rpm_limit": 1_000_000 + number} if chance.random() < 0.5 else {})},
        **extra,
    }
    return {
        "server": {"port": 0, "admin_token": "token", "max_body_bytes": 100_000 + number},
        "providers": {
            "steady": steady,
            "moving": {"base_url": base_url, "api_key": f"sk-{chance.randrange(3)}"},
            **({"passing": {"base_url": base_url}} if chance.random() < 0.5 else {}),
        },
        "models": models,
        "task_groups": {
            "g": {
                "e1": {"models": chance.choice([["a", "b"], ["b", "a"], ["a"], ["b"], ["a", "b", *extra]])},
                "e2": {"models": ["a"]},
                **({"e3": {"models": list(extra)}} if chance.random() < 0.5 else {}),
            },
            **({f"h{number % 7}": {"e": {"models": ["b"], "concurrency_limit": 5}}} if chance.random() < 0.5 else {}),
        },
    }


def broken(text: str, number: int) -> str:
    """The text, spoilt in one of several ways."""
    return (
        text[: len(text) // 2],
        text.replace('"steady"', '"nobody"', 1),
        text.replace('"models": ["a"]', '"models": ["missing"]', 1),
        text.replace("sk-", "${NOT_SET}", 1),
        "",
        text + "}",
    )[number % 6]


def tasks() -> Counter[str]:
    """How many run, by what they do."""
    return Counter(getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@dataclass
class Crowd:
    """Clients that stream one answer after the other until they are sent home."""

    http: httpx2.AsyncClient
    answers: Counter[str] = field(default_factory=Counter)
    home: asyncio.Event = field(default_factory=asyncio.Event)
    streaming: int = 0

    async def client(self) -> None:
        while not self.home.is_set():
            body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
            async with self.http.stream("POST", "/v1/chat/completions", json=body) as response:
                self.streaming += 1
                text = b"".join([piece async for piece in response.aiter_raw()])
                self.streaming -= 1
            whole = response.status_code == 200 and text.endswith(b"data: [DONE]\n\n") and text.count(b'"content"') > 5
            self.answers["whole" if whole else f"{response.status_code}: {text[-300:]!r}"] += 1


class Pulse:
    """One who asks the sidecar over and over how it is: a clock that goes on no further where the sidecar or the machine stands still."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.now_s = 0.0
        self._stalls_s = [0.0]
        self._beaten = asyncio.Event()
        self._over = False

    async def __aenter__(self) -> Self:
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        await self._beating

    @contextlib.contextmanager
    def stalls(self) -> Iterator[list[float]]:
        """How late each beat was that came meanwhile; at first it is none."""
        self._stalls_s = [0.0]
        yield self._stalls_s

    async def next(self) -> None:
        """Wait for the beat that is under way."""
        await asyncio.wait_for(self._beaten.wait(), PATIENCE_EACH_S)

    async def _beat(self) -> None:
        while not self._over:
            began = time.monotonic()
            await asyncio.sleep(BEAT_S)
            (await self.http.get("/livez")).raise_for_status()
            took = time.monotonic() - began
            self._stalls_s.append(took - BEAT_S)
            self.now_s += min(took, MOST_OF_A_BEAT_S)
            self._beaten.set()
            self._beaten = asyncio.Event()


class Reloads:
    """Changes the file, asks for reloads or waits for them, and notes how long each took and how long the sidecar stood still for it."""

    def __init__(self, path: Path, base_url: str, sidecar: Sidecar, pulse: Pulse) -> None:
        self.path = path
        self.base_url = base_url
        self.sidecar = sidecar
        self.pulse = pulse
        self.live_after_s: list[float] = []
        self.live_after_by_pulse_s: list[float] = []
        self.outcomes: Counter[str] = Counter()
        self.stalls_s: list[list[float]] = []
        self.stalls_at_rest_s: list[float] = []
        self._reports: asyncio.Queue[ReloadReport] = asyncio.Queue()
        sidecar.on_reload(self._reports.put_nowait)

    async def play(self, number: int) -> None:
        with self.pulse.stalls() as stalls:
            outcome = await self._play(number)
            await self.pulse.next()
        self.outcomes[outcome] += 1
        self.stalls_s.append(stalls)
        if outcome == "seen":
            await self.rest()

    async def rest(self) -> None:
        """Watch the pulse while the file rests, and whoever follows it does, too."""
        with self.pulse.stalls() as stalls:
            await asyncio.sleep(REST_S)
        self.stalls_at_rest_s += stalls

    def stalled_s(self) -> float:
        """For how long the sidecar stands still in the usual reload, beyond what it does in as many beats at rest."""
        return statistics.median(max(stalls) - self._usual_at_rest_s(len(stalls)) for stalls in self.stalls_s)

    def _usual_at_rest_s(self, beats: int) -> float:
        rest = self.stalls_at_rest_s
        return statistics.median(max(rest[start : start + beats]) for start in range(0, len(rest), beats))

    async def _play(self, number: int) -> str:
        wanted = config(self.base_url, number)
        good = random.Random(-number).random() >= BROKEN_SHARE
        self.path.write_text(json.dumps(wanted) if good else broken(json.dumps(wanted), number))
        if good and number % SEEN_BY_ITSELF_EVERY < 2:
            began, pulse_began = time.monotonic(), self.pulse.now_s
            while self.in_force() != wanted["server"]["max_body_bytes"]:
                await asyncio.wait_for(self._reports.get(), PATIENCE_EACH_S)
            self.live_after_s.append(time.monotonic() - began)
            self.live_after_by_pulse_s.append(self.pulse.now_s - pulse_began)
            return "seen"
        before = self.in_force()
        try:
            await self.sidecar.reload()
        except ConfigError:
            assert not good
            assert self.in_force() == before
            return "refused"
        assert good
        assert self.in_force() == wanted["server"]["max_body_bytes"]
        return "asked"

    def in_force(self) -> int:
        return self.sidecar.config.server.max_body_bytes


def connections() -> list[Connections]:
    """All that are held by anybody in this process, those of other tests too."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, Connections) and each.holders]


async def test_no_request_fails_and_nothing_leaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pyproxy.yaml"
    files_at_first, connections_at_first = open_files(), connections()
    async with asyncio.timeout(PATIENCE_S), MockProvider() as mock:
        mock.default = Behaviour(chunks=10, pace=0.1)
        path.write_text(json.dumps(config(mock.base_url, 0)))
        sidecar = Sidecar(path, own_thread=False)  # its tasks are counted, too
        async with sidecar:
            await sidecar.start()
            tasks_at_first = tasks()
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
            async with httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=30, limits=limits) as http:
                crowd, streaming = Crowd(http), []
                clients = [asyncio.create_task(crowd.client()) for _ in range(STREAMS)]
                await until(lambda: crowd.streaming > STREAMS // 2, within_s=PATIENCE_EACH_S)
                async with Pulse(http) as pulse:
                    reloads = Reloads(path, mock.base_url, sidecar, pulse)
                    await reloads.rest()
                    for number in range(1, RELOADS + 1):
                        await reloads.play(number)
                        streaming.append(crowd.streaming)
                assert statistics.median(streaming) > STREAMS // 4, "the streams ran all the while, but for the time between two"
                crowd.home.set()
                await asyncio.gather(*clients)

            stalled, slowest = reloads.stalled_s(), max(reloads.live_after_by_pulse_s)
            print(dict(crowd.answers), dict(reloads.outcomes), f"stalled for {stalled:.3f} s")  # noqa: T201 - the figures
            print(f"the slowest live after {slowest:.2f} s, on the wall {max(reloads.live_after_s):.2f} s")  # noqa: T201
            assert list(crowd.answers) == ["whole"]
            assert crowd.answers["whole"] >= STREAMS
            assert slowest < LIVE_WITHIN_S
            assert min(reloads.outcomes[each] for each in ("seen", "asked", "refused")) > 0
            assert stalled < STALLED_AT_MOST_S

            assembly = sidecar._assembly
            await until(lambda: len(assembly.snapshots.live) == 1 and not assembly._closing)
            await until(lambda: not any(scope["in_flight"] for scope in sidecar.limits()))
            held = [each for each in connections() if each not in connections_at_first]
            assert len(held) == len(sidecar.config.providers), "one for each provider, whatever has been before"
            await until(lambda: tasks() == tasks_at_first)
    await until(lambda: open_files() <= files_at_first)
    assert not [record for record in caplog.records if "not reloaded" not in record.getMessage()]
