"""The one copy of a body that goes to a provider: what is replaced, what is added, and that nothing else is touched."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pieces import Piece, body_of, spelled_pieces, with_first, with_last
from support.spelling import json_values

from pyproxy.rust_core import scan_envelope

if TYPE_CHECKING:
    from random import Random

TWINS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


def usage_asked(options: str) -> str:
    """Options that ask for usage, if they can. The value of include_usage has no space in it, and each name stands once."""
    if options == "null":
        return '{"include_usage":true}'
    read = json.loads(options)
    if not isinstance(read, dict):
        return options
    if "include_usage" not in read:
        return with_first(options, '"include_usage":true')
    if read["include_usage"] not in (None, False):
        return options
    return options.replace("false", "true").replace("null", "true")


def slow_rewrite(
    pieces: list[Piece], model: str, *, defaults: list[tuple[str, bytes]], system: str | None, prefill: str | None, include_usage: bool
) -> str:
    """The same by building the body anew from its pieces."""
    pieces = [replace(piece) for piece in pieces]
    last = {piece.name: piece for piece in pieces}
    given = {name for name, piece in last.items() if piece.value != "null"}
    read = json.loads(body_of(pieces))
    added = []
    last["model"].value = json.dumps(model, ensure_ascii=False)
    for name, value in defaults:
        if name in given or TWINS.get(name) in given:
            continue
        given.add(name)
        if name in last:
            last[name].value = value.decode()
        else:
            added.append(f",{json.dumps(name, ensure_ascii=False)}:{value.decode()}")
    messages = read.get("messages")
    if system is not None and isinstance(messages, list):
        roles = [message.get("role") for message in messages if isinstance(message, dict)]
        if "system" not in roles and "developer" not in roles:
            message = f'{{"role":"system","content":{json.dumps(system, ensure_ascii=False)}}}'
            last["messages"].value = with_first(last["messages"].value, message)
    if prefill is not None and isinstance(messages, list):
        message = f'{{"role":"assistant","content":{json.dumps(prefill, ensure_ascii=False)}}}'
        last["messages"].value = with_last(last["messages"].value, message)
    if include_usage and read.get("stream"):
        if "stream_options" in last:
            last["stream_options"].value = usage_asked(last["stream_options"].value)
        else:
            added.append(',"stream_options":{"include_usage":true}')
    pieces[-1].value += "".join(added)
    return body_of(pieces)


text = st.text(max_size=10)
values = json_values("role", "content")
roles = st.sampled_from(["system", "developer", "user", "assistant", 5, None])
message = st.fixed_dictionaries({"role": roles}, optional={"content": values})
options: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, {}, {"x": []}, *({"include_usage": value} for value in (True, False, None, 1, "x"))]
)
known = {
    "model": text.filter(bool),
    "stream": st.booleans(),
    "messages": st.lists(message | values, max_size=3) | values,
    "stream_options": options,
    "max_tokens": st.none() | st.just(5),
    "max_completion_tokens": st.none() | st.just(6),
    "temperature": st.none() | st.just(0.5),
    "other": values,
}
ONCE = ["model", "stream", "max_tokens", "max_completion_tokens"]


@st.composite
def members(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Members in any order; those that may be there twice are, at times."""
    names = ["model", *draw(st.lists(st.sampled_from([name for name in known if name != "model"]), max_size=8))]
    names = [name for at, name in enumerate(names) if name not in ONCE or name not in names[:at]]
    others = draw(st.dictionaries(text.filter(lambda name: name not in known), values, max_size=2))
    return draw(st.permutations([*((name, draw(known[name])) for name in names), *others.items()]))


defaults = st.lists(
    st.tuples(
        st.sampled_from(["temperature", "max_tokens", "max_completion_tokens", "top_p", 'odd "\n name'])
        | text.filter(lambda name: name not in known),
        st.sampled_from([b"1", b"null", b'{"a": [1, 2]}', '"é"'.encode(), b"  7 "]),
    ),
    max_size=4,
)


