"""Gathers the echelons of each task group: any table in a group that is no setting of groups is one, whatever its name."""

from dataclasses import replace

from pyproxy.config.faults import FaultLog
from pyproxy.config.groups import EchelonConfig, TaskGroupConfig
from pyproxy.config.tree import Entry, List, Node, Scalar, Table

GROUP_SETTINGS = frozenset(TaskGroupConfig.model_fields) - TaskGroupConfig.made_by_the_reader


def gather_echelons(root: Table, log: FaultLog) -> Table:
    """Return the tree with ``name`` and the ordered ``echelons`` of each group in place of the echelons' own tables."""
    groups = root.table("task_groups")
    if groups is None:
        return root
    arranged: dict[str, Entry] = {}
    for name, entry in groups.entries.items():
        value = _group(name, entry, entry.value, log) if isinstance(entry.value, Table) else entry.value
        arranged[name] = replace(entry, value=value)
    return root.with_value("task_groups", groups.with_entries(arranged))


def _group(name: str, entry: Entry, group: Table, log: FaultLog) -> Table:
    settings: dict[str, Entry] = {}
    echelons: list[Table] = []
    for key, child in group.entries.items():
        if key in TaskGroupConfig.made_by_the_reader:
            message = f"is not a setting of a task group: {_INSTEAD[key]}"
            log.add(child.place.fault(message))
        elif key not in GROUP_SETTINGS and isinstance(child.value, Table) and not _misspelt(key, child.value, log):
            echelons.append(_named(key, child, child.value, log))
        else:
            settings[key] = child
    if not echelons:
        settings = _tell_of_none(entry, settings, log)
    echelons.sort(key=_priority)
    settings["name"] = Entry(entry.place, Scalar(entry.place, name))
    settings["echelons"] = Entry(entry.place, List(entry.place, tuple(echelons)))
    return Table(entry.place, settings)


def _tell_of_none(entry: Entry, settings: dict[str, Entry], log: FaultLog) -> dict[str, Entry]:
    """Report that a group has no echelon, or why: its keys may stand in the group itself. Return the settings without those."""
    if "models" in settings:
        log.add(settings["models"].place.fault("stands in the task group itself, not in an echelon", _INDENT))
        headless = [key for key, child in settings.items() if isinstance(child.value, Scalar) and child.value.value is None]
        astray = {*headless, *EchelonConfig.model_fields} - GROUP_SETTINGS
        return {key: child for key, child in settings.items() if key not in astray}
    if not (isinstance(entry.value, Table) and "echelons" in entry.value.entries):  # of which was told already
        log.add(entry.place.fault("has no echelon", "give it a table with models: echelon1: {models: [...]}"))
    return settings


_INDENT = "put it into one, indented below its name: echelon1: {models: [...]}"
_INSTEAD = {
    "name": "its name is the key of its table",
    "echelons": "write each echelon as a table of the group, such as echelon1: {models: [...]}",
}


def _misspelt(key: str, table: Table, log: FaultLog) -> bool:
    """Whether a table looks more like a setting written wrongly than like an echelon without models."""
    return "models" not in table.entries and log.suggestions.nearest(key, ("timeouts", "fallback_config")) is not None


def _named(name: str, entry: Entry, table: Table, log: FaultLog) -> Table:
    given = table.entries.get("name")
    if given is not None:
        log.add(given.place.fault("is not a setting of an echelon: its name is the key of its table"))
    named = Entry(entry.place, Scalar(entry.place, name))
    return replace(table, place=entry.place, entries={**table.entries, "name": named})


def _priority(echelon: Table) -> tuple[bool, float]:
    """Those with a priority first, by it; the sort keeps the order of appearance among equals."""
    entry = echelon.entries.get("priority")
    value: Node | None = entry.value if entry else None
    given = value.value if isinstance(value, Scalar) else None
    try:
        return (False, float(given)) if given is not None else (True, 0.0)
    except (OverflowError, ValueError):
        return True, 0.0
