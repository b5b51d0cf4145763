"""Errors as Google writes them: the canonical status by HTTP status, and the details that clients read."""

import json
from collections.abc import Sequence
from typing import Any, Final

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.reply import BadRequestError

_QUOTA_TEXT: Final = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: "
    "https://ai.google.dev/gemini-api/docs/rate-limits."
)
_UNAUTHENTICATED: Final = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication "
    "credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_NO_MODEL: Final = (
    "models/{model} is not found for API version v1beta, or is not supported for generateContent. "
    "Call ListModels to see the list of available models and their supported methods."
)
_OVERLOADED: Final = ("UNAVAILABLE", "The model is overloaded. Please try again later.")
_QUOTA: Final = (
    "RESOURCE_EXHAUSTED",
    _QUOTA_TEXT,
)
_BY_STATUS: Final = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: (
        "UNAUTHENTICATED",
        _UNAUTHENTICATED,
    ),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: (
        "NOT_FOUND",
        _NO_MODEL,
    ),
    409: ("ABORTED", "The operation was aborted."),
    413: ("INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
    429: _QUOTA,
    499: ("CANCELLED", "The operation was cancelled."),
    500: (
        "INTERNAL",
        "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
    ),
    501: ("UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled."),
    503: _OVERLOADED,
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    529: _OVERLOADED,
}
_BY_CODE: Final = {
    "insufficient_quota": _QUOTA,
    "rate_limit_exceeded": _QUOTA,
    "overloaded": _OVERLOADED,
    "model_not_found": _BY_STATUS[404],
    "invalid_api_key": ("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "context_length_exceeded": (
        "INVALID_ARGUMENT",
        "The input token count (1048600) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "invalid_prefill": ("INVALID_ARGUMENT", "Please ensure that multiturn requests ends with a user role or a function response."),
}
_TYPE: Final = "type.googleapis.com/google.rpc."


class RefusedError(BadRequestError):
    """A request that the API refuses, with what it says in `details`.

    Args:
        message: What the API says to it.
        status: HTTP status.
        name: Canonical status.
        details: The details.
    """

    def __init__(self, message: str, *, status: int = 400, name: str = "INVALID_ARGUMENT", details: Sequence[Any] = ()) -> None:
        super().__init__(message, code=name, status=status)
        self.details = details


def invalid_fields(violations: Sequence[tuple[str, str]]) -> RefusedError:
    """Make the error for fields that cannot be read, given as places and descriptions."""
    fields = [{"field": field, "description": text} if field else {"description": text} for field, text in violations]
    detail = {"@type": f"{_TYPE}BadRequest", "fieldViolations": fields}
    return RefusedError("\n".join(text for _, text in violations), details=[detail])


def invalid_key() -> RefusedError:
    """Make the error for a key that is not one of those let in."""
    detail = {
        "@type": f"{_TYPE}ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    return RefusedError("API key not valid. Please pass a valid API key.", details=[detail])


def missing_key() -> RefusedError:
    """Make the error for a request without a key."""
    text = (
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API."
    )
    return RefusedError(text, status=403, name="PERMISSION_DENIED")


def refusal_body(error: BadRequestError) -> dict[str, Any]:
    """Give the error body for a request that the API does not take."""
    return _written(error.status, error.code or "INVALID_ARGUMENT", str(error), list(getattr(error, "details", ())))


def error_body(behaviour: Behaviour, model: str | None) -> dict[str, Any]:
    """Give the error body for the behaviour's status, with its overrides; a delay goes into the details, and into no header."""
    status = behaviour.status
    if status < 400:  # noqa: PLR2004  # a stream that fails after its head: it is the load that breaks them
        status = 503
    name, text = _BY_STATUS.get(status) or (_BY_STATUS[400] if status < 500 else _BY_STATUS[500])  # noqa: PLR2004  # whose fault it is
    if behaviour.error_code is not None:
        name, text = _BY_CODE.get(behaviour.error_code, (name, text))
    if behaviour.error is not None:
        own_name, _, own_text = behaviour.error
        name = name if own_name is None else own_name
        text = text if own_text is None else own_text
    details: list[dict[str, Any]] = []
    if name == "RESOURCE_EXHAUSTED":
        details += [_quota_failure(model), _help()]
    if (delay := delay_of(behaviour)) is not None:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{delay:.9f}".rstrip("0").rstrip(".") + "s"})
        if name == "RESOURCE_EXHAUSTED":
            text += f"\nPlease retry in {delay:g}s."
    return _written(status, name, text.replace("{model}", model or "unknown"), details)


def delay_of(behaviour: Behaviour) -> float | None:
    """Give the delay that the behaviour asks for, if it can be said in seconds."""
    try:
        delay = float(behaviour.retry_after or "")
    except ValueError:
        return None
    return delay if 0 <= delay < 1e9 else None  # noqa: PLR2004  # what a Duration holds, and no more


def _quota_failure(model: str | None) -> dict[str, Any]:
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
        "quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": model or "unknown"},
        "quotaValue": "10",
    }
    return {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}


def _help() -> dict[str, Any]:
    link = {"description": "Learn more about Gemini API quotas", "url": "https://ai.google.dev/gemini-api/docs/rate-limits"}
    return {"@type": f"{_TYPE}Help", "links": [link]}


def _written(status: int, name: str, message: str, details: list[Any]) -> dict[str, Any]:
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    return {"error": {**error, "details": details} if details else error}


def written(body: dict[str, Any], *, in_array: bool) -> bytes:
    """Give a body's bytes; what asked for an array of chunks gets its error in one."""
    return json.dumps([body] if in_array else body, indent=2).encode()
