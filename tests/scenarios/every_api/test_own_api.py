"""What each API has of its own, over every provider's: bytes that pass, counts of tokens, embeddings, and lists of models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.every_api import PROVIDERS, served

if TYPE_CHECKING:
    from support.pairs import Pair


async def test_the_body_passes_to_the_providers_own_api_byte_for_byte(pair: Pair) -> None:
    sent = {
        "/v1/messages?beta=true": (
            b'{ "max_tokens":9,"model" : "g-anthropic", "metadata":{"user_id":"\xc3\xa9"},'
            b'"messages":[{"role":"user","content":"\\u00e9"}] }'
        ),
        "/v1beta/models/g-gemini:generateContent": b'{"contents" :[ {"parts":[{"text":"\xc3\xa9"}]}],\n "generationConfig":{}}',
    }
    async with served(pair) as (mock, http):
        for path, body in sent.items():
            headers = {
                "content-type": "application/json",
                "anthropic-beta": "b-1",
                "anthropic-version": "2023-06-01",
                "x-api-key": "client's",
            }
            assert (await http.post(path, content=body, headers=headers)).status_code == 200
            seen = mock.requests[-1]
            assert seen.body == body.replace(b'"g-anthropic"', b'"m-anthropic"')
            assert seen.header("anthropic-beta") == "b-1"
            assert "client's" not in str(seen.headers)
        assert mock.requests[0].path == "/v1/messages?beta=true"


async def test_tokens_are_counted_by_the_provider_or_estimated(pair: Pair) -> None:
    body = {"model": "g-anthropic", "messages": [{"role": "user", "content": "Hello " * 100}]}
    async with served(pair) as (mock, http):
        counted = await http.post("/v1/messages/count_tokens", json=body)
        assert counted.json()["input_tokens"] >= 100
        assert "x-pyproxy-lossy" not in counted.headers
        estimated = await http.post("/v1/messages/count_tokens", json={**body, "model": "g-openai"})
        assert 100 <= estimated.json()["input_tokens"] <= 300
        assert "estimate" in estimated.headers["x-pyproxy-lossy"]
        assert mock.arrived == 1


async def test_tokens_are_counted_with_the_system_prompt_of_a_node(pair: Pair) -> None:
    turns: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
    contents: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    said, own = "word " * 100, {"parts": [{"text": "be brief"}]}
    nodes = {"asker": {"llm_group": "g", "system_prompt": said}}
    async with served(pair, nodes=nodes) as (mock, http):

        async def count(path: str, body: dict[str, Any], node: str = "asker") -> int:
            answer = await http.post(path, json=body, headers={"x-pyproxy-node": node})
            assert answer.status_code == 200, answer.text
            told = answer.json()
            return int(told.get("input_tokens") or told["totalTokens"])

        for provider in PROVIDERS:
            messages, gemini = "/v1/messages/count_tokens", f"/v1beta/models/g-{provider}:countTokens"
            asked = {**turns, "model": f"g-{provider}"}
            assert await count(messages, asked) >= 100 > await count(messages, asked, "nobody")
            assert await count(gemini, contents) >= 100 > await count(gemini, contents, "nobody")
            if provider == "gemini":
                assert json.loads(mock.requests[-2].body)["generateContentRequest"]["model"] == "models/m-gemini"
            whole = {"generateContentRequest": {"model": f"models/g-{provider}", **contents}}
            assert await count(gemini, whole) >= 100
        assert await count("/v1/messages/count_tokens", {**turns, "model": "g-anthropic", "system": "be brief"}) < 100
        assert await count("/v1beta/models/g-gemini:countTokens", {"generateContentRequest": {**contents, "systemInstruction": own}}) < 100
        assert json.loads(mock.requests[-1].body)["generateContentRequest"]["systemInstruction"] == own


async def test_embeddings_come_from_providers_that_have_them(pair: Pair) -> None:
    async with served(pair) as (_, http):
        for target in ("g-openai", "g-gemini"):
            answer = await http.post("/v1/embeddings", json={"model": target, "input": ["a", "b"]})
            assert [len(item["embedding"]) > 1 for item in answer.json()["data"]] == [True, True], answer.text
            one = await http.post(f"/v1beta/models/{target}:embedContent", json={"content": {"parts": [{"text": "a"}]}})
            assert len(one.json()["embedding"]["values"]) > 1, one.text
        nobody = await http.post("/v1/embeddings", json={"model": "g-anthropic", "input": "a"})
        assert (nobody.status_code, nobody.json()["error"]["code"]) == (400, "operation_unavailable")


async def test_models_are_listed_in_four_shapes(pair: Pair) -> None:
    async with served(pair) as (_, http):
        listed = {
            "data.0.object": await http.get("/v1/models"),
            "data.0.display_name": await http.get("/v1/models?limit=1000", headers={"anthropic-version": "2023-06-01"}),
            "models.0.name": await http.get("/v1beta/models", headers={"x-goog-api-key": "k"}),
            "models.0.slug": await http.get("/v1/models?client_version=0.160.0"),
        }
        for place, answer in listed.items():
            found: Any = answer.json()
            for step in place.split("."):
                found = found[int(step) if step.isdigit() else step]
            assert found
            assert "g-gemini" in answer.text
