"""The bodies of calls to a model: the members that the sidecar reads. Everything else passes, or is translated where it has a meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.openapi.shorthand import (
    ANYTHING,
    BOOLEAN,
    COUNT,
    NUMBER,
    OBJECT,
    STRING,
    array,
    described,
    nullable,
    one_of,
    record,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.http.openapi.shorthand import Json

__all__ = ["BODIES"]

_MODEL = described({**STRING, "minLength": 1}, "A target: a task group, an echelon, a pool, a wrapper, a node, a model or an alias.")
_STREAM = described(BOOLEAN, "Whether the answer comes as server-sent events.")
_CONTENT = one_of(STRING, array(OBJECT))
_TOOLS = described(array(OBJECT), "What the model may call.")
_CHAT_MESSAGES = array(record({"role": said("system", "developer", "user", "assistant", "tool")}, content=nullable(_CONTENT)))
_MESSAGES = array(record({"role": said("user", "assistant"), "content": _CONTENT}))
_GEMINI_CONTENT = record({"parts": array(OBJECT)}, role=said("user", "model"))
_SAMPLING = {"temperature": NUMBER, "top_p": NUMBER}

BODIES: Mapping[str, Json] = {
    "chat": record(
        {"model": _MODEL, "messages": _CHAT_MESSAGES},
        stream=_STREAM,
        stream_options=record(include_usage=BOOLEAN),
        max_completion_tokens=COUNT,
        max_tokens=COUNT,
        n={"type": "integer", "minimum": 1},
        stop=one_of(STRING, array(STRING)),
        tools=_TOOLS,
        tool_choice=one_of(STRING, OBJECT),
        response_format=OBJECT,
        **_SAMPLING,
    ),
    "completions": record(
        {"model": _MODEL, "prompt": one_of(STRING, array(STRING), array(COUNT), array(array(COUNT)))},
        stream=_STREAM,
        max_tokens=COUNT,
        **_SAMPLING,
    ),
    "embeddings": record(
        {"model": _MODEL, "input": one_of(STRING, array(STRING), array(COUNT), array(array(COUNT)))},
        encoding_format=said("float", "base64"),
        dimensions={"type": "integer", "minimum": 1},
    ),
    "responses": record(
        {"model": _MODEL, "input": _CONTENT},
        stream=_STREAM,
        instructions=nullable(STRING),
        previous_response_id=described(STRING, "The response to go on with: kept by its provider, else by the sidecar."),
        max_output_tokens=COUNT,
        tools=_TOOLS,
        tool_choice=one_of(STRING, OBJECT),
        text=OBJECT,
        reasoning=OBJECT,
        store=BOOLEAN,
        **_SAMPLING,
    ),
    "messages": record(
        {"model": _MODEL, "messages": _MESSAGES},
        max_tokens=described(COUNT, "Anthropic's API requires it."),
        stream=_STREAM,
        system=_CONTENT,
        stop_sequences=array(STRING),
        tools=_TOOLS,
        tool_choice=OBJECT,
        thinking=OBJECT,
        top_k=COUNT,
        **_SAMPLING,
    ),
    "count_tokens": record({"model": _MODEL, "messages": _MESSAGES}, system=_CONTENT, tools=_TOOLS),
    "generate_content": record(
        {"contents": array(_GEMINI_CONTENT)},
        systemInstruction=_GEMINI_CONTENT,
        tools=_TOOLS,
        toolConfig=OBJECT,
        generationConfig=record(
            maxOutputTokens=COUNT,
            candidateCount={"type": "integer", "minimum": 1},
            temperature=NUMBER,
            topP=NUMBER,
            topK=NUMBER,
            stopSequences=array(STRING),
            responseMimeType=STRING,
            responseSchema=OBJECT,
            thinkingConfig=OBJECT,
        ),
    ),
    "gemini_count_tokens": record(contents=array(_GEMINI_CONTENT), generateContentRequest=OBJECT),
    "embed_content": record({"content": _GEMINI_CONTENT}, taskType=STRING, title=STRING, outputDimensionality=COUNT),
    "batch_embed_contents": record({"requests": array(record({"content": _GEMINI_CONTENT}, model=STRING, taskType=ANYTHING))}),
}
"""By the names of their operations."""
