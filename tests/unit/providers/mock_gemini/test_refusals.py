"""What the mock refuses as Gemini does, in which words and shapes; and what it takes."""

from typing import Any

import httpx2
import pytest
from support.mock_gemini import HELLO, TOOLS, WEATHER, parts, refused, said

from pyproxy.providers.mock import Behaviour, MockProvider


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
