"""Conversations stay with the instance that served them, and are told when they move."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.scene import TEXT, scene

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from pathlib import Path

MINE = {"x-pyproxy-session": "mine"}


async def test_a_session_stays_with_the_model_that_served_it_while_others_take_turns() -> None:
    async with scene() as on:
        mine = [await on.ask("pair", headers=MINE) for _ in range(4)]
        assert len({answer.headers["x-pyproxy-model"] for answer in mine}) == 1
        assert [answer.headers["x-pyproxy-session"] for answer in mine] == ["new", "kept", "kept", "kept"]
        others = {(await on.ask("pair")).headers["x-pyproxy-model"] for _ in range(4)}
        assert others == {"first", "second"}


@pytest.mark.parametrize("name", ["x-claude-code-session-id", "session-id"])
async def test_clients_that_name_their_session_in_their_own_way_are_understood(name: str) -> None:
    async with scene() as on:
        told = [(await on.ask("pair", headers={name: "5d9f2c1e-7f41-4b7a-9a8e-0c1d2e3f4a5b"})).headers for _ in range(3)]
        assert [headers["x-pyproxy-session"] for headers in told] == ["new", "kept", "kept"]


async def test_one_that_cannot_be_served_there_any_more_moves_says_so_and_stays_where_it_went() -> None:
    async with scene() as on:
        assert (await on.ask(headers=MINE)).headers["x-pyproxy-model"] == "first"
        on.mock.script("first", Behaviour(status=503), Behaviour(text=TEXT))
        moved = await on.ask(headers=MINE)
        assert moved.headers["x-pyproxy-attempts"] == "g.e1/first:503, g.e2/second:200"
        assert moved.headers["x-pyproxy-session"] == "moved"
        again = await on.ask(headers=MINE)
        assert (again.headers["x-pyproxy-attempts"], again.headers["x-pyproxy-session"]) == ("g.e2/second:200", "kept")


async def test_where_the_lower_echelon_fails_later_the_session_comes_back_to_the_first() -> None:
    async with scene() as on:
        on.mock.script("first", Behaviour(status=503), Behaviour(text=TEXT))
        await on.ask(headers=MINE)
        on.mock.script("second", Behaviour(status=503))
        back = await on.ask(headers=MINE)
        assert back.headers["x-pyproxy-attempts"] == "g.e2/second:503, g.e1/first:200"


async def test_two_callers_with_the_same_id_have_two_sessions() -> None:
    async with scene() as on:
        await on.ask("pair", headers=MINE)
        assert (await on.ask("pair", headers={**MINE, "x-pyproxy-node": "planner"})).headers["x-pyproxy-session"] == "new"


def two_providers(mock: MockProvider) -> dict[str, Any]:
    return {
        "providers": {name: {"base_url": mock.base_url, "api_key": name} for name in "pq"},
        "models": {"first": {"provider": "p", "model": "first"}, "second": {"provider": "q", "model": "second"}},
        "task_groups": {"g": {"e1": {"models": ["first"], "max_retries": 0}, "e2": {"models": ["second"]}}},
    }


async def test_signed_reasoning_goes_to_nobody_but_who_signed_it() -> None:
    block = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "thinking_blocks": [block]},
        {"role": "user", "content": "And?"},
    ]
    async with MockProvider() as mock:
        mock.default = Behaviour(text=TEXT, lenient=True)
        sidecar = Sidecar(two_providers(mock))
        await sidecar.start(port=0)
        async with sidecar, httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as client:

            async def ask() -> None:
                response = await client.post("/v1/chat/completions", json={"model": "g", "messages": turns}, headers=MINE)
                assert response.status_code == 200

            await ask()
            mock.script("first", Behaviour(status=503))
            await ask()
            sent = [json.loads(request.body) for request in mock.requests]
    assert [body["model"] for body in sent] == ["first", "first", "second"]
    assert [b"signature" in request.body for request in mock.requests] == [True, True, False]
    assert sent[2]["messages"][1] == {"role": "assistant", "content": "Hello"}


async def test_a_restart_forgets_no_session(tmp_path: Path) -> None:
    async with MockProvider() as mock:
        mock.default = Behaviour(text=TEXT)
        path = tmp_path / "pyproxy.json"
        config = two_providers(mock)
        config["task_groups"]["g"] = {"e1": {"models": ["first", "second"]}}
        config["sessions"] = {"path": "sessions.db"}
        path = tmp_path / "pyproxy.yaml"
        path.write_text(json.dumps(config))
        seen = []
        for _ in range(4):
            sidecar = Sidecar(path)
            await sidecar.start(port=0)
            async with sidecar, httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as client:
                body = {"model": "g", "messages": [{"role": "user", "content": "Hi"}]}
                seen.append((await client.post("/v1/chat/completions", json=body, headers=MINE)).headers)
        assert [headers["x-pyproxy-session"] for headers in seen] == ["new", "kept", "kept", "kept"]
        assert len({headers["x-pyproxy-model"] for headers in seen}) == 1
