"""Reading a chat completion request, as far as the mock answers by it."""

import json
from dataclasses import dataclass
from typing import Any

from pyproxy.providers.mock.reply import BadRequestError


@dataclass(frozen=True, slots=True)
class ChatAsk:
    """What a chat completion request asks for.

    Attributes:
        model: Model name, whole.
        stream: Whether to stream.
        include_usage: Whether a stream ends with a usage chunk.
        tools: Names of the functions that may be called now; empty if none are offered, or `tool_choice` is `none`.
        last_role: Role of the last message.
        question: Text of the last user message.
        prefill: Text of the last message, if it is the assistant's: an answer to go on with.
        json_answer: Whether `response_format` wants JSON.
        prompt_tokens: Words of all messages, counted by their spaces.
    """

    model: str
    stream: bool
    include_usage: bool
    tools: tuple[str, ...]
    last_role: str
    question: str
    prefill: str | None
    json_answer: bool
    prompt_tokens: int


def read_model(body: bytes) -> str | None:
    """Give the model that a body names, or None if it is not JSON or names none."""
    document = _parse(body)
    model = document.get("model") if isinstance(document, dict) else None
    return model if isinstance(model, str) else None


def read_chat(body: bytes) -> ChatAsk:
    """Read a request body.

    Raises:
        BadRequestError: If it is not a JSON object with a model and messages.
    """
    document = _parse(body)
    if not isinstance(document, dict):
        raise BadRequestError("We could not parse the JSON body of your request: it must be a JSON object.")
    model = document.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequestError("you must provide a model parameter")
    messages = document.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
        raise BadRequestError("Missing or invalid required parameter: 'messages'.")
    texts = [_text(message.get("content")) for message in messages]
    users = [text for message, text in zip(messages, texts, strict=True) if message.get("role") == "user"]
    return ChatAsk(
        model=model,
        stream=document.get("stream") is True,
        include_usage=_object(document.get("stream_options")).get("include_usage") is True,
        tools=_tools(document),
        last_role=str(messages[-1].get("role")),
        question=users[-1] if users else "",
        prefill=texts[-1] if messages[-1].get("role") == "assistant" else None,
        json_answer=_object(document.get("response_format")).get("type") in {"json_object", "json_schema"},
        prompt_tokens=sum(text.count(" ") + 1 for text in texts if text),
    )


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:  # UnicodeDecodeError is one too
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return ""


def _tools(document: dict[str, Any]) -> tuple[str, ...]:
    tools = document.get("tools")
    choice = document.get("tool_choice")
    if not isinstance(tools, list) or choice == "none":
        return ()
    forced = _object(_object(choice).get("function")).get("name")
    if isinstance(forced, str):
        return (forced,)
    names = (_object(_object(tool).get("function")).get("name") for tool in tools)
    return tuple(name for name in names if isinstance(name, str))
