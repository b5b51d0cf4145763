"""What passes between client and provider, byte for byte, and what stays here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.scene import TEXT, scene

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.scene import Scene

JSON = {"content-type": "application/json"}


def odd_json(value: Any) -> st.SearchStrategy[str]:
    """The value as JSON text with any white space a client may write."""
    space = st.sampled_from(["", " ", "\n", "\t", "  \r\n"])
    if isinstance(value, dict):
        items = [st.tuples(space, st.just(json.dumps(key)), space, odd_json(item)) for key, item in value.items()]
        return st.tuples(*items).map(lambda parts: "{" + ",".join(f"{a}{key}{b}:{b}{text}{a}" for a, key, b, text in parts) + "}")
    return st.booleans().map(lambda plain: json.dumps(value, ensure_ascii=plain))


UNKNOWN = st.dictionaries(
    st.text(max_size=8).filter(lambda key: key not in {"model", "stream", "messages", "max_tokens", "max_completion_tokens"}),
    st.one_of(st.integers(), st.text(max_size=12), st.floats(allow_nan=False, allow_infinity=False), st.none()),
    max_size=4,
)


async def test_the_provider_sees_the_clients_bytes_with_only_the_model_replaced() -> None:
    async with scene() as on, renamed(on):

        async def check(text: str) -> None:
            sent = text.encode()
            await on.client.post("/v1/chat/completions", content=sent, headers=JSON)
            # The target's name stands in the body once: as the value of `model`.
            assert on.mock.requests[-1].body == sent.replace(b'"t-a-r-g-e-t"', b'"first"')

        loop = asyncio.get_running_loop()

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.data())
        def run(data: st.DataObject) -> None:
            before, after = data.draw(UNKNOWN), data.draw(UNKNOWN)
            body = {**before, "model": "t-a-r-g-e-t", "messages": [{"role": "user", "content": "é 漢 \U0001f600"}], **after}
            asyncio.run_coroutine_threadsafe(check(data.draw(odd_json(body))), loop).result(10)

        await asyncio.to_thread(run)


@contextlib.asynccontextmanager
async def renamed(on: Scene) -> AsyncIterator[None]:
    """The same provider under a target whose name occurs nowhere else."""
    config = {
        "providers": {"p": {"dialect": "openai", "base_url": on.mock.base_url}},
        "models": {"t-a-r-g-e-t": {"provider": "p", "model": "first"}},
    }
    await on.sidecar.stop()
    async with Sidecar(config) as other:
        await other.start(port=0)
        on.client.base_url = httpx2.URL(other.address)
        yield


async def test_the_answers_bytes_pass_unchanged() -> None:
    async with scene() as on:
        body = b'{"choices" : [{"index":0,"message":{"role":"assistant","content":"\\u00e9"},"finish_reason":"stop"}],"x":1.50}'
        on.mock.script("first", Behaviour(body=body))
        assert (await on.ask()).content == body


async def test_credentials_and_what_belongs_to_one_connection_stay_here_and_the_rest_travels() -> None:
    async with scene() as on:
        kept = {"openai-beta": "b", "x-stainless-os": "Linux", "anything": "1"}
        dropped = {
            "authorization": "Bearer sk-client",
            "x-api-key": "sk-client",
            "x-goog-api-key": "sk-client",
            "cookie": "c=sk-client",
            "openai-organization": "sk-client",
            "x-pyproxy-node": "planner",
            "te": "trailers",
            "connection": "keep-alive, x-hop",
            "x-hop": "sk-client",
        }
        await on.client.post("/v1/chat/completions?beta=1", headers={**kept, **dropped, **JSON}, content=b'{"model":"g","messages":[{}]}')
        seen = on.mock.requests[-1]
        headers = {name.lower().decode(): value.decode() for name, value in seen.headers}
        assert headers["authorization"] == "Bearer sk-of-the-sidecar"
        assert kept.items() <= headers.items()
        assert "sk-client" not in repr(seen.headers)
        assert seen.path.endswith("?beta=1")


SHAPES = [Behaviour(text=TEXT, split=1), Behaviour(text=TEXT, crlf=True), Behaviour(text=TEXT, comment_every=2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("asked", [True, False], ids=["usage asked for", "not asked for"])
async def test_a_streams_bytes_pass_unchanged_however_they_are_cut(shape: Behaviour, asked: bool) -> None:  # noqa: FBT001
    """The sidecar asks for the usage in any case; the one event that tells it is the client's only if it asked, too."""
    usage = {"stream_options": {"include_usage": True}}
    body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    async with scene() as on:
        on.mock.script("first", shape)
        received = await on.client.post("/v1/chat/completions", json=body | (usage if asked else {}))
        direct = await on.client.post(f"{on.mock.base_url}/chat/completions", json={**body, "model": "first", **usage})
        told, events = without_ids(received.content), without_ids(direct.content)
        tells_usage = [event for event in events if b'"choices": []' in event]
        assert len(tells_usage) == 1
        assert told == (events if asked else [event for event in events if event not in tells_usage])
        await on.recorded(1)
        assert on.records[0].usage is not None


def without_ids(stream: bytes) -> list[bytes]:
    """The events; the mock numbers and dates them, and everything else is comparable byte for byte."""
    return re.split(rb"\r?\n\r?\n", re.sub(rb'"(id|created)": [^,]+', b"", stream))


async def test_what_a_request_leaves_open_is_filled_in_from_its_node_and_then_from_the_echelon() -> None:
    echelon = {"models": ["first"], "temperature": 0.2, "max_tokens": 50, "stop": ["END"]}
    async with scene(e1=echelon, planner={"temperature": 0.9, "system_prompt": "You plan."}) as on:
        messages = [{"role": "user", "content": "Hello"}]
        await on.ask()
        await on.ask(temperature=1, max_completion_tokens=7, stop=None, headers={"x-pyproxy-node": "planner"})
        await on.ask("planner", messages=[{"role": "system", "content": "Mine."}, *messages])
        seen = [json.loads(request.body) for request in on.mock.requests]
    assert seen[0] == {"model": "first", "messages": messages, "temperature": 0.2, "max_tokens": 50, "stop": ["END"]}
    assert seen[1]["messages"] == [{"role": "system", "content": "You plan."}, *messages]
    assert {key: seen[1].get(key) for key in ("temperature", "max_tokens", "max_completion_tokens", "stop")} == {
        "temperature": 1, "max_tokens": None, "max_completion_tokens": 7, "stop": ["END"],
    }  # fmt: skip
    assert (seen[2]["messages"][0]["content"], seen[2]["temperature"]) == ("Mine.", 0.9)
