"""A message: what a request asks for, and the answer as content blocks, whole and streamed."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pyproxy.providers.mock.answer import Answer, Ask, Tool, fragments, pieces
from pyproxy.providers.mock.anthropic.caching import PromptUsage
from pyproxy.providers.mock.anthropic.shape import Create, CustomTool, Message, Text, ToolResult
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.reply import Stream
from pyproxy.providers.mock.signing import seal

Json = dict[str, Any]

_REASONS: Final = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_PING: Final = b'event: ping\ndata: {"type": "ping"}\n\n'
_BROKEN: Final = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":\n\n'


def read_ask(asked: Create, usage: PromptUsage) -> Ask:
    """Give what a checked request asks for."""
    last = asked.messages[-1]
    # The first message is the user's, so somebody has spoken; a system message says nothing in the conversation, also where it is last.
    spoken = next(message for message in reversed(asked.messages) if message.role != "system")
    users = [text for message in asked.messages if message.role == "user" and (text := _text(message))]
    config = asked.output_config
    form = asked.output_format or (config.format if config is not None else None)
    thinking = asked.thinking
    choice = asked.tool_choice
    return Ask(
        model=asked.model,
        stream=asked.stream is True,
        question=users[-1] if users else "",
        user_spoke_last=spoken.role == "user" and not any(isinstance(block, ToolResult) for block in spoken.blocks()),
        prefill=_text(last) if last.role == "assistant" else None,
        tools=_tools(asked),
        parallel=not getattr(choice, "disable_parallel_tool_use", False),
        wants_json=form is not None,
        schema=None if form is None else form.schema_,
        thinking=thinking is not None and thinking.type in {"enabled", "adaptive"},
        max_tokens=asked.max_tokens,
        stop=tuple(asked.stop_sequences or ()),
        prompt_tokens=usage.total,
    )


def _text(message: Message) -> str:
    return " ".join(block.text for block in message.blocks() if isinstance(block, Text))


def _tools(asked: Create) -> tuple[Tool, ...]:
    choice = asked.tool_choice
    if choice is not None and choice.type == "none":
        return ()
    offered = tuple(Tool(each.name, each.input_schema.model_dump()) for each in asked.tools if isinstance(each, CustomTool))
    return tuple(each for each in offered if each.name == choice.name) if choice is not None and choice.type == "tool" else offered


class Rendering:
    """One answer in Anthropic's shapes.

    Args:
        asked: The request.
        answer: What is said.
        usage: How the prompt's words are counted.
        number: Number of the answer, from which it and its calls have their ids.
    """

    def __init__(self, asked: Create, answer: Answer, usage: PromptUsage, number: int) -> None:
        self._asked = asked
        self._answer = answer
        self._usage = usage
        self._number = number

    def message(self) -> Json:
        """Give the whole message."""
        return {**self._frame(), "content": self._blocks(), **self._end(), "usage": self._used(self._answer.tokens)}

    def stream(self, behaviour: Behaviour, error: bytes) -> Stream:
        """Give the same message as a stream.

        Args:
            behaviour: Says how many chunks the text has.
            error: Body of the error event.
        """
        start = {**self._frame(), "content": [], "stop_reason": None, "stop_sequence": None, "usage": self._used(1)}
        before = [_event({"type": "message_start", "message": start})]
        content: list[list[bytes]] = []
        for index, block in enumerate(self._blocks()):
            before.append(_event({"type": "content_block_start", "index": index, "content_block": _emptied(block)}))
            if index == 0:
                before.append(_PING)
            for delta in _deltas(block, behaviour.chunks):
                content.append([*before, _event({"type": "content_block_delta", "index": index, "delta": delta})])
                before = []
            before.append(_event({"type": "content_block_stop", "index": index}))
        opening: list[bytes] = []
        if content:
            # What comes ahead of the first delta is not content: a fault after no chunks comes behind it.
            opening, content[0] = content[0][:-1], content[0][-1:]
        spent = self._used(self._answer.tokens)
        spent = {name: spent[name] for name in _IN_DELTAS}
        before.append(_event({"type": "message_delta", "delta": self._end(), "usage": spent}))
        if not behaviour.omit_done:
            before.append(_event({"type": "message_stop"}))
        failed = b"event: error\ndata: " + error + b"\n\n"
        events = (b"".join(each) for each in content)
        return Stream(opening=opening, content=events, closing=before, error=failed, malformed=_BROKEN, keep_alive=_PING)

    def _frame(self) -> Json:
        return {"id": f"msg_mock{self._number}", "type": "message", "role": "assistant", "model": self._asked.model}

    def _end(self) -> Json:
        answer = self._answer
        reason = "stop_sequence" if answer.stop_sequence is not None else _REASONS[answer.finish]
        return {"stop_reason": reason, "stop_sequence": answer.stop_sequence}

    def _used(self, output: int) -> Json:
        usage = self._usage
        return {
            "input_tokens": usage.plain,
            "cache_creation_input_tokens": usage.created_5m + usage.created_1h,
            "cache_read_input_tokens": usage.read,
            "cache_creation": {"ephemeral_5m_input_tokens": usage.created_5m, "ephemeral_1h_input_tokens": usage.created_1h},
            "output_tokens": output,
            "service_tier": "standard",
        }

    def _blocks(self) -> list[Json]:
        answer = self._answer
        blocks: list[Json] = []
        if answer.thinking:
            shown = getattr(self._asked.thinking, "display", None) != "omitted"
            blocks.append({"type": "thinking", "thinking": answer.thinking if shown else "", "signature": seal(answer.thinking)})
        if answer.text:
            blocks.append({"type": "text", "text": answer.text})
        for index, call in enumerate(answer.calls):
            name = f"toolu_mock{self._number}_{index}"
            blocks.append({"type": "tool_use", "id": name, "name": call.name, "input": _read(call.arguments)})
        return blocks


_IN_DELTAS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


def _read(arguments: str) -> Any:
    """Give a call's arguments as the object that they are here; what cannot be read is an empty one."""
    try:
        return json.loads(arguments)
    except ValueError:
        return {}


def _emptied(block: Json) -> Json:
    match block["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
    return {**block, "input": {}}


def _deltas(block: Json, chunks: int | None) -> Iterator[Json]:
    match block["type"]:
        case "text":
            yield from ({"type": "text_delta", "text": piece} for piece in pieces(block["text"], chunks))
        case "thinking":
            yield from ({"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"], chunks))
            yield {"type": "signature_delta", "signature": block["signature"]}
        case _:
            yield {"type": "input_json_delta", "partial_json": ""}
            if block["input"]:
                yield from ({"type": "input_json_delta", "partial_json": each} for each in fragments(json.dumps(block["input"])))


def _event(document: Json) -> bytes:
    return f"event: {document['type']}\ndata: {json.dumps(document)}\n\n".encode()
