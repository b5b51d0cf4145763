from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.chat.seals import seal
from pyproxy.dialects.translation.responses_over_chat import RESPONSES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, Translated, UntranslatableError
from pyproxy.domain.capabilities import Capabilities

IMAGE = "data:image/png;base64,AA=="


def _request(stream: bool = False, capabilities: Capabilities | None = None, **members: Any) -> Translated:  # noqa: FBT001, FBT002
    call = Call("m", stream=stream, capabilities=capabilities or Capabilities())
    return RESPONSES_OVER_CHAT.request({"model": "fast_group", "input": "Hello", **members}, call)


def _messages(*items: Any, **members: Any) -> Any:
    return _request(input=list(items), **members).body["messages"]


def _call(call_id: str, name: str = "f", arguments: str = "{}") -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def _output(call_id: str, output: Any = "done") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def _chat_call(call_id: str, name: str = "f", arguments: str = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _said(role: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "output_text" if role == "assistant" else "input_text", "text": text}]}


def test_a_string_is_what_the_user_says_and_instructions_come_first() -> None:
    assert _request(instructions="Be brief.") == Translated(
        {"model": "m", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]}
    )


def test_messages_keep_their_roles_and_their_order() -> None:
    easy = {"role": "user", "content": "easy"}
    assert _messages(_said("developer", "d"), _said("user", "u"), _said("assistant", "a"), easy, _said("system", "s")) == [
        {"role": "system", "content": "d"},
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "easy"},
        {"role": "system", "content": "s"},
    ]


def test_parts_of_a_message_stay_parts() -> None:
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": IMAGE, "detail": "low"},
        {"type": "input_image", "image_url": "https://example.org/a.png"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
        {"type": "input_file", "file_id": "file-1"},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
    ]
    assert _messages({"role": "user", "content": content})[0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": IMAGE, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
    ]


def test_what_the_assistant_did_in_one_turn_is_one_message() -> None:
    reasoning = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    items = (reasoning, _said("assistant", "I look."), _call("c1"), _call("c2", "g"), _output("c1", "1"), _output("c2", "2"))
    messages = _messages(*items, capabilities=Capabilities(reasoning_history=True))
    assert messages == [
        {"role": "assistant", "content": "I look.", "reasoning_content": "Hm.", "tool_calls": [_chat_call("c1"), _chat_call("c2", "g")]},
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "tool", "tool_call_id": "c2", "content": "2"},
    ]


def test_calls_after_the_results_of_others_are_another_turn() -> None:
    messages = _messages(_call("c1"), _output("c1"), _call("c2"), _output("c2"))
    assert [message["role"] for message in messages] == ["assistant", "tool", "assistant", "tool"]
    assert messages[0]["content"] is None


def test_two_things_that_the_assistant_said_stay_two_messages() -> None:
    messages = _messages(_said("assistant", "a"), _said("assistant", "b"), _call("c1"), _said("assistant", "c"), _output("c1"))
    assert messages == [
        {"role": "assistant", "content": "a"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}],
            "tool_calls": [_chat_call("c1")],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
    ]


def test_what_is_said_between_a_call_and_its_result_comes_after_all_results() -> None:
    messages = _messages(_call("c1"), _call("c2"), _output("c1"), _said("user", "by the way"), _output("c2"), _said("user", "and"))
    assert [message["role"] for message in messages] == ["assistant", "tool", "tool", "user", "user"]
    assert [message["content"] for message in messages[3:]] == ["by the way", "and"]


def test_nothing_is_held_back_for_a_result_that_never_comes() -> None:
    messages = _messages(_call("c1"), _said("user", "stop"), _said("assistant", "yes"), _said("user", "go on"))
    assert [message["role"] for message in messages] == ["assistant", "user", "assistant", "user"]
    assert [message["role"] for message in _messages(_call("c1"), _said("user", "stop"))] == ["assistant", "user"]


