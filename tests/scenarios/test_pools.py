"""Polling pools over sockets: a real mock provider behind a real sidecar."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.scene import TEXT, until

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = {"authorization": "Bearer a-token-for-tests"}
ALIVE = ["a", "b", "c"]
CONVERSATION = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}, {"role": "user", "content": "z"}]


class Stage:
    """A pool of three models, the third at a provider of its own that can be stopped."""

    def __init__(self, mock: MockProvider, other: MockProvider, config: dict[str, Any], sidecar: Sidecar, http: httpx2.AsyncClient) -> None:
        self.mock = mock
        self.other = other
        self.config = config
        self.sidecar = sidecar
        self.http = http

    async def ask(self, target: str = "pool", **fields: Any) -> httpx2.Response:
        headers = fields.pop("headers", None)
        body = {"model": target, "messages": [{"role": "user", "content": "Hello"}], **fields}
        return await self.http.post("/v1/chat/completions", json=body, headers=headers)

    async def served(self, count: int) -> list[str]:
        return [(await self.ask()).headers["x-pyproxy-model"] for _ in range(count)]

    def instance(self, name: str) -> Any:
        return next(each for each in self.sidecar.pools()[0].instances if each.instance == name)


@contextlib.asynccontextmanager
async def stage(**pool: Any) -> AsyncIterator[Stage]:
    before = asyncio.all_tasks()
    async with MockProvider() as mock, MockProvider() as other:
        mock.default = other.default = Behaviour(text=TEXT)
        config: dict[str, Any] = {
            "server": {"admin_token": "a-token-for-tests"},
            "providers": {"p": {"base_url": mock.base_url, "api_key": "sk-p"}, "q": {"base_url": other.base_url}},
            "models": {name: {"provider": provider, "model": name} for name, provider in (("a", "p"), ("b", "p"), ("c", "q"))},
            "task_groups": {
                "g": {
                    "e1": {"models": ["a", "b"]},
                    "e2": {"models": ["c"]},
                    "timeouts": {"connect": 1, "first_byte": 1, "idle": 1, "total": 5},
                    "fallback_config": {"retry_delay": 0.01},
                }
            },
            "polling_pools": {"pool": {"task_groups": ["g"], "health_check": False, "slow_start": 0, **pool}},
            "wrappers": {"wrapper": {"type": "pool", "target": "pool"}},
        }
        async with asyncio.timeout(20), Sidecar(config, own_thread=False) as sidecar:
            await sidecar.start(port=0)
            async with httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as http:
                yield Stage(mock, other, config, sidecar, http)
    await until(lambda: asyncio.all_tasks() <= before)


@pytest.mark.parametrize("strategy", ["round_robin", "least_recently_used"])
async def test_instances_take_strict_turns(strategy: str) -> None:
    async with stage(rotation_strategy=strategy) as on:
        first = await on.served(3)
        assert sorted(first) == ALIVE
        assert await on.served(6) == first * 2


@pytest.mark.parametrize("strategy", ["weighted", "weighted_round_robin"])
async def test_instances_are_asked_as_often_as_their_shares_say(strategy: str) -> None:
    async with stage(rotation_strategy=strategy, weights={"c": 4}) as on:
        assert Counter(await on.served(12)) == {"a": 2, "b": 2, "c": 8}


@pytest.mark.parametrize("strategy", ["random", "weighted_random", "least_used", "least_connections", "response_time"])
async def test_every_strategy_finds_everybody(strategy: str) -> None:
    async with stage(rotation_strategy=strategy) as on:
        served: set[str] = set()
        while served != set(ALIVE):
            served.update(await on.served(3))


async def test_a_failing_instance_is_replaced_by_the_next_and_each_is_asked_at_most_twice() -> None:
    async with stage() as on:
        on.mock.script("a", Behaviour(status=500))
        answer = await on.ask()
        assert (answer.status_code, answer.headers["x-pyproxy-attempts"]) == (200, "pool/a:500, pool/b:200")
        on.mock.script("b", Behaviour(status=503))
        on.other.script("c", Behaviour(reset_before_head=True))
        answer = await on.ask()
        assert Counter(answer.headers["x-pyproxy-attempts"].split(", ")) == {"pool/a:500": 2, "pool/b:503": 2, "pool/c:reset": 2}
        assert answer.status_code == 502


@pytest.mark.parametrize("target", ["pool", "wrapper"])
async def test_a_conversation_is_refused_with_the_name_of_a_group_and_not_to_be_repeated(target: str) -> None:
    async with stage() as on:
        answer = await on.ask(target, messages=CONVERSATION)
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "single_turn_only"
        assert "Ask 'g' instead" in answer.json()["error"]["message"]
        assert answer.headers["x-should-retry"] == "false"
        assert (await on.ask(target, headers={"x-pyproxy-session": "s"})).status_code == 409
        assert (await on.ask(target, previous_response_id="resp_1")).status_code == 409
        assert (on.mock.arrived, (await on.ask("g", messages=CONVERSATION)).status_code) == (0, 200)


async def test_a_conversation_goes_where_the_pool_says() -> None:
    async with stage(multi_turn_redirect="g.e2") as on:
        answer = await on.ask(messages=CONVERSATION)
        assert (answer.status_code, answer.headers["x-pyproxy-attempts"]) == (200, "g.e2/c:200")


async def test_a_pool_is_a_target_like_any_other_and_streams() -> None:
    async with stage() as on:
        listed = [entry["id"] for entry in (await on.http.get("/v1/models")).json()["data"]]
        assert {"pool", "wrapper"} <= set(listed)
        answer = await on.ask(stream=True)
        assert answer.text.endswith("data: [DONE]\n\n")


async def test_checks_take_a_dead_instance_out_and_back_and_cost_no_token() -> None:
    async with stage(health_check=True, health_check_interval=0.05, failure_threshold=2, recovery_time=600) as on:
        await until(lambda: all(on.instance(name).last_check == "status 200" for name in ALIVE))
        port = httpx2.URL(on.other.base_url).port
        await on.other.stop()
        await until(lambda: on.instance("c").breaker == "open")
        assert on.instance("c").health == "unhealthy"
        assert await on.served(4) == ["a", "b", "a", "b"]
        await on.other.start(port=port or 0)
        await until(lambda: on.instance("c").breaker == "half_open")
        assert set(await on.served(3)) == set(ALIVE)
        await until(lambda: on.instance("c").health == "healthy")
        checked = [request for mock in (on.mock, on.other) for request in mock.requests if request.method == "GET"]
        assert {request.path for request in checked} == {"/v1/models"}
        assert all(not request.body for request in checked)
        assert {request.header("authorization") for request in on.mock.requests} == {"Bearer sk-p"}
        asked = [request for mock in (on.mock, on.other) for request in mock.requests if request.method == "POST"]
        assert len(asked) == 7, "what the clients asked, and nothing else"


async def test_a_prompt_asks_for_one_token() -> None:
    async with stage(health_check=True, health_check_interval=0.05, health_check_prompt="ping") as on:
        await until(lambda: {request.model for request in on.mock.requests} == {"a", "b"})
        sent = on.mock.requests[0].json()
        assert sent == {"model": sent["model"], "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1}
        assert sum(each.requests for each in on.sidecar.pools()[0].instances) == 0, "a check is no traffic"


async def test_a_reload_keeps_turns_and_what_is_known_and_can_add_the_first_pool() -> None:
    async with stage() as on:
        await on.served(1)
        on.config["polling_pools"]["pool"]["description"] = "changed"
        on.config["polling_pools"]["more"] = {"task_groups": ["g.e1"], "health_check_interval": 0.05}
        await on.sidecar.reload()
        assert await on.served(2) == ["b", "c"]
        await until(lambda: [each.requests for each in on.sidecar.pools()[0].instances] == [1, 1, 1])
        await until(lambda: on.instance("a").last_check == "status 200")
        assert (await on.ask("more")).status_code == 200


async def test_operators_see_each_pool_with_its_instances() -> None:
    async with stage() as on:
        on.mock.script("a", Behaviour(status=500))
        await on.served(1)
        assert (await on.http.get("/admin/v1/pools")).status_code == 401
        (pool,) = (await on.http.get("/admin/v1/pools", headers=TOKEN)).json()["pools"]
        assert (pool["name"], pool["rotation_strategy"], pool["available"], pool["in_flight"]) == ("pool", "round_robin", 3, 0)
        first, second, _ = pool["instances"]
        assert (first["instance"], first["provider"], first["requests"]) == ("a", "p", 1)
        assert sum(first["failures"].values()) == 1
        assert (second["health"], second["breaker"], second["latency_ns"] > 0) == ("healthy", "closed", True)
        assert (await on.http.get("/admin/v1/pools/pool", headers=TOKEN)).json() == pool
        missing = await on.http.get("/admin/v1/pools/none", headers=TOKEN)
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "pool_not_found")


async def test_a_program_is_told_who_is_next() -> None:
    async with stage() as on:
        async with on.sidecar.pool("pool").get_instance() as held:
            assert (held.instance, on.sidecar.pools()[0].in_flight) == ("a", 1)
            assert await on.served(1) == ["b"]
        await until(lambda: on.sidecar.pools()[0].in_flight == 0)
