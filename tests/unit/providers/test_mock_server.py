"""The record, the control routes and the life of the server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider, RecordedRequest

BODY = b'{"model":"m",  "messages":[{"role":"user","content":"hi"}]}'


class Ending(asyncio.Protocol):
    """Tells when its connection ended, by a FIN or an RST."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # either will do
        self.ended.set_result(None)


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=mock.base_url.removesuffix("/v1"), trust_env=False) as client:
        yield client


def port_of(mock: MockProvider) -> int:
    return int(mock.base_url.rpartition(":")[2].partition("/")[0])


async def send(mock: MockProvider, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(mock))
    writer.write(data)
    return reader, writer


def post(body: bytes = BODY) -> bytes:
    return b"POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: m\r\nX-Two-Words: A b\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


async def test_requests_are_recorded_as_they_were_sent(mock: MockProvider) -> None:
    reader, writer = await send(mock, post())
    await reader.readuntil(b"\r\n\r\n")
    (request,) = mock.requests
    assert (request.method, request.path, request.model, request.body) == ("POST", "/v1/chat/completions?x=1", "m", BODY)
    assert request.headers == ((b"Host", b"m"), (b"X-Two-Words", b"A b"), (b"content-length", str(len(BODY)).encode()))
    assert request.header("x-two-words") == "A b"
    assert request.header("missing") is None
    assert request.json()["model"] == "m"
    assert (request.outcome, request.status, request.closed_ns) == ("answered", 200, None)
    assert request.ended_ns is not None
    assert request.ended_ns >= request.arrived_ns
    writer.close()
    await writer.wait_closed()


