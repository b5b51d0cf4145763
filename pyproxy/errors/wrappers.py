"""Wrappers that cannot be what they are to be."""

from __future__ import annotations

from pyproxy.errors.base import RequestError

__all__ = ["WrapperError", "WrapperExecution", "WrapperExists", "WrapperNotFound"]


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
