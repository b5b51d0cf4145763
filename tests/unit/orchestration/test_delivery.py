"""How an answer ends that will not be whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pyproxy.errors import ShuttingDown
from pyproxy.orchestration import delivery as module
from pyproxy.orchestration.delivery import Delivery

if TYPE_CHECKING:
    from pyproxy.errors import RequestError

Headers = list[tuple[bytes, bytes]]


class Client:
    """An exchange that notes what was done to it; one that is `stuck` takes no piece of a body."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.done: list[str] = []
        self.body = b""
        self._stuck = stuck

    async def start(self, status: int, _headers: Headers) -> None:
        self.done.append(f"start {status}")

    async def send(self, chunk: bytes) -> None:
        if self._stuck:
            await asyncio.Event().wait()
        self.done.append("send")
        self.body += chunk

    async def finish(self) -> None:
        self.done.append("finish")

    async def error(self, error: RequestError, _headers: Headers) -> int:
        self.done.append(f"error {error.http_status}")
        return 1

    def abort(self) -> None:
        self.done.append("abort")


async def test_before_the_head_it_is_an_error() -> None:
    client = Client()
    delivery = Delivery(client, "id")
    await delivery.interrupt(ShuttingDown())
    assert (client.done, delivery.flag, delivery.status, delivery.finished) == (["error 503"], "shutdown", 503, True)


async def test_a_stream_ends_with_an_event_and_a_cut() -> None:
    client = Client()
    delivery = Delivery(client, "id")
    await delivery.start_stream(200, [])
    await delivery.interrupt(ShuttingDown())
    assert (client.done, delivery.flag, delivery.finished) == (["start 200", "send", "abort"], "shutdown", False)
    assert b'"shutdown"' in client.body


async def test_the_provider_s_own_event_goes_before_ours() -> None:
    client = Client()
    delivery = Delivery(client, "id")
    await delivery.start_stream(200, [])
    await delivery.interrupt(ShuttingDown(), b"data: its own\n\n")
    assert client.body == b"data: its own\n\n"


async def test_a_client_that_reads_nothing_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ABORT_GRACE_S", 0.01)
    client = Client(stuck=True)
    delivery = Delivery(client, "id")
    await delivery.start_stream(200, [])
    await delivery.interrupt(ShuttingDown())
    assert (client.done, delivery.flag) == (["start 200", "abort"], "shutdown")


async def test_half_of_a_plain_answer_gets_no_event_but_the_cut() -> None:
    client = Client(stuck=True)
    delivery = Delivery(client, "id")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await delivery.whole(200, [], b"{}")
    await delivery.interrupt(ShuttingDown())
    assert (client.done, delivery.flag) == (["start 200", "abort"], "shutdown")


async def test_an_answer_that_has_come_to_its_end_is_left_alone() -> None:
    client = Client()
    delivery = Delivery(client, "id")
    await delivery.whole(200, [], b"{}")
    await delivery.interrupt(ShuttingDown())
    assert (client.done, delivery.flag) == (["start 200", "send", "finish"], "-")
