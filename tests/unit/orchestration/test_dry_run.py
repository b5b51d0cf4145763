"""What is told of a request that is not sent."""

from __future__ import annotations

import asyncio

from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.domain import Request
from pyproxy.orchestration.dry_run import Call, Passed, Route
from pyproxy.rust_core import scan_envelope


def test_a_wait_for_room_that_was_missed_before_hides_no_call_that_came_between() -> None:
    loop = VirtualLoop()

    async def main() -> Route:
        settings = config(a={"concurrency_limit": 1}, max_queue_wait=0, fallback_config={"fallback_groups": ["g.e1", "h"]})
        settings["task_groups"]["h"] = {"e1": {"models": ["a"]}}
        sidecar = VirtualSidecar(loop, settings, {"a": [Plays(-1)], "b": [], "c": []})
        async with asyncio.TaskGroup() as others:
            busy = others.create_task(sidecar.ask("a"))
            await asyncio.sleep(1)
            body = b'{"model": "g", "messages": []}'
            asked = Request("id", "/v1/chat/completions", b"", body, scan_envelope(body), (), loop.now_ns())
            route = sidecar.orchestrator.foresee(asked, "connect_failed")
            busy.cancel()
        return route

    events = run_virtually(main(), loop).events
    assert [event.candidate.label for event in events if isinstance(event, Call)] == ["g.e1/b"]
    assert [event.waited for event in events if isinstance(event, Passed)] == [False, True]
