"""Whatever a translation does not carry of a conversation or of its tools is told, whoever invents it, on each way there is."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.translator import Call
from pyproxy.dialects.translation.ways import way_to
from pyproxy.domain.capabilities import ALL_CAPABILITIES
from pyproxy.domain.operations import CHAT, GENERATE_CONTENT, MESSAGES, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.domain.operations import Operation
    from pyproxy.domain.surfaces import Dialect

NEW = "zeta"
PNG = "iVBORw0KGgo="
PICTURE, PAPER = f"data:image/png;base64,{PNG}", f"data:application/pdf;base64,{PNG}"
SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}}
CALLED = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"q": "x"}'}}
SAID = {"id": "call_2", "type": "custom", "custom": {"name": "say", "input": "x"}}
BODIES: dict[Operation, dict[str, Any]] = {
    CHAT: {
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "be brief"}]},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PICTURE}}]},
            {"role": "user", "content": [{"type": "file", "file": {"filename": "a.pdf", "file_data": PAPER}}]},
            {"role": "assistant", "content": "b", "tool_calls": [CALLED, SAID]},
            {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "c"}]},
            {"role": "tool", "tool_call_id": "call_2", "content": "d"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "look", "parameters": SCHEMA}},
            {"type": "custom", "custom": {"name": "say", "description": "says"}},
        ],
    },
    MESSAGES: {
        "max_tokens": 9,
        "system": [{"type": "text", "text": "be brief"}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                    {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "d"}]}},
                    {"type": "search_result", "title": "t", "source": "s", "content": [{"type": "text", "text": "e"}]},
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "b"}, {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"q": "x"}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "c"}]}]},
        ],
        "tools": [{"name": "look", "input_schema": SCHEMA}],
    },
    RESPONSES: {
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": PICTURE}]},
            {"type": "message", "role": "user", "content": [{"type": "input_file", "filename": "a.pdf", "file_data": PAPER}]},
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "b"}],
            },
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": '{"q": "x"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "c"}]},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "say", "input": "x"},
            {"type": "custom_tool_call_output", "call_id": "call_2", "output": "said"},
            {"type": "local_shell_call", "id": "lsh_1", "call_id": "call_3", "status": "completed", "action": {"type": "exec"}},
            {"type": "local_shell_call_output", "id": "call_3", "output": "{}"},
        ],
        "tools": [
            {"type": "function", "name": "look", "parameters": SCHEMA},
            {"type": "custom", "name": "say"},
            {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "seek"}]},
        ],
    },
    GENERATE_CONTENT: {
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}]},
            {"role": "model", "parts": [{"text": "b"}, {"functionCall": {"id": "call_1", "name": "look", "args": {"q": "x"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"id": "call_1", "name": "look", "response": {"result": "c"}}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": SCHEMA}]}],
    },
}
# What goes on as a whole, whatever is in it.
WHOLE = re.compile(r".*\.(action|parameters|parametersJsonSchema|input_schema|input|args|response)$")
WAYS = [
    (operation, dialect)
    for operation in BODIES
    for dialect in ("openai", "anthropic", "gemini")
    if (way := way_to(operation, dialect, responses=False)) is not None and way.translator is not None
]


def objects(value: Any, where: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of which a conversation and its tools consist, and where they stand."""
    if isinstance(value, list):
        for item in value:
            yield from objects(item, f"{where}[]")
    elif isinstance(value, dict) and not WHOLE.match(where):
        if where:
            yield value, where
        for name, inner in value.items():
            yield from objects(inner, f"{where}.{name}" if where else name)


@pytest.mark.parametrize(("operation", "dialect"), WAYS, ids=lambda value: getattr(value, "name", value))
def test_a_member_that_nobody_knows_is_told_wherever_it_stands(operation: Operation, dialect: Dialect) -> None:
    way = way_to(operation, dialect, responses=False)
    assert way is not None
    assert way.translator is not None
    call = Call("m", capabilities=ALL_CAPABILITIES)
    assert not way.translator.request(BODIES[operation], call).lost
    places = list(objects(BODIES[operation]))
    for number, (_, where) in enumerate(places):
        body = copy.deepcopy(BODIES[operation])
        list(objects(body))[number][0][NEW] = 1
        told = way.translator.request(body, call)
        assert told.lost == (f"{where}.{NEW}",)
        assert NEW not in str(told.body)


def test_what_says_nothing_is_no_loss() -> None:
    losses = Losses()
    read = losses.watch({"a": 1, "b": 2, "c": None, "d": [], "e": False, "f": 3, "g": 4}, "messages[2].content[0]", ("g",))
    assert (read["a"], read.get("missing"), dict(read)["f"]) == (1, None, 3)
    assert losses.names == ("messages[].content[].b", "messages[].content[].f")
