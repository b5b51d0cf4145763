from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy import errors
from pyproxy.dialects.model_lists import openai_list
from pyproxy.dialects.openai import OPENAI
from pyproxy.dialects.provider_errors import ReadError


def test_an_error_has_the_four_fields_of_the_openai_api() -> None:
    error = errors.TargetNotFound("There is no 'ä'\n.", param="model")
    assert json.loads(OPENAI.encode_error(error)) == {
        "error": {"message": "There is no 'ä'\n.", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}
    }


@pytest.mark.parametrize(
    ("ns", "seconds", "milliseconds"),
    [(0, b"0", b"0"), (1, b"1", b"1"), (999_000_001, b"1", b"1000"), (1_000_000_001, b"2", b"1001"), (7_000_000_000, b"7", b"7000")],
)
def test_a_delay_is_rounded_up_so_that_nobody_comes_early(ns: int, seconds: bytes, milliseconds: bytes) -> None:
    headers = dict(OPENAI.error_headers(errors.Saturated("full", retry_after_ns=ns)))
    assert headers[b"retry-after"] == seconds
    assert headers[b"retry-after-ms"] == milliseconds


def test_sdks_are_told_not_to_repeat_what_was_tried_already() -> None:
    for kind in (errors.Saturated, errors.NoModelAvailable, errors.DeadlineExceeded, errors.StreamInterrupted, errors.UpstreamError):
        assert (b"x-should-retry", b"false") in OPENAI.error_headers(kind("no"))
    for error in (errors.InvalidRequest("no"), errors.TargetNotFound("no"), errors.InternalError()):
        assert OPENAI.error_headers(error) == [(b"content-type", b"application/json")]


def test_a_model_that_another_kind_of_provider_does_not_know_has_the_code_that_programs_look_for() -> None:
    told = json.loads(OPENAI.tell(404, ReadError("model: claude-9", "not_found_error")))["error"]
    assert told == {"message": "model: claude-9", "type": "invalid_request_error", "param": None, "code": "model_not_found"}
    assert json.loads(OPENAI.tell(404, ReadError("m", code="mine")))["error"]["code"] == "mine"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_error_event_is_one_event_whatever_the_message(message: str) -> None:
    event = OPENAI.error_event(errors.StreamInterrupted(message))
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    assert b"\n" not in event[:-2]
    assert b"\r" not in event
    error = json.loads(event.removeprefix(b"data: "))["error"]
    assert (error["message"], error["code"]) == (message, "stream_interrupted")


def test_the_targets_are_listed_as_models() -> None:
    listed = openai_list(["a", "b.c"], 7)
    assert listed == {
        "object": "list",
        "data": [
            {"id": "a", "object": "model", "created": 7, "owned_by": "pyproxy"},
            {"id": "b.c", "object": "model", "created": 7, "owned_by": "pyproxy"},
        ],
    }
