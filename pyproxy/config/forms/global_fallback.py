"""The old global fallback: one strategy and one list of targets for all task groups, in ``global_fallback.*`` or a table of that name.

It counts as if it were written as ``fallback_config`` in each group that has none. A group that has one keeps it as it is: nothing is
filled in from here, for a group's own fallback is there to be different. Nor does a list for all groups lead any of them in a circle:

- a group does not fall back to itself; with nothing else to fall back to, it goes down its own echelons;
- of two groups that are both in the list, only the one that comes first in it falls back to the other.

Models are no targets of a group's fallback, and are passed over.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from pyproxy.config.fallback import FallbackConfig
from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.forms.moving import lift, move, without
from pyproxy.config.tree import MAX_NODES, Entry, List, Node, Place, Scalar, Table

GLOBAL_FALLBACK = "global_fallback"

_TARGETS = ("targets", "fallback_targets", "fallback_groups")
_MODELS = "fallback_models"
_AROUND = (GLOBAL_FALLBACK, "fallback", "fallback_config")


class GlobalFallback:
    """A global fallback, read.

    Args:
        entry: Its key and what stands there.
        log: Takes what is wrong with it.

    Attributes:
        place: Where it stands.
        lost: What of it cannot be told in the canonical form.
    """

    def __init__(self, entry: Entry, log: FaultLog) -> None:
        self.place = entry.place
        self.lost: list[Fault] = []
        self._targets: list[Node] = []
        self._settings: Table | None = None
        self._ranks: dict[str, int] = {}
        if isinstance(entry.value, Table):
            self._read(entry.value, log)
        else:
            log.add(entry.place.fault("must be a table", "write strategy and targets into it, or remove it"))

    @property
    def is_enabled(self) -> bool:
        """Whether it counts."""
        return self._settings is not None

    def know(self, groups: Iterable[str], models: Collection[str], providers: Collection[str]) -> None:
        """Take the names of the configuration, to tell targets from models and to lead nobody in a circle."""
        names = list(groups)
        if len(names) * len(self._targets) > MAX_NODES:
            message = f"more than {MAX_NODES:,} keys and values, as it counts in each task group"
            raise UnreadableError(self.place.fault(message, "list fewer targets"))
        known = dict.fromkeys(names)
        kept: list[Node] = []
        for target in self._targets:
            text = _text(target)
            if _group(text) not in known and (text in models or text.partition(":")[0] in providers):
                self._lose_model(target)
            else:
                kept.append(target)
        self._targets = kept
        heads = [head for head in map(_group, map(_text, kept)) if head in known]
        self._ranks = {head: rank for rank, head in enumerate(dict.fromkeys(heads))}
        for target in kept:
            # Its own place becomes that of a group's setting, and so this is told by a copy.
            behind = [name for name in names if not self._is_for(name, target) and _group(_text(target)) != name]
            if behind:
                message = f"is not for {', '.join(behind)}, which the list names later: they would fall back to each other in a circle"
                self.lost.append(replace(target.place).fault(message, severity="warning"))

    def policy(self, group: str) -> Entry:
        """Return the ``fallback_config`` that a group gets."""
        settings = self._settings or Table(self.place, {})
        given = settings.entries.get("fallback_groups")
        targets = tuple(target for target in self._targets if self._is_for(group, target))
        is_left_out = given is None or (not targets and isinstance(given.value, List) and given.value.items)
        entries = {
            key: Entry(entry.place, List(entry.value.place, targets)) if entry is given else entry
            for key, entry in settings.entries.items()
            if entry is not given or not is_left_out
        }
        return Entry(self.place, Table(settings.place, entries))

    def _is_for(self, group: str, target: Node) -> bool:
        head, dot, _ = _text(target).partition(".")
        if head == group:
            return bool(dot)
        rank = self._ranks.get(group)
        return rank is None or self._ranks.get(head, rank + 1) > rank

    def _read(self, table: Table, log: FaultLog) -> None:
        for key in _AROUND:
            table = lift(table, key, {}, log)
        for name in table.texts(_MODELS):
            self._lose_model(name)
        table = without(move(table, dict.fromkeys(_TARGETS, "fallback_groups") | {"fallback_strategy": "strategy"}, log), _MODELS)
        settings: dict[str, Entry] = {}
        for key, entry in table.entries.items():
            if key == "fallback_groups":
                settings[key] = Entry(entry.place, _as_list(entry.value))
            elif key in FallbackConfig.model_fields:
                settings[key] = entry
            elif key != "enabled":
                hint = log.suggestions.hint(key, (*FallbackConfig.model_fields, *_TARGETS, "enabled"))
                self.lost.append(
                    entry.place.fault("is not carried over: a task group's fallback has nothing like it", hint, severity="warning")
                )
        given = settings.get("fallback_groups")
        self._targets = list(given.value.items) if given is not None and isinstance(given.value, List) else []
        if self._says_enabled(table, log):
            self._settings = Table(table.place, settings)

    def _says_enabled(self, table: Table, log: FaultLog) -> bool:
        given = table.entries.get("enabled")
        value = given.value.value if given is not None and isinstance(given.value, Scalar) else None
        if given is not None and not isinstance(value, bool):
            log.add(given.place.fault("must be true or false"))
        return value is not False

    def _lose_model(self, target: Node) -> None:
        hint = "put the model into an echelon of a group, and name that"
        message = "is a model, and task groups fall back to groups and echelons: it is passed over"
        self.lost.append(target.place.fault(message, hint, severity="warning"))


def as_global_fallback(table: Table) -> Table:
    """Return the content of a file ``global_fallback.*`` as a section of that name."""
    place = Place(table.place.file, table.place.line, table.place.column)
    return Table(table.place, {GLOBAL_FALLBACK: Entry(place, table)})


def has_own_fallback(group: Table) -> bool:
    """Whether a group, in the canonical form, says what happens when a call fails."""
    return any(key in group.entries for key in ("fallback_config", "fallback_config+"))


def bare_groups(layer: Table, taken: Collection[str] = ()) -> Iterator[tuple[str, Entry]]:
    """Yield the groups of a layer that have no fallback of their own, but for those whose names are ``taken``."""
    for name, entry, group in layer.tables("task_groups"):
        if name not in taken and not has_own_fallback(group):
            yield name, entry


def _as_list(node: Node) -> Node:
    return List(node.place, (node,)) if isinstance(node, Scalar) and isinstance(node.value, str) else node


def _text(node: Node) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def _group(text: str) -> str:
    return text.partition(".")[0]
