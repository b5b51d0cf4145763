"""The whole path of a request on virtual time: the real orchestrator, limits and engine, over providers that play by script."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pyproxy.config import load_config
from pyproxy.domain import Request
from pyproxy.observe.alerts import Alerts
from pyproxy.observe.observers import Observers
from pyproxy.orchestration import Orchestrator
from pyproxy.providers.httpx_transport import HttpxTransports
from pyproxy.providers.transport import TransportFailure, UpstreamCall
from pyproxy.reloading.assembly import Assembly
from pyproxy.rust_core import scan_envelope

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from support.virtual_time import VirtualLoop

    from pyproxy.domain import RequestRecord
    from pyproxy.errors import RequestError

Headers = list[tuple[bytes, bytes]]
SECOND = 1_000_000_000
ANSWER = (
    b'{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop","message":'
    b'{"role":"assistant","content":"Hello"}}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}'
)
WORD = b'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"w"},"finish_reason":null}]}\n\n'
LAST = b'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


@dataclass(frozen=True)
class Plays:
    """How one call goes.

    Attributes:
        status: what it is answered with; 0 for a connection that cannot be made, -1 for silence without end.
        after: seconds until then.
        words: pieces of a stream, if one is asked for.
        gap: seconds before each of them.
        breaks: after how many of them the connection is reset, if it is.
        retry_after: what an error says of when to ask again, in seconds.
        says: the pieces of text that a stream is made of, instead of words: with a role before them, and an end with its usage.
        cut: after how many bytes of that something goes wrong, if it does.
        fault: what goes wrong then.
        done: whether the stream ends with its ``[DONE]``; without it the connection stays open.
        prefill: what becomes of a last message of the assistant.
        headers: further headers of the answer.
        refusal: the body of an answer that is none.
    """

    status: int = 200
    after: float = 0.0
    words: int = 3
    gap: float = 0.0
    breaks: int | None = None
    retry_after: int | None = None
    says: tuple[str, ...] = ()
    cut: int | None = None
    fault: Literal["reset", "end", "stall", "malformed", "error"] = "reset"
    done: bool = True
    prefill: Literal["taken", "refused"] = "taken"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    refusal: bytes = b'{"error": {"message": "no"}}'

    def events(self, model: str, begun: str = "") -> list[bytes]:
        """The events of the stream that it says, after what is begun of it."""
        pieces, text = [], ""
        for piece in self.says:
            text += piece
            pieces.append(text[max(len(text) - len(piece), len(begun)) :])
        common = {"id": f"id-{model}", "object": "chat.completion.chunk", "created": len(model) + ord(model[0]), "model": f"m-{model}"}
        deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces if piece)]
        chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        chunks.append({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": len(self.says), "total_tokens": 9}})
        events = [b"data: " + json.dumps({**common, **chunk}).encode() + b"\n\n" for chunk in chunks]
        return [*events, b"data: [DONE]\n\n"] if self.done else events


class Providers:
    """The transport: plays what is scripted for a model, the last of it for ever.

    Attributes:
        calls: who was called, when, and on behalf of which request.
        checks: who was checked without a token, and when.
        health: how such a check goes, by instance; well unless it says otherwise.
        under_way: calls that have not been closed.
    """

    def __init__(self, loop: VirtualLoop, scripts: Mapping[str, Sequence[Plays]]) -> None:
        self._loop = loop
        self._scripts = {name: list(plays) for name, plays in scripts.items()}
        self.calls: list[tuple[str, int, bytes]] = []
        self.checks: list[tuple[str, int]] = []
        self.health: dict[str, Plays] = {}
        self.under_way = 0

    async def open(self, call: UpstreamCall) -> Answer:
        if call.method == "GET":
            assert not call.body
            self.checks.append((call.instance, self._loop.now_ns()))
            plays = self.health.get(call.instance, Plays())
        else:
            self.calls.append((call.instance, self._loop.now_ns(), dict(call.headers).get(b"x-test-request", b"")))
            script = self._scripts[call.instance.partition("#")[0]]
            plays = script.pop(0) if len(script) > 1 else script[0]
        answer = Answer(self, plays, call)
        try:
            await asyncio.sleep(86_400 if plays.status < 0 else plays.after)
        except BaseException:
            await answer.aclose()
            raise
        if plays.status:
            return answer
        await answer.aclose()
        raise TransportFailure("connect_failed", "nobody listens")

    async def aclose(self) -> None:
        """Nothing is kept."""


class Answer:
    """One call's answer."""

    def __init__(self, providers: Providers, plays: Plays, call: UpstreamCall) -> None:
        self._providers: Providers | None = providers
        self._plays = plays
        asked = json.loads(call.body or b"{}")
        turns = asked.get("messages", [])
        prefilled = bool(turns) and turns[-1]["role"] == "assistant"
        self._begun = turns[-1]["content"] if prefilled else ""
        self._model = asked.get("model", "")
        providers.under_way += 1
        self.status = 400 if plays.prefill == "refused" and prefilled and plays.status == 200 else plays.status
        self._stream = asked.get("stream", False) and self.status == 200
        self.headers: Headers = [(b"content-type", b"text/event-stream" if self._stream else b"application/json")]
        self.headers += plays.headers
        if plays.retry_after is not None:
            self.headers.append((b"retry-after", str(plays.retry_after).encode()))

    async def chunks(self) -> AsyncGenerator[bytes]:
        if not self._stream:
            yield ANSWER if self.status == 200 else self._plays.refusal
            return
        if self._plays.says:
            async with contextlib.aclosing(self._said()) as pieces:
                async for piece in pieces:
                    yield piece
            return
        for number in range(self._plays.words):
            await asyncio.sleep(self._plays.gap)
            if number == self._plays.breaks:
                raise TransportFailure("reset", "the connection was reset")
            yield WORD
        yield LAST

    async def _said(self) -> AsyncGenerator[bytes]:
        left = self._plays.cut
        for event in self._plays.events(self._model, self._begun):
            await asyncio.sleep(self._plays.gap)
            if left is not None and left < len(event):
                if left:
                    yield event[:left]
                if self._plays.fault == "reset":
                    raise TransportFailure("reset", "the connection was reset")
                if self._plays.fault == "stall":
                    await asyncio.sleep(86_400)
                if self._plays.fault == "malformed":
                    yield b"\n\ndata: {no\n\n"
                if self._plays.fault == "error":
                    yield b'\n\ndata: {"error": {"message": "I fell"}}\n\n'
                return
            left = None if left is None else left - len(event)
            yield event
        if not self._plays.done:
            await asyncio.sleep(86_400)

    async def aclose(self) -> None:
        providers, self._providers = self._providers, None
        if providers is not None:
            providers.under_way -= 1


