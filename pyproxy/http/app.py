"""The ASGI application: every path the sidecar has, behind one guard and one edge."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pyproxy.errors import UpgradeRequired
from pyproxy.http.asked import GEMINI_VERSIONS, PATHS, always, asked_of_gemini
from pyproxy.http.calls import Calls
from pyproxy.http.edge import Edge
from pyproxy.http.guard import Guard
from pyproxy.http.health import livez, readyz
from pyproxy.http.metrics import exposed
from pyproxy.http.models import model_entries, model_lists
from pyproxy.http.replies import Reply, refusal
from pyproxy.http.routes import Routes, shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pyproxy.config import ServerConfig
    from pyproxy.config.changes import ReloadReport
    from pyproxy.domain import RequestRecord
    from pyproxy.http.asked import Asked
    from pyproxy.http.deadlines import Deadlines
    from pyproxy.http.pools import Status
    from pyproxy.http.views import Foresee, View
    from pyproxy.observe.metrics import Metric
    from pyproxy.orchestration import Orchestrator

__all__ = ["build_app"]


def build_app(
    *,
    orchestrator: Orchestrator,
    targets: Callable[[], list[str]],
    knows: Callable[[str], bool],
    ready: Callable[[], bool],
    config_state: Callable[[], Mapping[str, object]],
    metrics: Callable[[], Iterable[Metric]],
    settings: Callable[[], ServerConfig],
    reload: Callable[[], Awaitable[ReloadReport]],
    pools: Callable[[], Iterable[Status]],
    views: Mapping[str, View],
    foresee: Foresee,
    deadlines: Deadlines,
    version: str,
    tell: Callable[[RequestRecord], None],
) -> Edge:
    """Build the application.

    Args:
        orchestrator: where LLM requests go.
        targets: the names that ``/v1/models`` lists.
        knows: whether a name can be asked for, patterns included.
        ready: whether ``/readyz`` says yes.
        config_state: what ``/readyz`` says of the configuration in force.
        metrics: what ``/metrics`` says.
        settings: the ``server`` settings in force; asked anew for each request.
        reload: reads the configuration again.
        pools: the status of each polling pool.
        views: what else ``/admin/v1`` shows, by name.
        foresee: what would become of a request.
        deadlines: how long a client may take.
        version: shown in the description at ``/openapi.json`` and ``/docs``.
        tell: called with the record of each finished request that the orchestrator has not seen.
    """

    def calls(asked_by: Callable[[Scope], Asked]) -> Calls:
        return Calls(orchestrator, settings, deadlines.body, asked_by)

    def control() -> FastAPI:
        from pyproxy.http.control import build_control  # noqa: PLC0415 - a quarter of the memory and the time of a start

        return build_control(
            settings=settings,
            reload=reload,
            pools=pools,
            views=views,
            foresee=foresee,
            body_timeout=deadlines.body,
            version=version,
        )

    exact: dict[str, dict[str, ASGIApp]] = {path: {"POST": calls(always(operation))} for path, operation in PATHS.items()}
    exact["/v1/responses"] |= dict.fromkeys(("GET", "HEAD"), shown(_no_websocket))
    exact["/api/hello"] = dict.fromkeys(("GET", "HEAD"), shown(_hello))
    exact["/livez"] = {"GET": shown(livez)}
    exact["/readyz"] = {"GET": shown(readyz(ready, config_state))}
    exact["/metrics"] = {"GET": shown(exposed(metrics))}
    listed: dict[str, ASGIApp] = {"GET": shown(model_lists(targets))}
    exact |= {f"{start}/models": listed for start in GEMINI_VERSIONS}
    one: dict[str, ASGIApp] = {"GET": shown(model_entries(knows)), "POST": calls(asked_of_gemini)}
    below = {f"{start}/models/": one for start in GEMINI_VERSIONS}
    return Edge(Guard(Routes(exact, below, _MadeWhenAsked(control)), settings), tell)


class _MadeWhenAsked:
    """An application that most sidecars are never asked for: made by the first request for it, in a thread, while others are served."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: asyncio.Task[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._made is None:
            self._made = asyncio.create_task(asyncio.to_thread(self._make))
            self._made.add_done_callback(self._look)
        app = await asyncio.shield(self._made)  # whoever is cancelled, others wait for it, too
        await app(scope, receive, send)

    def _look(self, made: asyncio.Task[ASGIApp]) -> None:
        """What could not be made, for want of descriptors perhaps, is made anew for who asks next."""
        if made.cancelled() or made.exception() is not None:
            self._made = None


def _no_websocket(scope: Scope) -> Reply:
    """What makes Codex, which tries a WebSocket first, go on over HTTP at once."""
    reply = refusal(UpgradeRequired("Responses are asked for by POST; there is no WebSocket here."), scope)
    reply.headers.append((b"upgrade", b"HTTP/1.1"))
    return reply


def _hello(_: Scope) -> Reply:
    """What Claude Code asks to see whether anybody is here."""
    return Reply(204, [])
