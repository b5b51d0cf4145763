"""The errors of pyproxy: one tree, each with its HTTP status, its code and whether asking again may help.

PyproxyError
├── ConfigError                 the configuration cannot be used; nothing was started
├── BindError                   the address to listen on cannot be had
├── AdmissionRefused            limits leave no room, now or before the deadline
└── RequestError                a request got an error for an answer
    ├── InvalidRequest          400, the request itself cannot be read
    │   ├── BodyTooLarge        413
    │   ├── UnsupportedMediaType 415
    │   ├── OperationUnavailable 400, no model behind the target can do what is asked
    │   ├── Untranslatable      400, no provider's API has what is asked
    │   ├── NotFound            404, no such route
    │   ├── MethodNotAllowed    405, the route does not take the method
    │   ├── UpgradeRequired     426, a WebSocket where there is none
    │   ├── UriTooLong          414, the path and the query together
    │   ├── RequestTimeout      408, the request did not come to its end in time
    │   └── HeadersTooLarge     431, too many header fields, or too large
    ├── Unauthorized            401, an admin route without its token
    ├── RequestForbidden        403, a web page's request, or one for another host (421)
    ├── InternalError           500, a fault of the sidecar itself
    ├── ShuttingDown            503, the sidecar is stopping
    ├── TargetNotFound          404, no target of that name
    │   ├── TaskGroupNotFound   404, no task group, or no echelon, of that name
    │   └── PoolNotFound        404, no polling pool of that name
    ├── WrapperError            400, a wrapper cannot be what it is to be
    │   ├── WrapperNotFound     404, no wrapper of that name
    │   ├── WrapperExists       409, a wrapper of that name is there already
    │   └── WrapperExecution    409, a wrapper was removed, and a program still uses it
    ├── SingleTurnOnly          409, a conversation that was sent to a polling pool
    └── UpstreamError           nobody behind the target answered
        ├── NoModelAvailable    502, every attempt failed
        ├── OverEveryLimit      413, larger than the limits ever let through
        ├── Saturated           429, limits leave no room now
        ├── DeadlineExceeded    504, the request's time ran out
        ├── StreamInterrupted   502, a stream broke after its first content
        └── HealthCheckFailed   503, a target that was probed did not answer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AdmissionRefused",
    "BindError",
    "BodyTooLarge",
    "ConfigError",
    "DeadlineExceeded",
    "HeadersTooLarge",
    "HealthCheckFailed",
    "InternalError",
    "InvalidRequest",
    "MethodNotAllowed",
    "NoModelAvailable",
    "NotFound",
    "OperationUnavailable",
    "OverEveryLimit",
    "PoolNotFound",
    "PyproxyError",
    "RequestError",
    "RequestForbidden",
    "RequestTimeout",
    "Saturated",
    "ShuttingDown",
    "SingleTurnOnly",
    "StreamInterrupted",
    "TargetNotFound",
    "TaskGroupNotFound",
    "Unauthorized",
    "UnsupportedMediaType",
    "Untranslatable",
    "UpgradeRequired",
    "UpstreamError",
    "UriTooLong",
    "WrapperError",
    "WrapperExecution",
    "WrapperExists",
    "WrapperNotFound",
]


class PyproxyError(Exception):
    """The root of the tree: a message that says what happened and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(PyproxyError):
    """The configuration cannot be used.

    Attributes:
        faults: every fault found in one run, each printable as ``file:line:column: message (hint)``.
    """

    def __init__(self, message: str, faults: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class BindError(PyproxyError):
    """The address to listen on cannot be had."""


class AdmissionRefused(PyproxyError):
    """Limits leave no room, now or before the deadline; nothing was charged.

    Attributes:
        reason: ``concurrency``, ``rate``, ``blocked``, ``reserved``, ``queue_full``, ``deadline`` or ``closed``.
        scope: the scope that refused, if one did.
        retry_after_ns: nanoseconds until asking again makes sense, if known.
    """

    def __init__(self, message: str, *, reason: str, scope: str | None = None, retry_after_ns: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.scope = scope
        self.retry_after_ns = retry_after_ns


class RequestError(PyproxyError):
    """A request got an error for an answer.

    Attributes:
        status: the HTTP status.
        type: the error's kind, in the words of the OpenAI API.
        code: a stable name for programs.
        retryable: whether the same request may succeed later.
        param: the field of the request that is at fault, if one is.
        retry_after_ns: nanoseconds until asking again makes sense, if known.
        target: the target asked for, if it came to that.
        attempts: each upstream call and how it ended, as ``scope/model:outcome``.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "api_error"
    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        retry_after_ns: int | None = None,
        status: int | None = None,
        target: str = "",
        attempts: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.param = param
        self.retry_after_ns = retry_after_ns
        self.http_status = self.status if status is None else status
        self.target = target
        self.attempts = tuple(attempts)


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
    """The body is not declared as JSON."""

    status = 415
    code = "unsupported_media_type"


class OperationUnavailable(InvalidRequest):
    """No model behind the target can do what is asked, such as embeddings."""

    code = "operation_unavailable"


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


class InternalError(RequestError):
    """A fault of the sidecar itself."""

    def __init__(self) -> None:
        super().__init__("The sidecar failed at this request; its log has the details under the request id.")


class ShuttingDown(RequestError):
    """The sidecar is stopping: it takes no more requests, and has cut those that outlasted the drain."""

    status = 503
    code = "shutdown"
    retryable = True

    def __init__(self, message: str = "The sidecar is stopping, and this request was not answered to its end. Ask again.") -> None:
        super().__init__(message, retry_after_ns=1_000_000_000)


class TargetNotFound(RequestError):
    """No target has the name that was asked for."""

    status = 404
    type = "invalid_request_error"
    code = "model_not_found"


class SingleTurnOnly(RequestError):
    """A request that goes on with a conversation was sent to a polling pool, whose instances take turns from request to request.

    Attributes:
        instead: the group or echelon to ask.
    """

    status = 409
    type = "invalid_request_error"
    code = "single_turn_only"

    def __init__(self, message: str, *, instead: str, param: str | None = None) -> None:
        super().__init__(message, param=param)
        self.instead = instead


class TaskGroupNotFound(TargetNotFound):
    """No task group, or no echelon of one, has that name."""

    code = "task_group_not_found"


class PoolNotFound(TargetNotFound):
    """No polling pool has that name."""

    code = "pool_not_found"


class WrapperError(RequestError):
    """A wrapper cannot be what it is to be."""

    status = 400
    type = "invalid_request_error"
    code = "wrapper_error"


class WrapperNotFound(WrapperError):
    """No wrapper has that name."""

    status = 404
    code = "wrapper_not_found"


class WrapperExists(WrapperError):
    """A wrapper, or another target, has that name already."""

    status = 409
    code = "wrapper_exists"


class WrapperExecution(WrapperError):
    """A wrapper was removed, by the program or by a reload, and is still used."""

    status = 409
    code = "wrapper_execution"


class UpstreamError(RequestError):
    """Nobody behind the target answered."""

    status = 502
    code = "upstream_error"
    retryable = True


class NoModelAvailable(UpstreamError):
    """Every attempt failed."""

    code = "no_model_available"


class OverEveryLimit(UpstreamError):
    """The request needs more tokens than the limits ever let through at once: waiting does not help."""

    status = 413
    type = "invalid_request_error"
    code = "over_every_limit"
    retryable = False


class Saturated(UpstreamError):
    """Limits, ours or the providers', leave no room now."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"


class DeadlineExceeded(UpstreamError):
    """The request's time ran out."""

    status = 504
    type = "timeout_error"
    code = "deadline_exceeded"


class StreamInterrupted(UpstreamError):
    """A stream broke after its first content had been delivered."""

    code = "stream_interrupted"


class HealthCheckFailed(UpstreamError):
    """A target that was probed did not answer."""

    status = 503
    code = "health_check_failed"
