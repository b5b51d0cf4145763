"""Modules that a configuration lists to be imported at the start; they register what they bring."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pyproxy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["import_plugins"]


def import_plugins(modules: Iterable[str]) -> None:
    """Import each module, once for the process.

    Raises:
        ConfigError: one of them cannot be imported.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            raise ConfigError(f"plugins: {module} cannot be imported: {error!r}; install it, or take it out") from error
