"""What a request means, whatever its API: who says what in which order, what may be called, and how the answer is to be.

The members that say the same are one aspect here, and what an API lets its clients leave out is what it takes it for.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["Meaning", "of_chat", "of_gemini", "of_messages", "read_json"]

Json = dict[str, Any]
Meaning = dict[str, Any]
Turn = tuple[str, list[Any]]


def of_chat(body: Json) -> Meaning:
    """The meaning of a chat request."""
    turns = [_chat_turn(message) for message in body["messages"]]
    instructions = [item for role, items in turns if role == "system" for item in items]
    tools = {
        tool["function"]["name"]: _tool(tool["function"], tool["function"].get("parameters"), strict=tool["function"].get("strict"))
        for tool in body.get("tools") or ()
    }
    return _asked(
        system=_texts(instructions),
        turns=_merged([turn for turn in turns if turn[0] != "system"]),
        tools=tools,
        choice=_chat_choice(body.get("tool_choice")) if tools else None,
        parallel=body.get("parallel_tool_calls", True),
        most=body.get("max_completion_tokens", body.get("max_tokens")),
        stop=[body["stop"]] if isinstance(body.get("stop"), str) else body.get("stop") or [],
        sampling={name: body.get(name) for name in ("temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed")},
        thinking=body.get("reasoning_effort"),
        format=_chat_format(body.get("response_format") or {}),
        user=body.get("user"),
        answers=body.get("n") or 1,
    )


def of_messages(body: Json) -> Meaning:
    """The meaning of a messages request."""
    system = body.get("system") or []
    choice = body.get("tool_choice") or {}
    output = body.get("output_config") or {}
    tools = {tool["name"]: _tool(tool, tool.get("input_schema"), strict=tool.get("strict")) for tool in body.get("tools") or ()}
    return _asked(
        system=[system] if isinstance(system, str) else _texts([_block(block) for block in system]),
        turns=_merged([(turn["role"], _blocks(turn["content"])) for turn in body["messages"]]),
        tools=tools,
        choice=({"any": "required"}.get(choice.get("type", "auto"), choice.get("name", choice.get("type", "auto")))) if tools else None,
        parallel=not choice.get("disable_parallel_tool_use"),
        most=body.get("max_tokens"),
        stop=body.get("stop_sequences") or [],
        sampling={name: body.get(name) for name in ("temperature", "top_p", "top_k")},
        thinking=_thinking(body.get("thinking") or {}, output.get("effort")),
        format=(output.get("format") or body.get("output_format") or {}).get("schema"),
        user=(body.get("metadata") or {}).get("user_id"),
    )


def of_gemini(body: Json) -> Meaning:
    """The meaning of a Gemini request, whose members have two spellings."""
    config = {_camel(name): value for name, value in (_get(body, "generationConfig") or {}).items()}
    declared = [function for tool in body.get("tools") or () for function in _get(tool, "functionDeclarations") or ()]
    tools = {
        function["name"]: _tool(function, _get(function, "parametersJsonSchema") or function.get("parameters")) for function in declared
    }
    calling = _get(_get(body, "toolConfig") or {}, "functionCallingConfig") or {}
    instruction = _get(body, "systemInstruction") or {"parts": []}
    return _asked(
        system=_texts([_part(part) for part in instruction["parts"]]),
        turns=_merged([(_gemini_role(content), [_part(part) for part in content["parts"]]) for content in body["contents"]]),
        tools=tools,
        choice=_gemini_choice(calling) if tools else None,
        most=config.get("maxOutputTokens"),
        stop=config.get("stopSequences") or [],
        sampling={
            "temperature": config.get("temperature"),
            "top_p": config.get("topP"),
            "top_k": config.get("topK"),
            "presence_penalty": config.get("presencePenalty"),
            "frequency_penalty": config.get("frequencyPenalty"),
            "seed": config.get("seed"),
        },
        thinking=_gemini_thinking(config.get("thinkingConfig")),
        format=_gemini_format(config),
        answers=config.get("candidateCount") or 1,
    )


def read_json(text: Any) -> Any:
    """What a text of JSON says; the text itself, where it is none."""
    try:
        return json.loads(text or "{}") if isinstance(text, str) or text is None else text
    except ValueError:
        return text


def _asked(**aspects: Any) -> Meaning:
    aspects["sampling"] = {name: value for name, value in aspects["sampling"].items() if value is not None}
    return aspects


def _merged(turns: list[Turn]) -> list[Any]:
    """Neighbouring turns of the same role say the same as one; a turn in which nothing is said says nothing."""
    merged: list[Any] = []
    for role, items in turns:
        said = [item for item in items if item not in (["text", ""], None)]
        if merged and merged[-1][0] == role:
            merged[-1][1].extend(said)
        elif said:
            merged.append([role, said])
    return merged


def _texts(items: list[Any]) -> list[str]:
    return [item[1] for item in items if item is not None and item[1]]


def _tool(named: Json, schema: Any, *, strict: Any = None) -> Meaning:
    return {"description": named.get("description") or None, "schema": _schema(schema), "strict": strict is True}


def _schema(schema: Any) -> Any:
    """A schema whose types are in small letters, and that does not say in so many words what it does not ask for."""
    if isinstance(schema, list):
        return [_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _schema(value) for name, value in schema.items() if value not in ({}, [])}
    if isinstance(made.get("type"), str):
        made["type"] = made["type"].lower()
    return made


def _chat_turn(message: Json) -> Turn:
    role = "system" if message["role"] == "developer" else str(message["role"])
    content = message.get("content")
    items = [["text", content]] if isinstance(content, str) else [_chat_part(part) for part in content or ()]
    if role == "tool":
        # Results are the user's to give, as the other APIs have it.
        return "user", [["result", message["tool_call_id"], [item for item in items if item != ["text", ""]]]]
    thoughts: list[Any] = [_block(block) for block in message.get("thinking_blocks") or ()]
    if not thoughts and message.get("reasoning_content"):
        thoughts = [["thought", message["reasoning_content"], None]]
    calls = [
        ["call", call["id"], call["function"]["name"], read_json(call["function"].get("arguments"))]
        for call in message.get("tool_calls") or ()
    ]
    return role, [*thoughts, *items, *calls]


def _chat_part(part: Json) -> list[Any]:
    if part["type"] == "text":
        return ["text", part["text"]]
    assert part["type"] == "image_url"
    image = part["image_url"]
    return ["image", image if isinstance(image, str) else image["url"]]


def _blocks(content: Any) -> list[Any]:
    return [["text", content]] if isinstance(content, str) else [_block(block) for block in content]


def _block(block: Json) -> list[Any]:
    kind = block["type"]
    if kind == "text":
        return ["text", block["text"]]
    if kind == "image":
        source = block["source"]
        return ["image", source["url"] if source["type"] == "url" else f"data:{source['media_type']};base64,{source['data']}"]
    if kind == "tool_use":
        return ["call", block["id"], block["name"], block["input"]]
    if kind == "tool_result":
        return ["result", block["tool_use_id"], [item for item in _blocks(block.get("content") or []) if item != ["text", ""]]]
    if kind == "thinking":
        return ["thought", block["thinking"], block.get("signature") or None]
    assert kind == "redacted_thinking"
    return ["sealed", block["data"]]


def _part(part: Json) -> list[Any] | None:
    if (called := _get(part, "functionCall")) is not None:
        return ["call", called.get("id"), called["name"], called.get("args") or {}]
    if (result := _get(part, "functionResponse")) is not None:
        return ["result", result.get("id"), [["text", result["response"]]], result["name"]]
    if (data := _get(part, "inlineData")) is not None:
        return ["image", f"data:{_get(data, 'mimeType')};base64,{data['data']}"]
    if (reference := _get(part, "fileData")) is not None:
        return ["image", _get(reference, "fileUri")]
    return ["thought", part["text"], None] if part.get("thought") else ["text", part["text"]]


def _gemini_role(content: Json) -> str:
    role: str = content.get("role", "user")
    return {"model": "assistant"}.get(role, role)


def _chat_choice(choice: Any) -> Any:
    if choice is None:
        return "auto"
    return choice if isinstance(choice, str) else choice["function"]["name"]


def _gemini_choice(calling: Json) -> Any:
    mode = calling.get("mode", "AUTO").lower()
    allowed = _get(calling, "allowedFunctionNames") or []
    if mode == "any":
        return allowed[0] if len(allowed) == 1 else allowed or "required"
    return mode


def _chat_format(wanted: Json) -> Any:
    if wanted.get("type") == "json_schema":
        return _schema(wanted["json_schema"].get("schema"))
    return {"json_object": "json"}.get(wanted.get("type", "text"))


def _gemini_format(config: Json) -> Any:
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    if schema is not None:
        return _schema(schema)
    return "json" if config.get("responseMimeType") == "application/json" else None


def _thinking(thinking: Json, effort: str | None) -> Any:
    told = {name: value for name, value in {**thinking, "effort": effort}.items() if value is not None}
    return told or None


def _gemini_thinking(config: Json | None) -> Any:
    """How hard to think, and whether to tell; not to is the default."""
    if config is None:
        return None
    level, told = config.get("thinkingLevel"), bool(config.get("includeThoughts"))
    return {"level": level and level.lower(), "budget": config.get("thinkingBudget"), "told": told}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _get(holder: Json, name: str) -> Any:
    """A member by either of its spellings."""
    if name in holder:
        return holder[name]
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return holder.get(snake)
