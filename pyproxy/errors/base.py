"""The roots: what everything raised here is, and what a request that got an error is told by."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AdmissionRefused", "BindError", "ConfigError", "PyproxyError", "RequestError"]


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
