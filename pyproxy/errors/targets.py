"""Targets that are not there, or not for this request."""

from __future__ import annotations

from pyproxy.errors.base import RequestError

__all__ = ["PoolNotFound", "SingleTurnOnly", "TargetNotFound", "TaskGroupNotFound"]


class TargetNotFound(RequestError):
    """No target has the name that was asked for."""

    status = 404
    type = "invalid_request_error"
    code = "model_not_found"


class TaskGroupNotFound(TargetNotFound):
    """No task group, or no echelon of one, has that name."""

    code = "task_group_not_found"


class PoolNotFound(TargetNotFound):
    """No polling pool has that name."""

    code = "pool_not_found"


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
