"""Nobody behind the target answered."""

from __future__ import annotations

from pyproxy.errors.base import RequestError

__all__ = ["DeadlineExceeded", "HealthCheckFailed", "NoModelAvailable", "OverEveryLimit", "Saturated", "StreamInterrupted", "UpstreamError"]


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
