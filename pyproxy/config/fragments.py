"""What a file of a directory holds: sections as in a single file, several things of one kind by name, or one thing alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pyproxy.config.faults import FaultLog
from pyproxy.config.forms.moving import move, without
from pyproxy.config.kinds import BY_FOLDER, BY_SECTION, ECHELON_SETTINGS, NODE, SECTIONS, TASK_GROUP, Kind
from pyproxy.config.merging import EXTENDS
from pyproxy.config.tree import Entry, Scalar, Table

INHERITS = "inherits_from"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A file, read.

    Attributes:
        file: Its name in faults.
        stem: What it is called without folder and ending.
        kind: What its folder or the registry says that it holds; None at the top of a directory.
        table: Its content.
    """

    file: str
    stem: str
    kind: Kind | None
    table: Table


def sections_of(fragment: Fragment, log: FaultLog) -> Table:
    """Return the content of a fragment under the canonical sections."""
    table, kind = fragment.table, fragment.kind
    if kind is None or _has_sections(table, kind):
        sections = _renamed(fragment, log)
        # A workflow says more than which nodes it has, to those who run it.
        return (
            sections.with_entries({key: sections.entries[key] for key in ("nodes",)})
            if kind is NODE and "nodes" in sections.entries
            else sections
        )
    named = dict(_named(fragment, kind, log))
    return Table(table.place, {kind.section: Entry(table.place, Table(table.place, named))})


def _has_sections(table: Table, kind: Kind) -> bool:
    """Whether its keys are sections; a group may have an echelon of any name, but a section holds tables alone."""
    sections = [key for key in table.entries if key in SECTIONS and not kind.knows(key)]
    return any(table.table(key) is not None for key in sections) or any(
        _is_section(key, entry, kind) for key, entry in table.entries.items()
    )


def _is_section(key: str, entry: Entry, kind: Kind) -> bool:
    """Whether it is a section of the kind under another name: ``pools`` for ``polling_pools``."""
    inner = list(entry.value.entries.values()) if isinstance(entry.value, Table) else []
    is_other_name = _kind_of(key) is kind and key != kind.table and not kind.knows(key)
    return is_other_name and bool(inner) and all(isinstance(named.value, Table) for named in inner)


def _kind_of(key: str) -> Kind | None:
    return BY_FOLDER.get(key.replace("-", "_"))


def _renamed(fragment: Fragment, log: FaultLog) -> Table:
    """Sections under their canonical names: ``pools`` is ``polling_pools``, and ``[pool]`` with settings in it is one of them."""
    entries: dict[str, Entry] = {}
    names: dict[str, str] = {}
    for key, entry in fragment.table.entries.items():
        kind = _kind_of(key) if isinstance(entry.value, Table) and key not in SECTIONS else None
        entries[key] = entry
        if kind is not None and isinstance(entry.value, Table):
            names[key] = kind.section
            if key == kind.table and _is_single(entry.value, kind):
                entries[key] = replace(entry, value=Table(entry.value.place, dict([_single(entry.value, fragment.stem)])))
    return move(fragment.table.with_entries(entries), names, log)


def _is_single(table: Table, kind: Kind) -> bool:
    """Whether it has settings of one thing of the kind, and not such things by name."""
    settings = [key for key, entry in table.entries.items() if key == "echelons" or not isinstance(entry.value, Table)]
    return any(key == "name" or kind.knows(key) for key in settings)


def _named(fragment: Fragment, kind: Kind, log: FaultLog) -> Iterator[tuple[str, Entry]]:
    table = fragment.table
    nested = table.table(kind.table)
    if nested is not None and not kind.knows(kind.table):
        rest = without(table, kind.table)
        for entry in rest.entries.values():
            log.add(entry.place.fault(f"stands beside the table {kind.table}, which is all that is read", f"put it into [{kind.table}]"))
        yield _single(nested, fragment.stem)
    elif _is_map(table, kind):
        yield from table.entries.items()
    else:
        yield _single(table, fragment.stem)


def _single(table: Table, stem: str) -> tuple[str, Entry]:
    given = table.entries.get("name")
    if given is not None and isinstance(given.value, Scalar) and isinstance(given.value.value, str):
        return given.value.value, Entry(given.place, without(table, "name"))
    return stem.replace("-", "_"), Entry(table.place, table)


def _is_map(table: Table, kind: Kind) -> bool:
    """Whether each key names a thing of the kind, and is no setting of one."""
    tables = [entry.value for entry in table.entries.values() if isinstance(entry.value, Table)]
    if not tables or len(tables) < len(table.entries) or any(kind.knows(key) for key in table.entries):
        return False
    if kind is TASK_GROUP:
        return not any("models" in inner.entries for inner in tables)
    return any(kind.knows(key) for inner in tables for key in inner.entries)


def named_entries(sections: Table) -> Iterator[tuple[Kind, str, Entry]]:
    """Yield each table of each named section, with its kind and its name."""
    for section, kind in BY_SECTION.items():
        for name, entry, _ in sections.tables(section):
            yield kind, name, entry


def with_own_tables(sections: Table) -> Table:
    """Return the sections with tables that nothing else holds, so that what is in them can be replaced one by one."""
    own = {
        key: replace(entry, value=entry.value.with_entries(dict(entry.value.entries))) if isinstance(entry.value, Table) else entry
        for key, entry in sections.entries.items()
    }
    return sections.with_entries(own)


def settings_alone(table: Table, kind: Kind) -> Table:
    """Return what of a file may be inherited by one thing of a kind: all but sections."""
    nested = table.table(kind.table)
    if nested is not None and not kind.knows(kind.table):
        return nested
    kept = {key: entry for key, entry in table.entries.items() if key != "name" and (key not in SECTIONS or kind.knows(key))}
    return table.with_entries(kept)


def without_others(table: Table, kind: Kind) -> Table:
    """Return what of a parent is for one thing of a kind: a file that several kinds inherit from has settings of each."""
    others = [
        key
        for key, entry in table.entries.items()
        if key != INHERITS and may_be_inherited(key, entry) and not kind.knows(key) and not (kind is TASK_GROUP and _is_echelon(key, entry))
    ]
    return without(table, *others)


def may_be_inherited(key: str, entry: Entry) -> bool:
    """Whether what stands at the top of a file is there for others to inherit: a setting of theirs, or an echelon."""
    return _is_setting(key) or _is_echelon(key, entry)


def _is_setting(key: str) -> bool:
    return key in ECHELON_SETTINGS or key in _OLDER or any(kind.knows(key) for kind in BY_SECTION.values())


def _is_echelon(key: str, entry: Entry) -> bool:
    inner = entry.value.entries if isinstance(entry.value, Table) else ()
    return bool(inner) and not _is_setting(key) and all(name.removesuffix(EXTENDS) in ECHELON_SETTINGS for name in inner)


_OLDER = frozenset(("health_check", "fallback", "performance", "monitoring", "default_config", "defaults", INHERITS))
