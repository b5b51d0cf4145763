"""The control plane is made for the first who asks for it, once, and for nobody else."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.front import Front, answer, front

from pyproxy.http import app, control

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send


class Making:
    """How often it was made, and when it may be."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_go_on = threading.Event()
        self._build = control.build_control

    def __call__(self, **parts: Any) -> object:
        self.begun += 1
        assert self.may_go_on.wait(10)
        return self._build(**parts)

    async def until_begun(self) -> None:
        while not self.begun:  # noqa: ASYNC110 - a thread counts it
            await asyncio.sleep(0)


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> Making:
    making = Making()
    monkeypatch.setattr(control, "build_control", making)
    return making


@pytest.fixture
async def served(making: Making) -> AsyncIterator[Front]:
    async with front(lambda: ["m", "a/models/b"]) as served:
        try:
            yield served
        finally:
            making.may_go_on.set()


async def status(served: Front, target: str) -> int:
    async with served.client() as (reader, writer):
        writer.write(f"{target} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        return (await answer(reader))[0]


async def test_those_who_ask_at_once_have_one_control_plane_and_others_are_served_meanwhile(served: Front, making: Making) -> None:
    asking = [asyncio.create_task(status(served, "GET /docs")) for _ in range(5)]
    await making.until_begun()
    assert await status(served, "GET /readyz") == 200
    assert not any(task.done() for task in asking)
    making.may_go_on.set()
    assert await asyncio.gather(*asking) == [200] * 5
    assert await status(served, "GET /openapi.json") == 200
    assert making.begun == 1


async def test_whoever_is_cancelled_while_it_is_made_takes_it_from_nobody() -> None:
    may_go_on, served = threading.Event(), []

    async def made(scope: Scope, _receive: Receive, _send: Send) -> None:
        served.append(scope["path"])

    def make() -> ASGIApp:
        assert may_go_on.wait(10)
        return made

    asked = app._MadeWhenAsked(make)
    leaving, staying = (asyncio.create_task(asked({"path": path}, unused, unused)) for path in ("leaving", "staying"))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait((leaving,))
    may_go_on.set()
    await staying
    assert served == ["staying"]


async def unused(*_: object) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("GET /livez", 200),
        ("GET /readyz", 200),
        ("GET /metrics", 200),
        ("GET /v1/models", 200),
        ("GET /v1/models/m", 200),
        ("GET /v1/models/a/models/b", 200),
        ("GET /v1/models/another", 404),
        ("GET /v1/responses", 426),
        ("GET /v1/chat/completions", 405),
        ("POST /v1/chat/completions", 415),
        ("POST /v1beta/models/m:generateContent", 415),
        ("GET /favicon.ico", 404),
        ("GET /documents", 404),
    ],
)
async def test_nobody_else_has_it_made(served: Front, making: Making, target: str, told: int) -> None:
    assert await status(served, target) == told
    assert making.begun == 0


async def test_what_could_not_be_made_is_made_for_who_asks_next(monkeypatch: pytest.MonkeyPatch) -> None:
    build, failures = control.build_control, [OSError("too many open files"), OSError("too many open files")]

    def build_at_last(**parts: Any) -> object:
        if failures:
            raise failures.pop()
        return build(**parts)

    monkeypatch.setattr(control, "build_control", build_at_last)
    async with front(lambda: ["m"]) as served:
        assert [await status(served, "GET /openapi.json") for _ in range(4)] == [500, 500, 200, 200]
