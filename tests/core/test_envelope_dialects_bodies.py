"""What the envelope finds in whole requests of the dialects other than chat: bodies are made together with what is to be found in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.envelopes import scanned
from support.spelling import any_text, json_values, spelled

from pyproxy.rust_core import EnvelopeError, scan_envelope

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


class Made(NamedTuple):
    """A value, and what it holds."""

    value: Any
    text: int = 0
    images: int = 0
    turns: bool = False


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


def joined(text: str) -> str:
    """As it is once written and read: two halves of a pair side by side are one character."""
    return str(json.loads(json.dumps(text)))


texts = any_text.map(joined)


# Names that mean nothing anywhere, at any depth.
meaningless = st.recursive(
    st.none() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["y", "z"]), inner, max_size=2),
    max_leaves=6,
)


unknown = st.dictionaries(st.sampled_from(["id", "x", "cache_control", "call_id", "thoughtSignature"]), meaningless, max_size=2)
arguments = json_values("a", "text", "type", "role").map(lambda value: json.loads(json.dumps({"b": value})))


def made(members: dict[str, Any], text: int = 0, images: int = 0, *, turns: bool = False) -> st.SearchStrategy[Made]:
    """An object of these members and some unknown ones, in any order."""
    return unknown.flatmap(
        lambda others: st.permutations([*{**others, **members}.items()]).map(lambda items: Made(dict(items), text, images, turns))
    )


def combined(all_made: list[Made]) -> Made:
    """An array of them."""
    return Made(
        [each.value for each in all_made],
        sum(each.text for each in all_made),
        sum(each.images for each in all_made),
        any(each.turns for each in all_made),
    )


def some(each: st.SearchStrategy[Made], most: int = 3) -> st.SearchStrategy[Made]:
    return st.lists(each, max_size=most).map(combined)


def as_text(name: str, **others: Any) -> st.SearchStrategy[Made]:
    return texts.flatmap(lambda text: made({name: text, **others}, size(text)))


def within(member: str, inner: st.SearchStrategy[Made], *, turns: bool = False, **others: Any) -> st.SearchStrategy[Made]:
    """An object that holds another value."""
    return inner.flatmap(lambda found: made({member: found.value, **others}, found.text, found.images, turns=found.turns or turns))


plain = texts.map(lambda text: Made(text, size(text)))
tools = st.lists(st.dictionaries(st.sampled_from(["name", "description", "type"]), texts, max_size=3), max_size=2).map(
    lambda tools: Made(tools, whole(tools))
)


def messages_body() -> st.SearchStrategy[dict[str, Made]]:
    text = as_text("text", type="text")
    sources = [{"type": "base64", "media_type": "image/png", "data": "AAAA"}, {"type": "url", "url": "https://example.com/a.png"}]
    image = st.sampled_from(sources).flatmap(lambda source: made({"type": "image", "source": source}, images=1))
    parts = some(text | image)
    document = st.one_of(
        texts.flatmap(
            lambda data: made({"type": "document", "source": {"data": data, "type": "text"}}, len(data.encode("utf-8", "surrogatepass")))
        ),
        made({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "A" * 50}}),
        parts.flatmap(
            lambda inner: made({"type": "document", "source": {"type": "content", "content": inner.value}}, inner.text, inner.images)
        ),
    )
    thinking = as_text("thinking", type="thinking", signature="EqoB")
    tool_use = st.tuples(texts, arguments).flatmap(
        lambda call: made({"type": "tool_use", "name": call[0], "input": call[1]}, size(call[0]) + whole(call[1]))
    )
    tool_result = within("content", plain | some(text | image | document), turns=True, type="tool_result", tool_use_id="toolu_1")
    content = plain | some(text | image | document | thinking | tool_use | tool_result, 4)
    user = within("content", content, role="user")
    assistant = within("content", content, role="assistant", turns=True)
    return st.fixed_dictionaries({"messages": some(user | user | assistant)}, optional={"system": plain | some(text), "tools": tools})


def responses_body() -> st.SearchStrategy[dict[str, Made]]:
    text = st.sampled_from(["input_text", "output_text"]).flatmap(lambda sort: as_text("text", type=sort))
    image = made({"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"}, images=1)
    file = made({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"})
    parts = plain | some(text | image | file)
    call = st.tuples(texts, texts).flatmap(
        lambda call: made({"type": "function_call", "name": call[0], "arguments": call[1]}, size(call[0]) + size(call[1]), turns=True)
    )
    custom = texts.flatmap(lambda text: made({"type": "custom_tool_call", "name": "n", "input": text}, 1 + size(text), turns=True))
    output = st.sampled_from(["function_call_output", "custom_tool_call_output"]).flatmap(
        lambda sort: within("output", parts, turns=True, type=sort)
    )
    screen = made(
        {"type": "computer_call_output", "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,AA"}},
        images=1,
        turns=True,
    )
    summary = some(as_text("text", type="summary_text"))
    reasoning = within("summary", summary, turns=True, type="reasoning", encrypted_content="gAAAA")
    reference = made({"type": "item_reference", "id": "msg_1"}, turns=True)
    roles = st.sampled_from(["user", "system", "developer"])
    asked = roles.flatmap(lambda role: within("content", parts, role=role)) | within("content", parts, role="user", type="message")
    said = within("content", parts, role="assistant", type="message", turns=True)
    items = some(asked | asked | said | call | custom | output | screen | reasoning | reference, 4)
    return st.fixed_dictionaries({"input": plain | items}, optional={"instructions": plain, "tools": tools})


def gemini_body() -> st.SearchStrategy[dict[str, Made]]:
    def either(camel: str, snake: str) -> st.SearchStrategy[str]:
        return st.sampled_from([camel, snake])

    def blob(kind: str, images: int) -> st.SearchStrategy[Made]:
        names = st.tuples(either("inlineData", "inline_data"), either("mimeType", "mime_type"))
        inline = names.flatmap(lambda names: made({names[0]: {names[1]: kind, "data": "AAAA", "displayName": "d"}}, images=images))
        names = st.tuples(either("fileData", "file_data"), either("mimeType", "mime_type"))
        return inline | names.flatmap(lambda names: made({names[0]: {"fileUri": "files/1", names[1]: kind}}, images=images))

    text = as_text("text") | as_text("text", thought=True)
    call = st.tuples(either("functionCall", "function_call"), texts, arguments).flatmap(
        lambda call: made({call[0]: {"id": "1", "name": call[1], "args": call[2]}}, size(call[1]) + whole(call[2]), turns=True)
    )
    result = st.tuples(either("functionResponse", "function_response"), texts, arguments).flatmap(
        lambda call: made({call[0]: {"response": call[2], "name": call[1]}}, size(call[1]) + whole(call[2]), turns=True)
    )
    code = texts.flatmap(lambda text: made({"executableCode": {"language": "PYTHON", "code": text}}, size(text)))
    output = texts.flatmap(lambda text: made({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": text}}, size(text)))
    parts = some(text | blob("image/png", 1) | blob("audio/wav", 0) | call | result | code | output, 4)
    user = within("parts", parts, role="user") | within("parts", parts)
    model = within("parts", parts, role="model", turns=True)
    system = within("parts", some(text))
    content = st.fixed_dictionaries(
        {"contents": some(user | user | model)}, optional={"systemInstruction": system, "system_instruction": system, "tools": tools}
    )
    counted = content.map(lambda inner: {"generateContentRequest": nested(inner)})
    embedded = within("parts", some(text))
    many = some(within("content", embedded, model="models/m")).map(lambda requests: {"requests": requests})
    return content | counted | many | embedded.map(lambda inner: {"content": inner})


def nested(members: dict[str, Made]) -> Made:
    inner = combined([*members.values()])
    return inner._replace(value={name: member.value for name, member in members.items()})


@pytest.mark.parametrize(
    ("dialect", "bodies"),
    [("anthropic", messages_body), ("responses", responses_body), ("gemini", gemini_body)],
    ids=["anthropic", "responses", "gemini"],
)
def test_what_is_put_into_a_body_is_found_in_it(dialect: str, bodies: Callable[[], st.SearchStrategy[dict[str, Made]]]) -> None:
    @given(bodies(), unknown, st.randoms(use_true_random=False))
    def check(members: dict[str, Made], others: dict[str, Any], random: Random) -> None:
        body = {**others, **{name: member.value for name, member in members.items()}, "model": "m"}
        found = scanned(dialect, spelled(body, random))
        everything = combined([*members.values()])
        assert (found.text_bytes, found.images, found.multi_turn) == (everything.text, everything.images, everything.turns)
        assert (found.dialect, found.model, found.stream) == (dialect, "m", False)
        assert all(found.has(name) for name in members)

    check()


@given(
    st.sampled_from(["openai", "responses", "anthropic", "gemini"]),
    st.binary(max_size=100) | st.text(alphabet='{}[]":,\\ \nmodeltrue1', max_size=80).map(str.encode),
)
def test_any_bytes_are_scanned_or_refused_as_json_would(dialect: str, body: bytes) -> None:
    asked = {"model": "path", "stream": True} if dialect == "gemini" else {}
    try:
        envelope = scan_envelope(body, dialect, **asked)  # type: ignore[arg-type]
    except EnvelopeError:
        return
    assert envelope.model == asked.get("model", json.loads(body).get("model"))


any_value = json_values(
    *["role", "type", "content", "parts", "text", "source", "data", "input", "output", "tools", "contents", "model", "inlineData"],
    *["mimeType", "functionCall", "args", "maxOutputTokens", "candidateCount"],
)


@given(
    st.sampled_from(["responses", "anthropic", "gemini"]),
    st.dictionaries(
        st.sampled_from(
            ["messages", "system", "input", "tools", "contents", "systemInstruction", "requests", "generateContentRequest", "thinking"]
        ),
        any_value,
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
def test_members_of_wrong_types_are_the_providers_to_judge(dialect: str, members: dict[str, Any], random: Random) -> None:
    body = spelled({**members, "model": "m"}, random)
    found = scanned(dialect, body)
    assert found.text_bytes <= len(body)
    prefill = None if dialect == "responses" else "p"
    copy = found.rewrite(body.encode(), "n", defaults=[("temperature", b"1"), ("stop", b'"x"')], system="s", prefill=prefill)
    assert json.loads(copy)["model"] == "n"
