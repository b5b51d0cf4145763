"""The rules of a chat's messages: roles, contents, and that every tool call has its answer and every answer its call."""

from typing import Any, Final

from pyproxy.providers.mock.openai import checks
from pyproxy.providers.mock.reading import mapping, sequence
from pyproxy.providers.mock.reply import BadRequestError

_ROLES: Final = ("system", "assistant", "user", "function", "tool", "developer")
_MEMBERS: Final = (
    *("role", "content", "name", "tool_calls", "tool_call_id", "refusal", "audio", "annotations", "function_call"),
    "provider_specific_fields",  # litellm's clients send it back with every answer, and have for years
)
_CALL_MEMBERS: Final = ("id", "type", "function", "custom", "index")
_PARTS: Final = ("text", "image_url", "input_audio", "refusal", "audio", "file")


def check_messages(messages: Any) -> None:
    """Check the messages of a chat completion request.

    Raises:
        BadRequestError: If the API would not take them.
    """
    if messages is None:
        raise checks.missing("messages")
    checks.filled("messages", messages)
    awaited: list[str] = []
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        if not isinstance(message, dict):
            raise checks.wrong_type(place, "an object", message)
        role = message.get("role")
        if role is None:
            raise checks.missing(f"{place}.role")
        if role not in _ROLES:
            raise checks.wrong_value(f"{place}.role", role, _ROLES)
        if role == "tool":
            _answer(place, message, awaited)
            continue
        if awaited:
            raise _unanswered(awaited, place)
        awaited = _calls(place, message) if role == "assistant" else []
        _content(place, message, optional=role == "assistant" and bool(awaited or message.get("refusal") or message.get("function_call")))
    if awaited:
        raise _unanswered(awaited, "messages")


def unknown_member(messages: Any) -> str | None:
    """Give the first member of a message or of a tool call that the API does not know, or None."""
    for index, message in enumerate(sequence(messages)):
        members = mapping(message)
        for name in members:
            if name not in _MEMBERS:
                return f"messages[{index}].{name}"
        for number, call in enumerate(sequence(members.get("tool_calls"))):
            for name in mapping(call):
                if name not in _CALL_MEMBERS:
                    return f"messages[{index}].tool_calls[{number}].{name}"
    return None


def _answer(place: str, message: dict[str, Any], awaited: list[str]) -> None:
    call = message.get("tool_call_id")
    if call is None:
        raise checks.missing(f"{place}.tool_call_id")
    if call not in awaited:
        text = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        raise BadRequestError(text, param=f"{place}.role")
    awaited.remove(call)
    _content(place, message, optional=False)


def _unanswered(awaited: list[str], place: str) -> BadRequestError:
    text = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
    return BadRequestError(f"{text} The following tool_call_ids did not have response messages: {', '.join(awaited)}", param=place)


def _calls(place: str, message: dict[str, Any]) -> list[str]:
    calls = message.get("tool_calls")
    if calls is None:
        return []
    checks.filled(f"{place}.tool_calls", calls)
    awaited = []
    for index, call in enumerate(calls):
        where = f"{place}.tool_calls[{index}]"
        if not isinstance(call, dict):
            raise checks.wrong_type(where, "an object", call)
        if not isinstance(call.get("id"), str):
            raise checks.missing(f"{where}.id") if call.get("id") is None else checks.wrong_type(f"{where}.id", "a string", call["id"])
        if call.get("type") is None:
            raise checks.missing(f"{where}.type")
        body = call.get("custom") if call["type"] == "custom" else call.get("function")
        if not isinstance(body, dict):
            raise checks.missing(f"{where}.{call['type']}")
        if call["type"] == "function":
            checks.function_name(f"{where}.function.name", body.get("name"))
            checks.string(f"{where}.function.arguments", body.get("arguments"))
        awaited.append(call["id"])
    return awaited


def _content(place: str, message: dict[str, Any], *, optional: bool) -> None:
    content = message.get("content")
    if isinstance(content, str):
        return
    if content is None:
        if optional:
            return
        text = "Invalid value for 'content': expected a string, got null."
        raise BadRequestError(text, param=f"{place}.content")
    if not isinstance(content, list):
        raise checks.wrong_type(f"{place}.content", "one of a string or array of objects", content)
    for index, part in enumerate(content):
        _part(f"{place}.content[{index}]", part)


def _part(place: str, part: Any) -> None:
    if not isinstance(part, dict):
        raise checks.wrong_type(place, "an object", part)
    kind = part.get("type")
    if kind is None:
        raise checks.missing(f"{place}.type")
    if kind not in _PARTS:
        raise checks.wrong_value(f"{place}.type", kind, _PARTS)
    if kind == "text":
        checks.string(f"{place}.text", part.get("text"))
    if kind == "image_url":
        _image(place, part.get("image_url"))


def _image(place: str, image: Any) -> None:
    if not isinstance(image, dict):
        raise checks.wrong_type(f"{place}.image_url", "an object", image)
    url = image.get("url")
    if url is None:
        raise checks.missing(f"{place}.image_url.url")
    checks.string(f"{place}.image_url.url", url)
    if not url.startswith(("http://", "https://", "data:")):
        text = f"Invalid 'image_url'. Expected a valid URL, but got a value with an invalid format: '{url[:64]}'."
        raise BadRequestError(text, code="invalid_image_url", param=place)
