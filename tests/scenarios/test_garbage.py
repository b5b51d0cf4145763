"""What a request held is free when it has ended: it does not wait, bodies and all, for the collector of garbage to come by."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from support.scene import scene

from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.scene import Scene

HERE = {"x-pyproxy-priority": "normal"}  # so that it is served in Python


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """What would be left to the collector, once it is asked for."""
    gc.disable()
    try:
        yield gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def ask(on: Scene, *, stream: bool) -> None:
    """Ask, and read the answer."""
    answer = await on.ask(headers=HERE, stream=stream)
    assert answer.status_code == 200
    await on.idle()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", [None, Behaviour(status=503), Behaviour(reset_before_head=True)])
async def test_a_request_leaves_nothing_that_goes_round_in_circles(garbage: list[object], fault: Behaviour | None, *, stream: bool) -> None:
    async with scene() as on:
        for _ in range(3):  # what is made once is not what a request leaves
            await ask(on, stream=stream)
        if fault is not None:
            on.mock.script("first", fault)
        gc.collect()
        gc.set_debug(gc.DEBUG_SAVEALL)
        await ask(on, stream=stream)
        gc.collect()
        gc.set_debug(0)
        own = [each for each in garbage if type(each).__module__.startswith("pyproxy.") and ".mock" not in type(each).__module__]
        assert own == []
