"""Pools that mix kinds of tasks: their instances stand in for each other, and a model for one kind is none for another."""

import re

from pyproxy.config.faults import FaultLog
from pyproxy.config.references import echelon_name, echelons
from pyproxy.config.tree import Scalar, Table

_WORDS = {
    "fast": ("fast", "quick"),
    "plan": ("plan", "planning", "planner"),
    "thinking": ("think", "thinking", "reasoning"),
    "execute": ("execute", "executing", "execution", "executor"),
    "review": ("review", "reviewing", "reviewer"),
    "high-payload": ("payload",),
    "translation": ("translate", "translation", "translating"),
    "analysis": ("analyse", "analyze", "analysis"),
}
_TYPES = {word: kind for kind, words in _WORDS.items() for word in words}
_SEPARATOR = re.compile("[_-]")


def check_task_types(root: Table, log: FaultLog) -> None:
    """Warn of each pool whose task groups are, by their names, for different kinds of tasks.

    A group is for what its name says (``fast_group``), or else for what its echelons' names say (``translation``); names that say
    nothing are for anything.
    """
    groups = root.table("task_groups")
    for _, _, pool in root.tables("polling_pools"):
        entry = pool.entries.get("task_groups")
        kinds: dict[str, str] = {}
        for text in pool.texts("task_groups"):
            for kind in _kinds(text, groups):
                kinds.setdefault(kind, text.shown)
        if entry is not None and len(kinds) > 1:
            mixed = ", ".join(f"{kind} ({shown})" for kind, shown in kinds.items())
            hint = "make a pool for each kind of task: the instances of a pool stand in for each other"
            log.add(entry.place.fault(f"mixes task types: {mixed}", hint, severity="warning"))


def _kinds(text: Scalar, groups: Table | None) -> tuple[str, ...]:
    name, dot, echelon = str(text.value).partition(".")
    if dot:
        return (_kind(echelon) or _kind(name),) if _kind(echelon) or _kind(name) else ()
    own = _kind(name)
    group = groups.table(name) if groups is not None else None
    if own or group is None:
        return (own,) if own else ()
    return tuple(kind for table in echelons(group) if (kind := _kind(echelon_name(table))))


def _kind(name: str) -> str:
    """Return the kind of task that a name speaks of, or an empty text."""
    return next((_TYPES[word] for word in _SEPARATOR.split(name.lower()) if word in _TYPES), "")