@dataclass
class Client:
    """Who asked, and what it was given: `ends` holds each end that it was told of, of which there must be one."""

    patience: float | None = None
    status: int | None = None
    body: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    failure: RequestError | None = None
    ends: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The data of the events it was sent, but for the last one of a whole stream."""
        return [json.loads(line.removeprefix(b"data: ")) for line in self.body.splitlines() if line.startswith(b"data: {")]

    @property
    def text(self) -> str:
        """What the events say, one after the other."""
        choices = [choice for event in self.events for choice in event.get("choices", ())]
        said = "".join(choice["delta"].get("content") or "" for choice in choices)
        return said.encode("utf-16", "surrogatepass").decode("utf-16")

    @property
    def comments(self) -> list[bytes]:
        """The lines that are no events."""
        return [line for line in self.body.splitlines() if line.startswith(b":")]

    async def start(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, dict(headers)

    async def send(self, chunk: bytes) -> None:
        assert not self.ends
        self.body += chunk

    async def finish(self) -> None:
        self.ends.append("finished")

    async def error(self, error: RequestError, headers: Headers) -> int:
        self.status, self.headers, self.failure = error.http_status, dict(headers), error
        self.ends.append("refused")
        return 0

    def abort(self) -> None:
        self.ends.append("aborted")


class VirtualSidecar:
    """A sidecar without a server, for one test."""

    def __init__(self, loop: VirtualLoop, config: dict[str, Any], scripts: Mapping[str, Sequence[Plays]]) -> None:
        self.loop = loop
        self.providers = Providers(loop, scripts)
        self.records: list[RequestRecord] = []
        self.alerts = Alerts()
        self.assembly = Assembly(load_config(config, {}), HttpxTransports(), self.providers, loop.now_ns, self.alerts)
        self.orchestrator = Orchestrator(self.assembly.snapshots, Observers((self.records.append,)), loop.now_ns)
        self._numbers = itertools.count()

    async def ask(
        self, target: str = "g", *, stream: bool = False, client: Client | None = None, more: Mapping[str, Any] | None = None, **fields: Any
    ) -> Client:
        """Ask, and leave when the client's patience is over."""
        client = client or Client()
        number = str(next(self._numbers))
        body = json.dumps({"model": target, "stream": stream, "messages": [], **(more or {})}).encode()
        fields.setdefault("headers", ((b"x-test-request", number.encode()),))
        arrived_ns = self.loop.now_ns()
        request = Request(
            id=number, route="/v1/chat/completions", query=b"", body=body, envelope=scan_envelope(body), arrived_ns=arrived_ns, **fields
        )
        try:
            async with asyncio.timeout(client.patience):
                await self.orchestrator.handle(request, client)
        except TimeoutError:
            client.ends.append("left")
        return client

    def held(self) -> dict[str, int]:
        """The permits that are out, and who waits."""
        scopes = self.assembly.limits()
        return {scope["key"]: scope["in_flight"] + scope["waiting"] for scope in scopes if scope["in_flight"] or scope["waiting"]}


def config(**group: Any) -> dict[str, Any]:
    """Three models of two providers, in two echelons of the group `g`."""
    models = {name: {"provider": provider, "model": name, **group.pop(name, {})} for name, provider in (("a", "p"), ("b", "p"), ("c", "q"))}
    return {
        "providers": {name: {"base_url": f"http://{name}.test", "api_key": f"key-of-{name}"} for name in "pq"},
        "models": models,
        "task_groups": {
            "g": {
                "e1": {"models": ["a", "b"], **group.pop("e1", {})},
                "e2": {"models": ["c"], **group.pop("e2", {})},
                **group,
            }
        },
        "nodes": {"vip": {"llm_group": "g", "weight": 3}, "other": {"llm_group": "g"}},
    }
