"""Error bodies as OpenAI writes them: the table by status, the codes that matter to a proxy, and their JSON."""

import json
from typing import Final, NamedTuple

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.reply import BadRequestError


class _Error(NamedTuple):
    type: str
    code: str | None
    message: str
    param: str | None = None


_BY_STATUS: Final = {
    400: _Error("invalid_request_error", None, "We could not parse the JSON body of your request."),
    401: _Error(
        "invalid_request_error", "invalid_api_key", "Incorrect API key provided. You can find your API key in your account settings."
    ),
    402: _Error("billing_error", "payment_required", "Your account has insufficient funds to complete this request."),
    403: _Error("invalid_request_error", "unsupported_country_region_territory", "Country, region, or territory not supported."),
    404: _Error("invalid_request_error", "model_not_found", "The model `{model}` does not exist or you do not have access to it.", "model"),
    405: _Error("invalid_request_error", "method_not_supported", "Not allowed to use this method on this endpoint."),
    408: _Error("timeout", "request_timeout", "The request timed out while the server waited for it."),
    409: _Error("conflict_error", "resource_conflict", "The resource was changed by another request; try again."),
    413: _Error("invalid_request_error", "request_too_large", "The request body is larger than the server accepts."),
    422: _Error("invalid_request_error", "unprocessable_entity", "The request was well-formed but could not be followed."),
    429: _Error(
        "requests", "rate_limit_exceeded", "Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3, Requested 1."
    ),
    500: _Error("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    502: _Error("server_error", "bad_gateway", "Bad gateway: the model server gave no valid answer."),
    503: _Error("server_error", "service_unavailable", "That model is currently overloaded with other requests. Please try again later."),
    504: _Error("server_error", "gateway_timeout", "The model server did not answer in time."),
    529: _Error("overloaded_error", "overloaded", "The service is overloaded. Please try again later."),
}
_OTHER_4XX: Final = _Error("invalid_request_error", None, "The request could not be served.")
_BY_CODE: Final = {
    error.code: error
    for error in (
        *(each for each in _BY_STATUS.values() if each.code is not None),
        _Error(
            "insufficient_quota",
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        _Error("tokens", "tokens_exceeded", "Rate limit reached for {model} on tokens per min (TPM): Limit 100, Used 90, Requested 20."),
        _Error(
            "invalid_request_error",
            "context_length_exceeded",
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. "
            "Please reduce the length of the messages.",
            "messages",
        ),
        _Error(
            "invalid_request_error", "content_filter", "The response was filtered due to the prompt triggering content management policy."
        ),
        _Error("invalid_request_error", "content_policy_violation", "Your request was refused by our safety system."),
        _Error(
            "invalid_request_error",
            "invalid_prefill",
            "This model does not go on with an assistant's message: the last one must be the user's.",
            "messages",
        ),
        _Error("invalid_request_error", "account_deactivated", "The account associated with this API key has been deactivated."),
        _Error("invalid_request_error", "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this model."),
    )
}


def error_body(behaviour: Behaviour, model: str | None, message: str | None = None) -> bytes:
    """Give the error body for the behaviour's status, with its overrides.

    Args:
        behaviour: Its `status`, `error_code` and `error` say what to write, the later ones over the earlier.
        model: Model to name in messages, or None.
        message: Message in place of the table's; the behaviour's own still wins.
    """
    return json.dumps({"error": error_object(behaviour, model, message)}).encode()


def error_object(behaviour: Behaviour, model: str | None, message: str | None = None) -> dict[str, str | None]:
    """Give what stands under `error`; the arguments are those of `error_body`."""
    status = behaviour.status
    # A stream that fails says 200 in its head; what failed in it is the server.
    error = _BY_STATUS.get(status) or (_OTHER_4XX if 400 <= status < 500 else _BY_STATUS[500])  # noqa: PLR2004  # the client's errors
    if behaviour.error_code is not None:
        error = _BY_CODE.get(behaviour.error_code) or error._replace(code=behaviour.error_code)
    text = message if message is not None else error.message.replace("{model}", model or "unknown")
    kind, code = error.type, error.code
    if behaviour.error is not None:
        own_kind, own_code, own_text = behaviour.error
        kind = kind if own_kind is None else own_kind
        code = code if own_code is None else own_code
        text = text if own_text is None else own_text
    return {"message": text, "type": kind, "param": error.param, "code": code}


def refusal_body(error: BadRequestError) -> bytes:
    """Give the error body for a request that the API does not take."""
    return (
        error.body
        or json.dumps(
            {"error": {"message": str(error), "type": "invalid_request_error", "param": error.param, "code": error.code}}
        ).encode()
    )
