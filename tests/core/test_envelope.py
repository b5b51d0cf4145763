"""The request's envelope: what is read of a body, and what is replaced in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import EnvelopeError, scan_envelope

text = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)
known = {"model", "stream", "max_tokens", "max_completion_tokens"}
members = st.dictionaries(text.filter(lambda key: key not in known), json_values, max_size=5)


@given(members, st.text(min_size=1, max_size=20), text, st.booleans(), st.data())
def test_a_replaced_model_changes_that_value_and_no_other_byte(
    others: dict[str, Any],
    model: str,
    name: str,
    ascii_only: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    items = dict(data.draw(st.permutations([*others.items(), ("model", model)])))
    body = json.dumps(items, ensure_ascii=ascii_only, indent=data.draw(st.sampled_from([None, 0, 2]))).encode()
    envelope = scan_envelope(body)
    assert envelope.model_span is not None
    start, end = envelope.model_span
    replaced = envelope.rewrite(body, name)
    assert envelope.model == model == json.loads(body[start:end])
    assert json.loads(replaced) == {**items, "model": name}
    assert replaced.startswith(body[:start])
    assert replaced.endswith(body[end:])
    assert len(replaced) - len(body) == len(json.dumps(name, ensure_ascii=False).encode()) - (end - start)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\ \nmodeltrue1', max_size=80).map(str.encode))
def test_any_bytes_are_scanned_or_refused_as_json_would(body: bytes) -> None:
    try:
        envelope = scan_envelope(body)
    except EnvelopeError:
        return
    assert json.loads(body)["model"] == envelope.model


def test_what_is_looked_for_is_found_wherever_it_stands() -> None:
    envelope = scan_envelope(b' {"a": {"model": "no"}, "stream": true,\n"max_tokens": 7, "mod\\u0065l" : "fast\\u005fgroup"} ')
    assert (envelope.model, envelope.stream, envelope.max_tokens) == ("fast_group", True, 7)
    assert repr(envelope) == 'Envelope(model="fast_group", stream=True, max_tokens=7)'


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("", None),
        (', "max_tokens": null', None),
        (', "max_tokens": 5', 5),
        (', "max_completion_tokens": 6', 6),
        (', "max_tokens": 5, "max_completion_tokens": 6', 6),
        (', "max_tokens": 5, "max_completion_tokens": null', 5),
        (', "max_tokens": 18446744073709551615', 2**64 - 1),
    ],
)
def test_the_bound_on_tokens_has_two_names_and_the_newer_goes_first(members: str, expected: int | None) -> None:
    assert scan_envelope(f'{{"model": "m"{members}}}'.encode()).max_tokens == expected


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (b"", "the body is empty: send a JSON object", None),
        (b" \n ", "the body is empty: send a JSON object", None),
        (b"\xef\xbb\xbf{}", "the body starts with a byte order mark: send plain UTF-8 without one", None),
        (b'{"model": "\xff"}', "the body is not valid UTF-8: wrong byte at offset 11; send JSON in UTF-8", None),
        (b'{"model": "m", "x": "\xc3("}', "the body is not valid UTF-8: wrong byte at offset 21; send JSON in UTF-8", None),
        (b'{\n\n"model": "m",,}', "the body is not valid JSON: key must be a string at line 3 column 14", None),
        (b'{"model": "m"', "the body is not valid JSON: EOF while parsing an object at line 1 column 13", None),
        (b'{"model": "m"} x', "the body is not valid JSON: trailing characters at line 1 column 16", None),
        (b'{"model": "m"}{}', "the body is not valid JSON: trailing characters at line 1 column 15", None),
        (b"{'model': 'm'}", "the body is not valid JSON: key must be a string at line 1 column 2", None),
        (b'["model", "m"]', "the body must be a JSON object, not an array", None),
        (b'"model"', "the body must be a JSON object, not a string", None),
        (b"null", "the body must be a JSON object, not null", None),
        (b"{}", '\'model\' is missing: name a target, for example "model": "fast_group"', "model"),
        (b'{"model": null}', '\'model\' must be a string, not null: name a target, for example "model": "fast_group"', "model"),
        (b'{"model": ["m"]}', '\'model\' must be a string, not an array: name a target, for example "model": "fast_group"', "model"),
        (b'{"model": ""}', '\'model\' is empty: name a target, for example "model": "fast_group"', "model"),
        (
            b'{"model": "\\ud800"}',
            '\'model\' is a string with an invalid escape: name a target, for example "model": "fast_group"',
            "model",
        ),
        (b'{"model": "a", "mod\\u0065l": "b"}', "'model' is given twice: send it once", "model"),
        (b'{"model": "m", "stream": "true"}', "'stream' must be true or false, not a string", "stream"),
        (b'{"model": "m", "stream": 1}', "'stream' must be true or false, not a number", "stream"),
        (b'{"model": "m", "max_tokens": -1}', "'max_tokens' must be a whole number of tokens, 0 or more, not -1", "max_tokens"),
        (b'{"model": "m", "max_tokens": 1.5}', "'max_tokens' must be a whole number of tokens, 0 or more, not 1.5", "max_tokens"),
        (b'{"model": "m", "max_tokens": "5"}', "'max_tokens' must be a whole number of tokens, 0 or more, not a string", "max_tokens"),
        (
            b'{"model": "m", "max_completion_tokens": {}}',
            "'max_completion_tokens' must be a whole number of tokens, 0 or more, not an object",
            "max_completion_tokens",
        ),
    ],
)
def test_a_body_that_cannot_be_routed_is_answered_with_what_to_send(body: bytes, message: str, param: str | None) -> None:
    with pytest.raises(EnvelopeError) as raised:
        scan_envelope(body)
    assert isinstance(raised.value, ValueError)
    assert (str(raised.value), raised.value.param) == (message, param)


def test_an_error_made_by_hand_has_a_param_too() -> None:
    assert EnvelopeError("x").param is None


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_depth_is_no_danger_to_the_stack(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    deep = opening * 100_000 + b"1" + closing * 100_000
    assert scan_envelope(b'{"x": ' + deep + b', "model": "m"}').model == "m"
    with pytest.raises(EnvelopeError, match="must be a string"):
        scan_envelope(b'{"model": ' + deep + b"}")
    with pytest.raises(EnvelopeError, match="not valid JSON"):
        scan_envelope(b'{"x": ' + opening * 100_000)


def test_a_large_body_is_scanned_while_other_threads_may_run() -> None:
    body = b'{"messages": "' + b"x" * 1_000_000 + b'", "model": "m"}'
    assert scan_envelope(body).rewrite(body, "other").endswith(b'"model": "other"}')


def test_a_name_is_written_as_json() -> None:
    body = b'{"model":"m"}'
    assert scan_envelope(body).rewrite(body, 'a"\\\n\u00e9') == '{"model":"a\\"\\\\\\n\u00e9"}'.encode()


@pytest.mark.parametrize("foreign", [b"", b'{"model":"mm"}', b'{"m":"model"}'])
def test_another_body_than_the_scanned_one_is_refused(foreign: bytes) -> None:
    envelope = scan_envelope(b'{"model":"m"}')
    with pytest.raises(ValueError, match="not the body that was scanned"):
        envelope.rewrite(foreign, "x")


def test_only_bytes_are_a_body() -> None:
    with pytest.raises(TypeError):
        scan_envelope('{"model": "m"}')  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        scan_envelope(bytearray(b"{}"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("n", "choices"), [("1", 1), ("3", 3), ("0", 1), ("null", 1), ("-2", 1), ('"2"', 1), ("2.0", 1), ("[2]", 1)])
def test_it_tells_how_many_choices_are_wanted(n: str, choices: int) -> None:
    assert scan_envelope(f'{{"model":"m","n":{n}}}'.encode()).choices == choices
    assert scan_envelope(b'{"model":"m"}').choices == 1
