from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pyproxy.embedded.messages import wire_messages
from pyproxy.errors import InvalidRequest


def test_a_text_is_the_user_s_only_turn() -> None:
    assert wire_messages("Grüße") == [{"role": "user", "content": "Grüße"}]
    assert wire_messages(["a", "b"]) == [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]


def test_mappings_pass_as_they_are() -> None:
    turn = {"role": "assistant", "content": None, "x_new": [1]}
    assert wire_messages([turn]) == [turn]
    assert wire_messages([turn])[0] is not turn


@pytest.mark.parametrize(("kind", "role"), [("human", "user"), ("ai", "assistant"), ("system", "system"), ("tool", "tool")])
def test_message_objects_have_a_role_by_their_kind(kind: str, role: str) -> None:
    assert wire_messages([SimpleNamespace(type=kind, content="x")]) == [{"role": role, "content": "x"}]
    assert wire_messages([SimpleNamespace(role=role, content="x", name=None)]) == [{"role": role, "content": "x"}]


def test_tool_calls_and_their_results_keep_their_ids() -> None:
    call = {"name": "weather", "args": {"city": "Ülm"}, "id": "call_1", "type": "tool_call"}
    wire = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Ülm"}'}}
    asked: Any = SimpleNamespace(type="ai", content="", tool_calls=[call])
    answered = SimpleNamespace(type="tool", content="rain", tool_call_id="call_1", name="weather")
    assert wire_messages([asked, answered]) == [
        {"role": "assistant", "content": "", "tool_calls": [wire]},
        {"role": "tool", "content": "rain", "tool_call_id": "call_1", "name": "weather"},
    ]
    assert wire_messages([SimpleNamespace(type="ai", content="", tool_calls=[wire])])[0]["tool_calls"] == [wire]


@pytest.mark.parametrize("odd", [3, None, SimpleNamespace(content="x"), SimpleNamespace(type="human")])
def test_what_is_no_message_is_named_by_its_place(odd: object) -> None:
    with pytest.raises(InvalidRequest, match=r"messages\[1\]"):
        wire_messages(["a", odd])
