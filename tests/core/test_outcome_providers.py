"""What the errors of each provider mean, in the words that each one uses."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import classify, parse_rate_limits, parse_retry_after

SECOND = 1_000_000_000
NOW_MS = 1_793_525_400_000  # 2026-11-01T09:30:00Z


def anthropic(kind: str, message: str = "x") -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}).encode()


def gemini(code: int, status: str, message: str = "x", *details: object) -> bytes:
    return json.dumps({"error": {"code": code, "message": message, "status": status, "details": details}}).encode()


def openai(message: str = "x", kind: str | None = None, code: object = None, **others: object) -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code, **others}}).encode()


def quotas(*ids: str) -> object:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaMetric": "m", "quotaId": each} for each in ids]}


def reason(name: str) -> object:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": name, "domain": "googleapis.com"}


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}
PER_MINUTE = quotas("GenerateContentInputTokensPerModelPerMinute-FreeTier", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier")
PER_DAY = quotas("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "GenerateRequestsPerDayPerProjectPerModel-FreeTier")
OF_ALL = quotas("GenerateRequestsPerMonthPerProject")


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (529, anthropic("overloaded_error", "Overloaded"), "overloaded"),
        (500, anthropic("overloaded_error", "Overloaded"), "overloaded"),
        (500, anthropic("api_error", "Internal server error"), "server_error"),
        (504, anthropic("timeout_error"), "server_error"),
        (429, anthropic("rate_limit_error", "This request would exceed your organization's rate limit"), "rate_limited"),
        (400, anthropic("invalid_request_error", "prompt is too long: 215000 tokens > 200000 maximum"), "context_length"),
        (
            400,
            anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000"),
            "context_length",
        ),
        (413, anthropic("request_too_large", "Request exceeds the maximum size"), "context_length"),
        (400, anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), "quota_exhausted"),
        (400, anthropic("invalid_request_error", "You have reached your specified API usage limits."), "quota_exhausted"),
        (400, anthropic("invalid_request_error", "This organization has been disabled."), "credential_refused"),
        (402, anthropic("billing_error"), "quota_exhausted"),
        (401, anthropic("authentication_error", "invalid x-api-key"), "credential_refused"),
        (403, anthropic("permission_error"), "credential_refused"),
        (404, anthropic("not_found_error", "model: claude-0"), "model_not_found"),
        (400, anthropic("invalid_request_error", "max_tokens: Field required"), "bad_request"),
    ],
)
def test_messages(status: int, body: bytes, name: str) -> None:
    assert classify("status", status, body).name == name


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (429, gemini(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", PER_MINUTE, RETRY), "rate_limited"),
        (429, gemini(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", PER_DAY, RETRY), "model_quota_exhausted"),
        (429, gemini(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", PER_DAY, OF_ALL, RETRY), "quota_exhausted"),
        (429, gemini(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", PER_MINUTE, OF_ALL), "quota_exhausted"),
        (429, gemini(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), "rate_limited"),
        (429, gemini(429, "RESOURCE_EXHAUSTED", "1000 requests per day", quotas(), {"violations": 5}, 7), "rate_limited"),
        (429, gemini(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), "quota_exhausted"),
        (429, gemini(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap."), "quota_exhausted"),
        (400, gemini(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "credential_refused"),
        (400, gemini(400, "INVALID_ARGUMENT", "x", reason("API_KEY_INVALID")), "credential_refused"),
        (403, gemini(403, "PERMISSION_DENIED", "x", reason("SERVICE_DISABLED")), "credential_refused"),
        (403, gemini(403, "PERMISSION_DENIED", "x", reason("BILLING_DISABLED")), "quota_exhausted"),
        (401, gemini(401, "UNAUTHENTICATED"), "credential_refused"),
        (503, gemini(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), "overloaded"),
        (500, gemini(500, "INTERNAL"), "server_error"),
        (504, gemini(504, "DEADLINE_EXCEEDED"), "server_error"),
        (
            400,
            gemini(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
            "context_length",
        ),
        (400, gemini(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."), "context_length"),
        (400, gemini(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "credential_refused"),
        (
            400,
            gemini(400, "FAILED_PRECONDITION", "Gemini API free tier is not available in your country. Please enable billing"),
            "quota_exhausted",
        ),
        (404, gemini(404, "NOT_FOUND", "models/gemini-0 is not found for API version v1beta"), "model_not_found"),
        (400, gemini(400, "INVALID_ARGUMENT", "Invalid JSON payload received."), "bad_request"),
    ],
)
def test_gemini(status: int, body: bytes, name: str) -> None:
    assert classify("status", status, body).name == name
    assert classify("status", status, b"[" + body + b"]").name == name


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (400, openai(code="content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}), "content_filter"),
        (400, openai(code="400", innererror={"code": "ResponsibleAIPolicyViolation"}), "content_filter"),
        (400, openai("The prompt triggered Azure OpenAI's content management policy."), "content_filter"),
        (404, openai(code="DeploymentNotFound"), "model_not_found"),
        (400, openai(code="DeploymentNotFound"), "model_not_found"),
        (401, openai("Access denied due to invalid subscription key", code="401"), "credential_refused"),
        (429, openai("Requests have exceeded the call rate limit", code="429"), "rate_limited"),
    ],
)
def test_azure(status: int, body: bytes, name: str) -> None:
    assert classify("status", status, body).name == name


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",  # OpenAI, vLLM, OpenRouter
        "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens",  # vLLM
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",  # vLLM
        "prompt too long; exceeded max context length by 12 tokens",  # Ollama
        "the input length exceeds the context length",  # Ollama
        "the request exceeds the available context size, try increasing it",  # llama.cpp
        "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",  # Mistral
        "Please reduce the length of the messages or completion.",  # Groq
        "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",  # xAI
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193",  # text-generation-inference
        "Input is too long for requested model.",  # Bedrock
    ],
)
def test_a_prompt_beyond_the_window_in_everybodys_words(message: str) -> None:
    for body in (openai(message), json.dumps({"object": "error", "message": message}).encode(), json.dumps({"error": message}).encode()):
        assert classify("status", 400, body).name == "context_length"
        assert classify("status", 429, body).name == "rate_limited"
        assert classify("status", 500, body).name == "server_error"


def test_a_prompt_that_openrouter_holds_back_does_not_cost_the_credential() -> None:
    body = openai('openai/gpt-4o requires moderation on OpenAI. Your input was flagged for "violence".', code=403)
    assert classify("status", 403, body).name == "content_filter"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (anthropic("overloaded_error"), "overloaded"),
        (anthropic("rate_limit_error"), "rate_limited"),
        (anthropic("billing_error"), "quota_exhausted"),
        (anthropic("authentication_error"), "credential_refused"),
        (anthropic("permission_error"), "credential_refused"),
        (anthropic("not_found_error"), "model_not_found"),
        (anthropic("api_error"), "server_error"),
        (anthropic("timeout_error"), "server_error"),
        (anthropic("invalid_request_error"), "invalid_answer"),
        (anthropic("invalid_request_error", "Your credit balance is too low"), "quota_exhausted"),
        (anthropic("invalid_request_error", "prompt is too long: 9 > 8"), "context_length"),
        (anthropic("something_new"), "invalid_answer"),
        (gemini(503, "UNAVAILABLE"), "overloaded"),
        (gemini(429, "RESOURCE_EXHAUSTED"), "rate_limited"),
        (gemini(429, "RESOURCE_EXHAUSTED", "x", PER_DAY), "model_quota_exhausted"),
        (gemini(500, "INTERNAL"), "server_error"),
        (gemini(400, "INVALID_ARGUMENT"), "invalid_answer"),
        (b'{"error": {"status": "INTERNAL"}}', "server_error"),
        (b'{"error": {"status": "DEADLINE_EXCEEDED"}}', "server_error"),
        (b'{"error": {"status": "UNAUTHENTICATED"}}', "credential_refused"),
        (b'{"error": {"status": "PERMISSION_DENIED"}}', "credential_refused"),
        (b'{"error": {"status": "NOT_FOUND"}}', "model_not_found"),
        (b'{"error": {"status": "INVALID_ARGUMENT", "message": "API key not valid."}}', "credential_refused"),
        (b'{"error": {"status": "FAILED_PRECONDITION", "message": "User location is not supported"}}', "credential_refused"),
        (openai(kind="server_error"), "server_error"),
        (openai(kind="insufficient_quota"), "quota_exhausted"),
        (openai(code="429"), "rate_limited"),
        (openai(code="many"), "invalid_answer"),
        (openai("This model's maximum context length is 4096", code=400), "context_length"),
        (openai("This model's maximum context length is 4096"), "invalid_answer"),
        (b'{"type": "error", "code": "rate_limit_exceeded", "message": "x", "param": null, "sequence_number": 3}', "rate_limited"),
        (b'{"type": "error", "code": "server_is_overloaded", "message": "x"}', "overloaded"),
        (b'{"type": "error", "code": null, "message": "x"}', "invalid_answer"),
    ],
)
def test_an_error_within_a_good_answer_is_as_one_of_the_status_it_should_have_had(body: bytes, name: str) -> None:
    assert classify("malformed", 200, body).name == classify("malformed", body=body).name == name


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ({"code": "server_error", "message": "x"}, "server_error"),
        ({"code": "rate_limit_exceeded", "message": "x"}, "rate_limited"),
        ({"code": "insufficient_quota", "message": "x"}, "quota_exhausted"),
        ({"code": "context_length_exceeded", "message": "x"}, "context_length"),
        ({"code": "slow_down", "message": "x"}, "overloaded"),
        ({"code": "invalid_prompt", "message": "x"}, "invalid_answer"),
        (None, "invalid_answer"),
    ],
)
def test_a_response_that_failed_tells_its_error_within(error: object, name: str) -> None:
    event = {"type": "response.failed", "sequence_number": 9, "response": {"id": "resp_1", "status": "failed", "error": error}}
    assert classify("malformed", body=json.dumps(event).encode()).name == name
    assert classify("malformed", body=json.dumps({**event, "error": None}).encode()).name == name
    assert classify("malformed", body=json.dumps(event["response"]).encode()).name == name


def test_delays_are_read_in_each_ones_form() -> None:
    body = gemini(429, "RESOURCE_EXHAUSTED", "x", PER_MINUTE, RETRY)
    assert parse_retry_after([], NOW_MS, body) == parse_retry_after([], NOW_MS, b"[" + body + b"]") == 34_070_000_000
    limits = [
        (b"anthropic-ratelimit-requests-remaining", b"12"),
        (b"anthropic-ratelimit-requests-reset", b"2026-11-01T09:30:05Z"),
        (b"anthropic-ratelimit-input-tokens-remaining", b"0"),
        (b"anthropic-ratelimit-input-tokens-reset", b"2026-11-01T09:30:07.5Z"),
    ]
    assert parse_retry_after(limits, NOW_MS, anthropic("rate_limit_error")) == 7.5 * SECOND
    assert parse_retry_after([*limits, (b"retry-after", b"30")], NOW_MS) == 30 * SECOND
    assert parse_rate_limits(limits, NOW_MS) == [("requests", 12, 5 * SECOND), ("input_tokens", 0, 7_500_000_000)]


@given(
    st.sampled_from(["malformed", "status"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from(["overloaded_error", "429", "PerDay", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["error", "response", "code", "type", "message", "details", "violations", "quotaId", "innererror", "reason"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
)
def test_an_error_of_any_shape_comes_to_a_row(signal: str, body: object) -> None:
    assert classify(signal, 400, json.dumps(body).encode()).name
