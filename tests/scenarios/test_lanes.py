"""Ordinary requests after the first: over native I/O nobody here is asked about them, and nobody can tell but by the time they take."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.scene import PATIENT, TEXT, scene, until

from pyproxy.orchestration import Orchestrator
from pyproxy.orchestration.strategies import STRATEGIES, Strategy
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from support.scene import Scene

    from pyproxy.domain import Plan, Step

FIRST = "g.e1/first"


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the requests that came to the orchestrator."""
    ids: list[str] = []
    handle = Orchestrator._handle

    async def noted(self: Orchestrator, request: Any, *arguments: Any) -> None:
        ids.append(request.id)
        await handle(self, request, *arguments)

    monkeypatch.setattr(Orchestrator, "_handle", noted)
    return ids


async def open_lane(on: Scene, **fields: Any) -> None:
    """The request that others follow."""
    assert (await on.ask(**fields)).status_code == 200
    await on.idle()


async def test_from_the_second_on_ordinary_requests_come_to_nobody_here(handled: list[str], io: str) -> None:
    async with scene() as on:
        answers = [await on.ask() for _ in range(4)]
        streams = [await on.stream() for _ in range(2)]
        await on.recorded(6)
        first, *others = on.records
    assert len(handled) == (1 if io == "native" else 6)
    assert {answer.json()["choices"][0]["message"]["content"] for answer in answers} == {TEXT}
    assert all(received.endswith(b"data: [DONE]\n\n") and clean for received, clean, _ in streams)
    assert {path for _, _, path in streams} == {f"{FIRST}:200"}
    told = {
        (each.status, each.flag, each.target, each.provider, each.model, each.node, each.revision, str(each.attempts[0])) for each in others
    }
    assert told == {(first.status, "-", "g", "p", "first", "-", first.revision, f"{FIRST}:200")}
    assert [each.stream for each in on.records] == [False] * 4 + [True] * 2
    assert {each.usage for each in others[:3]} == {first.usage}
    assert {each.sent_bytes for each in others[:3]} == {len(answer.content) for answer in answers[1:]}
    assert all(0 < (each.first_byte_ns or 0) <= each.total_ns for each in others)


async def test_the_heads_of_both_have_the_same_names(io: str) -> None:
    async with scene() as on:
        first, second = await on.ask(headers={"x-request-id": "one"}), await on.ask(headers={"x-request-id": "two"})
    assert sorted(first.headers) == sorted(second.headers)
    assert second.headers["x-request-id"] == "two"
    differing = {name for name in first.headers if first.headers[name] != second.headers[name]}
    assert differing <= {"x-request-id", "date"}, io


async def test_what_goes_upstream_is_the_same_but_for_nothing() -> None:
    odd = b'{ "model" : "g",\t"messages":[{"role":"user","content":"H\\u00e9llo"}], "metadata":{"a": "1e3"},"stream":false }'
    async with scene() as on:
        for _ in range(2):
            headers = {"content-type": "application/json; charset=utf-8", "authorization": "Bearer of-the-client", "x-beta": "1"}
            assert (await on.client.post("/v1/chat/completions", content=odd, headers=headers)).status_code == 200
        first, second = on.mock.requests
    assert (first.method, first.path, first.body) == (second.method, second.path, second.body)
    assert first.body == odd.replace(b'"g"', b'"first"')
    assert sorted(first.headers) == sorted(second.headers)
    assert b"of-the-client" not in repr(second.headers).encode()


async def test_large_bodies_need_not_come_here_either(handled: list[str], io: str) -> None:
    text = "x" * 2_000_000
    async with scene() as on:
        await open_lane(on)
        for _ in range(10):
            assert (await on.ask(messages=[{"role": "user", "content": text}])).status_code == 200
        assert {json.loads(request.body)["messages"][0]["content"] == text for request in on.mock.requests[1:]} == {True}
        await on.idle()
    assert len(handled) < 6 or io == "python"  # but for what was held up on its way


async def test_the_usage_of_a_stream_is_asked_for_and_kept_back() -> None:
    async with scene() as on:
        await open_lane(on)
        received, _, _ = await on.stream()
        await on.recorded(2)
    assert json.loads(on.mock.requests[-1].body)["stream_options"] == {"include_usage": True}
    assert b"completion_tokens" not in received
    assert on.records[-1].usage is not None


