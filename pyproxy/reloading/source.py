"""Where the configuration comes from, to be read again as often as need be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pyproxy.config import Config
from pyproxy.config.faults import Fault
from pyproxy.config.loader import examine_config
from pyproxy.config.paths import is_special
from pyproxy.config.watched import digest, signature
from pyproxy.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from pyproxy.config.loader import Examined
    from pyproxy.config.watched import Signature

__all__ = ["ConfigSource", "Reading"]

_MOST_TOLD = 20


class Reading(NamedTuple):
    """What was read.

    Attributes:
        config: the configuration, if it can be used.
        faults: what is wrong with it.
        content: what tells this content from another, if it cannot be used.
        left_out: those of the faults that say what a lenient reading left out.
    """

    config: Config | None
    faults: tuple[Fault, ...]
    content: str = ""
    left_out: tuple[Fault, ...] = ()


class ConfigSource:
    """A file, a directory, a mapping, or a configuration that is what it is.

    Once it could be used, it is read more strictly: who is served already loses nothing because somebody is writing a file. What a
    lenient configuration leaves out when it is started with, a file that is not there or not whole, refuses it now; and so does a
    file that is emptied.

    Attributes:
        path: where it stands on the disk, or None.
        left_out: what the last reading that could be used left out.
    """

    def __init__(self, source: str | PathLike[str] | Mapping[str, Any] | Config, environ: Mapping[str, str] | None = None) -> None:
        self._source = source
        self._environ = environ
        self._read: frozenset[Path] = frozenset()
        self._filled: frozenset[Path] | None = None
        self.left_out: tuple[Fault, ...] = ()
        self.path = Path(source) if isinstance(source, str) or hasattr(source, "__fspath__") else None

    def signature(self) -> Signature:
        """What is different once another reading may find something else."""
        return {} if self.path is None else signature(self.path, self._read)

    def read(self) -> Reading:
        """Read it as it is now; no content makes this raise."""
        if isinstance(self._source, Config):
            return Reading(self._source, ())
        if self._filled is not None and self.path is not None and is_special(self.path):
            return self._refused((Fault(file=str(self.path), message="is not a regular file: what was in it can be read once only"),))
        examined = examine_config(self._source, self._environ)
        self._read |= examined.files.keys()
        lost = () if self._filled is None else (*examined.unread, *self._emptied(examined, self._filled))
        if lost and (examined.config is not None or examined.left_out):
            return self._refused(lost)
        if examined.config is None:
            return self._refused(examined.faults)
        self._read = frozenset(examined.files)
        self._filled = frozenset(file for file, filled in examined.files.items() if filled)
        self.left_out = examined.left_out
        return Reading(examined.config, examined.faults, left_out=examined.left_out)

    def error(self, faults: tuple[Fault, ...]) -> ConfigError:
        """What says that it cannot be used, and why."""
        errors = [str(fault) for fault in faults if fault.severity == "error"]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        more = [f"… and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
        return ConfigError("\n".join([f"{self.path or '<mapping>'}: {count}", *errors[:_MOST_TOLD], *more]), faults)

    def _refused(self, faults: tuple[Fault, ...]) -> Reading:
        return Reading(None, faults, "" if self.path is None else digest(self.path, self._read))

    @staticmethod
    def _emptied(examined: Examined, before: frozenset[Path]) -> Iterator[Fault]:
        for file, filled in examined.files.items():
            if file in before and filled is False:
                yield Fault(file=str(file), message="has been emptied", hint="to take out what it held, delete it or leave a comment in it")
