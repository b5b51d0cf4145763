"""``/livez`` says that the process serves, ``/readyz`` that it takes new requests.

Probes come every few seconds for ever, so they leave no access lines; one that is refused does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.replies import json_reply
from pyproxy.http.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Scope

    from pyproxy.http.replies import Reply

__all__ = ["livez", "readyz"]


def livez(scope: Scope) -> Reply:
    """Whoever reads this is answered."""
    visit_of(scope).told = True
    return json_reply({"status": "alive"})


def readyz(ready: Callable[[], bool], config_state: Callable[[], Mapping[str, object]]) -> Callable[[Scope], Reply]:
    """Whether it is `ready`. A configuration that could not be reloaded is a detail: with the last good one all is served."""

    def show(scope: Scope) -> Reply:
        visit_of(scope).told = True
        if not ready():
            return json_reply({"status": "draining"}, 503)
        return json_reply({"status": "ready", "config": config_state()})

    return show
