"""Every configuration in `configs/` is run as it is, but for the addresses of its providers."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import pytest
from support.examples import EXAMPLES, VARIABLES, at_mock

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_FULL = (
    "fast_group fast_group.echelon1 fast_group.echelon2 fast_group.echelon3 thinking_group thinking_group.echelon1 "
    "thinking_group.echelon2 plan_group plan_group.echelon1 plan_group.echelon2 review_group review_group.echelon1 "
    "fast_small_group fast_small_group.translation fast_small_group.analysis planning_node review_node chat "
    "fast_pool thinking_pool pool_wrapper "
    "openai-astra openai-luna anthropic-opus anthropic-sonnet anthropic-haiku gemini-flash ollama:llama3.2"
)
PROMISED = {
    "demo.yaml": "fast_group fast_group.echelon1 fast_group.echelon2 thinking_group thinking_group.echelon1 planning_node "
    "alpha-fast alpha-large beta-fast beta-large",
    "minimal.yaml": "fast_group fast_group.echelon1 openai-luna",
    "claude-code.yaml": "coding_group coding_group.echelon1 coding_group.echelon2 planning_group planning_group.echelon1 "
    "planning_group.echelon2 planning_group.echelon3 background_group background_group.echelon1 background_group.echelon2 "
    "opus sonnet haiku astra luna",
    "local-ollama.yaml": "fast_group fast_group.echelon1 thinking_group thinking_group.echelon1 thinking_group.echelon2 large small",
    "fleet.yaml": "fast_group fast_group.echelon1 fast_group.echelon2 review_group review_group.echelon1 review_group.echelon2 "
    "chat indexer reviewer fast_pool openai-luna openai-astra claude-sonnet own-1 own-2",
    "full-toml": _FULL,
    "full-yaml": _FULL,
}
"""What a client finds in ``/v1/models``, beside aliases without a wildcard."""


class Running(NamedTuple):
    """An example at work."""

    sidecar: Sidecar
    mock: MockProvider
    client: httpx2.AsyncClient

    async def ask(self, target: str, **fields: object) -> httpx2.Response:
        body = {"model": target, "messages": [{"role": "user", "content": "Hello"}], **fields}
        return await self.client.post("/v1/chat/completions", json=body)


@asynccontextmanager
async def running(example: str, **variables: str) -> AsyncIterator[Running]:
    async with MockProvider() as mock:
        sidecar = Sidecar(at_mock(example, mock.base_url, **variables))
        await sidecar.start(port=0)
        async with sidecar, httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as client:
            yield Running(sidecar, mock, client)


def test_every_example_is_run() -> None:
    assert set(PROMISED) == set(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
async def test_the_list_of_models_has_what_the_example_promises_and_each_of_it_answers(example: str) -> None:
    async with running(example) as on:
        listed = [entry["id"] for entry in (await on.client.get("/v1/models")).json()["data"]]
        assert sorted(listed) == sorted(PROMISED[example].split())
        for target in listed:
            answer = await on.ask(target)
            assert answer.status_code == 200, answer.text
            assert "Hello" in answer.json()["choices"][0]["message"]["content"]
            attempts = answer.headers["x-pyproxy-attempts"]
            assert attempts.endswith(":200")
            assert "," not in attempts, "the first instance that was asked has answered"


@pytest.mark.parametrize("example", EXAMPLES)
async def test_every_task_group_answers_whole_and_in_a_stream(example: str) -> None:
    async with running(example) as on:
        for name, group in on.sidecar.config.task_groups.items():
            whole = await on.ask(name)
            assert whole.status_code == 200, whole.text
            assert whole.headers["x-pyproxy-attempts"].startswith(f"{name}.{group.echelons[0].name}/")
            stream = await on.ask(name, stream=True)
            assert stream.status_code == 200, stream.text
            events = [line.removeprefix("data: ") for line in stream.text.splitlines() if line.startswith("data: ")]
            assert events[-1] == "[DONE]"
            said = "".join(choice["delta"].get("content") or "" for event in events[:-1] for choice in json.loads(event)["choices"])
            assert "Hello" in said


@pytest.mark.parametrize("example", EXAMPLES)
async def test_every_alias_leads_to_its_target(example: str) -> None:
    async with running(example) as on:
        for alias, target in on.sidecar.config.aliases.items():
            answer = await on.ask(alias.replace("*", "something-new"))
            assert answer.status_code == 200, answer.text
            assert answer.headers["x-pyproxy-attempts"].startswith(f"{target}.")


@pytest.mark.parametrize("example", ["full-toml", "full-yaml"])
async def test_an_example_runs_in_production(example: str) -> None:
    async with running(example, PYPROXY_ENV="prod") as on:
        assert (await on.ask("fast_group")).status_code == 200
        assert {scope["key"]: scope["concurrency"] for scope in on.sidecar.limits()}["fast_group"] == 200


async def test_the_fleet_goes_round_its_keys_and_falls_from_its_own_servers_to_the_paid_ones() -> None:
    async with running("fleet.yaml") as on:
        for _ in range(3):
            await on.ask("openai-luna")
        sent = {value for request in on.mock.requests for name, value in request.headers if name.lower() == b"authorization"}
        assert sent == {f"Bearer {VARIABLES[name]}".encode() for name in ("OPENAI_KEY_1", "OPENAI_KEY_2", "OPENAI_KEY_3")}
        on.mock.script("openai/gpt-oss-120b", Behaviour(status=503))
        answer = await on.ask("chat")
        assert answer.status_code == 200
        assert answer.headers["x-pyproxy-attempts"].split(", ")[-1].startswith("fast_group.echelon2/openai-luna#")
