"""The event that tells of an error in the middle of a stream: each dialect's own, and an error to whoever reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import SseFramer, sse_error_event

DIALECTS = ["openai", "responses", "anthropic", "gemini"]
anything = st.fixed_dictionaries({"message": st.text(), "type": st.text(), "code": st.none() | st.text()})
known = st.fixed_dictionaries({}, optional={"status": st.none() | st.integers(0, 65535), "sequence_number": st.integers(0, 2**64 - 1)})


def data(event: bytes) -> Any:
    return json.loads(event.partition(b"data: ")[2])


@pytest.mark.parametrize("dialect", DIALECTS)
@given(anything, known)
def test_it_is_one_event_that_its_dialect_reads_as_an_error(dialect: str, error: dict[str, Any], more: dict[str, Any]) -> None:
    event = sse_error_event(dialect, **error, **more)
    head = b"event: error\ndata: {" if dialect in {"responses", "anthropic"} else b"data: {"
    assert event.startswith(head)
    assert event.endswith(b"}\n\n")
    assert event.count(b"\n") == head.count(b"\n") + 2
    assert error["message"] == (data(event)["error"]["message"])
    framer = SseFramer(dialect)
    assert framer.feed(event).data == b""
    assert framer.error is not None


def test_a_response_tells_it_where_the_reference_says_and_where_clients_look() -> None:
    event = sse_error_event("responses", "It broke.", "api_error", "stream_interrupted", status=502, sequence_number=7)
    detail = {"message": "It broke.", "type": "api_error", "param": None, "code": "stream_interrupted"}
    flat = {"type": "error", "code": "stream_interrupted", "message": "It broke.", "param": None, "sequence_number": 7}
    assert data(event) == {**flat, "error": detail}


@pytest.mark.parametrize(
    ("kind", "status", "named"),
    [
        ("invalid_request_error", 400, "invalid_request_error"),
        ("authentication_error", 401, "authentication_error"),
        ("insufficient_quota", 402, "billing_error"),
        ("invalid_request_error", 403, "permission_error"),
        ("invalid_request_error", 404, "not_found_error"),
        ("invalid_request_error", 408, "timeout_error"),
        ("invalid_request_error", 409, "conflict_error"),
        ("invalid_request_error", 413, "request_too_large"),
        ("invalid_request_error", 422, "invalid_request_error"),
        ("rate_limit_error", 429, "rate_limit_error"),
        ("api_error", 500, "api_error"),
        ("api_error", 502, "api_error"),
        ("api_error", 503, "overloaded_error"),
        ("timeout_error", 504, "timeout_error"),
        ("api_error", 529, "overloaded_error"),
        ("strange", 418, "invalid_request_error"),
        ("strange", 599, "api_error"),
        ("overloaded_error", None, "overloaded_error"),
        ("timeout_error", None, "timeout_error"),
        ("insufficient_quota", None, "billing_error"),
        ("server_error", None, "api_error"),
        ("service_unavailable_error", None, "overloaded_error"),
        ("strange", None, "api_error"),
    ],
)
def test_a_message_tells_its_kind_in_the_words_of_its_api(kind: str, status: int | None, named: str) -> None:
    event = sse_error_event("anthropic", "It broke.", kind, "c", status=status)
    assert data(event) == {"type": "error", "error": {"type": named, "message": "It broke."}}


@pytest.mark.parametrize(
    ("status", "code", "named"),
    [
        (None, 503, "UNAVAILABLE"),
        (200, 503, "UNAVAILABLE"),
        (600, 503, "UNAVAILABLE"),
        (400, 400, "INVALID_ARGUMENT"),
        (401, 401, "UNAUTHENTICATED"),
        (413, 413, "INVALID_ARGUMENT"),
        (429, 429, "RESOURCE_EXHAUSTED"),
        (500, 500, "INTERNAL"),
        (502, 502, "UNAVAILABLE"),
        (504, 504, "DEADLINE_EXCEEDED"),
        (599, 599, "INTERNAL"),
    ],
)
def test_gemini_tells_the_status_by_number_and_name(status: int | None, code: int, named: str) -> None:
    event = sse_error_event("gemini", "It broke.", "api_error", "c", status=status)
    # Its client takes an event for an error only if it begins so.
    assert event.startswith(b'data: {"error":')
    assert data(event) == {"error": {"code": code, "message": "It broke.", "status": named}}


def test_a_status_is_a_number_of_sixteen_bits() -> None:
    with pytest.raises(ValueError, match="out of range"):
        sse_error_event("gemini", "m", "t", None, status=65536)
    with pytest.raises(ValueError, match="whole number"):
        sse_error_event("gemini", "m", "t", None, sequence_number=-1)
