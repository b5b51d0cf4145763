"""What the instance that a session is pinned to says counts for the session as it does for anybody else."""

from __future__ import annotations

import asyncio

import pytest
from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

MINE = ((b"x-pyproxy-session", b"mine"),)


def path_of(scripts: dict[str, list[Plays]], models: list[str]) -> tuple[bytes, bytes]:
    """The path and the session of the second turn of a conversation."""
    loop = VirtualLoop()

    async def main() -> tuple[bytes, bytes]:
        sidecar = VirtualSidecar(loop, config(e1={"models": models}), scripts)
        await sidecar.ask(headers=MINE)
        headers = (await sidecar.ask(headers=MINE)).headers
        return headers[b"x-pyproxy-attempts"], headers[b"x-pyproxy-session"]

    return run_virtually(main(), loop)


def test_a_short_rate_limit_does_not_move_a_session_to_another_echelon() -> None:
    scripts = {"a": [Plays(), Plays(429, retry_after=1), Plays()], "b": [], "c": [Plays()]}
    assert path_of(scripts, ["a"]) == (b"g.e1/a:429, g.e1/a:200", b"kept")


def test_a_long_one_does() -> None:
    scripts = {"a": [Plays(), Plays(429, retry_after=30), Plays()], "b": [], "c": [Plays()]}
    assert path_of(scripts, ["a"]) == (b"g.e1/a:429, g.e2/c:200", b"moved")


def test_another_model_of_the_echelon_goes_before_a_wait() -> None:
    scripts = {"a": [Plays(), Plays(429, retry_after=1), Plays()], "b": [Plays()], "c": [Plays()]}
    assert path_of(scripts, ["a", "b"]) == (b"g.e1/a:429, g.e1/b:200", b"moved")


@pytest.mark.parametrize(
    ("models", "path", "waited"),
    [
        pytest.param(["a", "b"], b"g.e1/b:200", 0, id="others of its echelon have room"),
        pytest.param(["a"], b"g.e1/a:200", 1, id="nobody else is in its echelon"),
    ],
)
def test_a_session_whose_instance_is_full_goes_to_others_before_it_waits(models: list[str], path: bytes, waited: int) -> None:
    loop = VirtualLoop()
    scripts = {"a": [Plays(), Plays(after=1)], "b": [Plays()], "c": [Plays()]}

    async def main() -> dict[bytes, bytes]:
        sidecar = VirtualSidecar(loop, config(e1={"models": models}, a={"concurrency_limit": 1}), scripts)
        await sidecar.ask(headers=MINE)
        other = asyncio.create_task(sidecar.ask("a"))
        await asyncio.sleep(0)
        headers = (await sidecar.ask(headers=MINE)).headers
        await other
        return headers

    headers = run_virtually(main(), loop)
    assert (headers[b"x-pyproxy-attempts"], int(headers[b"x-pyproxy-queue-ms"])) == (path, waited * 1000)
