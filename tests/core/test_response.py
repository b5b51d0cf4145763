"""A whole answer: is it one, and what did it cost?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import inspect_response


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        (b'{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}', (3, 4, 0, 0, 0)),
        (b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 2}}}', (3, 4, 2, 0, 0)),
        (b'{"usage": {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 3}}}', (9, 0, 2, 3, 0)),
        (b'{"usage": {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4}}}', (5, 0, 3, 2, 0)),
        (b'{"usage": {"completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}}}', (0, 5, 0, 0, 0)),
        (b'{"usage": {"prompt_tokens": 8, "total_tokens": 8}}', (8, 0, 0, 0, 0)),
        (b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": null}}', (3, 4, 0, 0, 0)),
        (b'{"usage": null, "error": null}', None),
        (b'{"usage": {"prompt_tokens": -1}}', None),
        (b'{"usage": {"total": 1}}', None),
        (b'{"usage": "none"}', None),
        (b" {} ", None),
        (b'{"object": "chat.completion", "message": "error", "error": ""}', None),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
    ],
)
def test_an_answer_tells_its_usage(body: bytes, usage: tuple[int, ...] | None) -> None:
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


@pytest.mark.parametrize(
    ("dialect", "body", "usage"),
    [
        ("openai", b'{"object": "list", "data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}', (8, 0, 0, 0, 0)),
        ("openai", b'{"usage": {"prompt_tokens": 8, "completion_tokens": 1, "input_tokens": 8}}', (8, 1, 0, 0, 0)),
        ("openai", b'{"usage": {"input_tokens": 8}, "usageMetadata": {"promptTokenCount": 1}}', None),
        ("responses", b'{"object": "response", "error": null, "usage": {"input_tokens": 3, "output_tokens": 4}}', (3, 4, 0, 0, 0)),
        ("responses", b'{"usage": {"input_tokens": 3, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 2}}}', (3, 4, 2, 0, 0)),
        (
            "responses",
            b'{"usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 3}}}',
            (9, 0, 2, 3, 0),
        ),
        ("responses", b'{"status": "incomplete", "usage": null}', None),
        ("responses", b'{"object": "response.input_tokens", "input_tokens": 11}', None),
        ("anthropic", b'{"type": "message", "content": [], "usage": {"input_tokens": 3, "output_tokens": 4}}', (3, 4, 0, 0, 0)),
        (
            "anthropic",
            b'{"usage": {"input_tokens": 3, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 4}}',
            (15, 4, 7, 5, 0),
        ),
        (
            "anthropic",
            b'{"usage": {"cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_1h_input_tokens": 4}}}',
            (9, 0, 0, 5, 4),
        ),
        ("anthropic", b'{"usage": {"input_tokens": 3, "cache_creation": {"ephemeral_5m_input_tokens": 5}}}', (8, 0, 0, 5, 0)),
        ("anthropic", b'{"usage": {"cache_creation_input_tokens": 9, "cache_creation": null}}', (9, 0, 0, 9, 0)),
        ("anthropic", b'{"usage": {"input_tokens": 3, "cache_read_input_tokens": null}}', (3, 0, 0, 0, 0)),
        ("anthropic", b'{"usage": {"input_tokens": "many", "output_tokens": 4}}', None),
        ("anthropic", b'{"input_tokens": 2095}', None),
        ("gemini", b'{"candidates": [], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}}', (3, 4, 0, 0, 0)),
        (
            "gemini",
            b'{"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 5, "cachedContentTokenCount": 2}}',
            (3, 9, 2, 0, 0),
        ),
        ("gemini", b'{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}', (3, 0, 0, 0, 0)),
        ("gemini", b'{"usageMetadata": {"toolUsePromptTokenCount": 2, "promptTokenCount": 3}}', (5, 0, 0, 0, 0)),
        ("gemini", b'{"usageMetadata": {"totalTokenCount": 3}}', None),
        ("gemini", b'{"totalTokens": 31, "cachedContentTokenCount": 3}', None),
        ("gemini", b'{"embedding": {"values": [0.1]}}', None),
        ("gemini", b'{"usage": {"prompt_tokens": 3}}', None),
        ("gemini", b' [{"usageMetadata": {"promptTokenCount": 3}}, {"usageMetadata": {"promptTokenCount": 5}}, {}]', (5, 0, 0, 0, 0)),
    ],
)
def test_an_answer_tells_its_usage_in_the_words_of_its_dialect(dialect: str, body: bytes, usage: tuple[int, ...] | None) -> None:
    inspection = inspect_response(dialect, body)
    assert (inspection.problem, inspection.usage) == (None, usage)


@pytest.mark.parametrize(
    ("dialect", "body", "problem"),
    [
        ("responses", b'{"status": "failed", "error": {"code": "server_error", "message": "boom"}}', "an error body with status 200: boom"),
        ("responses", b"[{}]", "not a JSON object but an array"),
        ("anthropic", b'{"type": "error", "error": {"type": "api_error", "message": "boom"}}', "an error body with status 200: boom"),
        ("anthropic", b'{"type": "error", "message": "boom"}', "an error body with status 200: boom"),
        ("anthropic", b"[]", "not a JSON object but an array"),
        ("gemini", b'{"error": {"code": 503, "message": "boom"}}', "an error body with status 200: boom"),
        ("gemini", b'[{"candidates": []}, {"error": {"message": "boom"}}, {}]', "an error body with status 200: boom"),
        ("gemini", b'[{"error": {"message": "boom"}}, {"error": {"message": "later"}}]', "an error body with status 200: boom"),
        ("gemini", b"[[1]]", "not a JSON object but an array"),
        ("gemini", b"[]", "an array without an answer"),
        ("gemini", b"[{}", "not valid JSON: EOF while parsing a list at line 1 column 3"),
        ("gemini", b"[7]", "not an answer: invalid type: integer `7`, expected struct Answer at line 1 column 1"),
    ],
)
def test_what_is_not_an_answer_of_its_dialect_is_a_problem(dialect: str, body: bytes, problem: str) -> None:
    inspection = inspect_response(dialect, body)
    assert (inspection.problem, inspection.usage) == (problem, None)


@pytest.mark.parametrize("dialect", ["openai", "responses", "anthropic", "gemini"])
@given(st.binary(max_size=200))
def test_any_bytes_are_inspected(dialect: str, body: bytes) -> None:
    inspect_response(dialect, body)


def test_an_unknown_dialect_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match='unknown dialect "klingon": choose one of openai'):
        inspect_response("klingon", b"{}")


def test_it_reads_well() -> None:
    inspection = inspect_response("openai", b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}')
    assert repr(inspection) == "ResponseInspection(problem=None, usage=(3, 4, 0, 0, 0))"