extras = st.fixed_dictionaries(
    {"defaults": defaults, "system": st.none() | text, "prefill": st.none() | text, "include_usage": st.booleans()}
)


@given(members(), text, extras, st.randoms(use_true_random=False))
def test_a_copy_differs_from_its_body_in_what_was_asked_for_and_in_no_other_byte(
    given_members: list[tuple[str, Any]], model: str, extra: dict[str, Any], random: Random
) -> None:
    pieces = spelled_pieces(given_members, random)
    body = body_of(pieces).encode()
    copy = scan_envelope(body).rewrite(body, model, **extra)
    assert copy.decode() == slow_rewrite(pieces, model, **extra)
    names = [name for name, _ in json.loads(copy, object_pairs_hook=list)]
    assert len(names) - len(set(names)) == len(pieces) - len({piece.name for piece in pieces})  # none is doubled by it


def rewritten(body: str, **how: Any) -> str:
    return scan_envelope(body.encode()).rewrite(body.encode(), "n", **how).decode()


def test_defaults_fill_only_what_the_client_left_open() -> None:
    fill = [("temperature", b"0.5"), ("top_p", b"1")]
    assert rewritten('{"model":"m"}', defaults=fill) == '{"model":"n","temperature":0.5,"top_p":1}'
    assert rewritten('{"model":"m","temperature":1 }', defaults=fill) == '{"model":"n","temperature":1,"top_p":1 }'
    assert rewritten('{"temperature": null, "model":"m"}', defaults=fill) == '{"temperature": 0.5, "model":"n","top_p":1}'
    assert rewritten('{"model":"m","temper\\u0061ture":1,"top_p":0}', defaults=fill) == '{"model":"n","temper\\u0061ture":1,"top_p":0}'


def test_the_two_names_of_the_bound_on_tokens_are_one_parameter() -> None:
    for name, twin in TWINS.items():
        fill = [(name, b"9")]
        assert rewritten('{"model":"m"}', defaults=fill) == f'{{"model":"n","{name}":9}}'
        assert rewritten(f'{{"model":"m","{twin}":5}}', defaults=fill) == f'{{"model":"n","{twin}":5}}'
        assert rewritten(f'{{"model":"m","{twin}":null}}', defaults=fill) == f'{{"model":"n","{twin}":null,"{name}":9}}'
        assert rewritten('{"model":"m"}', defaults=[*fill, (twin, b"8")]) == f'{{"model":"n","{name}":9}}'


def test_a_system_message_goes_in_front_where_there_is_none() -> None:
    said = '{"role":"system","content":"be \\"terse\\""}'
    assert rewritten('{"model":"m","messages":[]}', system='be "terse"') == f'{{"model":"n","messages":[{said}]}}'
    assert rewritten('{"model":"m","messages":[ ]}', system='be "terse"') == f'{{"model":"n","messages":[{said} ]}}'
    assert rewritten('{"model":"m","messages":[ {}]}', system='be "terse"') == f'{{"model":"n","messages":[{said}, {{}}]}}'
    for left in ("null", "5", "{}", '[{"role":"user"},{"role":"developer"}]', '[{"ro\\u006ce":"syst\\u0065m"}]'):
        assert rewritten(f'{{"model":"m","messages":{left}}}', system="x") == f'{{"model":"n","messages":{left}}}'
    assert rewritten('{"model":"m","prompt":"p"}', system="x") == '{"model":"n","prompt":"p"}'


