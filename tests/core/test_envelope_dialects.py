"""What the envelope knows of requests in the dialects other than chat: bodies are made together with what is to be found in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.spelling import any_text, json_values, spelled

from pyproxy.rust_core import Envelope, EnvelopeError, scan_envelope

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


def scanned(dialect: str, body: str) -> Envelope:
    if dialect == "gemini":
        return scan_envelope(body.encode(), dialect, model="m", stream=False)
    return scan_envelope(body.encode(), dialect)


def of(dialect: str, **members: object) -> Envelope:
    return scanned(dialect, json.dumps({"model": "m", **members}))


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


@pytest.mark.parametrize(
    ("dialect", "members", "max_tokens", "choices"),
    [
        ("responses", {"max_output_tokens": 5, "max_tokens": 6, "n": 3}, 5, 1),
        ("responses", {"max_output_tokens": None}, None, 1),
        ("anthropic", {"max_tokens": 5, "max_output_tokens": 6, "n": 3}, 5, 1),
        ("gemini", {"generationConfig": {"maxOutputTokens": 5, "candidateCount": 2}, "max_tokens": 7}, 5, 2),
        ("gemini", {"generation_config": {"max_output_tokens": 5, "candidate_count": 2}}, 5, 2),
        ("gemini", {"generation_config": {"max_output_tokens": "5", "candidateCount": "2"}}, 5, 2),
        ("gemini", {"generationConfig": {"maxOutputTokens": None, "candidateCount": 0}}, None, 1),
        ("gemini", {"generationConfig": {"candidateCount": [2]}}, None, 1),
        ("gemini", {"generationConfig": None}, None, 1),
        ("gemini", {"generationConfig": [{"maxOutputTokens": 5}]}, None, 1),
        ("gemini", {"generationConfig": None, "generation_config": {"maxOutputTokens": 5}}, "generationConfig", 1),
        ("gemini", {"generationConfig": {"maxOutputTokens": 5, "max_output_tokens": 5}}, "maxOutputTokens", 1),
        ("gemini", {"generationConfig": {"maxOutputTokens": -1}}, "maxOutputTokens", 1),
        ("gemini", {"generationConfig": {"maxOutputTokens": "many"}}, "maxOutputTokens", 1),
        ("responses", {"max_output_tokens": "5"}, "max_output_tokens", 1),
        ("anthropic", {"max_tokens": 1.5}, "max_tokens", 1),
    ],
)
def test_the_bounds_of_an_answer_have_names_of_their_own(
    dialect: str, members: dict[str, Any], max_tokens: int | str | None, choices: int
) -> None:
    if isinstance(max_tokens, str):
        with pytest.raises(EnvelopeError) as raised:
            of(dialect, **members)
        assert raised.value.param == max_tokens
    else:
        found = of(dialect, **members)
        assert (found.max_tokens, found.choices) == (max_tokens, choices)


@pytest.mark.parametrize(("dialect", "name"), [("responses", "max_output_tokens"), ("anthropic", "max_tokens"), ("anthropic", "stream")])
def test_what_is_decided_by_may_stand_only_once(dialect: str, name: str) -> None:
    with pytest.raises(EnvelopeError, match=f"'{name}' is given twice"):
        scanned(dialect, f'{{"model":"m","{name}":null,"{name}":null}}')


def test_a_path_names_the_model_and_the_stream_of_gemini() -> None:
    found = scan_envelope(b'{"model":"models/other","stream":5}', "gemini", model="fast_group", stream=True)
    assert (found.model, found.stream, found.model_span, found.dialect) == ("fast_group", True, None, "gemini")
    assert scan_envelope(b"{}", "gemini", model="m").stream is False
    with pytest.raises(ValueError, match="names its model in the path"):
        scan_envelope(b"{}", "gemini")
    with pytest.raises(EnvelopeError, match="the model's name is empty") as raised:
        scan_envelope(b"{}", "gemini", model="")
    assert raised.value.param == "model"
    for dialect in ("openai", "responses", "anthropic"):
        for said in ({"model": "m"}, {"stream": False}):
            with pytest.raises(ValueError, match="only for the dialect gemini") as refused:
                scan_envelope(b'{"model":"m"}', dialect, **said)
            assert not isinstance(refused.value, EnvelopeError)


def test_an_unknown_dialect_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="choose one of openai, responses, anthropic, gemini"):
        scan_envelope(b"{}", "klingon")


@pytest.mark.parametrize(
    ("source", "text", "images"),
    [
        ({"type": "text", "media_type": "text/plain", "data": "four"}, 4, 0),
        ({"data": "four", "type": "text"}, 4, 0),
        ({"type": "base64", "media_type": "application/pdf", "data": "AAAA"}, 0, 0),
        ({"type": "content", "content": "four"}, 4, 0),
        (
            {"type": "content", "content": [{"type": "text", "text": "four"}, {"type": "image", "source": {"type": "url", "url": "x"}}]},
            4,
            1,
        ),
        ("https://example.com", 0, 0),
    ],
)
def test_a_document_is_the_text_and_the_images_that_it_holds(source: object, text: int, images: int) -> None:
    document = {"type": "document", "source": source, "title": "ab", "context": "c", "citations": {"enabled": True}}
    result = {"type": "tool_result", "tool_use_id": "1", "content": [document]}
    found = of("anthropic", messages=[{"role": "user", "content": [document]}])
    assert (found.text_bytes, found.images, found.multi_turn) == (3 + text, images, False)
    found = of("anthropic", messages=[{"role": "user", "content": [result, document]}])
    assert (found.text_bytes, found.images, found.multi_turn) == (2 * (3 + text), 2 * images, True)


@pytest.mark.parametrize("outer", ["inlineData", "inline_data", "fileData", "file_data"])
@pytest.mark.parametrize("inner", ["mimeType", "mime_type"])
def test_gemini_takes_camels_and_snakes(outer: str, inner: str) -> None:
    parts = [{outer: {inner: kind, "data": "AAAA"}} for kind in ("image/png", "video/mp4")]
    found = of("gemini", contents=[{"parts": parts}])
    assert (found.text_bytes, found.images, found.multi_turn) == (0, 1, False)
    for call in ("functionCall", "function_call", "functionResponse", "function_response"):
        assert of("gemini", contents=[{"parts": [{call: {"name": "ab", "args": {"c": "d"}}}]}]).text_bytes == 4
        assert of("gemini", contents=[{"parts": [{call: {"name": "ab"}}]}]).multi_turn
    for system in ("systemInstruction", "system_instruction"):
        assert of("gemini", **{system: {"role": "model", "parts": [{"text": "four"}]}}).text_bytes == 4
        assert not of("gemini", **{system: {"role": "model", "parts": []}}).multi_turn


@pytest.mark.parametrize(
    ("item", "multi_turn"),
    [
        ({"type": "message", "role": "user", "content": "x"}, False),
        ({"role": "developer", "content": "x"}, False),
        ({"role": "assistant", "content": "x"}, True),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, True),
        ({"type": "function_call_output", "output": "x"}, True),
        ({"type": "web_search_call", "status": "completed"}, True),
        ({"type": "reasoning", "summary": []}, True),
        ({"type": "item_reference", "id": "x"}, True),
        ({"type": "compaction", "encrypted_content": "x"}, True),
        ({"type": "mcp_approval_response", "approve": True}, True),
        ({"type": "what_comes_next_year"}, False),
    ],
)
def test_items_that_only_an_answer_can_have_given_make_a_conversation(item: dict[str, Any], multi_turn: bool) -> None:  # noqa: FBT001
    assert of("responses", input=[{"role": "user", "content": "x"}, item]).multi_turn is multi_turn
    assert not of("responses", metadata=[item]).multi_turn


def test_only_what_names_earlier_answers_in_a_dialect_does_so_there() -> None:
    assert of("responses", previous_response_id="resp_1").previous_response_id == "resp_1"
    assert of("responses", previous_response_id="resp_1").multi_turn
    assert of("responses", conversation="conv_1").multi_turn
    assert not of("responses", conversation=None).multi_turn
    assert not of("openai", conversation="conv_1").multi_turn
    for dialect in ("anthropic", "gemini"):
        found = of(dialect, previous_response_id="resp_1", conversation="conv_1")
        assert (found.previous_response_id, found.multi_turn) == (None, False)


def test_only_chat_leaves_a_streams_usage_to_its_client() -> None:
    for dialect in ("openai", "responses", "anthropic", "gemini"):
        assert of(dialect, stream_options={"include_usage": True}).include_usage == (dialect == "openai")


def test_of_a_member_given_twice_in_an_object_the_last_counts() -> None:
    def messages(part: str) -> Envelope:
        return scanned("anthropic", f'{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}')

    assert messages('{"type":"image","type":"text"}').images == 0
    assert messages('{"type":"tool_result","type":5}').multi_turn is False
    assert messages('{"source":{"type":"text","type":"base64","data":"AAAA"}}').text_bytes == 0
    assert messages('{"source":{"type":"base64","data":"AA","data":"AAAA","type":"text"}}').text_bytes == 4
    assert messages('{"source":{"type":"text","data":"AA","data":7}}').text_bytes == 0
    assert messages('{"source":{"type":["text"],"data":["AA"]}}').text_bytes == 0
    role = scanned("gemini", '{"contents":[{"role":["model"]},{"role":"model","role":"user"}]}')
    assert role.multi_turn is False
    blob = scanned("gemini", '{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","mime_type":"audio/wav"}}]}]}')
    assert blob.images == 0


def test_depth_is_no_danger_to_the_stack() -> None:
    for dialect, name in (("anthropic", "messages"), ("responses", "input"), ("gemini", "contents"), ("gemini", "generationConfig")):
        for opening, closing in (("[", "]"), ('{"content":', "}"), ('{"parts":', "}"), ('{"source":', "}")):
            scanned(dialect, f'{{"model":"m","{name}":{opening * 50_000}"x"{closing * 50_000}}}')


def test_members_beyond_number_are_refused_in_the_parameters_too() -> None:
    with pytest.raises(EnvelopeError, match="more than 1024 members: send fewer"):
        of("gemini", generationConfig={f"x{at}": at for at in range(1025)})
