"""The Responses API as the mock speaks it, read by the SDK: items, numbered events and the memory behind them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider
from pyproxy.providers.mock.openai.responses import Memory
from pyproxy.providers.mock.reply import BadRequestError

WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}
CLOCK: Any = {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}, "strict": False}
ENCRYPTED: Any = ["reasoning.encrypted_content"]


@pytest.fixture
async def sdk(mock: MockProvider) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=mock.base_url, api_key="sk-test", max_retries=0) as client:
        yield client


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=mock.base_url, trust_env=False) as client:
        yield client


async def test_the_sdk_reads_a_response(sdk: openai.AsyncOpenAI) -> None:
    response = await sdk.responses.create(model="m", input="say hello")
    assert response.output_text == "This is m, answering: say hello"
    assert response.status == "completed"
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (2, 6, 8)


@pytest.mark.parametrize("calls", [0, 1, 2])
@pytest.mark.parametrize("summary", [None, "auto"])
async def test_the_events_lead_up_to_the_same_response(sdk: openai.AsyncOpenAI, mock: MockProvider, calls: int, summary: Any) -> None:
    mock.default = Behaviour(tool_calls=calls, tool_arguments='{"city": "Lisbon"}')
    asked: Any = {"model": "m", "input": "say hello", "tools": [WEATHER, CLOCK], "reasoning": {"effort": "low", "summary": summary}}
    events = [event async for event in await sdk.responses.create(**asked, stream=True)]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    final = events[-1]
    assert final.type == "response.completed"
    added = [event.output_index for event in events if event.type == "response.output_item.added"]
    done = [event.item for event in events if event.type == "response.output_item.done"]
    assert added == list(range(len(done)))
    assert done == final.response.output
    assert [item.type for item in done] == ["reasoning", *(["function_call"] * calls or ["message"])]
    texts = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(texts) == final.response.output_text
    arguments = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert "".join(arguments) == '{"city": "Lisbon"}' * calls
    thoughts = [event.delta for event in events if event.type == "response.reasoning_summary_text.delta"]
    assert bool(thoughts) is (summary is not None)


@pytest.mark.parametrize("role", ["system", "developer"])
async def test_tools_are_called_though_the_rules_come_after_the_user(sdk: openai.AsyncOpenAI, role: Any) -> None:
    asked: Any = [{"role": "user", "content": "the weather?"}, {"role": role, "content": "Be brief."}]
    (call,) = (await sdk.responses.create(model="m", input=asked, tools=[WEATHER])).output
    assert call.type == "function_call"


async def test_a_response_is_gone_on_from_by_its_id(sdk: openai.AsyncOpenAI) -> None:
    first = await sdk.responses.create(model="m", input="the weather?", tools=[WEATHER])
    (call,) = first.output
    assert call.type == "function_call"
    result: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "rain"}]
    second = await sdk.responses.create(model="m", input=result, previous_response_id=first.id, tools=[WEATHER])
    assert second.output_text == "This is m, answering: the weather?"
    third = await sdk.responses.create(model="m", input="and then?", previous_response_id=second.id)
    assert third.usage is not None
    assert third.usage.input_tokens > 6
    with pytest.raises(openai.BadRequestError, match=f"No tool output found for function call {call.call_id}."):
        await sdk.responses.create(model="m", input="never mind", previous_response_id=first.id)


async def test_only_stored_responses_are_known(sdk: openai.AsyncOpenAI) -> None:
    kept = await sdk.responses.create(model="m", input="x")
    assert (await sdk.responses.retrieve(kept.id)).output_text == kept.output_text
    await sdk.responses.delete(kept.id)
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.retrieve(kept.id)
    for gone in (kept.id, (await sdk.responses.create(model="m", input="x", store=False)).id):
        with pytest.raises(openai.BadRequestError, match=f"Previous response with id '{gone}' not found") as caught:
            await sdk.responses.create(model="m", input="y", previous_response_id=gone)
        assert caught.value.code == "previous_response_not_found"


async def test_a_lenient_model_that_knows_no_previous_response_answers_what_there_is(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(lenient=True)
    first = (await http.post("/responses", json={"model": "m", "input": "say hello"})).json()
    for previous, tokens in ((first["id"], 9), ("resp_other", 1)):
        answer = await http.post("/responses", json={"model": "m", "input": "again", "previous_response_id": previous})
        assert (answer.status_code, answer.json()["usage"]["input_tokens"]) == (200, tokens)
    assert (await http.post("/responses", json={"model": "m", "input": "again", "previous_response_id": 1})).status_code == 400


def test_the_memory_is_bounded() -> None:
    memory = Memory()
    for number in range(1_001):
        memory.keep({"id": f"resp_{number}", "output": []}, ())
    assert memory.fetch("resp_1")["id"] == "resp_1"
    with pytest.raises(BadRequestError):
        memory.fetch("resp_0")


async def test_reasoning_comes_back_as_it_was_or_not_at_all(sdk: openai.AsyncOpenAI) -> None:
    first = await sdk.responses.create(model="m", input="x", reasoning={"effort": "low"}, include=ENCRYPTED, store=False)
    items: Any = [item.model_dump(exclude_none=True) for item in first.output]
    hello: Any = {"role": "user", "content": "x"}
    again = await sdk.responses.create(model="m", input=[hello, *items, hello], store=False)
    assert again.status == "completed"
    items[0]["encrypted_content"] = "gAAAAAAA"
    with pytest.raises(openai.BadRequestError, match="could not be verified") as caught:
        await sdk.responses.create(model="m", input=[hello, *items, hello], store=False)
    assert caught.value.code == "invalid_encrypted_content"


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
async def test_an_incomplete_response_says_why(sdk: openai.AsyncOpenAI, mock: MockProvider, finish: Any, reason: str) -> None:
    mock.default = Behaviour(finish=finish)
    response = await sdk.responses.create(model="m", input="x")
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == reason
    last = [event async for event in await sdk.responses.create(model="m", input="x", stream=True)][-1]
    assert last.type == "response.incomplete"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"input": None}, "Missing required parameter: 'input'."),
        ({"foo": 1}, "Unknown parameter: 'foo'."),
        ({"max_tokens": 1}, "Unsupported parameter: 'max_tokens'. In the Responses API, this parameter has moved to 'max_output_tokens'."),
        ({"messages": []}, "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'."),
        ({"max_output_tokens": 1}, "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead."),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "Missing required parameter: 'tools[0].name'."),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "Missing required parameter: 'text.format.name'."),
        ({"input": [{"type": "text", "text": "x"}]}, "Invalid value: 'text'. Supported values are: "),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        ),
        ({"input": [{"role": "tool", "content": "x"}]}, "Invalid value: 'tool'. Supported values are: "),
        ({"input": [{"type": "function_call", "call_id": "c", "name": "f"}]}, "Missing required parameter: 'input[0].arguments'."),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]},
            "No tool call found for function call output with call_id c.",
        ),
    ],
)
async def test_what_the_real_api_refuses_is_refused_in_its_words(http: httpx2.AsyncClient, more: dict[str, Any], message: str) -> None:
    answer = await http.post("/responses", json={"model": "m", "input": "x", **more})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)
