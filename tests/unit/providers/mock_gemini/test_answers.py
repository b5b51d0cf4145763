"""Gemini's answers as the mock gives them: shapes, both kinds of stream, and why they end."""

import json
from typing import Any

import httpx2
import pytest
from support.mock_gemini import HELLO, TOOLS, chunks, parts, refused, said

from pyproxy.providers.mock import Behaviour, MockProvider


@pytest.mark.parametrize("version", ["v1", "v1beta"])
async def test_content_has_the_shape_of_the_real_one(http: httpx2.AsyncClient, version: str) -> None:
    response = await said(http, version=version)
    (candidate,) = response["candidates"]
    assert candidate["content"] == {"role": "model", "parts": [{"text": "This is m, answering: say hello to everyone here"}]}
    assert (candidate["finishReason"], candidate["index"]) == ("STOP", 0)
    usage = response["usageMetadata"]
    assert (usage["promptTokenCount"], usage["candidatesTokenCount"], usage["totalTokenCount"]) == (5, 9, 14)
    assert response["modelVersion"] == "m"


@pytest.mark.parametrize("events", [True, False])
@pytest.mark.parametrize("thoughts", [True, False])
@pytest.mark.parametrize(("calls", "text"), [(0, None), (2, None), (0, "")])
async def test_both_kinds_of_stream_say_the_same(
    http: httpx2.AsyncClient, mock: MockProvider, *, events: bool, thoughts: bool, calls: int, text: str | None
) -> None:
    mock.default = Behaviour(tool_calls=calls, text=text)
    more: dict[str, Any] = {"tools": TOOLS, "generationConfig": {"thinkingConfig": {"includeThoughts": thoughts}}}
    whole = await said(http, **more)
    found = await chunks(http, events=events, **more)
    assert [chunk["candidates"][0].get("finishReason") for chunk in found] == [None] * (len(found) - 1) + ["STOP"]
    assert found[-1]["usageMetadata"] == whole["usageMetadata"]
    assert all(parts(chunk) for chunk in found), "Google's SDK takes a chunk without parts for the end of a tool's turn"

    def told(responses: list[dict[str, Any]], *, thought: bool) -> str:
        return "".join(part.get("text", "") for each in responses for part in parts(each) if part.get("thought", False) is thought)

    def called(responses: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [part["functionCall"] for each in responses for part in parts(each) if "functionCall" in part]

    assert [told(found, thought=each) for each in (True, False)] == [told([whole], thought=each) for each in (True, False)]
    assert called(found) == called([whole])
    assert ("thoughtsTokenCount" in whole["usageMetadata"]) is thoughts


async def test_calls_have_no_ids_and_the_first_is_signed(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(tool_calls=2)
    first, second = parts(await said(http, tools=TOOLS))
    assert first["functionCall"] == {"name": "weather", "args": {"city": "text"}}
    assert second == {"functionCall": {"name": "clock", "args": {"zone": "text"}}}
    assert "thoughtSignature" in first


@pytest.mark.parametrize(
    ("behaviour", "generation", "reason", "text"),
    [
        (Behaviour(text="one two three"), {"maxOutputTokens": 2}, "MAX_TOKENS", "one two "),
        (Behaviour(text="one two three"), {"stopSequences": ["two"]}, "STOP", "one "),
        (Behaviour(text="one", finish="content_filter"), {}, "SAFETY", "one"),
    ],
)
async def test_an_answer_says_why_it_ended(
    http: httpx2.AsyncClient, mock: MockProvider, *, behaviour: Behaviour, generation: dict[str, Any], reason: str, text: str
) -> None:
    mock.default = behaviour
    response = await said(http, generationConfig=generation)
    assert (response["candidates"][0]["finishReason"], parts(response)[0]["text"]) == (reason, text)


async def test_a_prefill_is_gone_on_with_or_refused(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    begun = [*HELLO, {"role": "model", "parts": [{"text": "one "}]}]
    mock.default = Behaviour(text="one two", prefill="continue")
    assert parts(await said(http, contents=begun)) == [{"text": "two"}]
    mock.default = Behaviour(prefill="refuse")
    assert await refused(http, contents=begun) == "Please ensure that multiturn requests ends with a user role or a function response."


@pytest.mark.parametrize("name", ["responseSchema", "responseJsonSchema"])
async def test_structured_output_follows_the_schema(http: httpx2.AsyncClient, name: str) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    response = await said(http, generationConfig={"responseMimeType": "application/json", name: schema})
    assert json.loads(parts(response)[0]["text"]) == {"n": 1}
    assert "only allowed when response_mime_type" in await refused(http, generationConfig={name: schema})


async def test_as_many_candidates_come_as_are_asked_for(http: httpx2.AsyncClient) -> None:
    more: dict[str, Any] = {"generationConfig": {"candidateCount": 3}}
    whole = await said(http, **more)
    assert [candidate["index"] for candidate in whole["candidates"]] == [0, 1, 2]
    for chunk in await chunks(http, events=True, **more):
        assert [candidate["index"] for candidate in chunk["candidates"]] == [0, 1, 2]
    assert "candidate_count" in await refused(http, generationConfig={"candidateCount": 9})
