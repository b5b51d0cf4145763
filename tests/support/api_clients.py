"""The four APIs as a client of each writes and reads them, by hand: no SDK and none of the sidecar's own translations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.api_errors import chat_break, gemini_break, gemini_error, messages_break, messages_error, openai_error, responses_break

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CLIENTS", "ApiClient", "events"]

Json = dict[str, Any]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@dataclass(frozen=True)
class ApiClient:
    """One API.

    Attributes:
        name: the dialect of the providers that have it.
        path: where a target is asked, whole or in a stream.
        body: what is sent: the target, the text, whether a stream is wanted and whether a tool is offered.
        text: what a whole answer says.
        calls: the tools that a whole answer calls, with their arguments.
        pieces: what the events of a stream say, one after the other.
        called: the tools that the events of a stream call, with their arguments.
        is_whole: whether a stream has come to its end.
        error: what an error of this HTTP status says, once it has just the members that the API's errors have.
        broken: what the event says that ends a broken stream, once it has just the members that the API's have.
    """

    name: str
    path: Callable[[str, bool], str]
    body: Callable[[str, str, bool, bool], Json]
    text: Callable[[Json], str]
    calls: Callable[[Json], list[tuple[str, Json]]]
    pieces: Callable[[list[Json]], list[str]]
    called: Callable[[list[Json]], list[tuple[str, Json]]]
    is_whole: Callable[[list[Json]], bool]
    error: Callable[[Json, int], str]
    broken: Callable[[Json], str]


def events(stream: bytes) -> list[Json]:
    """The data of a stream's events; ``[DONE]`` is the event that says so. Data with a type has an event of that name, and no other has."""
    told: list[Json] = []
    name = None
    for line in stream.decode().splitlines():
        field, _, text = line.partition(": ")
        if field == "event":
            name = text
        elif field == "data":
            told.append({"done": True} if text == "[DONE]" else json.loads(text))
            assert name == told[-1].get("type"), line
        else:
            assert not line or line.startswith(":"), line
            name = None
    return told


# --- chat completions -------------------------------------------------------------------------------------------------


def _chat_body(target: str, text: str, stream: bool, tool: bool) -> Json:  # noqa: FBT001
    tools = {"tools": [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]} if tool else {}
    return {"model": target, "messages": [{"role": "user", "content": text}], **({"stream": True} if stream else {}), **tools}


def _chat_calls(answer: Json) -> list[tuple[str, Json]]:
    calls = answer["choices"][0]["message"].get("tool_calls") or []
    return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]


def _chat_deltas(told: list[Json]) -> list[Json]:
    return [choice["delta"] for event in told for choice in event.get("choices", ())]


def _chat_called(told: list[Json]) -> list[tuple[str, Json]]:
    calls: dict[int, list[str]] = {}
    for delta in _chat_deltas(told):
        for call in delta.get("tool_calls") or ():
            known = calls.setdefault(call["index"], ["", ""])
            known[0] += call["function"].get("name") or ""
            known[1] += call["function"].get("arguments") or ""
    return [(name, json.loads(arguments)) for _, (name, arguments) in sorted(calls.items())]


# --- messages ---------------------------------------------------------------------------------------------------------


def _messages_body(target: str, text: str, stream: bool, tool: bool) -> Json:  # noqa: FBT001
    tools = {"tools": [{"name": "weather", "input_schema": WEATHER}]} if tool else {}
    turns = [{"role": "user", "content": text}]
    return {"model": target, "max_tokens": 99, "messages": turns, **({"stream": True} if stream else {}), **tools}


def _messages_called(told: list[Json]) -> list[tuple[str, Json]]:
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for event in told:
        if event["type"] == "content_block_start" and event["content_block"]["type"] == "tool_use":
            names[event["index"]] = event["content_block"]["name"]
        elif event["type"] == "content_block_delta" and event["delta"]["type"] == "input_json_delta":
            arguments[event["index"]] = arguments.get(event["index"], "") + event["delta"]["partial_json"]
    return [(name, json.loads(arguments.get(index) or "{}")) for index, name in sorted(names.items())]


# --- Gemini -----------------------------------------------------------------------------------------------------------


def _gemini_body(_: str, text: str, __: bool, tool: bool) -> Json:  # noqa: FBT001
    tools = {"tools": [{"functionDeclarations": [{"name": "weather", "parameters": WEATHER}]}]} if tool else {}
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **tools}


def _gemini_parts(answer: Json) -> list[Json]:
    return [part for candidate in answer.get("candidates", ()) for part in candidate.get("content", {}).get("parts", ())]


def _gemini_calls(answer: Json) -> list[tuple[str, Json]]:
    return [
        (part["functionCall"]["name"], part["functionCall"].get("args", {})) for part in _gemini_parts(answer) if "functionCall" in part
    ]


# --- responses --------------------------------------------------------------------------------------------------------


def _responses_body(target: str, text: str, stream: bool, tool: bool) -> Json:  # noqa: FBT001
    tools = {"tools": [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": False}]} if tool else {}
    return {"model": target, "input": text, **({"stream": True} if stream else {}), **tools}


def _responses_text(answer: Json) -> str:
    return "".join(part["text"] for item in answer["output"] if item["type"] == "message" for part in item["content"])


def _responses_calls(answer: Json) -> list[tuple[str, Json]]:
    return [(item["name"], json.loads(item["arguments"])) for item in answer["output"] if item["type"] == "function_call"]


CLIENTS = {
    client.name: client
    for client in (
        ApiClient(
            name="openai",
            path=lambda _target, _stream: "/v1/chat/completions",
            body=_chat_body,
            text=lambda answer: str(answer["choices"][0]["message"]["content"]),
            calls=_chat_calls,
            pieces=lambda told: [delta["content"] for delta in _chat_deltas(told) if delta.get("content")],
            called=_chat_called,
            is_whole=lambda told: told[-1] == {"done": True},
            error=openai_error,
            broken=chat_break,
        ),
        ApiClient(
            name="responses",
            path=lambda _target, _stream: "/v1/responses",
            body=_responses_body,
            text=_responses_text,
            calls=_responses_calls,
            pieces=lambda told: [event["delta"] for event in told if event["type"] == "response.output_text.delta"],
            called=lambda told: _responses_calls(told[-1]["response"]),
            is_whole=lambda told: told[-1]["type"] == "response.completed",
            error=openai_error,
            broken=responses_break,
        ),
        ApiClient(
            name="anthropic",
            path=lambda _target, _stream: "/v1/messages?beta=true",
            body=_messages_body,
            text=lambda answer: "".join(block["text"] for block in answer["content"] if block["type"] == "text"),
            calls=lambda answer: [(block["name"], block["input"]) for block in answer["content"] if block["type"] == "tool_use"],
            pieces=lambda told: [event["delta"]["text"] for event in told if event.get("delta", {}).get("type") == "text_delta"],
            called=_messages_called,
            is_whole=lambda told: told[-1]["type"] == "message_stop",
            error=messages_error,
            broken=messages_break,
        ),
        ApiClient(
            name="gemini",
            path=lambda target, stream: f"/v1beta/models/{target}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent"),
            body=_gemini_body,
            text=lambda answer: "".join(part.get("text", "") for part in _gemini_parts(answer)),
            calls=_gemini_calls,
            pieces=lambda told: [part["text"] for event in told for part in _gemini_parts(event) if part.get("text")],
            called=lambda told: [call for event in told for call in _gemini_calls(event)],
            is_whole=lambda told: any(candidate.get("finishReason") for candidate in told[-1].get("candidates", ())),
            error=gemini_error,
            broken=gemini_break,
        ),
    )
}
