"""How a client is told of an error, as an answer or in the middle of a stream: in its dialect, and so that whoever reads it knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import SseFramer, classify, error_body, error_event, status_of_kind

DIALECTS = ["openai", "responses", "anthropic", "gemini"]
names = st.none() | st.text()
errors = st.fixed_dictionaries(
    {"status": st.integers(0, 65535), "message": st.text()},
    optional={"type": names, "code": names, "param": names, "retry_after_ns": st.none() | st.integers(0, 2**64 - 1)},
)


def data(event: bytes) -> Any:
    return json.loads(event.partition(b"data: ")[2])


@pytest.mark.parametrize("dialect", DIALECTS)
@given(errors, st.integers(0, 2**64 - 1))
def test_an_event_is_one_line_of_ascii_that_its_dialect_reads_as_an_error(dialect: str, error: dict[str, Any], number: int) -> None:
    event = error_event(dialect, **error, sequence_number=number)
    head = b'event: error\ndata: {"' if dialect in {"responses", "anthropic"} else b'data: {"error":{'
    assert event.startswith(head)
    assert event.endswith(b"}\n\n")
    assert event.isascii()
    assert event.count(b"\n") == head.count(b"\n") + 2
    assert data(event)["error"]["message"] == error["message"]
    framer = SseFramer(dialect)
    assert framer.feed(event).data == b""
    assert framer.error is not None


@pytest.mark.parametrize("dialect", DIALECTS)
@given(errors, st.text())
def test_a_body_and_an_event_tell_the_same(dialect: str, error: dict[str, Any], request_id: str) -> None:
    body = json.loads(error_body(dialect, **error))
    told = data(error_event(dialect, **error))
    assert told["error"] == body["error"]
    known = json.loads(error_body(dialect, **error, request_id=request_id))
    assert known["error"]["message"] == error["message"]
    assert (known != body) == (bool(request_id) and dialect in {"anthropic", "gemini"})


def test_openais_clients_are_told_four_members_and_no_more() -> None:
    told = json.loads(error_body("openai", 400, "No «that».", type="invalid_request_error", code="c", param="p"))
    assert told == {"error": {"message": "No «that».", "type": "invalid_request_error", "param": "p", "code": "c"}}


def test_a_response_tells_it_where_the_reference_says_and_where_clients_look() -> None:
    event = error_event("responses", 502, "It broke.", type="api_error", code="stream_interrupted", param="input", sequence_number=7)
    detail = {"message": "It broke.", "type": "api_error", "param": "input", "code": "stream_interrupted"}
    flat = {"type": "error", "code": "stream_interrupted", "message": "It broke.", "param": "input", "sequence_number": 7}
    assert data(event) == {**flat, "error": detail}


@pytest.mark.parametrize(
    ("status", "own", "kind"),
    [
        (400, None, "invalid_request_error"),
        (401, None, "authentication_error"),
        (402, None, "invalid_request_error"),
        (403, None, "permission_error"),
        (403, "invalid_request_error", "invalid_request_error"),
        (404, "not_found_error", "invalid_request_error"),
        (429, None, "rate_limit_error"),
        (429, "insufficient_quota", "insufficient_quota"),
        (429, "requests", "requests"),
        (429, "RESOURCE_EXHAUSTED", "rate_limit_error"),
        (500, None, "api_error"),
        (500, "server_error", "server_error"),
        (503, "overloaded_error", "api_error"),
        (504, None, "timeout_error"),
        (529, None, "api_error"),
    ],
)
def test_openais_kind_is_its_own_where_it_is_one_of_the_apis_and_else_the_statuss(status: int, own: str | None, kind: str) -> None:
    assert json.loads(error_body("openai", status, "It broke.", type=own))["error"]["type"] == kind


@pytest.mark.parametrize(
    ("status", "kind", "message", "code"),
    [
        (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "context_length_exceeded"),
        (400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8).", "context_length_exceeded"),
        (413, "request_too_large", "Request exceeds the maximum size", "context_length_exceeded"),
        (413, None, "Too much", None),
        (400, None, "Bad", None),
        (500, None, "prompt is too long", None),
        (404, None, "prompt is too long", "model_not_found"),
    ],
)
def test_openais_programs_find_the_names_that_mean_something_to_them(status: int, kind: str | None, message: str, code: str | None) -> None:
    assert json.loads(error_body("openai", status, message, type=kind))["error"]["code"] == code
    assert json.loads(error_body("openai", status, message, type=kind, code="mine"))["error"]["code"] == "mine"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (408, "timeout_error"),
        (409, "conflict_error"),
        (413, "request_too_large"),
        (418, "invalid_request_error"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
        (599, "api_error"),
    ],
)
def test_anthropics_clients_are_told_their_apis_kind_for_the_status(status: int, kind: str) -> None:
    told = {"type": "error", "error": {"type": kind, "message": "It broke."}}
    assert data(error_event("anthropic", status, "It broke.", type="insufficient_quota", code="c")) == told
    assert json.loads(error_body("anthropic", status, "It broke.", request_id="r1")) == {**told, "request_id": "r1"}


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [
        (200, 502, "UNAVAILABLE"),
        (302, 502, "UNAVAILABLE"),
        (600, 502, "UNAVAILABLE"),
        (400, 400, "INVALID_ARGUMENT"),
        (401, 401, "UNAUTHENTICATED"),
        (402, 402, "FAILED_PRECONDITION"),
        (403, 403, "PERMISSION_DENIED"),
        (404, 404, "NOT_FOUND"),
        (408, 408, "DEADLINE_EXCEEDED"),
        (409, 409, "ABORTED"),
        (412, 412, "FAILED_PRECONDITION"),
        (413, 413, "INVALID_ARGUMENT"),
        (429, 429, "RESOURCE_EXHAUSTED"),
        (499, 499, "CANCELLED"),
        (500, 500, "INTERNAL"),
        (501, 501, "UNIMPLEMENTED"),
        (502, 502, "UNAVAILABLE"),
        (503, 503, "UNAVAILABLE"),
        (504, 504, "DEADLINE_EXCEEDED"),
        (529, 503, "UNAVAILABLE"),
        (599, 599, "INTERNAL"),
    ],
)
def test_gemini_tells_the_status_by_number_and_name(status: int, code: int, name: str) -> None:
    assert data(error_event("gemini", status, "It broke.", type="api_error")) == {
        "error": {"code": code, "message": "It broke.", "status": name}
    }


def test_googles_clients_find_all_else_among_the_details() -> None:
    told = json.loads(error_body("gemini", 404, "Full.", code="rate_limit", param="model", retry_after_ns=1_500_000_000, request_id="r1"))
    assert told["error"]["details"] == [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT", "domain": "pyproxy"},
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "model", "description": "Full."}]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"},
        {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "r1"},
    ]


@pytest.mark.parametrize(
    ("status", "told"), [(400, True), (404, True), (413, True), (401, False), (429, False), (500, False), (503, False)]
)
def test_googles_clients_are_told_of_a_faulty_member_only_where_the_request_is_at_fault(status: int, told: bool) -> None:  # noqa: FBT001
    assert ("details" in json.loads(error_body("gemini", status, "It broke.", param="p"))["error"]) is told


@pytest.mark.parametrize(
    ("nanoseconds", "delay"),
    [
        (0, "0s"),
        (1, "0.001s"),
        (10_000_000, "0.01s"),
        (1_234_567_000_001, "1234.568s"),
        (7_000_000_000, "7s"),
        (6 * 10**16, "60000000s"),
        (2**64 - 1, "18446744073.71s"),
    ],
)
def test_googles_delay_is_rounded_up_to_the_millisecond(nanoseconds: int, delay: str) -> None:
    (detail,) = json.loads(error_body("gemini", 429, "Full.", retry_after_ns=nanoseconds))["error"]["details"]
    assert detail["retryDelay"] == delay


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("overloaded_error", 529),
        ("UNAVAILABLE", 503),
        ("unavailable", 503),
        ("FAILED_PRECONDITION", 400),
        ("DEADLINE_EXCEEDED", 504),
        ("insufficient_quota", 429),
        ("conflict_error", 409),
        ("error", None),
        ("", None),
    ],
)
def test_a_kind_means_the_status_that_it_comes_with(kind: str, status: int | None) -> None:
    assert status_of_kind(kind) == status


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503, 504, 529])
@pytest.mark.parametrize("dialect", ["anthropic", "gemini"])
def test_an_error_that_is_told_in_a_stream_is_taken_for_one_of_its_status(dialect: str, status: int) -> None:
    """Where the status itself would have sent an answer to the client, its event in a stream is an answer that is none."""
    by_status = classify("status", status)
    told = classify("malformed", 200, error_body(dialect, status, "It broke."))
    assert told.name == ("invalid_answer" if by_status.to_client else by_status.name)


def test_what_cannot_be_told_is_refused_by_the_name_of_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="unknown dialect"):
        error_event("klingon", 500, "m")
    with pytest.raises(ValueError, match="unknown dialect"):
        error_body("klingon", 500, "m")
    with pytest.raises(ValueError, match="out of range"):
        error_event("gemini", 65536, "m")
    with pytest.raises(ValueError, match="whole number"):
        error_event("responses", 500, "m", sequence_number=-1)
