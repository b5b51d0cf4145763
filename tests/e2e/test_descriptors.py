"""A sidecar that can open nothing more serves those who are there, uses no time up, says so once, and recovers."""

from __future__ import annotations

import http.client
import json
import os
import resource
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.processes import serve

if TYPE_CHECKING:
    from support.processes import Served

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
CROWD = 30
ROOM = 8
WHILE_S = 1.5
PACE_S = 0.05
SHORT = r"^time=\S+ level=error message=.*(nobody more can connect|out of system resource)"


def spent_s(pid: int) -> float:
    """The processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def opened(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def ask(client: http.client.HTTPConnection) -> int:
    body = json.dumps({"model": "plain", "messages": [{"role": "user", "content": "Hello"}]})
    client.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
    with client.getresponse() as answer:
        answer.read()
        return answer.status


@pytest.mark.parametrize(("io", "told_a_second"), [("native", 0), ("python", 1)])
def test_a_sidecar_without_descriptors_serves_those_who_are_there_and_recovers(
    io: str, told_a_second: int, config: Path, key: dict[str, str]
) -> None:
    """It says so once; asyncio, which accepts for the portable pair, says so each time that it tries again."""
    with serve(config, "--port", "0", "--io", io, env=key) as alone:
        run_short(alone, told_a_second)


def run_short(alone: Served, told_a_second: int) -> None:
    program = alone.program
    client = http.client.HTTPConnection("127.0.0.1", alone.port, timeout=10)
    assert ask(client) == 200
    soft, hard = opened(program.pid) + ROOM, resource.prlimit(program.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (soft, hard))
    crowd = [socket.create_connection(("127.0.0.1", alone.port)) for _ in range(CROWD)]  # the system takes them, and they wait
    program.wait_for(SHORT)
    assert opened(program.pid) == soft

    spent, began = spent_s(program.pid), time.monotonic()
    while (lasted := time.monotonic() - began) < WHILE_S:
        assert ask(client) == 200
        time.sleep(PACE_S)
    assert spent_s(program.pid) - spent < lasted / 2
    assert len(program.matches(SHORT)) <= 1 + told_a_second * (lasted + 1)

    for each in crowd:
        each.close()
    late = http.client.HTTPConnection("127.0.0.1", alone.port, timeout=10)
    assert ask(late) == 200
    late.close()
    client.close()
