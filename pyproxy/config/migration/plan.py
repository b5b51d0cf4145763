"""Plans a migration: which files change and how, what is lost, and what people must do by hand."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pyproxy.config.conversion import plain
from pyproxy.config.environment import process_environment, substitute
from pyproxy.config.faults import Fault, FaultLog
from pyproxy.config.files import read_text
from pyproxy.config.forms.global_fallback import GLOBAL_FALLBACK
from pyproxy.config.interpretation import interpret
from pyproxy.config.kinds import TASK_GROUP
from pyproxy.config.migration import toml_texts, yaml_texts
from pyproxy.config.migration.models import new_files
from pyproxy.config.migration.reading import Reading, environments_of, read
from pyproxy.config.migration.texts import Change, Edit, edited, has_comments
from pyproxy.config.old_files import BareGroup
from pyproxy.config.paths import resolved
from pyproxy.config.sources import registry_of
from pyproxy.config.tree import Place, Table

_FALLBACK = "fallback_config"
_MOST_SHOWN = 5
_SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person must write, for no place for it is safe.

    Attributes:
        place: Where, as ``FILE:LINE:COLUMN``.
        message: What to do there.
        text: What to write; empty when something is to be taken out.
    """

    place: str
    message: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Migration:
    """A plan.

    Attributes:
        source: What is to be migrated.
        changes: The files, in the order in which they are written; those that are removed come last.
        lost: What cannot be carried over.
        by_hand: What the plan leaves to people. While there is any, the old files stay.
        faults: Why there is no plan.
        secrets: Credentials that stand in the files, which nobody should print.
    """

    source: Path
    changes: tuple[Change, ...] = ()
    lost: tuple[Fault, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    faults: tuple[Fault, ...] = ()
    secrets: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing old."""
        return not (self.changes or self.by_hand or self.faults)


def plan_migration(source: Path) -> Migration:
    """Plan how to bring a configuration into the canonical form; nothing is written.

    Args:
        source: A file or a directory.
    """
    readings = [read(source, {}, name) for name in environments_of(source)]
    faults = dict.fromkeys(error for reading in readings for error in reading.errors)
    faults |= dict.fromkeys(_faults_of_meaning(readings[0]))
    if faults:
        return Migration(source, faults=tuple(faults))
    old = readings[0].layers.old
    if old.is_empty:
        return Migration(source)
    planning = _Planning(source, readings)
    planning.plan()
    changes = planning.changes()
    differences = _differences(source, readings, changes, is_whole=not planning.by_hand)
    if differences:
        return Migration(source, faults=tuple(differences))
    lost = FaultLog()
    for fault in (*old.lost, *_lost_comments(changes)):
        lost.add(fault)
    return Migration(source, changes, lost.sorted(), tuple(planning.by_hand), secrets=frozenset(_secrets(readings)))


def _faults_of_meaning(reading: Reading) -> tuple[Fault, ...]:
    """What is wrong with a configuration that could be read.

    Where variables are not set, which need be only where it is used, nothing sure can be said; the plan is held against it even so.
    """
    unset, log = FaultLog(), FaultLog()
    if reading.tree is not None:
        tree = substitute(reading.tree, process_environment(), unset)
        if not unset.has_errors:
            interpret(tree, "", log)
    return log.errors


class _Planning:
    """Gathers the changes, and what has to be done by hand."""

    def __init__(self, source: Path, readings: list[Reading]) -> None:
        self.by_hand: list[ByHand] = []
        self._source = source
        self._readings = readings
        self._texts: dict[Path, str] = {}
        self._edits: dict[Path, list[Edit]] = {}
        self._new: list[Change] = []
        self._removed: list[Path] = []

    def plan(self) -> None:
        """Plan; an old file goes only where nothing is left to people that it still stands for."""
        layers = self._readings[0].layers
        self._fill_groups()
        files = new_files(self._source, layers)
        for change in files:
            if change.before is None and change.path.exists():
                message = "is there already, and the file to be written must have this name: rename it, or move this into it"
                self.by_hand.append(ByHand(str(change.path), message, change.after or ""))
        if not self.by_hand:
            self._new = files
            kept = {change.path for change in files}
            for old in layers.old.models:
                if old.source.path not in kept:
                    self._remove(old.source.path)
        if layers.old.fallback is not None and not self.by_hand:
            self._drop_fallback(layers.old.fallback.place)

    def changes(self) -> tuple[Change, ...]:
        """Return the changes in the order in which they are to be made."""
        edits = {path: edits for path, edits in self._edits.items() if path not in self._removed}
        changed = [
            Change(path, self._text(path), edited(self._text(path), _form(path).lines_of(self._text(path)), edits))
            for path, edits in edits.items()
        ]
        return (*self._new, *changed, *(Change(path, self._text(path), None) for path in self._removed))

    def _fill_groups(self) -> None:
        """Write the fallback into the groups that have none, each once in whatever environments it is."""
        found: dict[tuple[str, str], tuple[BareGroup, Table | None]] = {}
        for reading in self._readings:
            for bare in reading.layers.old.bare:
                file = bare.entry.place.file
                found.setdefault((file, bare.name), (bare, reading.layers.written(file, TASK_GROUP.section, bare.name)))
        starts = Counter((table.place.file, table.place.line, table.place.column) for _, table in found.values() if table is not None)
        for (file, _), (bare, table) in found.items():
            is_shared = table is not None and starts[table.place.file, table.place.line, table.place.column] > 1  # an alias of YAML
            self._fill(Path(file), bare, None if is_shared else table)

    def _fill(self, path: Path, bare: BareGroup, table: Table | None) -> None:
        form, policy = _form(path), plain(bare.policy.value)
        edit = None if table is None else form.with_table(self._text(path), table, _FALLBACK, policy)
        if edit is not None:
            self._edits.setdefault(path, []).append(edit)
            return
        message = f"the task group {bare.name} has no place that is safe to write at (is it in braces?): write into it"
        self.by_hand.append(ByHand(_where(bare.entry.place), message, form.flow({_FALLBACK: policy})[1:-1]))

    def _drop_fallback(self, place: Place) -> None:
        path = Path(place.file)
        if place.path.parent is None:
            self._remove(path)
        elif not self._cut(path, (GLOBAL_FALLBACK,)):
            self.by_hand.append(ByHand(_where(place), f"take {GLOBAL_FALLBACK} out when all else is done"))

    def _remove(self, path: Path) -> None:
        """Remove a file, and what the registry says of it."""
        registry = registry_of(self._source) if self._source.is_dir() else None
        for place in self._listings(registry, path) if registry is not None else ():
            if not self._cut(Path(place.file), tuple(map(str, place.path.keys))):
                self.by_hand.append(ByHand(_where(place), f"take this out of the registry, and then remove {path}"))
                return
        self._removed.append(path)

    def _listings(self, registry: Path, path: Path) -> list[Place]:
        table = self._readings[0].layers.table_of(registry)
        listed = [] if table is None else list(_files_in(table))
        return [place for place, file in listed if resolved(registry.parent / file) == resolved(path)]

    def _cut(self, path: Path, keys: tuple[str, ...]) -> bool:
        edits = _form(path).without_key(self._text(path), keys)
        self._edits.setdefault(path, []).extend(edits or ())
        return edits is not None

    def _text(self, path: Path) -> str:
        if path not in self._texts:
            self._texts[path] = read_text(path, str(path))
        return self._texts[path]


def _differences(source: Path, readings: list[Reading], changes: tuple[Change, ...], *, is_whole: bool) -> list[Fault]:
    """What a plan would change in what a configuration means: nothing, or the plan is none."""
    texts = {resolved(change.path): change.after for change in changes}
    for reading, name in zip(readings, environments_of(source), strict=True):
        planned = read(source, texts, name)
        if planned.errors:
            return [Fault(file=str(source), message=f"cannot be migrated: what came of it would be told: {planned.errors[0]}")]
        if (is_whole and not planned.layers.old.is_empty) or planned.content != reading.content:
            where = f" in the environment {name}" if name else ""
            keys = ", ".join(_different(reading.content, planned.content)[:_MOST_SHOWN])
            message = f"cannot be migrated without changing what it means{where}{': see ' if keys else ''}{keys}"
            hint = "a group may inherit from one that has no fallback_config yet: give it one by hand"
            return [Fault(file=str(source), message=message, hint=hint)]
    return []


def _different(before: Any, after: Any, path: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        keys = dict.fromkeys((*before, *after))
        return [found for key in keys for found in _different(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))]
    return [] if before == after else [path]


def _lost_comments(changes: tuple[Change, ...]) -> list[Fault]:
    """Files that go, or are written anew, take their comments with them."""
    old = [change for change in changes if change.before is not None and (change.after is None or change.is_rewritten)]
    message = "has comments, which are not carried over"
    return [Fault(severity="warning", file=str(change.path), message=message) for change in old if has_comments(change.before or "")]


def _secrets(readings: list[Reading]) -> Iterator[str]:
    """The credentials that stand in the files themselves."""
    for reading in readings:
        tree = reading.tree or Table(Place(""), {})
        tables = [provider for _, _, provider in tree.tables("providers")]
        tables += [headers for provider in tables if (headers := provider.table("headers")) is not None]
        texts = [text for table in tables for key in table.entries if key not in ("base_url", "dialect") for text in table.texts(key)]
        server = tree.table("server")
        texts += [] if server is None else list(server.texts("admin_token"))
        yield from (str(text.value) for text in texts if "${" not in str(text.value) and len(str(text.value)) >= _SHORTEST_SECRET)


def _files_in(table: Table) -> Iterator[tuple[Place, str]]:
    """Each file that a registry lists, with the place of its listing."""
    for entry in table.entries.values():
        if isinstance(entry.value, Table):
            yield from ((entry.place, str(text.value)) for text in entry.value.texts("file"))
            yield from _files_in(entry.value)


def _form(path: Path) -> ModuleType:
    return toml_texts if path.suffix == ".toml" else yaml_texts


def _where(place: Place) -> str:
    return ":".join(str(part) for part in (place.file, place.line, place.column) if part is not None)
