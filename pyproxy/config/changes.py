"""What is different between two configurations, by key path. Paths are told and values never are: some of them are secrets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pyproxy.config.faults import Fault
from pyproxy.config.root import Config
from pyproxy.config.settings import Settings
from pyproxy.config.tree import KeyPath

NEED_A_RESTART = ("server.host", "server.port", "sessions.persist", "sessions.path", "plugins")
"""Settings that a running server cannot follow: its sockets are bound, the file of its sessions is open, its plug-ins are imported."""


class Table(dict[str, Any]):
    """Settings by name."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The key paths that differ; empty, and then false, if none does.

    Attributes:
        added: Tables that were not there, such as ``models.small``; what is in them is not listed again.
        removed: Tables that are not there any more.
        changed: Settings with another value, such as ``models.large.rpm_limit``.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        counts = (("added", self.added), ("removed", self.removed), ("changed", self.changed))
        return ", ".join(f"{len(paths)} {word}" for word, paths in counts if paths) or "nothing changed"


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """What a reload came to that put a configuration into force, or found it in force already.

    Attributes:
        old_revision: The revision before; the same as the new one if only credentials changed.
        revision: The revision now in force.
        changes: What is different.
        needs_restart: Settings in which the running server differs from the configuration until it is started again.
        warnings: What the configuration's author should know.
    """

    old_revision: str
    revision: str
    changes: Changes
    needs_restart: tuple[str, ...] = ()
    warnings: tuple[Fault, ...] = ()


def compare(old: Config, new: Config) -> Changes:
    """Return what is different in ``new``, each list in the order of the settings."""
    found: dict[str, list[str]] = {"added": [], "removed": [], "changed": []}
    for kind, path in _differences(_table(old), _table(new), KeyPath()):
        found[kind].append(str(path))
    return Changes(**{kind: tuple(paths) for kind, paths in found.items()})


def needing_restart(started: Config, now: Config) -> tuple[str, ...]:
    """Return the settings that a server started with ``started`` does not follow."""
    return tuple(path for path in NEED_A_RESTART if attrgetter(path)(started) != attrgetter(path)(now))


def _differences(old: Table, new: Table, path: KeyPath) -> Iterator[tuple[str, KeyPath]]:
    for key in dict.fromkeys((*old, *new)):
        here, before, after = path.child(key), old.get(key), new.get(key)
        if isinstance(before, Table) and isinstance(after, Table):
            yield from _differences(before, after, here)
        elif key not in old or (before is None and isinstance(after, Table)):
            yield "added", here
        elif key not in new or (after is None and isinstance(before, Table)):
            yield "removed", here
        elif before != after:
            yield "changed", here
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield "changed", path  # the order of echelons has a meaning, and so may that of aliases


def _table(value: Settings | Mapping[str, Any]) -> Table:
    """The settings as tables in tables, an echelon under its name as it was written."""
    if not isinstance(value, Settings):
        return Table((name, _plain(item)) for name, item in value.items())
    table = Table()
    for name in type(value).model_fields:
        item = getattr(value, name)
        if name not in value.made_by_the_reader:
            table[name] = _plain(item)
        elif isinstance(item, tuple):
            table.update((each.name, _table(each)) for each in item)
    return table


def _plain(value: Any) -> Any:
    return _table(value) if isinstance(value, Settings | Mapping) else value
