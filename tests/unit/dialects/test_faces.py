from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseErrorEvent

from pyproxy import errors
from pyproxy.dialects.faces import FACES
from pyproxy.dialects.provider_errors import ReadError, read_error
from pyproxy.dialects.translation.events import read

if TYPE_CHECKING:
    from pyproxy.dialects.face import Face

every_face = pytest.mark.parametrize("face", FACES.values(), ids=list(FACES))
any_text = st.text(st.characters())


def _body(dialect: str, error: errors.RequestError, request_id: str = "") -> Any:
    return json.loads(FACES[dialect].encode_error(error, request_id))


def test_each_dialect_has_a_face_of_its_name() -> None:
    assert {name: face.name for name, face in FACES.items()} == {
        "openai": "openai",
        "responses": "responses",
        "anthropic": "anthropic",
        "gemini": "gemini",
    }


@pytest.mark.parametrize("dialect", ["openai", "responses"])
def test_openais_clients_read_an_error_with_four_fields(dialect: str) -> None:
    assert _body(dialect, errors.TargetNotFound("There is no 'ä'.", param="model"), "r1") == {
        "error": {"message": "There is no 'ä'.", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}
    }


def test_anthropics_clients_read_an_error_with_its_kind_and_the_requests_id() -> None:
    assert _body("anthropic", errors.Saturated("full"), "r1") == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "full"},
        "request_id": "r1",
    }


def test_googles_clients_find_the_delay_and_the_names_among_the_details() -> None:
    error = _body("gemini", errors.Saturated("full", retry_after_ns=1_500_000_000), "r1")["error"]
    assert (error["code"], error["status"], error["message"]) == (429, "RESOURCE_EXHAUSTED", "full")
    details = error["details"]
    assert [detail["@type"].rpartition(".")[2] for detail in details] == ["ErrorInfo", "RetryInfo", "RequestInfo"]
    assert (details[0]["reason"], details[1]["retryDelay"]) == ("RATE_LIMIT_EXCEEDED", "1.5s")


@every_face
@pytest.mark.parametrize(
    ("ns", "seconds", "milliseconds"),
    [(0, b"0", b"0"), (1, b"1", b"1"), (999_000_001, b"1", b"1000"), (1_000_000_001, b"2", b"1001"), (7_000_000_000, b"7", b"7000")],
)
def test_a_delay_in_the_headers_is_rounded_up_so_that_nobody_comes_early(face: Face, ns: int, seconds: bytes, milliseconds: bytes) -> None:
    headers = dict(face.error_headers(errors.Saturated("full", retry_after_ns=ns)))
    assert headers[b"retry-after"] == seconds
    assert headers[b"retry-after-ms"] == milliseconds


@every_face
def test_sdks_are_told_not_to_repeat_what_was_tried_already(face: Face) -> None:
    for kind in (errors.Saturated, errors.NoModelAvailable, errors.DeadlineExceeded, errors.StreamInterrupted, errors.UpstreamError):
        assert (b"x-should-retry", b"false") in face.error_headers(kind("no"))
    assert (b"x-should-retry", b"false") in face.error_headers(errors.SingleTurnOnly("no", instead="g"))
    for error in (errors.InvalidRequest("no"), errors.TargetNotFound("no"), errors.InternalError()):
        assert face.error_headers(error) == [(b"content-type", b"application/json")]


@every_face
@given(message=any_text)
def test_an_error_event_is_one_event_whatever_the_message(face: Face, message: str) -> None:
    event = face.error_event(errors.StreamInterrupted(message))
    assert event.isascii()
    assert event.endswith(b"\n\n")
    (told,) = read(event)
    error = told.data if face.name == "responses" else told.data["error"]
    assert error["message"] == message.encode("utf-8", "replace").decode()
    assert told.name == (None if face.name in ("openai", "gemini") else "error")
    assert face.passed_error_event(event.partition(b"data: ")[2].strip()) == event


@every_face
@given(message=any_text)
def test_an_error_body_is_utf_8_whatever_the_words(face: Face, message: str) -> None:
    assert json.loads(face.encode_error(errors.InvalidRequest(message, param=message)).decode())["error"]["message"] is not None
    assert face.tell(400, ReadError(message, message, message, message)).decode()


def test_an_error_in_a_stream_of_responses_is_an_event_of_the_api() -> None:
    (event,) = read(FACES["responses"].error_event(errors.StreamInterrupted("It broke off.")))
    told = ResponseErrorEvent.model_validate(event.data, strict=True)
    assert (told.code, told.message, told.type) == ("stream_interrupted", "It broke off.", "error")


def test_googles_clients_are_sent_nothing_but_data() -> None:
    face = FACES["gemini"]
    assert (face.keep_alive, face.opening_sign, face.last_event, face.comments) == (None, None, None, False)
    assert face.error_event(errors.StreamInterrupted("no")).startswith(b'data: {"error":{"code":502')


def test_a_stream_that_ends_without_its_last_event_is_given_it_where_that_says_nothing_of_the_answer() -> None:
    assert [(name, face.last_event) for name, face in FACES.items()] == [
        ("openai", b"data: [DONE]\n\n"),
        ("responses", None),
        ("anthropic", b'event: message_stop\ndata: {"type": "message_stop"}\n\n'),
        ("gemini", None),
    ]


def test_signs_of_life_are_what_each_client_counts_as_one() -> None:
    assert FACES["openai"].keep_alive == b": keep-alive\n\n"
    assert [event.data for event in read(FACES["anthropic"].keep_alive or b"")] == [{"type": "ping"}]
    assert [event.data for event in read(FACES["responses"].keep_alive or b"")] == [{"type": "ping"}]
    assert FACES["responses"].opening_sign == b": keep-alive\n\n"