def test_an_image_that_a_tool_returns_follows_its_result() -> None:
    output = [{"type": "input_text", "text": "seen: "}, {"type": "input_text", "text": "it"}, {"type": "input_image", "image_url": IMAGE}]
    assert _messages(_call("c1"), _call("c2"), _output("c1", output), _output("c2", output[2:]))[1:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "seen: it"},
        {"role": "tool", "tool_call_id": "c2", "content": "It follows."},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE}}]},
    ]


def test_a_call_without_arguments_has_an_empty_object_of_them() -> None:
    assert _messages(_call("c1", arguments=""))[0]["tool_calls"] == [_chat_call("c1")]


def test_an_id_that_chat_does_not_take_is_another_one_for_the_call_and_its_result_alike() -> None:
    messages = _messages(_call("call_" + "x" * 60), _output("call_" + "x" * 60), _call("a|b"), _output("a|b"))
    ids = [messages[0]["tool_calls"][0]["id"], messages[2]["tool_calls"][0]["id"]]
    assert ids == [messages[1]["tool_call_id"], messages[3]["tool_call_id"]]
    assert len(ids[0]) <= 40
    assert "|" not in ids[1]


def test_a_refusal_stays_one() -> None:
    item = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    assert _messages(item) == [{"role": "assistant", "content": "", "refusal": "No."}]


THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "s"}


def test_providers_that_take_no_reasoning_back_are_given_none_and_that_is_told() -> None:
    plain = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    signed = {"type": "reasoning", "summary": [], "encrypted_content": seal([THOUGHT], "openai/other")}
    for reasoning, loss, history in (
        (plain, "reasoning", False),
        (signed, "encrypted_content", False),
        (signed, "encrypted_content", True),
    ):
        told = _request(input=[reasoning, _said("assistant", "a")], capabilities=Capabilities(reasoning_history=history))
        assert told == Translated({"model": "m", "messages": [{"role": "assistant", "content": "a"}]}, (f"input[].{loss}",))
    signed["encrypted_content"] = seal([THOUGHT], "")
    kept = _messages(plain, signed, _said("assistant", "a"), capabilities=Capabilities(reasoning_history=True))
    assert [member in kept[0] for member in ("reasoning_content", "thinking_blocks")] == [True, True]


def test_reasoning_is_told_where_it_is_plain_and_lost_where_it_is_sealed() -> None:
    summed = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "content": None, "encrypted_content": None}
    sealed = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "gAAA"}
    empty = {"type": "reasoning", "summary": []}
    given = [summed, _said("assistant", "a"), sealed, empty, _said("assistant", "b")]
    told = _request(capabilities=Capabilities(reasoning_history=True), input=given)
    assert told.body["messages"] == [
        {"role": "assistant", "content": "a", "reasoning_content": "Hm."},
        {"role": "assistant", "content": "b"},
    ]
    assert told.lost == ("input[].encrypted_content",)


def test_a_turn_of_reasoning_alone_is_lost() -> None:
    reasoning = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    told = _request(input=[_said("user", "u"), reasoning, _said("user", "v")])
    assert [message["content"] for message in told.body["messages"]] == ["u", "v"]
    assert told.lost == ("input[].reasoning",)


def test_what_was_compacted_is_lost_and_what_clients_ran_is_told() -> None:
    told = _request(
        input=[
            {"type": "compaction", "encrypted_content": "x"},
            _said("user", "u"),
            {"type": "local_shell_call", "call_id": "a", "status": "completed", "action": {"type": "exec", "command": ["ls"], "env": {}}},
            {"type": "local_shell_call_output", "call_id": "a", "output": "b.txt"},
            {"type": "shell_call", "call_id": "c", "action": {"commands": ["pwd"]}},
            {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "/", "stderr": ""}]},
            {"type": "apply_patch_call", "call_id": "d", "operation": {"type": "delete_file", "path": "e"}},
            {"type": "apply_patch_call_output", "call_id": "d", "status": "completed", "output": "gone"},
        ]
    )
    assert told.lost == ("input[].compaction",)
    calls = [call["function"] for message in told.body["messages"] for call in message.get("tool_calls", ())]
    assert calls == [
        {"name": "local_shell", "arguments": '{"type":"exec","command":["ls"],"env":{}}'},
        {"name": "shell", "arguments": '{"commands":["pwd"]}'},
        {"name": "apply_patch", "arguments": '{"type":"delete_file","path":"e"}'},
    ]
    results = {message["tool_call_id"]: message["content"] for message in told.body["messages"] if message["role"] == "tool"}
    assert results == {"a": "b.txt", "c": '[{"stdout":"/","stderr":""}]', "d": "gone"}


