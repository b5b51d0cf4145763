"""Requests that are refused for what they are, before anybody is asked."""

from __future__ import annotations

from pyproxy.errors.base import RequestError

__all__ = [
    "BodyTooLarge",
    "HeadersTooLarge",
    "InvalidRequest",
    "MethodNotAllowed",
    "NotFound",
    "OperationUnavailable",
    "PreviousResponseNotFound",
    "RequestForbidden",
    "RequestTimeout",
    "Unauthorized",
    "UnsupportedMediaType",
    "Untranslatable",
    "UpgradeRequired",
    "UriTooLong",
]


class InvalidRequest(RequestError):
    """The request cannot be read."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_request"


class BodyTooLarge(InvalidRequest):
    """The body is larger than ``server.max_body_bytes``."""

    status = 413
    code = "body_too_large"


class UnsupportedMediaType(InvalidRequest):
    """The body is not declared as JSON, or as compressed."""

    status = 415
    code = "unsupported_media_type"


class OperationUnavailable(InvalidRequest):
    """No model behind the target can do what is asked, such as embeddings."""

    code = "operation_unavailable"


class PreviousResponseNotFound(InvalidRequest):
    """Nobody behind the target keeps the response that a request goes on from, and neither does the sidecar."""

    code = "previous_response_not_found"


class Untranslatable(InvalidRequest):
    """What is asked has no place in the API of any provider behind the target."""

    code = "untranslatable"


class NotFound(InvalidRequest):
    """There is no such route."""

    status = 404
    code = "not_found"


class MethodNotAllowed(InvalidRequest):
    """The route does not take the method."""

    status = 405
    code = "method_not_allowed"


class UpgradeRequired(InvalidRequest):
    """The route is no WebSocket."""

    status = 426
    code = "upgrade_required"


class HeadersTooLarge(InvalidRequest):
    """The request has too many header fields, or they are too large together."""

    status = 431
    code = "headers_too_large"


class UriTooLong(InvalidRequest):
    """The path and the query are too long together."""

    status = 414
    code = "uri_too_long"


class RequestTimeout(InvalidRequest):
    """The request did not come to its end in time."""

    status = 408
    code = "request_timeout"
    retryable = True


class Unauthorized(RequestError):
    """The token that the route wants is missing or wrong."""

    status = 401
    type = "authentication_error"
    code = "unauthorized"


class RequestForbidden(RequestError):
    """The request comes from a web page, or is meant for another host."""

    status = 403
    type = "invalid_request_error"
    code = "request_forbidden"
