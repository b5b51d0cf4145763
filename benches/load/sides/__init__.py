"""The ways to the mock that are measured beside each other."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from load import Way

from sides import litellm, nginx, portkey, sidecar
from sides.side import Setting, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

__all__ = ["SIDES", "Setting", "Side"]


@contextlib.contextmanager
def _direct(setting: Setting) -> Iterator[Side]:
    yield Side("direct", "no proxy: the floor", Way(setting.mock.http))


SIDES: dict[str, Callable[[Setting], AbstractContextManager[Side]]] = {
    "direct": _direct,
    "nginx": nginx.started,
    "native": partial(sidecar.started, io="native"),
    "python": partial(sidecar.started, io="python"),
    "litellm": litellm.started,
    "portkey": portkey.started,
}
