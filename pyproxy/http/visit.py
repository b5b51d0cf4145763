"""What the HTTP side knows of one request, from its head to its end; it travels in the ASGI scope."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyproxy.domain import RequestRecord

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["Visit", "begin_visit", "visit_of"]

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
_KEY = "pyproxy.visit"


def _request_id(given: bytes | None = None) -> str:
    """The client's own id if it is one word of plain characters, else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return f"req_{uuid.uuid4().hex}"


@dataclass(slots=True)
class Visit:
    """One request.

    Attributes:
        request_id: the client's own id, or one that was made for it; sent back with every answer.
        route: the path asked for, ``-`` if the head could not be read.
        flag: why it ended as it did, ``-`` for an ordinary end.
        told: whether its access line is somebody else's to write, or nobody's.
        status: the HTTP status sent, or None before the head.
        sent_bytes: bytes of body sent.
        arrived_ns: monotonic nanoseconds at which its head had come.
        first_byte_ns: monotonic nanoseconds at which its answer began, or None.
    """

    request_id: str = field(default_factory=_request_id)
    route: str = "-"
    flag: str = "-"
    told: bool = False
    status: int | None = None
    sent_bytes: int = 0
    arrived_ns: int = field(default_factory=time.monotonic_ns)
    first_byte_ns: int | None = None

    def answered(self, status: int) -> None:
        """Note that the head of its answer is on its way."""
        self.status, self.first_byte_ns = status, time.monotonic_ns()

    def record(self) -> RequestRecord:
        """What it came to, if nobody behind the HTTP side has seen it."""
        return RequestRecord(
            request_id=self.request_id,
            route=self.route,
            status=self.status,
            flag=self.flag,
            target="-",
            attempts=(),
            provider="-",
            model="-",
            stream=False,
            queue_ns=0,
            first_byte_ns=None if self.first_byte_ns is None else self.first_byte_ns - self.arrived_ns,
            total_ns=time.monotonic_ns() - self.arrived_ns,
            sent_bytes=self.sent_bytes,
            usage=None,
        )


def begin_visit(scope: Scope, request_id: str, arrived_ns: int) -> Visit:
    """The visit of a request that was begun natively."""
    visit = scope[_KEY] = Visit(request_id, scope["path"], arrived_ns=arrived_ns)
    return visit


def visit_of(scope: Scope) -> Visit:
    """The visit that a request is: one and the same from its head to its end."""
    visit: Visit | None = scope.get(_KEY)
    if visit is None:
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), None)
        visit = scope[_KEY] = Visit(_request_id(given), scope["path"])
    return visit
