"""Limits at every level, turns, pauses and what a caller may ask for itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.scene import PATIENT, TEXT, scene

from pyproxy.providers.mock import Behaviour


@pytest.mark.parametrize("where", [{"concurrency_limit": 1}, {"e1": {"concurrency_limit": 1}}, {"first": {"concurrency_limit": 1}}])
async def test_a_full_level_sends_the_next_request_elsewhere_or_away(where: dict[str, Any]) -> None:
    async with scene(timeouts=PATIENT, **where) as on:
        on.mock.script("first", Behaviour(stall_before_head=True))
        waiting = asyncio.create_task(on.ask())
        await on.mock.wait_for(lambda: on.mock.arrived == 1)
        response = await on.ask()
        if "concurrency_limit" in where:  # the group itself is full: nobody in it may be asked
            assert response.status_code == 429
            assert int(response.headers["retry-after"]) >= 1
            assert response.headers["x-should-retry"] == "false"
        else:
            assert response.headers["x-pyproxy-attempts"] == "g.e2/second:200"
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await on.idle()


async def test_a_callers_own_limit_holds_whatever_it_asks_for() -> None:
    async with scene(timeouts=PATIENT) as on:
        on.mock.script("first", Behaviour(stall_before_head=True))
        waiting = asyncio.create_task(on.ask("first", headers={"x-pyproxy-node": "planner"}))
        await on.mock.wait_for(lambda: on.mock.arrived == 1)
        assert (await on.ask("second", headers={"x-pyproxy-node": "planner"})).status_code == 429
        assert (await on.ask("second", headers={"x-pyproxy-node": "somebody-else"})).status_code == 200
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_requests_above_the_rate_go_to_the_next_echelon_and_failed_ones_are_not_charged() -> None:
    async with scene(first={"rpm_limit": 2}) as on:
        on.mock.script("first", Behaviour(status=503), Behaviour(text=TEXT))
        paths = [(await on.ask()).headers["x-pyproxy-model"] for _ in range(4)]
        assert paths == ["second", "first", "first", "second"]


async def test_a_retry_after_keeps_the_next_request_away_from_the_model() -> None:
    async with scene() as on:
        on.mock.script("first", Behaviour(status=429, retry_after="30"), Behaviour(text=TEXT))
        await on.ask()
        assert (await on.ask()).headers["x-pyproxy-attempts"] == "g.e2/second:200"


async def test_two_models_of_an_echelon_take_turns() -> None:
    async with scene() as on:
        models = [(await on.ask("pair")).headers["x-pyproxy-model"] for _ in range(6)]
        assert models == ["first", "second"] * 3


async def test_a_caller_can_shorten_its_time_and_choose_its_fallback() -> None:
    async with scene() as on:
        on.mock.script("first", Behaviour(stall_before_head=True))
        late = await on.ask(headers={"x-pyproxy-timeout": "0.05"})
        assert (late.status_code, late.json()["error"]["code"]) == (504, "deadline_exceeded")
        on.mock.script("first", Behaviour(status=503))
        chosen = await on.ask(headers={"x-pyproxy-fallback-groups": "pair"})
        assert chosen.headers["x-pyproxy-attempts"] == "g.e1/first:503, pair.e1/second:200"
        assert (await on.ask(headers={"x-pyproxy-fallback-groups": "pear"})).status_code == 400
