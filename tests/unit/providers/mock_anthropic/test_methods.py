"""Anthropic's API around the messages as the mock speaks it: versions, keys, counts of tokens, models, and kinds of errors."""

import httpx2
import pytest
from support.mock_anthropic import HELLO, LATEST, body

from pyproxy.providers.mock import Behaviour, MockProvider


async def test_the_version_must_be_named(mock: MockProvider) -> None:
    async with httpx2.AsyncClient(base_url=mock.url, trust_env=False) as http:
        answer = await http.post("/v1/messages", json=body())
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "anthropic-version: header is required")
        answer = await http.post("/v1/messages", json=body(), headers={"anthropic-version": "2020-01-01"})
        assert answer.json()["error"]["message"] == 'anthropic-version: "2020-01-01" is not a valid version'


async def test_a_key_comes_in_either_header_and_its_own_counts_first() -> None:
    async with MockProvider(api_keys={"right"}) as mock, httpx2.AsyncClient(base_url=mock.url, trust_env=False, headers=LATEST) as http:

        async def status(**headers: str) -> tuple[int, str]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            answer = await http.post("/v1/messages", json=body(), headers=named)
            return answer.status_code, answer.json().get("error", {}).get("message", "")

        assert await status(x_api_key="right") == (200, "")
        assert await status(authorization="Bearer right") == (200, "")
        assert await status() == (401, "x-api-key header is required")
        assert await status(x_api_key="wrong", authorization="Bearer right") == (401, "invalid x-api-key")


async def test_tokens_are_counted_and_a_limit_has_no_place_there(http: httpx2.AsyncClient) -> None:
    asked = {"model": "m", "messages": HELLO, "system": "be brief"}
    assert (await http.post("/v1/messages/count_tokens", json=asked)).json() == {"input_tokens": 7}
    answer = await http.post("/v1/messages/count_tokens", json={**asked, "max_tokens": 1})
    assert answer.json()["error"]["message"] == "max_tokens: Extra inputs are not permitted"


async def test_models_come_in_pages(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    for name in "abc":
        mock.script(name, Behaviour())
    page = (await http.get("/v1/models", params={"limit": 2})).json()
    assert ([each["id"] for each in page["data"]], page["has_more"], page["first_id"], page["last_id"]) == (["a", "b"], True, "a", "b")
    page = (await http.get("/v1/models", params={"after_id": "b"})).json()
    assert ([each["id"] for each in page["data"]], page["has_more"]) == (["c"], False)
    assert (await http.get("/v1/models/claude-x")).json()["id"] == "claude-x"
    assert (await http.get("/v1/models", params={"limit": 1001})).status_code == 400


async def test_other_paths_and_methods_are_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/v1/messages/other", json={})).json()["error"] == {"type": "not_found_error", "message": "Not found"}
    assert (await http.get("/v1/messages")).status_code == 405
    answer = await http.post("/v1/messages", content=b"{")
    assert answer.json()["error"]["message"].startswith("The request body is not valid JSON: ")


@pytest.mark.parametrize(
    ("status", "code", "kind", "text"),
    [
        (401, None, "authentication_error", "invalid x-api-key"),
        (404, None, "not_found_error", "model: m"),
        (413, None, "request_too_large", "Request exceeds the maximum size"),
        (418, None, "invalid_request_error", "Invalid request"),
        (500, None, "api_error", "Internal server error"),
        (503, None, "api_error", "Internal server error"),
        (529, None, "overloaded_error", "Overloaded"),
        (400, "context_length_exceeded", "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
        (400, "insufficient_quota", "invalid_request_error", "Your credit balance is too low"),
    ],
)
async def test_errors_have_the_real_types_and_words(
    http: httpx2.AsyncClient, mock: MockProvider, *, status: int, code: str | None, kind: str, text: str
) -> None:
    mock.default = Behaviour(status=status, error_code=code)
    answer = await http.post("/v1/messages", json=body())
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == kind
    assert answer.json()["error"]["message"].startswith(text)
    mock.default = Behaviour(status=status, error=("own_type", None, "own words"))
    assert (await http.post("/v1/messages", json=body())).json()["error"] == {"type": "own_type", "message": "own words"}
