"""What the envelope knows of a request's content: text, images, turns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.spelling import json_values, names_and, spelled

from pyproxy.rust_core import Envelope, EnvelopeError, scan_envelope

if TYPE_CHECKING:
    from random import Random

TEXT = {"content", "text", "name", "refusal", "reasoning", "reasoning_content", "thinking"}
WHOLE = {"arguments", "input"}
PROMPTS = ["system", "instructions", "prompt", "input"]
IMAGES = {"image_url", "image", "input_image"}
NAMES = ["role", "type", "image_url", "url", "function", "tool_calls", "input_audio", *sorted(TEXT | WHOLE)]


def size(text: str) -> int:
    """Bytes of a text, unless it is a file in disguise."""
    head, comma, _ = text.partition(",")
    is_file = text.startswith("data:") and comma and head.endswith(";base64")
    return 0 if is_file else len(text.encode("utf-8", "surrogatepass"))


def whole(value: Any) -> int:
    match value:
        case str():
            return size(value)
        case list():
            return sum(map(whole, value))
        case dict():
            return sum(len(name.encode("utf-8", "surrogatepass")) + whole(each) for name, each in value.items())
    return 0


def text_in(value: Any, *, is_text: bool) -> int:
    match value:
        case str():
            return size(value) if is_text else 0
        case list():
            return sum(text_in(each, is_text=is_text) for each in value)
        case dict():
            return sum(whole(each) if name in WHOLE else text_in(each, is_text=name in TEXT) for name, each in value.items())
    return 0


def tokens(value: Any) -> int:
    """Numbers right within a prompt, or in arrays of it."""
    if isinstance(value, list):
        return sum(map(tokens, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def text_bytes(body: dict[str, Any]) -> int:
    tools = sum(whole(body.get(name)) for name in ("tools", "functions")) + 4 * sum(tokens(body.get(name)) for name in ("prompt", "input"))
    return tools + text_in(body.get("messages"), is_text=False) + sum(text_in(body.get(name), is_text=True) for name in PROMPTS)


def messages(body: dict[str, Any], section: str = "messages") -> list[dict[str, Any]]:
    found = body.get(section)
    return [message for message in found if isinstance(message, dict)] if isinstance(found, list) else []


def images(body: dict[str, Any]) -> int:
    everywhere = [message for section in ("messages", *PROMPTS) for message in messages(body, section)]
    parts = [part for message in everywhere if isinstance(message.get("content"), list) for part in message["content"]]
    return sum(isinstance(part, dict) and isinstance(part.get("type"), str) and part["type"] in IMAGES for part in parts)


def roles(body: dict[str, Any]) -> set[str]:
    everywhere = [message for section in ("messages", *PROMPTS) for message in messages(body, section)]
    return {message["role"] for message in everywhere if isinstance(message.get("role"), str)}


values = json_values(*NAMES)
any_role = st.sampled_from(["system", "developer", "user", "assistant", "tool", "function", "", 5, None])
parts = st.dictionaries(names_and(*NAMES), values, max_size=3).flatmap(
    lambda others: st.sampled_from(["text", "image_url", "image", "input_image", "input_audio", 7]).map(
        lambda sort: {**others, "type": sort}
    )
)
contents = st.lists(parts | values, max_size=3) | values
message = st.fixed_dictionaries({}, optional={"role": any_role, "content": contents, "tool_calls": values, "name": values, "x": values})
bodies = st.fixed_dictionaries(
    {"model": st.just("m")},
    optional={
        "messages": st.lists(message | values, max_size=4) | values,
        "tools": values,
        "functions": values,
        "previous_response_id": st.none() | st.sampled_from(["resp_1", "", 7]),
        "stream_options": st.sampled_from([None, True, {}, {"include_usage": True}, {"include_usage": False}, {"include_usage": "true"}]),
        "temperature": st.none() | st.just(1),
        "other": values,
    }
    | {name: st.lists(message, max_size=2) | values for name in PROMPTS},
)


def envelope(**members: object) -> Envelope:
    return scan_envelope(json.dumps({"model": "m", **members}).encode())


def chat(*contents: object) -> Envelope:
    return envelope(messages=[{"role": "user", "content": content} for content in contents])


@given(bodies, st.randoms(use_true_random=False))
def test_what_is_known_of_a_body_is_what_a_reader_of_json_finds(body: dict[str, Any], random: Random) -> None:
    text = spelled(body, random)
    found = scan_envelope(text.encode())
    body = json.loads(text)  # two halves of a pair side by side are one character there
    assert found.text_bytes == text_bytes(body)
    assert found.images == images(body)
    assert found.multi_turn == bool(roles(body) & {"assistant", "tool", "function"} or body.get("previous_response_id") is not None)
    response = body.get("previous_response_id")
    assert found.previous_response_id == (response if isinstance(response, str) else None)
    options = body.get("stream_options")
    assert found.include_usage == (isinstance(options, dict) and options.get("include_usage") is True)
    for name in [
        "model",
        "messages",
        "tools",
        "functions",
        "temperature",
        "stream_options",
        "previous_response_id",
        "absent",
        "",
        *PROMPTS,
    ]:
        assert found.has(name) == (body.get(name) is not None)


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers(), max_size=6), st.randoms(use_true_random=False))
def test_any_name_is_found_however_it_is_escaped(members: dict[str, int | None], random: Random) -> None:
    body = {**members, "model": "m"}
    found = scan_envelope(spelled(body, random).encode())
    assert all(found.has(name) == (value is not None) for name, value in body.items())


def test_text_is_counted_as_the_model_reads_it_not_as_it_is_written() -> None:
    assert chat("hello").text_bytes == 5
    assert chat('"\n\\').text_bytes == 3
    assert chat("é", "€", "\U0001f600").text_bytes == 2 + 3 + 4
    assert scan_envelope(b'{"model":"m","prompt":"\\ud83dx\\ude00"}').text_bytes == 3 + 1 + 3
    assert scan_envelope(b'{"model":"m","prompt":"\\ud83d\\ude00 \\ud83d \\ud83d\\ud83d\\ude00\\u0041\\u00e9\\u20ac"}').text_bytes == (
        4 + 1 + 3 + 1 + 3 + 4 + 1 + 2 + 3
    )


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 1000, "detail": "high"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/" + "a" * 1000}},
        {"type": "input_image", "image_url": "data:image/png;base64," + "A" * 1000},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 1000}},
    ],
)
def test_an_image_counts_as_one_and_its_data_as_no_text(part: dict[str, Any]) -> None:
    found = chat([{"type": "text", "text": "what?"}, part], [part])
    assert (found.images, found.text_bytes) == (2, 5)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "A" * 1000, "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64," + "A" * 1000, "filename": "a.pdf"}},
        {"type": "what_comes_next_year", "bytes": "A" * 1000},
        {"type": "text", "text": "data:image/png;base64," + "A" * 1000},
    ],
)
def test_the_data_of_files_is_neither_text_nor_an_image(part: dict[str, Any]) -> None:
    found = chat([part])
    assert (found.images, found.text_bytes) == (0, 0)


def test_only_a_part_of_a_messages_content_is_an_image() -> None:
    image = {"type": "image_url"}
    assert envelope(messages=[{"content": image, "tool_calls": [image], "x": [image]}, image, [[[image]]]], tools=[image]).images == 0
    assert envelope(messages=[{"content": [image, [image], {"content": [image]}]}]).images == 1


def test_definitions_and_arguments_of_tools_are_text() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": '{"a":1}'}}
    assert envelope(messages=[{"role": "assistant", "content": None, "tool_calls": [call]}]).text_bytes == len('now{"a":1}')
    tool = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
    assert envelope(tools=[tool]).text_bytes == len("typefunctionfunctionnamenowparameterstypeobject")


def test_a_prompt_may_be_several_or_tokens_as_numbers() -> None:
    for name in ("prompt", "input"):
        assert envelope(**{name: "hello"}).text_bytes == envelope(**{name: ["hel", "lo"]}).text_bytes == 5
        assert envelope(**{name: [15339, 1917]}).text_bytes == envelope(**{name: [[15339], [1917]]}).text_bytes == 8
        assert envelope(**{name: [True, None, {"x": 5}]}).text_bytes == 0
    assert envelope(messages=[5], tools=[5]).text_bytes == 0


@pytest.mark.parametrize("role", ["assistant", "tool", "function"])
def test_an_answer_among_the_messages_makes_a_conversation(role: str) -> None:
    assert envelope(messages=[{"role": "user"}, {"role": role}, {"role": "user"}]).multi_turn
    assert not envelope(messages=[{"role": "user", "content": [{"role": role}]}]).multi_turn
    assert not envelope(messages={"role": role}).multi_turn
    assert not envelope(messages=[[{"role": role}]]).multi_turn
    assert not envelope(metadata=[{"role": role}]).multi_turn


def test_of_what_is_given_twice_the_last_counts() -> None:
    def twice(name: str, first: str, last: str) -> Envelope:
        return scan_envelope(f'{{"model":"m","{name}":{first},"\\u{ord(name[0]):04x}{name[1:]}":{last}}}'.encode())

    turns = '[{"role":"assistant","content":"four"}]'
    assert twice("messages", turns, "[]").multi_turn is False
    assert twice("messages", turns, "[]").text_bytes == 0
    assert twice("messages", "[]", turns).text_bytes == 4
    assert twice("stream_options", '{"include_usage":true}', "{}").include_usage is False
    assert twice("stream_options", "{}", '{"include_usage":false,"include_us\\u0061ge":true}').include_usage is True
    assert twice("previous_response_id", '"a"', '"b"').previous_response_id == "b"
    assert twice("previous_response_id", '"a"', "null").multi_turn is False
    assert twice("temperature", "1", "null").has("temperature") is False
    assert twice("temperature", "null", "1").has("temperature") is True
    assert scan_envelope(b'{"model":"m","messages":[{"role":"assistant","role":"user"}]}').multi_turn is False
    assert scan_envelope(b'{"model":"m","messages":[{"role":"user","role":"tool"}]}').multi_turn is True
    assert scan_envelope(b'{"model":"m","messages":[{"role":"tool","role":5}]}').multi_turn is False
    assert scan_envelope(b'{"model":"m","messages":[{"content":[{"type":"image","type":5}]}]}').images == 0


def test_depth_is_no_danger_to_the_stack() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"content":', b"}")):
        deep = opening * 100_000 + b'"x"' + closing * 100_000
        assert scan_envelope(b'{"model":"m","messages":' + deep + b"}").text_bytes == (opening != b"[")
        assert scan_envelope(b'{"model":"m","tools":' + deep + b"}").text_bytes == 1 + (opening != b"[") * 700_000


def test_members_beyond_number_are_refused_rather_than_remembered() -> None:
    def body(count: int) -> bytes:
        return json.dumps({"model": "m", **{f"x{at}": at for at in range(count - 1)}}).encode()

    assert scan_envelope(body(1024)).has("x1022")
    with pytest.raises(EnvelopeError, match="more than 1024 members: send fewer"):
        scan_envelope(body(1025))


# What the scan must refuse, and what it must not, where a shortcut would be wrong.
@pytest.mark.parametrize(
    ("value", "good"),
    [
        *(
            (number, True)
            for number in (b"0", b"-0", b"10", b"1.50", b"1e5", b"1E+05", b"-1.2e-3", b"1e999", b"123456789012345678901234567890")
        ),
        *((number, False) for number in (b"01", b"-", b"+1", b"1.", b".5", b"1e", b"1e+", b"0x1", b"1_0", b"NaN", b"Infinity", b"--1")),
        *((word, False) for word in (b"nul", b"nulll", b"True", b"truefalse", b"", b"undefined")),
        *((text, True) for text in (b'"\\u00e9"', b'"\\/"', b'"\\ud800"', b'"\x7f"', '"\u2028"'.encode(), b'"' + b"x" * 300 + b'"')),
        *(
            (text, False)
            for text in (b'"\\x"', b'"\\u12"', b'"\\u12g4"', b'"\\U0041"', b'"\n"', b'"\x00"', b'"\x1f"', b'"a', b'"\\', b"'a'")
        ),
        *((b'"' + b"x" * at + b'\x1f"', False) for at in (7, 8, 63, 64, 127, 128, 129, 300)),
        *((text, True) for text in (b"[]", b"[ ]", b"{}", b"{ }", b"[[],{}]", b'{"a":[{}]}')),
        *(
            (text, False)
            for text in (b"[,]", b"[1,]", b"[1 2]", b"{,}", b'{"a":1,}', b'{"a"}', b'{"a":}', b"{1:2}", b"[1}", b'{"a":1]', b"[", b"]")
        ),
    ],
)
def test_only_json_is_taken(value: bytes, good: bool) -> None:  # noqa: FBT001
    for member in (b"other", b"messages", b"tools"):
        body = b'{"model":"m","' + member + b'":' + value + b"}"
        if good:
            assert scan_envelope(body).model == "m"
        else:
            with pytest.raises(EnvelopeError, match="not valid JSON"):
                scan_envelope(body)
