"""What operators hear of breakers and credentials, over the whole path on virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from support.virtual_sidecar import Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.config import load_config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pyproxy.observe.alerts import Alert

BREAKER = {"circuit_breaker": {"failure_threshold": 2, "recovery_time": 10}}
ALONE: dict[str, Any] = {"e1": {"models": ["a"], "max_retries": 0}, "e2": {"models": ["c"], "max_retries": 0}}


def play(made: dict[str, Any], scripts: dict[str, list[Plays]], scene: Callable[[VirtualSidecar], Awaitable[None]]) -> list[Alert]:
    loop = VirtualLoop()
    heard: list[Alert] = []

    async def main() -> None:
        sidecar = VirtualSidecar(loop, made, scripts)
        sidecar.alerts.listen(heard.append)
        await scene(sidecar)

    run_virtually(main(), loop)
    return heard


def test_when_the_last_one_is_left_alone_too_that_nobody_is_left_is_told_once_until_somebody_is_back() -> None:
    async def scene(sidecar: VirtualSidecar) -> None:
        for _ in range(2):
            await sidecar.ask()
        for _ in range(2):
            await asyncio.sleep(50)
            await sidecar.ask()

    plays = [Plays(500), Plays(500), Plays(500), Plays(200)]
    heard = play(config(**ALONE, fallback_config=BREAKER), {"a": plays, "b": [], "c": [Plays(500)]}, scene)
    assert [(alert.kind, alert.subject) for alert in heard] == [
        ("breaker_opened", "g/a"),
        ("breaker_opened", "g/c"),
        ("pool_exhausted", "g"),
        ("breaker_opened", "g/a"),
        ("breaker_opened", "g/c"),
        ("breaker_closed", "g/a"),
    ]
    assert heard[2].message == "nobody is left in g: all 2 of its instances are left alone, the first for 10 s still"
    assert heard[0].details == {"group": "g", "instance": "a", "seconds": 10.0}


def test_a_reload_does_not_tell_again_that_nobody_is_left() -> None:
    made = config(**ALONE, fallback_config=BREAKER)

    async def scene(sidecar: VirtualSidecar) -> None:
        for _ in range(2):
            await sidecar.ask()
        sidecar.assembly.swap(sidecar.assembly.prepare(load_config(made, {})))
        await asyncio.sleep(50)
        await sidecar.ask()

    heard = play(made, {"a": [Plays(500)], "b": [], "c": [Plays(500)]}, scene)
    assert [alert.kind for alert in heard].count("breaker_opened") == 4
    assert [alert.kind for alert in heard].count("pool_exhausted") == 1


def test_a_credential_that_is_refused_is_told_for_one_model_and_then_for_all() -> None:
    made = config(e1={"models": ["a", "b"]}, e2={"models": ["c"]})

    async def scene(sidecar: VirtualSidecar) -> None:
        await sidecar.ask()
        await sidecar.ask()

    heard = play(made, {"a": [Plays(401)], "b": [Plays(402)], "c": [Plays()]}, scene)
    assert [(alert.kind, alert.subject, alert.details["model"], alert.details["reason"]) for alert in heard] == [
        ("credential_disabled", "p", "a", "credential_refused"),
        ("credential_disabled", "p", None, "quota_exhausted"),
    ]
    assert (
        heard[0].message == "the credential p is not used for the model a for 60 s: its provider refused it; check the provider's api_key"
    )
    assert "key-of-p" not in repr(heard)
