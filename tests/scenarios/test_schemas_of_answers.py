"""What clients of other APIs want held to a schema, of a provider that refuses what OpenAI does: it has the form that they asked for."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.api_clients import CLIENTS, events
from support.pairs import PAIRS

from pyproxy.providers.mock import MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

TEXT = {"type": "string"}
OTHERS = [name for name in CLIENTS if name != "openai"]


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


CAT, DOG = of(kind={"const": "cat"}, lives={"type": "integer"}), of(kind={"const": "dog"})
# What is asked, whether the model can be held to it, and what the mock then answers.
SCHEMAS: dict[str, tuple[dict[str, Any], bool, Any]] = {
    "list": ({"type": "array", "items": TEXT}, True, ["text"]),
    "enum": ({"type": "string", "enum": ["a", "b"]}, True, "a"),
    "optional": ({**of(a=TEXT, b=TEXT), "required": ["a"]}, False, {"a": "text", "b": "text"}),
    "default": (of(a={**TEXT, "default": "x"}), True, {"a": "text"}),
    "union": (
        of(pet={"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}}),
        True,
        {"pet": {"kind": "cat", "lives": 1}},
    ),
    "any": ({"anyOf": [of(a=TEXT), {"type": "null"}]}, True, {"a": "text"}),
    "reference": ({"$ref": "#/$defs/A", "$defs": {"A": of(a={"allOf": [{"$ref": "#/$defs/T"}]}), "T": TEXT}}, True, {"a": "text"}),
    "listed references": ({"type": "array", "items": {"$ref": "#/$defs/A"}, "$defs": {"A": of(a=TEXT)}}, True, [{"a": "text"}]),
    "open": ({"type": "object", "additionalProperties": TEXT}, False, {}),
    "bounded": (of(a={**TEXT, "maxLength": 9}), True, {"a": "text"}),
}
FORMATS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "anthropic": lambda schema: {"output_config": {"format": {"type": "json_schema", "schema": schema}}, "max_tokens": 900},
    "gemini": lambda schema: {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": schema}},
    "responses": lambda schema: {"text": {"format": {"type": "json_schema", "name": "n", "schema": schema}}},
}


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[tuple[MockProvider, httpx2.AsyncClient]]:
    async with MockProvider() as mock:
        config = {
            "providers": {"openai": {"base_url": mock.base_url, "api_key": "k"}},
            "models": {"openai": {"provider": "openai", "model": "gpt-4o"}},
        }
        async with (
            next(iter(PAIRS.values()))(config) as running,
            httpx2.AsyncClient(base_url=running.address, trust_env=False, timeout=10) as client,
        ):
            yield mock, client


@pytest.mark.parametrize("name", OTHERS)
async def test_whatever_its_schema_an_answer_has_the_form_that_its_client_asked_for(name: str) -> None:
    client = CLIENTS[name]
    async with served() as (mock, http):
        for kind, (schema, is_held, answered) in SCHEMAS.items():
            asked = FORMATS[name](schema)
            answer = await http.post(client.path("openai", False), json={**client.body("openai", "Hi", False, False), **asked})  # noqa: FBT003
            assert answer.status_code == 200, (kind, answer.text)
            assert json.loads(client.text(answer.json())) == answered, kind
            strict = json.loads(mock.requests[-1].body)["response_format"]["json_schema"].get("strict", False)
            assert strict is (is_held and name != "responses"), kind
            exact = strict and kind != "bounded"
            assert ("x-pyproxy-lossy" in answer.headers) is (not exact and name != "responses"), kind
            answer = await http.post(client.path("openai", True), json={**client.body("openai", "Hi", True, False), **asked})  # noqa: FBT003
            assert json.loads("".join(client.pieces(events(answer.content)))) == answered, kind


async def test_a_tool_that_is_strict_with_anthropic_and_leaves_members_out_is_called_all_the_same() -> None:
    client = CLIENTS["anthropic"]
    async with served() as (_, http):
        schema = {**of(city=TEXT, unit=TEXT), "required": ["city"]}
        tools = [{"name": "weather", "input_schema": schema, "strict": True}]
        body = {**client.body("openai", "Hi", False, False), "tools": tools, "max_tokens": 900}  # noqa: FBT003
        answer = await http.post(client.path("openai", False), json=body)  # noqa: FBT003
        assert (answer.status_code, answer.headers["x-pyproxy-lossy"]) == (200, "tools[].strict"), answer.text
        assert client.calls(answer.json()) == [("weather", {"city": "text", "unit": "text"})]


async def test_one_of_gemini_s_enums_is_asked_for_in_words() -> None:
    client = CLIENTS["gemini"]
    async with served() as (mock, http):
        config = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["cat", "dog"]}}
        body = {**client.body("openai", "Hi", False, False), "generationConfig": config}  # noqa: FBT003
        answer = await http.post(client.path("openai", False), json=body)  # noqa: FBT003
        assert (answer.status_code, answer.headers["x-pyproxy-lossy"]) == (200, "generationConfig.responseSchema")
        sent = json.loads(mock.requests[-1].body)
        assert "response_format" not in sent
        assert sent["messages"][0]["content"].endswith(":\ncat\ndog")