def test_what_a_provider_did_by_itself_is_lost() -> None:
    told = _request(input=[_said("user", "u"), {"type": "web_search_call", "id": "ws_1", "status": "completed"}])
    assert told == Translated({"model": "m", "messages": [{"role": "user", "content": "u"}]}, ("input[].web_search_call",))


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0]"),
        ({"input": [{"id": "msg_1"}]}, "input[0]"),
        ({"input": [{"type": "compaction", "encrypted_content": "x"}]}, "input"),
        ({"input": [{"type": 7}]}, "input[0]"),
        ({"input": [{"type": []}]}, "input[0]"),
        ({"input": ["x"]}, "input[0]"),
        ({"input": 3}, "input"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": [{"role": "critic", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "http://x"}]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_video"}]}]}, "input[0].content[0]"),
        ({"input": [{"role": "assistant", "content": [{"type": "input_image", "image_url": "x"}]}]}, "input[0].content"),
        ({"input": [{"type": "function_call", "call_id": "c", "arguments": "{}"}]}, "input[0].name"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"background": True}, "background"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [{"type": "function", "name": "f"}], "tool_choice": {"type": "function", "name": "g"}}, "tool_choice"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format"),
        ({"reasoning": "high"}, "reasoning"),
        ({"max_output_tokens": "9"}, "max_output_tokens"),
    ],
)
def test_what_has_no_meaning_in_chat_is_refused_with_the_member_at_fault(members: dict[str, Any], param: str) -> None:
    with pytest.raises(UntranslatableError) as caught:
        _request(**members)
    assert caught.value.param == param
    assert caught.value.message


def test_parameters_have_other_names_in_chat() -> None:
    told = _request(
        max_output_tokens=100,
        temperature=0.5,
        top_p=0.9,
        service_tier="flex",
        user="u",
        safety_identifier="s",
        reasoning={"summary": "auto"},
        text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}},
        top_logprobs=2,
        include=["message.output_text.logprobs", "reasoning.encrypted_content"],
        capabilities=Capabilities(thinking="effort"),
    )
    assert told.lost == ()
    assert {name: value for name, value in told.body.items() if name not in ("model", "messages")} == {
        "max_tokens": 100,
        "temperature": 0.5,
        "top_p": 0.9,
        "service_tier": "flex",
        "user": "u",
        "safety_identifier": "s",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True}},
        "logprobs": True,
        "top_logprobs": 2,
    }


@pytest.mark.parametrize(
    ("capabilities", "in_between", "name", "is_told"),
    [
        (Capabilities(), False, "max_tokens", False),
        (Capabilities(), True, "max_tokens", True),
        (Capabilities(sampling=False, thinking="effort"), False, "max_completion_tokens", True),
        (Capabilities(sampling=False, thinking="effort"), True, "max_completion_tokens", True),
    ],
)
def test_models_that_reason_are_told_how_hard_and_bounded_by_the_newer_name(
    capabilities: Capabilities,
    in_between: bool,  # noqa: FBT001
    name: str,
    is_told: bool,  # noqa: FBT001
) -> None:
    call = Call("m", capabilities=capabilities, in_between=in_between)
    asked = {"input": "x", "max_output_tokens": 100, "reasoning": {"effort": "high"}, "text": {"verbosity": "low"}}
    body, lost = RESPONSES_OVER_CHAT.request(asked, call)
    told = {"reasoning_effort": "high", "verbosity": "low"} if is_told else {}
    assert {member: value for member, value in body.items() if member not in ("model", "messages")} == {name: 100, **told}
    assert lost == (() if is_told else ("reasoning.effort", "text.verbosity"))


