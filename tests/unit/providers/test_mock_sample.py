"""Values made from a JSON Schema satisfy it, and seals hold what was put into them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.json_schema import faults_of

from pyproxy.providers.mock.answer import Ask, decide, fragments, pieces
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.sample import sample
from pyproxy.providers.mock.signing import opened, seal

LEAVES = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "boolean", "null", "integer", "number"])}),
    st.builds(lambda least, more: {"type": "integer", "minimum": least, "maximum": least + more}, st.integers(-9, 9), st.integers(0, 9)),
    st.builds(lambda least: {"type": "number", "exclusiveMinimum": least}, st.integers(-9, 9)),
    st.builds(lambda choices: {"enum": choices}, st.lists(st.text(), min_size=1)),
)
SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda each: {"type": "object", "properties": each, "required": list(each), "additionalProperties": False},
            st.dictionaries(st.text(min_size=1), inner, max_size=3),
        ),
        st.builds(lambda each, least: {"type": "array", "items": each, "minItems": least}, inner, st.integers(0, 3)),
        st.builds(lambda each: {"anyOf": each}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)


@given(SCHEMAS)
def test_a_sample_satisfies_its_schema(schema: dict[str, Any]) -> None:
    assert faults_of(sample(schema), schema) == []


def test_references_are_followed_and_circles_end() -> None:
    schema = {"$defs": {"city": {"type": "string"}}, "properties": {"city": {"$ref": "#/$defs/city"}}}
    assert sample(schema) == {"city": "text"}
    tree = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert "next" in sample(tree)
    named = {"on": {"type": "string", "format": "date"}, "kind": {"const": "day"}, "size": {"type": ["null", "number"]}}
    assert sample({"type": "object", "properties": named}) == {"on": "2026-01-02", "kind": "day", "size": 1.5}


@given(st.text())
def test_a_seal_opens_to_what_was_sealed(text: str) -> None:
    assert opened(seal(text)) == text


@given(st.text(), st.integers(min_value=0), st.characters(codec="ascii"))
def test_an_altered_seal_does_not_open(text: str, at: int, other: str) -> None:
    sealed = seal(text)
    at %= len(sealed)
    altered = sealed[:at] + other + sealed[at + 1 :]
    # The last character may carry bits that mean nothing.
    assert altered == sealed or opened(altered) in {None, text}


@given(st.text(), st.none() | st.integers(1, 9))
def test_pieces_join_to_the_text(text: str, chunks: int | None) -> None:
    assert "".join(pieces(text, chunks)) == text
    assert "".join(fragments(text)) == text


@given(st.text(st.sampled_from("ab ")), st.lists(st.text(st.sampled_from("ab "), min_size=1), max_size=3), st.none() | st.integers(1, 4))
def test_an_answer_holds_no_stop_string_and_no_more_words_than_it_may(text: str, stop: list[str], limit: int | None) -> None:
    ask = Ask(model="m", prompt_tokens=0, stop=tuple(stop), max_tokens=limit)
    answer = decide(ask, Behaviour(text=text))
    assert text.startswith(answer.text)
    assert not any(each in answer.text for each in stop)
    assert limit is None or len(answer.text.split()) <= limit
    if answer.text == text:
        assert (answer.finish, answer.stop_sequence) == ("stop", None)
    elif answer.finish == "length":
        assert answer.stop_sequence is None
    else:
        assert text.startswith(answer.text + (answer.stop_sequence or "?"))
