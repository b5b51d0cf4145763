"""What is at each path: what agents and probes ask is served here, what operators ask by the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pyproxy.errors import MethodNotAllowed
from pyproxy.http.replies import nothing_at, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pyproxy.http.replies import Reply

__all__ = ["METHODS", "Routes", "not_allowed", "shown"]

Methods: TypeAlias = "Mapping[str, ASGIApp]"

_CONTROL = "/admin/"
_DESCRIPTION = ("/docs", "/openapi.json")
METHODS = ("GET", "HEAD", "POST")
"""Those that anything takes, in the order in which they are told."""


class Routes:
    """Hands each request to whom its path and its method name."""

    def __init__(self, exact: Mapping[str, Methods], below: Mapping[str, Methods], control: ASGIApp) -> None:
        """Know the paths.

        Args:
            exact: what each path's methods are served by.
            below: the same for whatever begins with a path.
            control: the control plane.
        """
        self._exact = exact
        self._below = below
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._at(scope)(scope, receive, send)

    def _at(self, scope: Scope) -> ASGIApp:
        path, method = scope["path"], scope["method"]
        if path.startswith(_CONTROL) or path in _DESCRIPTION:
            return self._control
        methods = self._exact.get(path) or next((found for start, found in self._below.items() if path.startswith(start)), None)
        if methods is None:
            return refusal(nothing_at(scope), scope)
        return methods.get(method) or not_allowed(scope, methods)


def not_allowed(scope: Scope, taken: Collection[str]) -> Reply:
    """What is said to a method that a path does not take."""
    reply = refusal(MethodNotAllowed(f"{scope['path'][:200]} does not take {scope['method'][:20]}."), scope)
    reply.headers.append((b"allow", ", ".join(method for method in METHODS if method in taken).encode()))
    return reply


def shown(view: Callable[[Scope], Reply]) -> ASGIApp:
    """What answers at once, whatever the body is."""

    async def show(scope: Scope, receive: Receive, send: Send) -> None:
        await view(scope)(scope, receive, send)

    return show