def test_an_answer_is_no_longer_than_the_model_can_make_it() -> None:
    told = _request(max_output_tokens=100, capabilities=Capabilities(max_output=64))
    assert (told.body["max_tokens"], told.lost) == (64, ("max_output_tokens",))
    assert _request(max_output_tokens=64.0, capabilities=Capabilities(max_output=64)).lost == ()


def test_a_schema_that_the_model_is_not_held_to_is_asked_for_in_words() -> None:
    form = {"type": "json_schema", "name": "n", "schema": {"type": "object", "title": "Weather"}}
    told = _request(text={"format": form}, capabilities=Capabilities(json_schema=False))
    assert (told.lost, "response_format" in told.body) == (("text.format",), False)
    assert [message["role"] for message in told.body["messages"]] == ["system", "user"]
    assert "Weather" in told.body["messages"][0]["content"]
    between = Call("m", capabilities=Capabilities(json_schema=False), in_between=True)
    assert "response_format" in RESPONSES_OVER_CHAT.request({"input": "x", "text": {"format": form}}, between).body


def test_a_model_without_eyes_is_sent_no_images() -> None:
    item: dict[str, Any] = {"role": "user", "content": [{"type": "input_image", "image_url": IMAGE}, {"type": "input_text", "text": "?"}]}
    assert _request(input=[item]).lost == ()
    for items in ([item], [_call("c"), _output("c", item["content"])]):
        with pytest.raises(UntranslatableError, match="takes no images"):
            _request(input=items, capabilities=Capabilities(vision=False))


def test_logprobs_can_be_asked_for_without_those_of_other_tokens() -> None:
    body = _request(include=["message.output_text.logprobs"]).body
    assert body["logprobs"] is True
    assert "top_logprobs" not in body


@pytest.mark.parametrize(("kind", "format_"), [("text", None), ("json_object", {"type": "json_object"})])
def test_other_formats_are_told_as_they_are(kind: str, format_: Any) -> None:
    assert _request(text={"format": {"type": kind}}).body.get("response_format") == format_


def test_a_stream_is_asked_for_with_its_usage() -> None:
    body = _request(stream=True).body
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert "stream" not in _request(stream=False).body


def test_what_an_answer_repeats_is_not_lost_and_what_nobody_sees_again_is() -> None:
    members: dict[str, Any] = {"metadata": {"a": "b"}, "store": True, "truncation": "disabled", "background": False, "stream_options": {}}
    assert _request(**members, previous_response_id=None, max_tool_calls=None).lost == ()
    told = _request(max_tool_calls=3, truncation="auto", prompt_cache_key="k", include=["x"], reasoning={"mode": "pro"}, text={"x": 1})
    assert told.lost == ("reasoning.mode", "text.x", "include", "max_tool_calls", "truncation", "prompt_cache_key")


def test_a_model_that_takes_no_sampling_parameters_is_given_none() -> None:
    told = _request(temperature=0.5, top_p=1, capabilities=Capabilities(sampling=False))
    assert told.body.keys() == {"model", "messages"}
    assert told.lost == ("temperature", "top_p")


@pytest.mark.parametrize(("effort", "sent"), [("none", {"reasoning_effort", "temperature"}), ("low", {"reasoning_effort"})])
def test_one_that_takes_them_as_long_as_it_does_not_think_is_given_them_then(effort: str, sent: set[str]) -> None:
    may_think = Capabilities(sampling_while_thinking=False, thinking="effort")
    told = _request(temperature=0.5, reasoning={"effort": effort}, max_output_tokens=9, capabilities=may_think)
    assert told.body.keys() == {"model", "messages", "max_completion_tokens", *sent}
    assert told.lost == (() if "temperature" in sent else ("temperature",))


@pytest.mark.parametrize("thinking", ["none", "budget"])
def test_a_model_that_is_not_told_an_effort_is_told_none(thinking: Any) -> None:
    told = _request(reasoning={"effort": "low"}, capabilities=Capabilities(thinking=thinking))
    assert ("reasoning_effort" in told.body, told.lost) == (False, ("reasoning.effort",))
    assert _request(reasoning={"effort": "none"}, capabilities=Capabilities(thinking=thinking)).lost == ()
