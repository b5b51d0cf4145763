"""Gemini's API as the mock speaks it: shapes, both kinds of stream, signatures, and what it refuses, in which words."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider

HELLO: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": "say hello to everyone here"}]}]
WEATHER: dict[str, Any] = {
    "name": "weather",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}
CLOCK: dict[str, Any] = {"name": "clock", "parametersJsonSchema": {"type": "object", "properties": {"zone": {"type": ["string", "null"]}}}}
TOOLS = [{"functionDeclarations": [WEATHER, CLOCK]}]


@pytest.fixture
async def mock() -> AsyncIterator[MockProvider]:
    async with MockProvider() as provider:
        yield provider


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=mock.url, trust_env=False) as client:
        yield client


async def said(http: httpx2.AsyncClient, model: str = "m", version: str = "v1beta", **more: Any) -> dict[str, Any]:
    answer = await http.post(f"/{version}/models/{model}:generateContent", json={"contents": HELLO, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(http: httpx2.AsyncClient, model: str = "m", **more: Any) -> str:
    answer = await http.post(f"/v1beta/models/{model}:generateContent", json={"contents": HELLO, **more})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    return str(error["message"])


def parts(response: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = response["candidates"][0]["content"].get("parts", [])
    return found


@pytest.mark.parametrize("version", ["v1", "v1beta"])
async def test_content_has_the_shape_of_the_real_one(http: httpx2.AsyncClient, version: str) -> None:
    response = await said(http, version=version)
    (candidate,) = response["candidates"]
    assert candidate["content"] == {"role": "model", "parts": [{"text": "This is m, answering: say hello to everyone here"}]}
    assert (candidate["finishReason"], candidate["index"]) == ("STOP", 0)
    usage = response["usageMetadata"]
    assert (usage["promptTokenCount"], usage["candidatesTokenCount"], usage["totalTokenCount"]) == (5, 9, 14)
    assert response["modelVersion"] == "m"


async def chunks(http: httpx2.AsyncClient, *, events: bool, **more: Any) -> list[dict[str, Any]]:
    query = "?alt=sse" if events else ""
    answer = await http.post(f"/v1beta/models/m:streamGenerateContent{query}", json={"contents": HELLO, **more})
    if not events:
        assert answer.headers["content-type"].startswith("application/json")
        found: list[dict[str, Any]] = answer.json()
        return found
    assert answer.headers["content-type"] == "text/event-stream"
    frames = answer.text.split("\r\n\r\n")
    assert frames.pop() == ""
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


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


async def test_both_spellings_of_names_are_read(http: httpx2.AsyncClient) -> None:
    more: dict[str, Any] = {"system_instruction": {"parts": {"text": "be brief"}}, "generation_config": {"max_output_tokens": 2, "topK": 3}}
    assert parts(await said(http, **more)) == [{"text": "This is "}]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"foo": 1}, 'Invalid JSON payload received. Unknown name "foo": Cannot find field.'),
        (
            {"generationConfig": {"max_tokens": 1}},
            "Invalid JSON payload received. Unknown name \"max_tokens\" at 'generation_config': Cannot find field.",
        ),
        (
            {"contents": [{"parts": [{"text": "x", "type": "text"}]}]},
            "Invalid JSON payload received. Unknown name \"type\" at 'contents[0].parts[0]': Cannot find field.",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": ["string"]}}]}]},
            (
                "Invalid JSON payload received. Unknown name \"type\" at 'tools[0].function_declarations[0].parameters': "
                "Proto field is not repeating, cannot start list."
            ),
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"properties": {"a": {"const": 1}}}}]}]},
            (
                'Invalid JSON payload received. Unknown name "const" at '
                "'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field."
            ),
        ),
        ({"generationConfig": {"temperature": "hot"}}, "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"hot\""),
        ({"generationConfig": {"maxOutputTokens": 1.5}}, "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), 1.5"),
        (
            {"contents": [{"parts": [{"text": "x", "functionCall": {"name": "f"}}]}]},
            "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'functionCall'",
        ),
        (
            {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": "rain"}}]}]},
            "Invalid value at 'contents[0].parts[0].function_response.response' (type.googleapis.com/google.protobuf.Struct), \"rain\"",
        ),
        ({"contents": []}, "* GenerateContentRequest.contents: contents is not specified\n"),
        ({"contents": [{"role": "user"}]}, "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n"),
        (
            {"contents": [{"parts": [{}]}]},
            "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field\n",
        ),
        ({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "Please use a valid role: user, model."),
        ({"contents": [{"role": "system", "parts": [{"text": "x"}]}]}, "Please use a valid role: user, model."),
        (
            {"contents": [{"role": "model", "parts": [{"text": "x"}]}]},
            "Please ensure that single turn requests end with a user role or the role is not specified.",
        ),
        (
            {"contents": [{"role": "model", "parts": [{"functionCall": {"name": "f"}}]}, *HELLO]},
            "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
        ),
        (
            {"contents": [*HELLO, {"role": "model", "parts": [{"functionCall": {"name": "f"}}]}, *HELLO]},
            (
                "Please ensure that the number of function response parts is equal to the number of function call parts "
                "of the function call turn."
            ),
        ),
        (
            {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f"}}]}]},
            "Please ensure that function response turn comes immediately after a function call turn.",
        ),
        (
            {"contents": [*HELLO, {"role": "model", "parts": [{"functionCall": {}}]}]},
            "* GenerateContentRequest.contents[1].parts[0].function_call.name: Name cannot be empty.\n",
        ),
        ({"contents": [{"parts": [{"text": "x", "thoughtSignature": "AAAA"}]}]}, "Corrupted thought signature."),
        (
            {"contents": [{"parts": [{"text": "x", "thoughtSignature": "!"}]}]},
            "Invalid value at 'contents[0].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed for \"!\"",
        ),
        (
            {"generationConfig": {"temperature": 2.5}},
            "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]},
            "* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties: should be non-empty for OBJECT type\n",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "array"}}]}]},
            "* GenerateContentRequest.tools[0].function_declarations[0].parameters.items: missing field.\n",
        ),
        (
            {"tools": [{"functionDeclarations": [WEATHER, WEATHER]}]},
            "Duplicate function declaration found: weather",
        ),
        (
            {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
            "Function calling config is set without function_declarations.",
        ),
        (
            {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["clock"]}}},
            "Please set allowed_function_names only when function calling mode is ANY.",
        ),
        (
            {"tools": TOOLS, "generationConfig": {"responseMimeType": "application/json"}},
            "Function calling with a response mime type: 'application/json' is unsupported",
        ),
    ],
)
async def test_what_the_real_api_refuses_is_refused_in_its_words(http: httpx2.AsyncClient, more: dict[str, Any], message: str) -> None:
    assert await refused(http, **more) == message


async def test_every_unknown_field_is_told_with_its_place(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v1beta/models/m:generateContent", json={"a": 1, "contents": [{"b": 2, "parts": [{"text": "x"}]}]})
    error = answer.json()["error"]
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert [each.get("field") for each in detail["fieldViolations"]] == [None, "contents[0]"]
    assert error["message"].split("\n") == [each["description"] for each in detail["fieldViolations"]]


async def test_contents_of_one_role_in_a_row_are_one_turn(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(tool_calls=2)
    calls = parts(await said(http, tools=TOOLS))
    answers = [{"functionResponse": {"name": each["functionCall"]["name"], "response": {}}} for each in calls]
    turns = [{"role": "model", "parts": [each]} for each in calls] + [{"role": "user", "parts": [each]} for each in answers]
    assert "text" in parts(await said(http, contents=[*HELLO, *HELLO, *turns], tools=TOOLS))[0]


async def test_the_third_generation_wants_its_signatures_back(http: httpx2.AsyncClient) -> None:
    (call,) = parts(await said(http, model="gemini-3-pro", tools=TOOLS))
    answer = {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"sky": "rain"}}}]}

    def turns(**change: Any) -> list[dict[str, Any]]:
        signed = {name: value for name, value in {**call, **change}.items() if value is not None}
        return [*HELLO, {"role": "model", "parts": [signed]}, answer]

    signature = call["thoughtSignature"]
    for spelling in (signature, signature.replace("+", "-").replace("/", "_").rstrip("="), "skip_thought_signature_validator"):
        await said(http, model="gemini-3-pro", contents=turns(thoughtSignature=spelling))
    message = await refused(http, model="gemini-3-pro", contents=turns(thoughtSignature=None))
    assert message.startswith("Function call is missing a thought_signature in functionCall parts.")
    assert "`default_api:weather` , position 2." in message
    await said(http, model="gemini-2.5-flash", contents=turns(thoughtSignature=None))
    await said(http, model="gemini-3-pro", contents=[*turns(thoughtSignature=None), {"role": "model", "parts": [{"text": "x"}]}, *HELLO])


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


async def test_a_refusal_of_an_array_of_chunks_comes_in_an_array(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    for behaviour, asked in ((Behaviour(status=503), {"contents": HELLO}), (Behaviour(), {"contents": []})):
        mock.default = behaviour
        (plain,) = (await http.post("/v1beta/models/m:streamGenerateContent", json=asked)).json()
        events = (await http.post("/v1beta/models/m:streamGenerateContent?alt=sse", json=asked)).json()
        assert plain == events
        assert "status" in plain["error"]


@pytest.mark.parametrize("after", [0, 2, 9])
async def test_an_array_of_chunks_that_ends_in_an_error_can_be_parsed(http: httpx2.AsyncClient, mock: MockProvider, after: int) -> None:
    mock.default = Behaviour(text="one two three", error_after=after)
    *chunks, failed = (await http.post("/v1beta/models/m:streamGenerateContent", json={"contents": HELLO})).json()
    assert len(chunks) == min(after, 3)
    assert failed["error"]["status"] == "UNAVAILABLE"


async def test_a_delay_is_told_in_the_details(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    mock.default = Behaviour(status=429, retry_after="7.5")
    answer = await http.post("/v1beta/models/m:generateContent", json={"contents": HELLO})
    error = answer.json()["error"]
    assert "retry-after" not in answer.headers
    assert (error["status"], error["message"].endswith("\nPlease retry in 7.5s.")) == ("RESOURCE_EXHAUSTED", True)
    details = {each["@type"].rpartition(".")[2]: each for each in error["details"]}
    assert details["RetryInfo"]["retryDelay"] == "7.5s"
    assert details["QuotaFailure"]["violations"][0]["quotaDimensions"]["model"] == "m"
    mock.default = Behaviour(status=429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    answer = await http.post("/v1beta/models/m:generateContent", json={"contents": HELLO})
    assert answer.headers["retry-after"].startswith("Wed")


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [
        (400, None, "INVALID_ARGUMENT"),
        (401, None, "UNAUTHENTICATED"),
        (403, None, "PERMISSION_DENIED"),
        (404, None, "NOT_FOUND"),
        (418, None, "INVALID_ARGUMENT"),
        (429, "insufficient_quota", "RESOURCE_EXHAUSTED"),
        (500, None, "INTERNAL"),
        (502, None, "INTERNAL"),
        (503, None, "UNAVAILABLE"),
        (504, None, "DEADLINE_EXCEEDED"),
        (529, None, "UNAVAILABLE"),
        (400, "context_length_exceeded", "INVALID_ARGUMENT"),
    ],
)
async def test_errors_have_the_real_statuses(
    http: httpx2.AsyncClient, mock: MockProvider, status: int, code: str | None, name: str
) -> None:
    mock.default = Behaviour(status=status, error_code=code)
    answer = await http.post("/v1beta/models/m:generateContent", json={"contents": HELLO})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (status, status, name)
    assert "{model}" not in error["message"]


async def test_a_key_comes_in_its_header_or_in_the_query() -> None:
    async with MockProvider(api_keys={"right"}) as mock, httpx2.AsyncClient(base_url=mock.url, trust_env=False) as http:
        path = "/v1beta/models/m:generateContent"
        asked = {"contents": HELLO}
        assert (await http.post(path, json=asked, headers={"x-goog-api-key": "right"})).status_code == 200
        assert (await http.post(f"{path}?key=right", json=asked)).status_code == 200
        missing = await http.post(path, json=asked, headers={"authorization": "Bearer right"})
        assert (missing.status_code, missing.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
        wrong = await http.post(f"{path}?key=wrong", json=asked)
        assert (wrong.status_code, wrong.json()["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")


async def test_tokens_are_counted(http: httpx2.AsyncClient) -> None:
    path = "/v1beta/models/m:countTokens"
    assert (await http.post(path, json={"contents": HELLO})).json()["totalTokens"] == 5
    whole = {"generateContentRequest": {"contents": HELLO, "systemInstruction": {"parts": [{"text": "be brief"}]}}}
    assert (await http.post(path, json=whole)).json()["totalTokens"] == 7
    assert (await http.post(path, json={"contents": HELLO, "systemInstruction": {}})).status_code == 400


async def test_embeddings_are_the_same_for_the_same_text(http: httpx2.AsyncClient) -> None:
    def asked(text: str) -> dict[str, Any]:
        return {"model": "models/m", "content": {"parts": [{"text": text}]}, "outputDimensionality": 4}

    one = (await http.post("/v1beta/models/m:embedContent", json=asked("one"))).json()["embedding"]
    batch = (await http.post("/v1beta/models/m:batchEmbedContents", json={"requests": [asked("one"), asked("two")]})).json()["embeddings"]
    assert batch[0] == one != batch[1]
    assert sum(each * each for each in one["values"]) == pytest.approx(1)
    usual = await http.post("/v1beta/models/m:embedContent", json={"content": {"parts": [{"text": "one"}]}})
    assert len(usual.json()["embedding"]["values"]) == 3072
    stray = await http.post("/v1beta/models/other:batchEmbedContents", json={"requests": [asked("one")]})
    assert stray.status_code == 400


async def test_models_are_google_s_for_its_clients(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    for name in "abc":
        mock.script(name, Behaviour())
    page = (await http.get("/v1/models?pageSize=2", headers={"x-goog-api-client": "x"})).json()
    assert [each["name"] for each in page["models"]] == ["models/a", "models/b"]
    rest = (await http.get("/v1beta/models", params={"pageToken": page["nextPageToken"]})).json()
    assert ([each["name"] for each in rest["models"]], "nextPageToken" in rest) == (["models/c"], False)
    assert (await http.get("/v1/models/x?key=k")).json()["name"] == "models/x"
    assert "data" in (await http.get("/v1/models")).json()


async def test_unknown_methods_are_not_found(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v1beta/models/m:predict", json={})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=UTF-8")
    assert (await http.post("/v1beta/models/m", json={})).status_code == 404
    assert (await http.post("/v1beta/models/m:generateContent", content=b"{")).status_code == 400
    assert (await http.post("/v1beta/models/m:generateContent", json=[])).status_code == 400


async def test_the_path_s_model_may_hold_a_behaviour_when_it_is_quoted(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    assert (await http.post("/v1/models/m%3Fstatus=503:generateContent", json={"contents": HELLO})).status_code == 503
    assert mock.requests[-1].model == "m?status=503"
    assert (await http.post("/v1/models/m%3Fno:generateContent", json={"contents": HELLO})).status_code == 400
