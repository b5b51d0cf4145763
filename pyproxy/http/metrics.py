"""``/metrics``: what Prometheus collects. Like probes, its requests leave no access lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.replies import Reply
from pyproxy.http.visit import visit_of
from pyproxy.observe.metrics import CONTENT_TYPE, exposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import Scope

    from pyproxy.observe.metrics import Metric

__all__ = ["exposed"]


def exposed(metrics: Callable[[], Iterable[Metric]]) -> Callable[[Scope], Reply]:
    """What they are now, open like the probes: no metric holds a secret or what a client sent."""

    def show(scope: Scope) -> Reply:
        visit_of(scope).told = True
        body = exposition(metrics()).encode()
        return Reply(200, [(b"content-length", str(len(body)).encode()), (b"content-type", CONTENT_TYPE.encode())], body)

    return show
