"""The scripted scene: real requests over real sockets, each row checked against what the demo claims."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click
import httpx2

from pyproxy.cli.demo.stage import set_stage
from pyproxy.cli.demo.table import render
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pyproxy.cli.demo.stage import Stage

__all__ = ["play"]

_SPEED = Behaviour(latency=0.005, pace=0.005, text="A short answer, word by word, from the mock.")
_LIMITED = Behaviour(status=429, headers={"retry-after-ms": "400"})
_COLUMNS = ("", "scene", "attempts", "answered by", "status", "what the client got", "ms")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the client of one request saw."""

    status: int
    attempts: tuple[str, ...]
    model: str
    got: str
    clean: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Act:
    """One row: a title, what is done to the providers, and what must be seen."""

    title: str
    prepare: Callable[[Stage], Awaitable[None]]
    stream: bool
    expected: Callable[[_Seen], bool]


def play(config: str) -> int:
    """Play the scene and print it; returns 0 if every row is as it should be, else 1."""
    return asyncio.run(_play(config))


async def _play(config: str) -> int:
    rows: list[tuple[str, ...]] = []
    failed = 0
    async with set_stage(config, 0, _SPEED, lambda _: None) as stage, httpx2.AsyncClient(timeout=10) as client:
        for act in _ACTS:
            await act.prepare(stage)
            seen = await _ask(client, stage, stream=act.stream)
            good = act.expected(seen)
            failed += not good
            mark = click.style("ok", fg="green") if good else click.style("NOT AS EXPECTED", fg="red")
            attempts = " -> ".join(attempt.removeprefix("fast_group.") for attempt in seen.attempts)
            rows.append((mark, act.title, attempts, seen.model, str(seen.status), seen.got, f"{seen.milliseconds:.0f}"))
        idle = all(scope["in_flight"] == 0 for scope in stage.sidecar.limits())
    click.echo("Every request asks for the target 'fast_group'; alpha-fast stands first, beta-fast behind it.\n")
    click.echo(render(_COLUMNS, rows))
    click.echo(f"\npermits still held: {'none' if idle else 'SOME'}")
    return 0 if idle and not failed else 1


async def _ask(client: httpx2.AsyncClient, stage: Stage, *, stream: bool) -> _Seen:
    body = {"model": "fast_group", "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}
    started = time.perf_counter()
    received, clean = bytearray(), True
    async with client.stream("POST", f"{stage.sidecar.base_url}/chat/completions", json=body) as response:
        try:
            async for chunk in response.aiter_raw():
                received += chunk
        except httpx2.RemoteProtocolError:
            clean = False
    attempts = response.headers.get("x-pyproxy-attempts", "")
    return _Seen(
        status=response.status_code,
        attempts=tuple(attempts.split(", ")) if attempts else (),
        model=response.headers.get("x-pyproxy-model", "-"),
        got=_told(bytes(received), stream=stream, clean=clean),
        clean=clean,
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def _told(body: bytes, *, stream: bool, clean: bool) -> str:
    """The answer in a few words."""
    if not stream:
        return "whole answer" if "choices" in json.loads(body) else "error"
    events = [line.removeprefix(b"data: ") for line in body.split(b"\n") if line.startswith(b"data: ")]
    words = sum(b'"content":' in event.replace(b" ", b"") and b'"content":""' not in event.replace(b" ", b"") for event in events)
    if clean:
        return f"{words} chunks, [DONE]" if events[-1:] == [b"[DONE]"] else f"{words} chunks, no [DONE]"
    return f"{words} chunks, error event, cut" if b'"error"' in events[-1] else f"{words} chunks, cut in silence"


def _scripted(*behaviours: Behaviour) -> Callable[[Stage], Awaitable[None]]:
    async def prepare(stage: Stage) -> None:
        stage.alpha.script("swift", *behaviours)

    return prepare


async def _kill_alpha(stage: Stage) -> None:
    await stage.alpha.stop()


def _revive(behaviour: Behaviour) -> Callable[[Stage], Awaitable[None]]:
    async def prepare(stage: Stage) -> None:
        stage.alpha.script("swift", behaviour)
        await stage.alpha.start(port=int(stage.alpha.base_url.removesuffix("/v1").rpartition(":")[2]))

    return prepare


async def _pause_over(stage: Stage) -> None:
    """Wait until the core lets the first model be asked again."""
    until_ns = next(scope["blocked_until_ns"] for scope in stage.sidecar.limits() if scope["key"] == "alpha-fast")
    await asyncio.sleep(max(0, (until_ns or 0) - time.monotonic_ns() + 1_000_000) / 1e9)


def _rescued(first: str) -> Callable[[_Seen], bool]:
    """Whether the first model failed with `first` and the second answered in full."""

    def check(seen: _Seen) -> bool:
        return (
            seen.status == 200  # noqa: PLR2004
            and seen.clean
            and seen.model == "beta-fast"
            and seen.attempts == (f"fast_group.echelon1/alpha-fast:{first}", "fast_group.echelon2/beta-fast:200")
            and ("[DONE]" in seen.got or seen.got == "whole answer")
        )

    return check


def _healthy(seen: _Seen) -> bool:
    return seen.status == 200 and seen.clean and seen.attempts == ("fast_group.echelon1/alpha-fast:200",)  # noqa: PLR2004


def _never_forged(seen: _Seen) -> bool:
    return seen.status == 200 and not seen.clean and seen.got.endswith("error event, cut")  # noqa: PLR2004


def _left_alone(seen: _Seen) -> bool:
    """A model that asked for a pause is not asked: the request starts at the second one."""
    return seen.status == 200 and seen.clean and seen.attempts == ("fast_group.echelon2/beta-fast:200",)  # noqa: PLR2004


async def _nothing(_: Stage) -> None:
    """The row goes on from the one before."""


_ACTS = (
    _Act("all is well", _scripted(_SPEED), stream=False, expected=_healthy),
    _Act("all is well, as a stream", _scripted(_SPEED), stream=True, expected=_healthy),
    _Act("first model answers 429", _scripted(_LIMITED, _SPEED), stream=False, expected=_rescued("429")),
    _Act("its Retry-After still runs", _nothing, stream=False, expected=_left_alone),
    _Act("Retry-After is over", _pause_over, stream=False, expected=_healthy),
    _Act("first model is dead", _kill_alpha, stream=True, expected=_rescued("connect_failed")),
    _Act("cut before the first word", _revive(replace(_SPEED, cut_after=0)), stream=True, expected=_rescued("reset")),
    _Act("cut after half of a stream", _scripted(replace(_SPEED, cut_after=4)), stream=True, expected=_never_forged),
    _Act("recovery", _scripted(_SPEED), stream=True, expected=_healthy),
)
