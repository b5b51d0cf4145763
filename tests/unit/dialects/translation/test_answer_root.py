"""Answers that are no objects, within the object that OpenAI wants: put into one, and taken out of it however it comes in pieces."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.dialects.translation.answer_root import AnswerRoot

LISTED = {"type": "array", "items": {"type": "string"}}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def asked(schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}}


def wrapped(schema: Any = LISTED) -> AnswerRoot:
    root = AnswerRoot("openai")
    root.replace(asked(schema))
    return root


def whole(root: AnswerRoot, content: Any) -> Any:
    answer: dict[str, Any] = {"choices": [{"index": 0, "message": {"content": content}}]}
    root.restore(answer)
    return answer["choices"][0]["message"]["content"]


def streamed(root: AnswerRoot, pieces: list[str], index: int = 0) -> str:
    said = []
    for piece in pieces:
        chunk: dict[str, Any] = {"choices": [{"index": index, "delta": {"content": piece}}]}
        root.restore(chunk)
        said.append(chunk["choices"][0]["delta"]["content"])
    return "".join(said)


@pytest.mark.parametrize(
    "schema",
    [
        LISTED,
        {"enum": ["a", "b"]},
        {"type": "string"},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "object", "properties": {}, "anyOf": [{"type": "object"}]},
        {"type": ["object", "null"], "properties": {}},
    ],
)
def test_a_root_that_is_no_object_is_put_into_one(schema: Any) -> None:
    body = asked(schema)
    AnswerRoot("openai").replace(body)
    made = body["response_format"]["json_schema"]["schema"]
    assert made == {"type": "object", "properties": {"answer": schema}, "required": ["answer"], "additionalProperties": False}


@pytest.mark.parametrize("wire", ["openai", "anthropic", "gemini"])
@pytest.mark.parametrize("schema", [{"type": "object"}, {"properties": {"answer": LISTED}}])
def test_an_object_stays_as_it_is(schema: Any, wire: str) -> None:
    root, body = AnswerRoot(wire), asked(schema)
    root.replace(body)
    assert body == asked(schema)
    assert whole(root, '{"answer": [1]}') == '{"answer": [1]}'


def test_definitions_stay_at_the_root_and_what_refers_to_it_finds_it() -> None:
    tree = {"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/$defs/T"}, {"$ref": "#/items"}]}, "$defs": {"T": {"$ref": "#"}}}
    body = asked(tree)
    AnswerRoot("openai").replace(body)
    made = body["response_format"]["json_schema"]["schema"]
    referred = [part["$ref"] for part in made["properties"]["answer"]["items"]["anyOf"]]
    assert referred == ["#/properties/answer", "#/$defs/T", "#/properties/answer/items"]
    assert made["$defs"] == {"T": {"$ref": "#/properties/answer"}}
    assert tree["$defs"] == {"T": {"$ref": "#"}}


@given(VALUES, st.sampled_from([None, 2]), st.lists(st.integers(0, 60), max_size=8))
def test_an_answer_is_taken_out_of_its_object_whole_and_in_pieces(value: Any, indent: int | None, cuts: list[int]) -> None:
    text = json.dumps({"answer": value}, indent=indent) + "\n"
    places = sorted({0, *(cut for cut in cuts if cut < len(text)), len(text)})
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    assert json.loads(whole(wrapped(), text)) == value
    assert json.loads(streamed(wrapped(), pieces)) == value
    assert streamed(wrapped(), pieces) == whole(wrapped(), text)


@pytest.mark.parametrize("text", ["Sorry, no.", '["a"]', '{"other": 1}', '{"answering": 1}', "", '"answer"'])
def test_an_answer_that_follows_no_schema_stays_as_it_is(text: str) -> None:
    assert (whole(wrapped(), text), streamed(wrapped(), list(text))) == (text, text)


def test_an_answer_that_is_cut_off_is_so_within() -> None:
    assert streamed(wrapped(), list('{"answer": [{"a": 1}, {"b": "}')) == '[{"a": 1}, {"b": "}'


def test_each_choice_comes_by_itself_and_a_content_of_parts_and_what_says_nothing_as_well() -> None:
    root = wrapped()
    assert streamed(root, ['{"ans']) == ""
    assert streamed(root, ['{"answer":["b"]}'], index=1) == '["b"]'
    assert streamed(root, ['wer":["a"', "]}"]) == '["a"]'
    parts = whole(wrapped(), [{"type": "thinking", "thinking": []}, {"type": "text", "text": '{"answer":[]}'}])
    assert parts[1]["text"] == "[]"
    assert whole(wrapped(), None) is None
    for odd in ("[DONE]", {"choices": None}, {"choices": [None, {"delta": None}]}, None):
        wrapped().restore(odd)
