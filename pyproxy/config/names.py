"""The checks over names: each reference exists, each name means one thing, each name can stand where names are sent and written."""

import re
from collections.abc import Collection, Iterable

from pyproxy.config.faults import FaultLog, printable, printable_path
from pyproxy.config.references import TARGET_SECTIONS, Reference, echelon_name, echelons, references
from pyproxy.config.tree import Place, Table
from pyproxy.domain.instances import node_scope, pool_scope

KINDS = {
    "task_groups": "a task group",
    "polling_pools": "a polling pool",
    "wrappers": "a wrapper",
    "nodes": "a node",
    "models": "a model",
    "aliases": "an alias",
}
_WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
_MODEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@/+-]{0,199}")
_ALIAS = re.compile(r"[A-Za-z0-9_.:@/+*-]{1,200}")
_FORMS = {
    "models": (_MODEL, "a model's name is made of letters, digits and _ . : @ / + -; for another upstream name add an entry to models"),
    "aliases": (_ALIAS, "an alias is made of letters, digits and _ . : @ / + - *"),
}
_WORD_FORM = (_WORD, "the name must be made of letters, digits, _ and - alone")
_MOST_SHOWN = 5
# Under these names the limits of pools and nodes are kept, so that no model may have them.
_SCOPES = (("polling_pools", "the limits of a pool", pool_scope), ("nodes", "the limits of a node", node_scope))


def check_names(root: Table, log: FaultLog, left_out: Collection[tuple[str, str]] = ()) -> None:
    """Report names of a form that cannot be used, names with two meanings, and references to nothing.

    Args:
        root: The tree, its echelons gathered and its implicit models added.
        log: Takes the faults.
        left_out: What was taken out of the tree for a fault of its own, as section and name.
    """
    known = KnownNames(root, left_out)
    _check_forms(root, log)
    _check_meanings(root, log)
    for reference in references(root):
        known.check(reference, log)


def _check_forms(root: Table, log: FaultLog) -> None:
    for section in ("providers", *KINDS):
        table = root.table(section)
        for name, entry in table.entries.items() if table else ():
            form, advice = _FORMS.get(section, _WORD_FORM)
            if not form.fullmatch(name):
                log.add(entry.place.fault("cannot be a name", advice))
    for _, _, group in root.tables("task_groups"):
        for echelon in echelons(group):
            if not _WORD.fullmatch(echelon_name(echelon)):
                log.add(echelon.place.fault("cannot be a name", _WORD_FORM[1]))


def _check_meanings(root: Table, log: FaultLog) -> None:
    meanings: dict[str, tuple[str, Place]] = {}
    for section, kind in KINDS.items():
        table = root.table(section)
        for name, entry in table.entries.items() if table else ():
            _claim(meanings, name, kind, entry.place, log)
    for section, kind, scope in _SCOPES:
        for name, entry, _ in root.tables(section):
            _claim(meanings, scope(name), kind, entry.place, log)
    for name, _, group in root.tables("task_groups"):
        for echelon in echelons(group):
            _claim(meanings, f"{name}.{echelon_name(echelon)}", "an echelon", echelon.place, log)


def _claim(meanings: dict[str, tuple[str, Place]], name: str, kind: str, place: Place, log: FaultLog) -> None:
    if name not in meanings:
        meanings[name] = kind, place
        return
    other, first = meanings[name]
    lines = f" (lines {first.line} and {place.line})" if place.line is not None else ""
    where = lines if first.file == place.file else f" (the other in {printable_path(first.file)}:{first.line})"
    message = f"'{printable(name)}' is the name of {other} and of {kind}{where}"
    log.add(place.fault(message, f"a request could mean either: rename one of {first.path} and {place.path}"))


class KnownNames:
    """Everything that can be referred to, by section; ``groups`` are the task groups and their echelons.

    Args:
        root: The tree, its echelons gathered and its implicit models added.
        left_out: What was taken out of it for a fault of its own, as section and name.
    """

    def __init__(self, root: Table, left_out: Collection[tuple[str, str]] = ()) -> None:
        self._root = root
        self._names: dict[str, dict[str, None]] = {}
        for section in ("providers", *KINDS):
            table = root.table(section)
            self._names[section] = dict.fromkeys(table.entries if table else ())
        self._echelons = {
            name: tuple(echelon_name(echelon) for echelon in echelons(group)) for name, _, group in root.tables("task_groups")
        }
        self._names["groups"] = dict.fromkeys(self._names["task_groups"])
        for group, names in self._echelons.items():
            self._names["groups"].update(dict.fromkeys(f"{group}.{name}" for name in names))
        self._left_out = left_out

    def holds(self, name: str, sections: Iterable[str]) -> bool:
        """Whether one of the sections has that name."""
        return any(name in self._names[section] for section in sections)

    def check(self, reference: Reference, log: FaultLog) -> None:
        """Report a reference to nothing, unless others tell of it: an empty one, an alias of an alias, sections that are no tables."""
        name = str(reference.scalar.value)
        told = not name or (reference.sections == TARGET_SECTIONS and name in self._names["aliases"])
        if told or not self._sections_are_tables(reference.sections) or self.holds(name, reference.sections):
            return
        place = reference.scalar.place
        if reference.scalar.variables:
            log.add(place.fault(f"names no {reference.kind}", reference.scalar.origin))
            return
        group, dot, echelon = name.partition(".")
        provider, colon, upstream = name.partition(":")
        if self._is_left_out(name, reference.sections):
            log.add(place.fault(f"names '{printable(name)}', which is left out"))
        elif dot and "groups" in reference.sections and group in self._echelons:
            message = f"the task group '{printable(group)}' has no echelon '{printable(echelon)}'"
            log.add(place.fault(message, self._hint(echelon, self._echelons[group], log)))
        elif colon and upstream and "models" in reference.sections:
            message = f"there is no provider '{printable(provider)}' for '{printable(name)}'"
            log.add(place.fault(message, self._hint(provider, tuple(self._names["providers"]), log)))
        else:
            log.add(place.fault(f"there is no {reference.kind} '{printable(name)}'", self._hint_for(name, reference, log)))

    def _sections_are_tables(self, sections: tuple[str, ...]) -> bool:
        """Whether what could hold the name can be read; if not, that is told, and what it would hold is not known."""
        given = (self._root.entries.get("task_groups" if section == "groups" else section) for section in sections)
        return all(isinstance(entry.value, Table) for entry in given if entry is not None)

    def _is_left_out(self, name: str, sections: tuple[str, ...]) -> bool:
        """Whether the name went with a part that was taken out; an implicit model goes with its provider."""
        provider, colon, _ = name.partition(":")
        implicit = bool(colon) and "models" in sections and ("providers", provider) in self._left_out
        within = (*sections, "aliases") if sections == TARGET_SECTIONS else sections
        return implicit or any((section, name) in self._left_out for section in within)

    def _hint_for(self, name: str, reference: Reference, log: FaultLog) -> str:
        other = next((kind for section, kind in KINDS.items() if name in self._names[section]), "")
        if other:
            return f"that is the name of {other}"
        return self._hint(name, tuple(name for section in reference.sections for name in self._names[section]), log)

    @staticmethod
    def _hint(name: str, known: tuple[str, ...], log: FaultLog) -> str:
        near = log.suggestions.hint(name, known)
        if near or not known:
            return near or "none is configured"
        more = ", …" if len(known) > _MOST_SHOWN else ""
        return f"there is {', '.join(printable(other) for other in known[:_MOST_SHOWN])}{more}"