@pytest.mark.parametrize("stream", [False, True])
async def test_an_attempt_that_fails_is_gone_on_from(handled: list[str], *, stream: bool) -> None:
    async with scene() as on:
        await open_lane(on)
        on.mock.script("first", Behaviour(status=503))
        answer = await on.ask(stream=stream)
        await on.recorded(2)
        assert (answer.status_code, answer.headers["x-pyproxy-attempts"]) == (200, f"{FIRST}:503, g.e2/second:200")
        assert [request.model for request in on.mock.requests] == ["first", "first", "second"]
        record = on.records[-1]
        assert [str(attempt) for attempt in record.attempts] == [f"{FIRST}:503", "g.e2/second:200"]
        assert record.request_id == answer.headers["x-request-id"] == handled[-1]
        await on.idle()


async def test_a_refusal_of_the_request_itself_is_the_provider_s_own_word() -> None:
    async with scene() as on:
        await open_lane(on)
        on.mock.script("first", Behaviour(status=400))
        answer = await on.ask()
        assert (answer.status_code, answer.headers["x-pyproxy-attempts"]) == (400, f"{FIRST}:400")
        assert "error" in answer.json()
        await on.idle()


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (Behaviour(stall_before_head=True), "first_byte_timeout"),
        (Behaviour(reset_before_head=True), "reset"),
        (Behaviour(text=TEXT, stall_after=0), "idle_timeout"),
    ],
)
async def test_whatever_fails_before_the_first_content_is_rescued(fault: Behaviour, result: str) -> None:
    async with scene() as on:
        await open_lane(on)
        on.mock.script("first", fault)
        received, clean, path = await on.stream()
        assert path == f"{FIRST}:{result}, g.e2/second:200"
        assert clean
        assert received.endswith(b"data: [DONE]\n\n")
        await on.idle()


async def test_a_stream_that_breaks_off_ends_with_an_error_and_a_cut() -> None:
    async with scene() as on:
        await open_lane(on)
        on.mock.script("first", Behaviour(text=TEXT, stall_after=3))
        received, clean, path = await on.stream()
        await on.recorded(2)
        assert not clean
        assert path == f"{FIRST}:200"
        last = received.rstrip().rpartition(b"data: ")[2]
        assert json.loads(last)["error"]["code"] == "stream_interrupted"
        record = on.records[-1]
        assert (record.status, record.flag) == (200, "stream_interrupted")
        assert [str(attempt) for attempt in record.attempts] == [f"{FIRST}:200+idle_timeout"]
        assert record.sent_bytes == len(received)
        await on.idle()


@pytest.mark.parametrize("behaviour", [Behaviour(stall_before_head=True), Behaviour(text=TEXT, stall_after=2)])
async def test_a_client_that_leaves_takes_the_call_with_it(behaviour: Behaviour) -> None:
    async with scene(timeouts=PATIENT) as on:
        await open_lane(on)
        on.mock.script("first", behaviour)
        asking = asyncio.create_task(on.stream())
        await until(lambda: on.in_flight() != {})
        await until(lambda: len(on.mock.requests) == 2)
        asking.cancel()
        await on.idle()
        await on.recorded(2)
        assert on.records[-1].flag == "client_gone"
        await until(lambda: on.mock.requests[-1].outcome == "client_gone")


