"""Errors as Anthropic writes them: the type by status, and the words for the codes that matter to a proxy."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from pyproxy.providers.mock.behaviour import Behaviour

_RATE: Final = (
    "This request would exceed your organization's rate limit of 50 requests per minute. For details, refer to: "
    "https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. "
    "Please reduce the prompt length or the maximum tokens requested, or try again later."
)
_BY_STATUS: Final = {
    400: ("invalid_request_error", "messages: Field required"),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your account has a billing problem. Please check your payment details."),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "model: {model}"),
    405: ("invalid_request_error", "Method Not Allowed"),
    409: ("invalid_request_error", "The request conflicts with the current state of the resource."),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: (
        "rate_limit_error",
        _RATE,
    ),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "Request timed out"),
    529: ("overloaded_error", "Overloaded"),
}
_BY_CODE: Final = {
    "insufficient_quota": (
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
    ),
    "context_length_exceeded": ("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
    "content_filter": ("invalid_request_error", "Output blocked by content filtering policy"),
    "model_not_found": ("not_found_error", "model: {model}"),
    "invalid_api_key": ("authentication_error", "invalid x-api-key"),
    "overloaded": ("overloaded_error", "Overloaded"),
    "rate_limit_exceeded": _BY_STATUS[429],
    "invalid_prefill": (
        "invalid_request_error",
        "This model does not support assistant message prefill. The conversation must end with a user message.",
    ),
}
_TOO_MANY: Final = 429


def error_body(behaviour: Behaviour, model: str | None, request_id: str) -> bytes:
    """Give the error body for the behaviour's status, with its overrides; a code takes the place of what the status brings."""
    status = behaviour.status
    kind, text = _BY_STATUS.get(status) or (("invalid_request_error", "Invalid request") if status in range(400, 500) else _BY_STATUS[500])
    if status < 400:  # noqa: PLR2004  # a stream that fails after its head: it is the load that breaks them
        kind, text = _BY_STATUS[529]
    if behaviour.error_code is not None:
        kind, text = _BY_CODE.get(behaviour.error_code, (kind, text))
    if behaviour.error is not None:
        own_kind, _, own_text = behaviour.error
        kind = kind if own_kind is None else own_kind
        text = text if own_text is None else own_text
    return _written(kind, text.replace("{model}", model or "unknown"), request_id)


def refusal_body(message: str, request_id: str, *, kind: str = "invalid_request_error") -> bytes:
    """Give the error body for a request that the API does not take."""
    return _written(kind, message, request_id)


def _written(kind: str, message: str, request_id: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}).encode()


def limit_headers(behaviour: Behaviour) -> tuple[tuple[str, str], ...]:
    """Give the headers about the rate limits: plenty is left, unless the answer is that nothing is."""
    refused = behaviour.status == _TOO_MANY
    wait = 0.0
    if refused and behaviour.retry_after is not None:
        try:
            wait = min(max(float(behaviour.retry_after), 0.0), 86_400.0)
        except ValueError:  # a date, or what no provider should send
            wait = 60.0
    reset = (datetime.now(UTC) + timedelta(seconds=wait)).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = []
    for name, limit in (("requests", 4_000), ("input-tokens", 2_000_000), ("output-tokens", 400_000), ("tokens", 2_400_000)):
        left = 0 if refused and name == "requests" else limit
        prefix = f"anthropic-ratelimit-{name}"
        headers += [(f"{prefix}-limit", str(limit)), (f"{prefix}-remaining", str(left)), (f"{prefix}-reset", reset)]
    return tuple(headers)
