"""Clients that leave at random moments, by the thousand: nothing of them stays behind, and those beside them have their answers.

`make test` plays it small; `make test-disconnects` in full, by DISCONNECTS.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import socket
import statistics
import struct
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.scene import until

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    import pytest

    from pyproxy.domain import RequestRecord
    from pyproxy.providers.mock import RecordedRequest

DISCONNECTS = int(os.environ.get("DISCONNECTS", "400"))
CROWD = 12
STAYING_SHARE = 0.1
LONGEST_STAY_S = 0.1
PATIENCE_S = 230
LONGEST_LINE = 1024 * 1024
# Departures are noticed within 100 ms where nothing else happens; here a dozen clients, the sidecar and the provider share one event loop.
NOTICED_WITHIN_S = 3.0
TEXT = " ".join(f"word{number}" for number in range(12))

UPSTREAM = {
    "prompt": Behaviour(text=TEXT),
    "slow": Behaviour(text=TEXT, latency=0.03),
    "paced": Behaviour(text=TEXT, pace=0.004),
    "late": Behaviour(text=TEXT, head_pause=0.03),
    "trickling": Behaviour(text=TEXT, split=200, split_pace=0.002),
    "large": Behaviour(text=" ".join(["word" * 10_000] * 20), pace=0.001),
}
FOR_EVER = {
    "silent": Behaviour(stall_before_head=True),
    "stalling": Behaviour(text=TEXT, stall_after=3),
    "endless": Behaviour(text=TEXT, stall_at_end=True, omit_done=True),
}
FAILING = {
    "erring": Behaviour(status=500),
    "overloaded": Behaviour(status=503),
    "limiting": Behaviour(status=429, retry_after="0.02"),
    "resetting": Behaviour(reset_before_head=True),
    "cutting": Behaviour(text=TEXT, cut_after=3),
}


def config(base_url: str) -> dict[str, Any]:
    """A group for each behaviour, which falls back to a paced model where there is a reason to; permits are counted everywhere."""
    names = [*UPSTREAM, *FOR_EVER, *FAILING]
    return {
        "alerts": {"fallback_rate": 1},
        "providers": {"p": {"base_url": base_url, "api_key": "sk-of-the-sidecar"}},
        "models": {name: {"provider": "p", "model": name, "concurrency_limit": 1_000} for name in names},
        "task_groups": {
            f"of-{name}": {
                "concurrency_limit": 1_000,
                "e1": {"models": [name], "max_retries": 1, "concurrency_limit": 1_000},
                "e2": {"models": ["paced"], "concurrency_limit": 1_000},
                "fallback_config": {"retry_delay": 0.02, "retry_after_wait": 1.0},
            }
            for name in names
        }
        | {"narrow": {"concurrency_limit": 3, "e1": {"models": ["paced", "slow"]}}},
        "nodes": {"busy": {"llm_group": "of-paced", "concurrency_limit": 20}},
    }


def tasks() -> Counter[str]:
    """How many run, by what they do."""
    return Counter(getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@dataclass
class Crowd:
    """Clients that ask and leave, each at a moment of its own; some stay to the end."""

    port: int
    chance: random.Random
    left_ns: dict[int, int] = field(default_factory=dict)
    came_to: Counter[str] = field(default_factory=Counter)

    async def visit(self, number: int) -> None:
        """One client, from its connection to its leaving."""
        staying = self.chance.random() < STAYING_SHARE
        target = "of-" + self.chance.choice([*UPSTREAM, *FAILING]) if staying else self.chance.choice(self.targets())
        stream = self.chance.random() < 0.7
        body = json.dumps({"model": target, "stream": stream, "messages": [{"role": "user", "content": f"number {number}"}]}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Request-Id: v{number}\r\n"
        node = "X-Pyproxy-Node: busy\r\n" if self.chance.random() < 0.2 else ""
        request = f"{head}{node}Content-Length: {len(body)}\r\n\r\n".encode() + body
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LONGEST_LINE)
        if staying:
            writer.write(request)
            self.came_to[await self.stay(reader, stream=stream)] += 1
            writer.close()
            return
        moment = self.chance.choice(("before the request is whole", "at some time", "at some time", "after some bytes"))
        if moment == "before the request is whole":
            writer.write(request[: self.chance.randrange(len(request))])
            await asyncio.sleep(self.chance.uniform(0, 0.005))
        else:
            writer.write(request)
            await self.linger(reader, some_bytes=moment == "after some bytes")
            self.left_ns[number] = time.monotonic_ns()
        self.leave(writer)
        self.came_to[moment] += 1

    def targets(self) -> list[str]:
        return [*(f"of-{name}" for name in (*UPSTREAM, *FOR_EVER, *FAILING)), "narrow"]

    async def linger(self, reader: asyncio.StreamReader, *, some_bytes: bool) -> None:
        try:
            async with asyncio.timeout(self.chance.uniform(0, LONGEST_STAY_S)):
                if some_bytes:
                    await reader.readexactly(self.chance.randrange(1, 4_000))
                else:
                    await asyncio.get_running_loop().create_future()
        except (TimeoutError, asyncio.IncompleteReadError):
            return

    def leave(self, writer: asyncio.StreamWriter) -> None:
        """Go with a FIN, with an RST, or with a FIN that leaves the other direction open for a while."""
        how = self.chance.choice(("FIN", "RST", "half"))
        if how == "RST":
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif how == "half" and writer.can_write_eof():
            writer.write_eof()
            asyncio.get_running_loop().call_later(0.01, writer.close)
        else:
            writer.close()

    async def stay(self, reader: asyncio.StreamReader, *, stream: bool) -> str:
        """Read to the end; tell whether the answer was whole, or said honestly that it is not."""
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split()[1])
        lines = {name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])}
        if b"content-length" in lines:
            json.loads(await reader.readexactly(int(lines[b"content-length"])))
            return "a plain answer" if status == 200 else f"status {status}"
        assert stream
        received = bytearray()
        while chunk := await reader.readline():
            received += chunk
            if chunk == b"0\r\n":
                assert b"data: [DONE]" in received
                return "a whole stream"
        assert b'"error"' in received
        return "a stream with an error"


def number_of(call: RecordedRequest) -> int | None:
    """Whose call it was; None if it was cut off before it said so."""
    said = re.search(rb"number (\d+)", call.body)
    return int(said[1]) if said else None


async def test_nothing_of_those_who_left_stays_behind(caplog: pytest.LogCaptureFixture) -> None:
    files_at_first = open_files()
    records: list[RequestRecord] = []
    ended: list[RecordedRequest] = []
    async with asyncio.timeout(PATIENCE_S), MockProvider(on_request=ended.append, keep=1) as mock:
        for name, behaviour in (UPSTREAM | FOR_EVER | FAILING).items():
            mock.script(name, behaviour)
        sidecar = Sidecar(config(mock.base_url), observers=(records.append,), own_thread=False)
        async with sidecar:
            await sidecar.start(port=0)
            tasks_at_first, files_when_serving = tasks(), open_files()
            crowd = Crowd(int(sidecar.address.rpartition(":")[2]), random.Random(5))
            began = time.monotonic()
            numbers = iter(range(DISCONNECTS))

            async def come_and_go() -> None:
                for number in numbers:
                    await crowd.visit(number)

            await asyncio.gather(*(come_and_go() for _ in range(CROWD)))
            took = time.monotonic() - began

            await until(lambda: not [scope for scope in sidecar.limits() if scope["in_flight"]])
            await until(lambda: mock.in_flight == 0)
            await until(lambda: tasks() == tasks_at_first)
            # What is left is what serves the next request: idle connections to the provider, both of whose ends are ours here.
            await until(lambda: open_files() == files_when_serving + 2 * mock.open_connections)
            assert mock.open_connections <= 100
        await until(lambda: mock.open_connections == 0)
    await until(lambda: open_files() <= files_at_first)

    ids = Counter(record.request_id for record in records)
    assert max(ids.values()) == 1, "each request is told of once"
    assert set(crowd.came_to) >= {"before the request is whole", "at some time", "after some bytes", "a plain answer", "a whole stream"}
    noticed = [
        (each.closed_ns - crowd.left_ns[number]) / 1e9
        for each in ended
        if each.closed_ns is not None and (number := number_of(each)) in crowd.left_ns
    ]
    flags = Counter(record.flag for record in records)
    slowest, median = max(noticed), statistics.median(noticed)
    worst = statistics.quantiles(noticed, n=100)[98]
    print(f"{DISCONNECTS} clients in {took:.1f} s: {dict(crowd.came_to)}, records {dict(flags)}")  # noqa: T201 - the figures of the run
    print(f"{len(noticed)} calls ended: {median * 1e3:.1f} ms, 99 % {worst * 1e3:.1f} ms, longest {slowest * 1e3:.1f} ms")  # noqa: T201
    assert len(noticed) > DISCONNECTS / 10
    assert slowest < NOTICED_WITHIN_S
    assert [record.getMessage() for record in caplog.records] == []
