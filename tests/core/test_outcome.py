"""What a failed attempt means: the table, row by row, and what leads to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import Outcome, classify

MARKS = (
    "retry_same",
    "try_another",
    "try_next",
    "to_client",
    "counts_for_breaker",
    "disable_credential",
    "pause_limiter",
    "ask_again",
)
ELSEWHERE = {"try_another", "try_next"}
TABLE = {
    "connect_failed": ELSEWHERE | {"counts_for_breaker", "ask_again"},
    "connect_timeout": ELSEWHERE | {"counts_for_breaker", "ask_again"},
    "first_byte_timeout": ELSEWHERE | {"counts_for_breaker"},
    "attempt_timeout": ELSEWHERE | {"counts_for_breaker"},
    "idle_timeout": ELSEWHERE | {"counts_for_breaker", "ask_again"},
    "reset": ELSEWHERE | {"counts_for_breaker", "ask_again"},
    "truncated": ELSEWHERE | {"counts_for_breaker", "ask_again"},
    "diverged": ELSEWHERE,
    "untranslatable": ELSEWHERE,
    "invalid_answer": ELSEWHERE | {"retry_same", "counts_for_breaker", "ask_again"},
    "server_error": ELSEWHERE | {"retry_same", "counts_for_breaker", "ask_again"},
    "conflict": ELSEWHERE | {"retry_same", "ask_again"},
    "redirect": ELSEWHERE | {"counts_for_breaker"},
    "overloaded": ELSEWHERE | {"counts_for_breaker", "ask_again"},
    "rate_limited": ELSEWHERE | {"pause_limiter", "ask_again"},
    "quota_exhausted": ELSEWHERE | {"disable_credential"},
    "model_quota_exhausted": ELSEWHERE | {"disable_credential"},
    "credential_refused": ELSEWHERE | {"disable_credential"},
    "model_not_found": {"try_next"},
    "context_length": {"to_client"},
    "content_filter": {"to_client"},
    "bad_request": {"to_client"},
    "deadline": set(),
    "client_gone": set(),
}


def error(**members: object) -> bytes:
    return json.dumps({"error": members}).encode()


def check(outcome: Outcome, name: str) -> None:
    assert outcome.name == name
    assert {mark for mark in MARKS if getattr(outcome, mark)} == TABLE[name]


@pytest.mark.parametrize(
    "signal",
    [
        "connect_failed",
        "connect_timeout",
        "first_byte_timeout",
        "idle_timeout",
        "attempt_timeout",
        "reset",
        "truncated",
        "diverged",
        "untranslatable",
        "deadline",
        "client_gone",
    ],
)
def test_a_signal_without_an_answer_is_its_own_row(signal: str) -> None:
    check(classify(signal), signal)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (301, "redirect"),
        (307, "redirect"),
        (400, "bad_request"),
        (401, "credential_refused"),
        (402, "quota_exhausted"),
        (403, "credential_refused"),
        (404, "model_not_found"),
        (405, "bad_request"),
        (408, "server_error"),
        (409, "conflict"),
        (413, "context_length"),
        (418, "bad_request"),
        (422, "bad_request"),
        (429, "rate_limited"),
        (500, "server_error"),
        (501, "server_error"),
        (502, "server_error"),
        (503, "overloaded"),
        (504, "server_error"),
        (520, "server_error"),
        (529, "overloaded"),
        (599, "server_error"),
    ],
)
@pytest.mark.parametrize("body", [None, b"", b"<html>oops</html>", b'{"error": {"message": "no"}}', b"[]", b"null"])
def test_a_status_decides_where_the_body_says_nothing(status: int, name: str, body: bytes | None) -> None:
    check(classify("status", status, body), name)


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (429, error(message="You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"), "quota_exhausted"),
        (429, error(message="x", type="insufficient_quota", param=None, code=None), "quota_exhausted"),
        (429, error(message="Rate limit reached", type="tokens", code="rate_limit_exceeded"), "rate_limited"),
        (403, error(message="x", code="model_not_found"), "model_not_found"),
        (400, error(message="x", type="invalid_request_error", code="context_length_exceeded"), "context_length"),
        (400, error(message="x", code="content_filter", param="prompt"), "content_filter"),
        (400, error(message="This model's maximum context length is 8192 tokens."), "context_length"),
        (400, b'{"error": "this model\'s Maximum Context Length is 2048"}', "context_length"),
        (400, b'{"object": "error", "message": "maximum context length is 2048 tokens", "code": 400}', "context_length"),
        (529, b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}', "overloaded"),
        (500, b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}', "overloaded"),
        (400, b'{"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}}', "context_length"),
        (
            400,
            b'{"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access"}}',
            "quota_exhausted",
        ),
        (402, b'{"type": "error", "error": {"type": "billing_error", "message": "x"}}', "quota_exhausted"),
        (503, error(code=503, status="UNAVAILABLE", message="overloaded"), "overloaded"),
        (429, error(code=429, status="RESOURCE_EXHAUSTED", message="You exceeded your current quota"), "rate_limited"),
        (
            400,
            b'[{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no", "details": [{"reason": "API_KEY_INVALID"}]}}]',
            "credential_refused",
        ),
        (500, error(message="maximum context length"), "server_error"),
        (400, error(code=400, status="INVALID_ARGUMENT", message="API key not valid. Please pass a valid API key."), "credential_refused"),
        (400, error(code=400, status="INVALID_ARGUMENT", message="API key expired. Please renew the API key."), "credential_refused"),
        (400, error(code=400, status="INVALID_ARGUMENT", message="Request contains an invalid argument."), "bad_request"),
        (
            400,
            error(
                code=400, status="INVALID_ARGUMENT", message="The input token count (9) exceeds the maximum number of tokens allowed (8)"
            ),
            "context_length",
        ),
        (400, error(message="You have reached your specified API usage limits. You will regain access on 2026-12-01"), "quota_exhausted"),
        (400, error(message="You have reached your specified workspace API usage limits."), "quota_exhausted"),
        (400, error(type="exceed_context_size_error", message="the request exceeds the available context size"), "context_length"),
        (400, error(message="Your input exceeds the context window of this model."), "context_length"),
        (429, error(type="rate_limit_error", message="requests with a long context length are limited"), "rate_limited"),
        (429, error(message="too many tokens for this context window"), "rate_limited"),
        (429, error(message="Your credit balance is too low"), "quota_exhausted"),
        (
            413,
            error(type="tokens", code="rate_limit_exceeded", message="Request too large for model on tokens per minute"),
            "context_length",
        ),
        (403, error(code="rate_limit_exceeded", message="x"), "rate_limited"),
        (408, error(message="Request timed out"), "server_error"),
        (409, error(message="conflict"), "conflict"),
    ],
)
def test_what_a_provider_says_goes_before_its_status(status: int, body: bytes, name: str) -> None:
    check(classify("status", status, body), name)


def test_an_answer_that_breaks_the_protocol_is_as_a_502_unless_its_body_says_more() -> None:
    check(classify("malformed"), "invalid_answer")
    check(classify("malformed", 200, b"{"), "invalid_answer")
    check(classify("malformed", 200, error(type="overloaded_error")), "overloaded")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (error(code=429, message="x"), "rate_limited"),
        (error(code=503, message="x"), "overloaded"),
        (error(code=502, message="x"), "server_error"),
        (error(code=402, message="x"), "quota_exhausted"),
        (error(code=503, status="UNAVAILABLE", message="x"), "overloaded"),
        (error(code=429, status="RESOURCE_EXHAUSTED", message="x"), "rate_limited"),
        (error(type="rate_limit_error", message="x"), "rate_limited"),
        (error(code="rate_limit_exceeded", message="x"), "rate_limited"),
        (error(code=400, message="x"), "invalid_answer"),  # the client would get it as an answer
        (error(code=413, message="x"), "invalid_answer"),
        (error(code=200, message="x"), "invalid_answer"),
        (error(code=307, message="x"), "invalid_answer"),
        (error(code=99_999, message="x"), "invalid_answer"),
        (error(code=-1, message="x"), "invalid_answer"),
    ],
)
def test_an_error_in_a_good_answer_may_name_the_status_it_should_have_had(body: bytes, name: str) -> None:
    check(classify("malformed", 200, body), name)


def test_only_the_beginning_of_a_body_is_read() -> None:
    body = json.dumps({"pad": "x" * 70_000, "error": {"code": "insufficient_quota"}}).encode()
    check(classify("status", 429, body), "rate_limited")


def test_depth_is_no_danger_to_the_stack() -> None:
    check(classify("status", 500, b"[" * 60_000), "server_error")


@given(st.integers(300, 65535), st.binary(max_size=100))
def test_any_failure_comes_to_a_row(status: int, body: bytes) -> None:
    outcome = classify("status", status, body)
    check(outcome, outcome.name)
    assert outcome == classify("status", status, body)


def test_what_is_not_a_failure_is_not_classified() -> None:
    for status in (0, 100, 200, 299):
        with pytest.raises(ValueError, match=f"status {status} is not a failure"):
            classify("status", status)
    with pytest.raises(ValueError, match="needs a status"):
        classify("status")
    with pytest.raises(ValueError, match="out of range"):
        classify("status", 70_000)
    with pytest.raises(ValueError, match='unknown signal "boom": choose one of connect_failed'):
        classify("boom")


def test_an_outcome_is_frozen_and_reads_well() -> None:
    outcome = classify("client_gone")
    with pytest.raises(AttributeError):
        outcome.name = "x"  # type: ignore[misc]
    assert repr(outcome).startswith("Outcome(name='client_gone', retry_same=False, ")
