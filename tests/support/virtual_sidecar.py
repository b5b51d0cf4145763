"""The whole path of a request on virtual time: the real orchestrator, limits and engine, over providers that play by script."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyproxy.config import load_config
from pyproxy.domain import ChatRequest
from pyproxy.orchestration import Orchestrator
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
    """

    status: int = 200
    after: float = 0.0
    words: int = 3
    gap: float = 0.0
    breaks: int | None = None
    retry_after: int | None = None


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
        answer = Answer(self, plays, stream=b'"stream": true' in call.body)
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

    def __init__(self, providers: Providers, plays: Plays, *, stream: bool) -> None:
        self._providers: Providers | None = providers
        self._plays = plays
        self._stream = stream and plays.status == 200
        providers.under_way += 1
        self.status = plays.status
        self.headers: Headers = [(b"content-type", b"text/event-stream" if self._stream else b"application/json")]
        if plays.retry_after is not None:
            self.headers.append((b"retry-after", str(plays.retry_after).encode()))

    async def chunks(self) -> AsyncGenerator[bytes]:
        if not self._stream:
            yield ANSWER if self.status == 200 else b'{"error": {"message": "no"}}'
            return
        for number in range(self._plays.words):
            await asyncio.sleep(self._plays.gap)
            if number == self._plays.breaks:
                raise TransportFailure("reset", "the connection was reset")
            yield WORD
        yield LAST

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
        self.assembly = Assembly(load_config(config, {}), self.providers, loop.now_ns)
        self.orchestrator = Orchestrator(self.assembly.snapshots, self.records.append, loop.now_ns)
        self._numbers = itertools.count()

    async def ask(
        self, target: str = "g", *, stream: bool = False, client: Client | None = None, messages: bytes = b"[]", **fields: Any
    ) -> Client:
        """Ask, and leave when the client's patience is over."""
        client = client or Client()
        number = str(next(self._numbers))
        body = b'{"model": "%s", "stream": %s, "messages": %s}' % (target.encode(), b"true" if stream else b"false", messages)
        fields.setdefault("headers", ((b"x-test-request", number.encode()),))
        arrived_ns = self.loop.now_ns()
        request = ChatRequest(
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
