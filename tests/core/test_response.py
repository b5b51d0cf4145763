"""A whole answer: is it one, and what did it cost?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import inspect_response


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        (b'{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}', (3, 4, 0)),
        (b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 2}}}', (3, 4, 2)),
        (b'{"usage": {"prompt_tokens": 8, "total_tokens": 8}}', (8, 0, 0)),
        (b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": null}}', (3, 4, 0)),
        (b'{"usage": null, "error": null}', None),
        (b'{"usage": {"prompt_tokens": -1}}', None),
        (b'{"usage": {"total": 1}}', None),
        (b'{"usage": "none"}', None),
        (b" {} ", None),
        (b'{"object": "chat.completion", "message": "error", "error": ""}', None),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
    ],
)
def test_an_answer_tells_its_usage(body: bytes, usage: tuple[int, int, int] | None) -> None:
    inspection = inspect_response("openai", body)
    assert (inspection.problem, inspection.usage) == (None, usage)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not valid JSON: EOF while parsing a value at line 1 column 0"),
        (b"<html>", "not valid JSON: expected value at line 1 column 1"),
        (b'{"choices": [', "not valid JSON: EOF while parsing a list at line 1 column 13"),
        (b"{} {}", "not valid JSON: trailing characters at line 1 column 4"),
        (b'{"x": "\xff"}', "not valid UTF-8: wrong byte at offset 7"),
        (b" [1]", "not a JSON object but an array"),
        (b'{"error": {"message": "boom"}}', "an error body with status 200: boom"),
        (b'{"error": "boom"}', "an error body with status 200: boom"),
        (b'{"error": {"code": 5}}', 'an error body with status 200: {"code": 5}'),
        (b'{"object": "error", "message": "boom"}', "an error body with status 200: boom"),
    ],
)
def test_what_is_not_an_answer_is_a_problem(body: bytes, problem: str) -> None:
    inspection = inspect_response("openai", body)
    assert (inspection.problem, inspection.usage) == (problem, None)


@pytest.mark.parametrize("body", [b"null", b"5", b'"x"', b"true"])
def test_an_answer_is_an_object(body: bytes) -> None:
    problem = inspect_response("openai", body).problem
    assert problem is not None
    assert problem.startswith("not an answer: invalid type")


@given(st.binary(max_size=200))
def test_any_bytes_are_inspected(body: bytes) -> None:
    inspect_response("openai", body)


def test_an_unknown_dialect_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match='unknown dialect "klingon": choose one of openai'):
        inspect_response("klingon", b"{}")


def test_it_reads_well() -> None:
    inspection = inspect_response("openai", b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}')
    assert repr(inspection) == "ResponseInspection(problem=None, usage=(3, 4, 0))"
