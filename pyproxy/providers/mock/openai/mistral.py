"""Mistral's chat completions, by the beginnings of its models' names: what it knows of OpenAI's members, and how it refuses the others."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyproxy.providers.mock.reading import mapping, sequence
from pyproxy.providers.mock.reply import BadRequestError

_MODELS: Final = re.compile(r"(?:open-)?(?:mistral|mixtral|ministral|magistral|codestral|devstral|pixtral)-")
_REQUEST: Final = frozenset(
    {
        "model", "messages", "stream", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "temperature", "top_p", "stop",
        "random_seed", "response_format", "n", "presence_penalty", "frequency_penalty", "prediction", "prompt_mode", "reasoning_effort",
        "safe_prompt", "guardrails", "metadata", "prompt_cache_key",
    }
)  # fmt: skip
_OF_ROLES: Final = {
    "system": frozenset(("role", "content")),
    "user": frozenset(("role", "content")),
    "assistant": frozenset(("role", "content", "tool_calls", "prefix")),
    "tool": frozenset(("role", "content", "tool_call_id", "name")),
}
_CALL_ID: Final = re.compile(r"[a-zA-Z0-9]{9}")


def is_mistrals(model: str) -> bool:
    """Whether it is a model of theirs."""
    return _MODELS.match(model) is not None


def check_members(document: Mapping[str, Any]) -> None:
    """Check what a request for a chat completion has.

    Raises:
        BadRequestError: If a member is none that the API knows, or a call of a tool has an id of another form.
    """
    unknown = list(_unknown(document))
    if unknown:
        detail = [{"type": "extra_forbidden", "loc": ["body", *place], "msg": "Extra inputs are not permitted"} for place in unknown]
        raise _refusal(422, {"detail": detail}, "invalid_request_error", None)
    for message in sequence(document.get("messages")):
        told = mapping(message)
        for identifier in (told.get("tool_call_id"), *(mapping(call).get("id") for call in sequence(told.get("tool_calls")))):
            if isinstance(identifier, str) and _CALL_ID.fullmatch(identifier) is None:
                text = f"Tool call id was {identifier} but must be a-z, A-Z, 0-9, with a length of 9."
                raise _refusal(400, text, "invalid_function_call", "3280")


def _unknown(document: Mapping[str, Any]) -> Iterator[tuple[str | int, ...]]:
    yield from ((name,) for name in document if name not in _REQUEST)
    for index, message in enumerate(sequence(document.get("messages"))):
        told = mapping(message)
        role = told.get("role")
        known = _OF_ROLES.get(role) if isinstance(role, str) else None
        yield from (("messages", index, str(role), name) for name in told if known is not None and name not in known)


def _refusal(status: int, message: Any, kind: str, code: str | None) -> BadRequestError:
    body = {"object": "error", "message": message, "type": kind, "param": None, "code": code}
    return BadRequestError(json.dumps(message), status=status, body=json.dumps(body).encode())