def test_what_the_answer_begins_with_goes_to_the_end() -> None:
    said = '{"role":"assistant","content":"Once \\"upon"}'
    assert rewritten('{"model":"m","messages":[]}', prefill='Once "upon') == f'{{"model":"n","messages":[{said}]}}'
    assert rewritten('{"model":"m","messages":[{} ]}', prefill='Once "upon') == f'{{"model":"n","messages":[{{}} ,{said}]}}'
    both = rewritten('{"model":"m","messages":[ ]}', system="s", prefill="p")
    assert json.loads(both)["messages"] == [{"role": "system", "content": "s"}, {"role": "assistant", "content": "p"}]
    for left in ("null", "5", "{}"):
        assert rewritten(f'{{"model":"m","messages":{left}}}', prefill="x") == f'{{"model":"n","messages":{left}}}'


def test_usage_is_asked_for_where_the_client_did_not() -> None:
    def asked(options: str) -> str:
        body = f'{{"stream":true,"model":"m"{options}}}'
        return rewritten(body, include_usage=True).removeprefix('{"stream":true,"model":"n"').removesuffix("}")

    wanted = ',"stream_options":{"include_usage":true}'
    assert asked("") == asked(',"stream_options":null') == asked(',"stream_options":{}') == asked(wanted) == wanted
    assert asked(',"stream_options":{"include_usage":false}') == asked(',"stream_options":{"include_usage":null}') == wanted
    assert asked(',"stream_options":{ "x":1}') == ',"stream_options":{"include_usage":true, "x":1}'
    assert asked(',"stream_options":{"x":1, "include_us\\u0061ge" : false }') == ',"stream_options":{"x":1, "include_us\\u0061ge" : true }'
    for strange in ("5", "[]", '"x"', '{"include_usage":1}'):
        assert asked(f',"stream_options":{strange}') == f',"stream_options":{strange}'


def test_usage_is_not_asked_for_where_the_answer_is_no_stream() -> None:
    for stream in ("", ',"stream":false', ',"stream":null'):
        body = f'{{"model":"m"{stream}}}'
        assert rewritten(body, include_usage=True) == body.replace('"m"', '"n"')


def test_of_a_member_that_is_there_twice_the_last_is_rewritten() -> None:
    body = '{"model":"m","messages":[],"messages":[{}],"temperature":1,"temperature":null}'
    expected = '{"model":"n","messages":[],"messages":[{"role":"system","content":"s"},{}],"temperature":1,"temperature":2}'
    assert rewritten(body, system="s", defaults=[("temperature", b"2")]) == expected


@pytest.mark.parametrize("name", ["model", "messages", "stream", "stream_options"])
def test_what_the_request_is_has_no_default(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' cannot have a default"):
        rewritten('{"model":"m"}', defaults=[(name, b"1")])


@pytest.mark.parametrize("value", [b"", b"x", b"1,2", b'"', b"[1", b"\xff", b'1}{"', b"nan"])
def test_a_default_that_is_not_json_is_refused_even_where_it_is_not_needed(value: bytes) -> None:
    for body in ('{"model":"m"}', '{"model":"m","top_p":1}'):
        with pytest.raises(ValueError, match="the default for 'top_p' is not one JSON value in UTF-8"):
            rewritten(body, defaults=[("top_p", value)])


def test_wrong_types_are_told() -> None:
    for wrong in ([("a", "1")], [("a",)], "ab", [(1, b"1")], 5):
        with pytest.raises((TypeError, ValueError)):
            rewritten('{"model":"m"}', defaults=wrong)
    with pytest.raises(TypeError):
        rewritten('{"model":"m"}', system=5)


@given(st.binary(max_size=60), st.integers(0, 40))
def test_any_other_body_of_the_same_length_is_refused_or_copied_but_breaks_nothing(noise: bytes, at: int) -> None:
    body = b'{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":false},"temperature":null}'
    other = (body[:at] + noise + body[at + len(noise) :])[: len(body)]
    try:
        scan_envelope(body).rewrite(other, "n", defaults=[("temperature", b"1")], system="s", prefill="p", include_usage=True)
    except ValueError as error:
        assert "not the body that was scanned" in str(error)  # noqa: PT017
