"""The outermost edge of the HTTP side: an id and an access line for every request, and an answer whatever happens inside."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from pyproxy.errors import InternalError, RequestError, ShuttingDown
from pyproxy.http.replies import error_answer
from pyproxy.http.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pyproxy.domain import RequestRecord
    from pyproxy.http.visit import Visit

__all__ = ["Edge"]

_log = logging.getLogger("pyproxy")
_ID = b"x-request-id"

Headers = list[tuple[bytes, bytes]]


class Edge:
    """Wraps the application. It lets nothing out: neither an answer without an id nor an exception."""

    def __init__(self, app: ASGIApp, tell: Callable[[RequestRecord], None]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        visit = visit_of(scope)

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.answered(message["status"])
                headers = message.get("headers", ())
                if not any(name == _ID for name, _ in headers):
                    message = {**message, "headers": [*headers, (_ID, visit.request_id.encode())]}
            else:
                visit.sent_bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, reply)
        except asyncio.CancelledError:
            # Only the server's own end comes this far: who waits for this task is the server alone.
            await _give_up(visit, ShuttingDown(), reply)
        except Exception:  # noqa: BLE001 - the one place of the HTTP side that may, and it tells
            _log.exception("request %s failed inside the sidecar", visit.request_id)
            await _give_up(visit, InternalError(), reply)
        finally:
            if not visit.told:
                self._tell(visit.record())

    def unread(self, visit: Visit, error: RequestError) -> tuple[Headers, bytes]:
        """The last answer on a connection, to what could not be parsed to its end; it is noted like any other."""
        headers, body = error_answer(error, visit, last=True)
        visit.answered(error.http_status)
        visit.flag, visit.sent_bytes = error.code, len(body)
        self._tell(visit.record())
        visit.told = True
        return [*headers, (_ID, visit.request_id.encode())], body


async def _give_up(visit: Visit, error: RequestError, send: Send) -> None:
    visit.flag = error.code
    if visit.status is None:  # else the answer stays unfinished, and the connection is cut
        headers, body = error_answer(error, visit)
        await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
