"""Whatever has a configuration, made alike for those who only look into it."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pyproxy.config import Config, load_config

if TYPE_CHECKING:
    from pyproxy.config.loader import Source

__all__ = ["ConfigLike", "Configured"]


class HasConfig(Protocol):
    """A sidecar, as far as it is looked into."""

    @property
    def config(self) -> Config:
        """The configuration in force."""


ConfigLike: TypeAlias = "HasConfig | Config | str | PathLike[str] | Mapping[str, Any]"


class Configured:
    """A configuration of somebody's, as it is now, or one that is read here.

    Raises:
        ConfigError: it is read here, and cannot be used.
    """

    def __init__(self, source: ConfigLike, environ: Mapping[str, str] | None = None) -> None:
        self._environ = environ
        self._owner: HasConfig | None = None
        self._ours: Source | None = None
        if isinstance(source, Config):
            self._config = source
        elif isinstance(source, str | PathLike | Mapping):
            self._ours = source
            self._config = load_config(source, environ)
        else:
            self._owner = source

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._config if self._owner is None else self._owner.config

    def reread(self) -> Config:
        """Read it again, if it is ours to read.

        Raises:
            ConfigError: it cannot be used now; what was read before stays.
        """
        if self._ours is not None:
            self._config = load_config(self._ours, self._environ)
        return self.config
