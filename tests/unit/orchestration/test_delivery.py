"""How an answer ends that will not be whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from support.scene import until

from pyproxy.dialects.responses import RESPONSES
from pyproxy.dialects.translation.events import read
from pyproxy.errors import NoModelAvailable, ShuttingDown
from pyproxy.orchestration import delivery as module
from pyproxy.orchestration import keep_alive
from pyproxy.orchestration.actions import Failed
from pyproxy.orchestration.delivery import Delivery
from pyproxy.rust_core import classify

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


@pytest.mark.parametrize("by", ["interrupt", "error"])
async def test_an_error_goes_on_with_the_numbers_of_the_stream_s_events(by: str) -> None:
    client = Client()
    delivery = Delivery(client, "id", RESPONSES)
    told = iter([7])
    await delivery.start_stream(200, [], lambda: next(told))
    await getattr(delivery, by)(ShuttingDown())
    (event,) = read(bytes(client.body))
    assert (event.data["type"], event.data["sequence_number"]) == ("error", 7)


async def test_an_error_before_any_event_is_the_first_of_them() -> None:
    client = Client()
    delivery = Delivery(client, "id", RESPONSES)
    await delivery.start_stream(200, [])
    await delivery.interrupt(ShuttingDown())
    (event,) = read(bytes(client.body))
    assert event.data["sequence_number"] == 0


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


class SlowClient(Client):
    """One whose answer is sent piece by piece, each in its time; two at once would be mixed up."""

    def __init__(self) -> None:
        super().__init__()
        self.sending = asyncio.Event()
        self.mixed_up = False
        self._busy = False

    async def start(self, status: int, headers: Headers) -> None:
        await self._take_time()
        await super().start(status, headers)

    async def send(self, chunk: bytes) -> None:
        await self._take_time()
        await super().send(chunk)

    async def _take_time(self) -> None:
        self.mixed_up |= self._busy
        self._busy = True
        self.sending.set()
        await asyncio.sleep(0.01)
        self._busy = False


@pytest.mark.parametrize("end", ["error", "interrupt", "stream"])
async def test_whatever_comes_waits_for_the_sign_of_life_under_way(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_alive, "FIRST_S", 0)
    client = SlowClient()
    delivery = Delivery(client, "id")
    delivery.keep_alive()
    await client.sending.wait()
    if end == "stream":
        await delivery.start_stream(200, [])
        assert client.done == ["start 200", "send"]
    else:
        await delivery.error(NoModelAvailable("nobody")) if end == "error" else await delivery.interrupt(NoModelAvailable("nobody"))
        assert client.done == ["start 200", "send", "send", "abort"]
        assert b": keep-alive\n\ndata: {" in client.body
        assert delivery.flag == "no_model_available"
    await delivery.leave()
    assert not client.mixed_up


async def test_no_sign_of_life_comes_into_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_alive, "FIRST_S", 0.005)
    client = SlowClient()
    delivery = Delivery(client, "id")
    delivery.keep_alive()
    await delivery.error(Failed(0, classify("status", 500), "status 500", 500, (), b"{}"))
    assert client.done == ["start 500", "send", "finish"]
    assert not client.mixed_up


async def test_a_sign_of_life_in_a_stream_does_not_mix_with_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_alive, "FIRST_S", 0)
    client = SlowClient()
    delivery = Delivery(client, "id")
    await delivery.start_stream(200, [])
    client.sending.clear()
    delivery.keep_alive()
    await client.sending.wait()
    await delivery.interrupt(ShuttingDown())
    assert client.done == ["start 200", "send", "send", "abort"]
    assert not client.mixed_up
    await delivery.leave()


async def test_a_client_that_takes_no_sign_of_life_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ABORT_GRACE_S", 0.01)
    monkeypatch.setattr(keep_alive, "FIRST_S", 0)
    client = Client(stuck=True)
    delivery = Delivery(client, "id")
    delivery.keep_alive()
    await until(lambda: client.done == ["start 200"])
    await delivery.interrupt(ShuttingDown())
    assert (client.done, delivery.flag) == (["start 200", "abort"], "shutdown")
    assert len(asyncio.all_tasks()) == 1


async def test_a_client_that_has_gone_ends_the_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_alive, "FIRST_S", 0)

    class Gone(Client):
        async def start(self, status: int, headers: Headers) -> None:
            await super().start(status, headers)
            raise ConnectionResetError

    client = Gone()
    delivery = Delivery(client, "id")
    delivery.keep_alive()
    await until(lambda: bool(client.done))
    await delivery.start_stream(200, [])
    assert client.done == ["start 200"]


async def test_a_fault_in_giving_signs_of_life_is_not_kept_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_alive, "FIRST_S", 0)

    class Faulty(Client):
        async def start(self, status: int, headers: Headers) -> None:
            await super().start(status, headers)
            raise KeyError("a mistake of ours")

    client = Faulty()
    delivery = Delivery(client, "id")
    delivery.keep_alive()
    await until(lambda: bool(client.done))
    with pytest.raises(KeyError):
        await delivery.start_stream(200, [])
