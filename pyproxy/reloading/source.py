"""Where the configuration comes from, to be read again as often as need be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.config import Config, check_config
from pyproxy.config.watched import digest
from pyproxy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from pyproxy.config import Fault

__all__ = ["ConfigSource", "Reading"]

_MOST_TOLD = 20


class Reading(NamedTuple):
    """What was read: a configuration if it has no error, its faults, and what tells this content from another."""

    config: Config | None
    faults: tuple[Fault, ...]
    content: str


class ConfigSource:
    """A file, a directory, a mapping, or a configuration that is what it is.

    Attributes:
        path: where it stands on the disk, or None.
    """

    def __init__(self, source: str | PathLike[str] | Mapping[str, Any] | Config, environ: Mapping[str, str] | None = None) -> None:
        self._source = source
        self._environ = environ
        self.path = Path(source) if isinstance(source, str) or hasattr(source, "__fspath__") else None

    def read(self) -> Reading:
        """Read it as it is now; no content makes this raise."""
        if isinstance(self._source, Config):
            return Reading(self._source, (), self._source.revision)
        content = "" if self.path is None else digest(self.path)
        config, faults = check_config(self._source, self._environ)
        return Reading(config, faults, content)

    def error(self, faults: tuple[Fault, ...]) -> ConfigError:
        """What says that it cannot be used, and why."""
        errors = [str(fault) for fault in faults if fault.severity == "error"]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        more = [f"… and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
        return ConfigError("\n".join([f"{self.path or '<mapping>'}: {count}", *errors[:_MOST_TOLD], *more]), faults)
