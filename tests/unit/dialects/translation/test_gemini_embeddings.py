"""Embeddings between the chat API and Gemini, both ways."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from pyproxy.dialects.translation.chat_over_gemini.embeddings import EMBEDDINGS_OVER_GEMINI
from pyproxy.dialects.translation.gemini.vectors import as_base64, as_numbers
from pyproxy.dialects.translation.gemini_over_chat.embeddings import GEMINI_EMBEDDINGS_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, UntranslatableError

CALL = Call("gemini-embedding-001")
VECTORS = {"embeddings": [{"values": [0.5, -1]}, {"values": [0, 2.25]}]}


def content(*texts: str) -> dict[str, Any]:
    return {"parts": [{"text": text} for text in texts]}


@pytest.mark.parametrize(("asked", "texts"), [("a", ["a"]), (["a", "b"], ["a", "b"]), ("", [""])])
def test_one_text_or_many_become_a_batch(asked: Any, texts: list[str]) -> None:
    translated = EMBEDDINGS_OVER_GEMINI.request(
        {"model": "e", "input": asked, "dimensions": 2, "encoding_format": "base64", "user": "u"}, CALL
    )
    common = {"model": "models/gemini-embedding-001", "outputDimensionality": 2}
    assert translated.body == {"requests": [{**common, "content": content(text)} for text in texts]}
    assert translated.lost == ("user",)


@pytest.mark.parametrize("asked", [None, [], 5, [1, 2], [[1, 2]], ["a", 1]])
def test_tokens_and_nothing_cannot_be_embedded(asked: Any) -> None:
    with pytest.raises(UntranslatableError) as caught:
        EMBEDDINGS_OVER_GEMINI.request({"input": asked}, CALL)
    assert caught.value.param == "input"


def test_vectors_come_in_the_form_that_was_asked_for() -> None:
    floats = EMBEDDINGS_OVER_GEMINI.response(VECTORS, replace(CALL, asked={"input": ["a", "b"]})).body
    told = {**VECTORS, "usageMetadata": {"promptTokenCount": 3}}
    packed = EMBEDDINGS_OVER_GEMINI.response(told, replace(CALL, asked={"input": ["a", "b"], "encoding_format": "base64"})).body
    for body in (floats, packed):
        assert [one["index"] for one in body["data"]] == [0, 1]
    CreateEmbeddingResponse.model_validate(floats)
    assert [one["embedding"] for one in floats["data"]] == [[0.5, -1], [0, 2.25]]
    assert [struct.unpack("<2f", base64.b64decode(one["embedding"])) for one in packed["data"]] == [(0.5, -1), (0, 2.25)]
    assert packed["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"embeddings": []},
        {"embeddings": [{"values": [1]}]},
        {"embeddings": [{"values": ["x"]}, {"values": [1]}]},
        {"embeddings": [1, 2]},
    ],
)
def test_an_answer_without_a_vector_for_each_text_is_none(body: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each in words of its own
        EMBEDDINGS_OVER_GEMINI.response(body, replace(CALL, asked={"input": ["a", "b"]}))


def test_a_number_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="too large"):
        as_base64([1e300])


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_a_packed_vector_is_read_again(vector: list[float]) -> None:
    assert as_numbers(as_base64(vector)) == vector


def test_geminis_methods_ask_for_one_text_or_many() -> None:
    one = {"model": "models/x", "content": content("a", "b"), "taskType": "RETRIEVAL_QUERY", "output_dimensionality": 2}
    translated = GEMINI_EMBEDDINGS_OVER_CHAT.request(one, CALL)
    assert translated.body == {"model": CALL.model, "input": "a\nb", "encoding_format": "float", "dimensions": 2}
    assert translated.lost == ("taskType",)
    batch = GEMINI_EMBEDDINGS_OVER_CHAT.request(
        {"requests": [{"model": "m", "content": content("a")}, {"content": {**content("b"), "role": "user"}, "title": "T"}]}, CALL
    )
    assert batch.body == {"model": CALL.model, "input": ["a", "b"], "encoding_format": "float"}
    assert batch.lost == ("requests[].title",)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "content"),
        ({"content": {"parts": []}}, "content"),
        ({"content": {"parts": [{"inlineData": {}}]}}, "content.parts[0]"),
        ({"requests": []}, "requests"),
        ({"requests": [{"content": content("a")}, {"content": content("b"), "outputDimensionality": 5}]}, "requests"),
    ],
)
def test_what_cannot_be_embedded_is_refused_by_name(body: Any, param: str) -> None:
    with pytest.raises(UntranslatableError) as caught:
        GEMINI_EMBEDDINGS_OVER_CHAT.request(body, CALL)
    assert caught.value.param == param


def test_each_method_gets_its_own_form_of_answer_in_the_order_that_it_asked_in() -> None:
    body = {
        "data": [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": as_base64([1.0])}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    answer = GEMINI_EMBEDDINGS_OVER_CHAT.response(body, replace(CALL, asked={"requests": [{}, {}]})).body
    assert answer == {
        "embeddings": [{"values": [1.0]}, {"values": [2]}],
        "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3},
    }
    single = GEMINI_EMBEDDINGS_OVER_CHAT.response({"data": [{"embedding": [1]}]}, replace(CALL, asked={"content": content("a")})).body
    assert single == {"embedding": {"values": [1]}}


@pytest.mark.parametrize("body", [{"data": []}, *({"data": [{"embedding": odd}]} for odd in ("?", "AAA=", [True], None))])
def test_an_answer_of_the_chat_api_without_a_vector_for_each_text_is_none(body: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each in words of its own
        GEMINI_EMBEDDINGS_OVER_CHAT.response(body, replace(CALL, asked={}))
    twice = {"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}]}
    with pytest.raises(ValueError, match="as many"):
        GEMINI_EMBEDDINGS_OVER_CHAT.response(twice, replace(CALL, asked={"requests": [{}, {}]}))
