"""The sidecar's own faults, and its end."""

from __future__ import annotations

from pyproxy.errors.base import RequestError

__all__ = ["InternalError", "ShuttingDown"]


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
