"""What the provider was asked, whatever API it was asked in: so that calls through the sidecar can be held against a client's own."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

__all__ = ["Asked", "asked"]

_GEMINI = re.compile(r"/v1(?:beta)?/models/[^:/]+:(\w+)")
_KINDS = {
    "chat/completions": "generate",
    "responses": "generate",
    "messages": "generate",
    "generateContent": "generate",
    "streamGenerateContent": "generate",
    "embeddings": "embed",
    "embedContent": "embed",
    "batchEmbedContents": "embed",
}


class Asked(NamedTuple):
    """One call.

    Attributes:
        kind: what is asked for; empty for what the sidecar may answer itself, such as a list of models or a count of tokens.
        model: which model.
        stream: whether a stream is asked for.
        tools: how many tools are offered.
        forced: whether one of them must be called.
        schema: whether the answer has a schema to follow.
        results: how many results of tools there are.
    """

    kind: str
    model: str
    stream: bool
    tools: int
    forced: bool
    schema: bool
    results: int


def asked(request: dict[str, Any]) -> Asked:
    """Read a request that the mock has recorded."""
    path = request["path"].partition("?")[0]
    gemini = _GEMINI.fullmatch(path)
    method = path.partition("/v1/")[2] if gemini is None else gemini[1]
    kind = _KINDS.get(method, "")
    body = _in_camel_case(json.loads(request["body"])) if gemini is not None else json.loads(request["body"]) if kind else {}
    read = _of_gemini if gemini is not None else _of_others
    return Asked(kind, request["model"] or "", body.get("stream") is True or method == "streamGenerateContent", *read(body))


def _in_camel_case(value: Any) -> Any:
    """Gemini takes its members written in either way."""
    if isinstance(value, dict):
        return {re.sub("_([a-z])", lambda found: found[1].upper(), name): _in_camel_case(inner) for name, inner in value.items()}
    return [_in_camel_case(item) for item in value] if isinstance(value, list) else value


def _of_gemini(body: dict[str, Any]) -> tuple[int, bool, bool, int]:
    config = body.get("generationConfig") or {}
    mode = ((body.get("toolConfig") or {}).get("functionCallingConfig") or {}).get("mode", "")
    parts = [part for content in body.get("contents") or () for part in content["parts"]]
    return (
        sum(len(tool.get("functionDeclarations") or ()) for tool in body.get("tools") or ()),
        mode.upper() == "ANY",
        "responseSchema" in config or "responseJsonSchema" in config,
        sum("functionResponse" in part for part in parts),
    )


def _of_others(body: dict[str, Any]) -> tuple[int, bool, bool, int]:
    choice = body.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else choice
    formats = (
        body.get("response_format"),
        (body.get("text") or {}).get("format"),
        (body.get("output_config") or {}).get("format"),
    )
    return (
        len(body.get("tools") or ()),
        kind in ("required", "any", "tool", "function"),
        any((form or {}).get("type") == "json_schema" for form in formats),
        sum(map(_results, (*(body.get("messages") or ()), *_items(body.get("input"))))),
    )


def _items(given: Any) -> list[Any]:
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def _results(message: dict[str, Any]) -> int:
    """How many results of tools a message of chat or of messages holds, or an item of responses is."""
    if message.get("role") == "tool" or message.get("type") == "function_call_output":
        return 1
    content = message.get("content")
    return sum(part.get("type") == "tool_result" for part in content) if isinstance(content, list) else 0