@pytest.mark.parametrize(
    ("dialect", "payload", "event"),
    [
        ("openai", b'{"error":{"message":"x"}}', b'data: {"error":{"message":"x"}}\n\n'),
        ("openai", b'{\r\n  "error":\r"x"\n}\n', b'data: {   "error": "x" }\n\n'),
        ("openai", b'{"error":null}', None),
        ("openai", b'["error"]', None),
        ("openai", b"<html>", None),
        ("openai", b"[" * 100_000, None),
        ("anthropic", b'{"type":"error","error":{}}', b'event: error\ndata: {"type":"error","error":{}}\n\n'),
        ("anthropic", b'{"error":{"message":"x"}}', None),
        ("gemini", b'{"error":{"code":503}}', b'data: {"error":{"code":503}}\n\n'),
        ("gemini", b'[{"error":{"code":503}}]', None),
        (
            "responses",
            b'{"type":"error","code":"c","message":"x"}\r\n',
            b'event: error\ndata: {"type":"error","code":"c","message":"x", "error": %s}\n\n'
            % b'{"message": "x", "type": "c", "param": null, "code": "c"}',
        ),
        ("responses", b'{"type":"error","error":{}}', b'event: error\ndata: {"type":"error","error":{}}\n\n'),
        ("responses", b'{"type":"response.failed"}', b'event: response.failed\ndata: {"type":"response.failed"}\n\n'),
        ("responses", b'{"error":{"message":"x"}}', None),
    ],
)
def test_a_providers_error_is_passed_on_word_for_word_if_it_is_one_in_the_dialect(
    dialect: str, payload: bytes, event: bytes | None
) -> None:
    passed = FACES[dialect].passed_error_event(payload)
    assert passed is not None if event else passed is None
    assert (passed or b"").replace(b"  ", b" ") == (event or b"").replace(b"  ", b" ")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error":{"message":"m","type":"t","code":"c","param":"p"}}', ReadError("m", "t", "c", "p")),
        (b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}', ReadError("m", "overloaded_error", status=529)),
        (b'{"error":{"code":503,"status":"UNAVAILABLE","message":"m"}}', ReadError("m", "UNAVAILABLE", status=503)),
        (b'[{"error":{"code":400,"message":"m","details":[1,{"reason":"R"}]}}]', ReadError("m", None, "R", None, 400)),
        (b'{"type":"error","code":"c","message":"m"}', ReadError("m", "error", "c")),
        (b'{"type":"response.failed","response":{"error":{"code":"c","message":"m"}}}', ReadError("m", None, "c")),
        (b'{"error":"m"}', ReadError("m")),
        (b'{"detail":"m"}', ReadError("m")),
        (b'{"error":{"message":"m","code":true}}', ReadError("m")),
        (b'{"error":{"message":"m","code":200}}', ReadError("m")),
        (b'{"error":{"message":""}}', None),
        (b'{"error":[1]}', None),
        (b"[]", None),
        (b"3", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
)
def test_a_providers_error_is_read_in_any_of_the_shapes_they_use(body: bytes, told: ReadError | None) -> None:
    assert read_error(body) == told


@every_face
@given(message=any_text.filter(bool))
def test_an_error_told_in_one_dialect_is_read_back_with_its_words(face: Face, message: str) -> None:
    told = read_error(face.tell(503, ReadError(message, "overloaded_error"), "r1"))
    assert told is not None
    assert told.message == message.encode("utf-8", "replace").decode()


def test_a_providers_error_keeps_its_words_and_takes_the_kinds_of_the_clients_api() -> None:
    read = ReadError("prompt is too long: 210000 tokens > 200000 maximum", "invalid_request_error")
    assert json.loads(FACES["openai"].tell(400, read)) == {
        "error": {"message": read.message, "type": "invalid_request_error", "param": None, "code": "context_length_exceeded"}
    }
    exhausted = ReadError("Quota is used up.", "RESOURCE_EXHAUSTED")
    assert json.loads(FACES["anthropic"].tell(429, exhausted, "r1")) == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "Quota is used up."},
        "request_id": "r1",
    }
    assert json.loads(FACES["openai"].tell(429, exhausted))["error"]["type"] == "rate_limit_error"
    quota = ReadError("You exceeded your current quota.", "insufficient_quota", "insufficient_quota")
    assert json.loads(FACES["responses"].tell(429, quota))["error"]["type"] == "insufficient_quota"
    gemini = json.loads(FACES["gemini"].tell(429, quota, retry_after_ns=2_000_000_000))["error"]
    assert (gemini["status"], gemini["details"][0]["reason"], gemini["details"][1]["retryDelay"]) == (
        "RESOURCE_EXHAUSTED",
        "INSUFFICIENT_QUOTA",
        "2s",
    )
    assert json.loads(FACES["openai"].tell(500, ReadError("context length")))["error"]["code"] is None


def test_a_status_is_one_that_the_clients_api_has() -> None:
    assert {name: face.status_of(529) for name, face in FACES.items()} == {"openai": 503, "responses": 503, "anthropic": 529, "gemini": 503}
    assert {face.status_of(status) for face in FACES.values() for status in (429, 503)} == {429, 503}


def test_a_providers_error_in_mid_stream_is_told_as_the_event_of_the_clients_api() -> None:
    told = read_error(b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')
    assert told is not None
    assert FACES["gemini"].tell_event(529, told) == b'data: {"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}\n\n'
    assert FACES["anthropic"].tell_event(529, told) == (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    )