async def test_a_chunked_body_is_recorded_whole(mock: MockProvider) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: m\r\ntransfer-encoding: chunked\r\n\r\n"
    reader, writer = await send(mock, head + b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % (len(BODY) - 5) + BODY[5:] + b"\r\n0\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    assert mock.requests[0].body == BODY
    writer.close()
    await writer.wait_closed()


async def test_a_client_may_wait_for_100_continue(mock: MockProvider) -> None:
    reader, writer = await send(mock, post().replace(b"Host", b"expect: 100-continue\r\nHost")[: -len(BODY)])
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(BODY)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_leaves_while_sending_is_recorded(mock: MockProvider) -> None:
    _, writer = await send(mock, post()[:-10])
    writer.close()
    await writer.wait_closed()
    await mock.wait_for(lambda: mock.arrived == 1)
    assert mock.requests[0].outcome == "client_gone"
    assert mock.requests[0].body == BODY[:-10]
    assert mock.in_flight == 0


async def test_what_is_not_http_is_refused(mock: MockProvider) -> None:
    reader, writer = await send(mock, b"nonsense\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    assert mock.requests == []
    writer.close()
    await writer.wait_closed()


async def test_an_http_1_0_stream_ends_with_the_connection(mock: MockProvider) -> None:
    body = BODY.replace(b"{", b'{"stream":true,', 1)
    reader, writer = await send(mock, b"POST /v1/chat/completions HTTP/1.0\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    assert (await reader.read()).endswith(b"data: [DONE]\n\n")
    writer.close()
    await writer.wait_closed()


async def test_in_flight_and_its_peak_are_counted(mock: MockProvider) -> None:
    mock.default = Behaviour(stall_before_head=True)
    writers = [(await send(mock, post()))[1] for _ in range(3)]
    await mock.wait_for(lambda: mock.in_flight == 3)
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    await mock.wait_for(lambda: mock.in_flight == 0)
    assert mock.peak_in_flight == 3
    assert [request.outcome for request in mock.requests] == ["client_gone"] * 3


async def test_waiting_in_vain_tells_what_did_happen(mock: MockProvider) -> None:
    with pytest.raises(TimeoutError, match="0 requests arrived, 0 in flight"):
        await mock.wait_for(lambda: mock.arrived, timeout=0.01)


async def test_only_the_last_requests_are_kept() -> None:
    async with MockProvider(keep=2) as mock, httpx2.AsyncClient(base_url=mock.base_url, trust_env=False) as http:
        for _ in range(3):
            await http.get("/models")
        assert len(mock.requests) == 2
        assert mock.arrived == 3


async def test_the_hook_is_called_when_a_request_ends() -> None:
    seen: list[RecordedRequest] = []
    async with MockProvider(on_request=seen.append) as mock, httpx2.AsyncClient(base_url=mock.base_url, trust_env=False) as http:
        await http.get("/models")
        assert seen == mock.requests
        assert seen[0].outcome == "answered"


async def test_status_counts_requests_by_model_and_outcome(mock: MockProvider, http: httpx2.AsyncClient) -> None:
    for model in ("a", "b", "a"):
        await http.post("/v1/chat/completions", json={"model": model, "messages": [{"role": "user", "content": "hi"}]})
    assert (await http.get("/mock/status")).json() == {
        "arrived": 3,
        "in_flight": 0,
        "peak_in_flight": 1,
        "models": {"a": 2, "b": 1},
        "outcomes": {"answered": 3},
    }
    assert mock.arrived == 3


async def test_the_number_of_counted_model_names_is_bounded(mock: MockProvider, http: httpx2.AsyncClient) -> None:
    for number in range(1_002):
        await http.post("/v1/chat/completions", json={"model": f"m{number}", "messages": [{"role": "user", "content": "hi"}]})
    models = (await http.get("/mock/status")).json()["models"]
    assert len(models) == 1_001
    assert models["(other)"] == 2
    assert mock.in_flight == 0


async def test_recorded_requests_can_be_read_with_their_credential_masked(http: httpx2.AsyncClient) -> None:
    await http.post("/v1/chat/completions", content=BODY, headers={"Authorization": "Bearer sk-canary", "X-Api-Key": "sk-canary"})
    answer = await http.get("/mock/requests")
    (request,) = answer.json()
    assert request["body"] == BODY.decode()
    assert (request["method"], request["model"], request["outcome"]) == ("POST", "m", "answered")
    assert ["Authorization", "***"] in request["headers"]
    assert "canary" not in answer.text


async def test_recorded_requests_can_be_forgotten(mock: MockProvider, http: httpx2.AsyncClient) -> None:
    await http.get("/v1/models")
    assert (await http.delete("/mock/requests")).json()["arrived"] == 0
    assert mock.requests == []
    assert mock.peak_in_flight == 0
    await http.get("/v1/models")
    mock.clear()
    assert mock.arrived == 0


async def test_an_unknown_control_route_lists_those_there_are(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/mock/status")
    assert answer.status_code == 404
    assert "GET /mock/requests" in answer.json()["error"]


async def test_after_stop_connections_are_refused_and_the_port_can_be_taken_again() -> None:
    mock = MockProvider()
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = mock.base_url
    await mock.start()
    with pytest.raises(RuntimeError, match="already listens"):
        await mock.start()
    address = mock.base_url
    reader, writer = await send(mock, post())
    await reader.readuntil(b"\r\n\r\n")
    await mock.stop()
    writer.close()
    await writer.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port_of(mock))
    await mock.start(port=port_of(mock))
    assert mock.base_url == address
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
        assert (await http.get("/models")).status_code == 200
    await mock.stop()
    await mock.stop()


async def test_stop_ends_what_is_in_flight_and_leaves_no_task() -> None:
    mock = MockProvider()
    await mock.start()
    mock.default = Behaviour(stall_before_head=True)
    reader, writer = await send(mock, post())
    await mock.wait_for(lambda: mock.in_flight == 1)
    await mock.stop()
    assert mock.requests[0].outcome == "stopped"
    assert mock.in_flight == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("turns", range(4))
async def test_stop_closes_a_connection_that_was_just_made(turns: int) -> None:
    mock = MockProvider()
    await mock.start()
    _, client = await asyncio.get_running_loop().create_connection(Ending, "127.0.0.1", port_of(mock))
    for _ in range(turns):
        await asyncio.sleep(0)
    await mock.stop()
    async with asyncio.timeout(5):
        await client.ended


async def test_an_ipv6_address_is_written_in_brackets() -> None:
    mock = MockProvider()
    await mock.start("::1")
    assert mock.base_url.startswith("http://[::1]:")
    await mock.stop()


@pytest.mark.parametrize(("script", "status"), [("{}", 200), ("default: {status: 503}", 503)])
async def test_a_mock_from_a_script_tells_of_each_request_that_ended(tmp_path: Path, script: str, status: int) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(script)
    seen: list[RecordedRequest] = []
    async with MockProvider.from_script(path, on_request=seen.append) as mock, httpx2.AsyncClient(trust_env=False) as http:
        assert (await http.post(f"{mock.base_url}/chat/completions", content=BODY)).status_code == status
    assert len(seen) == 1