async def test_one_who_waits_has_the_room_of_a_request_that_nobody_here_knew_of(handled: list[str], io: str) -> None:
    async with scene(timeouts=PATIENT, max_queue_wait=60, e1={"models": ["first"], "concurrency_limit": 1}) as on:
        await open_lane(on, target="g.e1")
        on.mock.script("first", Behaviour(text=TEXT, latency=0.05))
        answers = await asyncio.gather(*(on.ask("g.e1") for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        await on.idle()
    assert len(handled) < 5 or io == "python"


async def test_what_is_under_way_may_finish_when_the_sidecar_stops() -> None:
    async with scene(timeouts=PATIENT) as on:
        await open_lane(on)
        on.mock.script("first", Behaviour(text=TEXT, pace=0.02))
        streaming = asyncio.create_task(on.stream())
        await until(lambda: len(on.mock.requests) == 2)
        stopping = asyncio.create_task(on.sidecar.stop())
        received, clean, _ = await streaming
        await stopping
        assert clean
        assert received.endswith(b"data: [DONE]\n\n")
        await on.recorded(2)


async def test_what_outlasts_the_grace_is_cut_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(timeouts=PATIENT) as on:
        await open_lane(on)
        monkeypatch.setitem(vars(on.sidecar.config.server), "drain_timeout", 0.05)
        on.mock.script("first", Behaviour(text=TEXT, stall_after=2))
        streaming = asyncio.create_task(on.stream())
        await until(lambda: len(on.mock.requests) == 2)
        await until(lambda: on.mock.requests[1].chunks_sent == 2)
        await on.sidecar.stop()
        received, clean, _ = await streaming
        assert not clean
        assert json.loads(received.rstrip().rpartition(b"data: ")[2])["error"]["code"] == "shutdown"
        await on.recorded(2)
        record = on.records[-1]
        assert (record.flag, record.provider, record.model, record.status) == ("shutdown", "p", "first", 200)
        assert [str(attempt) for attempt in record.attempts] == [f"{FIRST}:200"]
        assert record.sent_bytes == len(received)
        assert on.in_flight() == {}


async def test_a_credential_that_is_refused_is_asked_no_more(io: str) -> None:
    async with scene() as on:
        await open_lane(on)
        on.mock.script("first", Behaviour(status=401))
        assert (await on.ask()).headers["x-pyproxy-attempts"] == f"{FIRST}:401, g.e2/second:200"
        assert (await on.ask()).headers["x-pyproxy-attempts"] == "g.e2/second:200", io
        await on.idle()


async def test_a_body_that_is_too_large_or_no_json_is_refused_as_ever() -> None:
    async with scene() as on:
        await open_lane(on)
        assert (await on.client.post("/v1/chat/completions", content=b"{", headers={"content-type": "application/json"})).status_code == 400
        assert (await on.client.post("/v1/chat/completions", content=b"{}", headers={"content-type": "text/plain"})).status_code == 415
        assert (await on.ask(headers={"host": "evil.example"})).status_code == 421
        assert (await on.ask(headers={"origin": "http://evil.example"})).status_code == 403
        assert (await on.ask("nobody")).status_code == 404
        response = await on.client.request("GET", "/v1/chat/completions")
        assert response.status_code == 405
        assert isinstance(response, httpx2.Response)


async def test_what_fails_while_the_sidecar_stops_is_rescued_all_the_same() -> None:
    async with scene(timeouts=PATIENT) as on:
        await open_lane(on)
        on.mock.script("first", Behaviour(status=503, latency=0.1))
        asking = asyncio.create_task(on.ask())
        await until(lambda: len(on.mock.requests) == 2)
        stopping = asyncio.create_task(on.sidecar.stop())
        answer = await asking
        await stopping
        assert (answer.status_code, answer.headers["x-pyproxy-attempts"]) == (200, f"{FIRST}:503, g.e2/second:200")


async def test_nobody_is_asked_for_a_longer_answer_than_a_model_gives() -> None:
    async with scene(first={"capabilities": {"max_output": 100}}) as on:
        await open_lane(on, max_tokens=50)
        for asked in (100, 1_000):
            answer = await on.ask(max_tokens=asked)
            assert json.loads(on.mock.requests[-1].body)["max_tokens"] == 100
            assert answer.headers.get("x-pyproxy-lossy") == (None if asked == 100 else "max_tokens")


async def test_many_are_noted_as_well_as_one() -> None:
    async with scene() as on:
        for _ in range(3):
            assert {answer.status_code for answer in await asyncio.gather(*(on.ask() for _ in range(100)))} == {200}
        await on.recorded(300)
        assert len({record.request_id for record in on.records}) == 300
        assert on.in_flight() == {}


class Alternating(Strategy):
    """Begins with another step each time."""

    def __init__(self) -> None:
        self.asked = 0

    def first(self, plan: Plan) -> Step | None:
        self.asked += 1
        return plan.steps[self.asked % 2]

    def after(self, plan: Plan, step: Step) -> Step | None:  # noqa: ARG002 - the interface's shape
        return None


async def test_a_strategy_that_a_program_brought_with_it_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STRATEGIES, "alternating", Alternating())
    fallback = {"strategy": "plugin", "strategy_plugin": "alternating"}
    async with scene(fallback_config=fallback) as on:
        for _ in range(4):
            await on.ask()
        assert [request.model for request in on.mock.requests] == ["second", "first", "second", "first"]
