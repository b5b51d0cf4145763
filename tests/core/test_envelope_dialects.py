"""What the envelope knows of requests in the dialects other than chat, member by member."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.envelopes import scanned

from pyproxy.rust_core import Envelope, EnvelopeError, scan_envelope


def of(dialect: str, **members: object) -> Envelope:
    return scanned(dialect, json.dumps({"model": "m", **members}))


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
