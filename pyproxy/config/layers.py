"""Makes one tree of all layers: the files at the top, those of the environment over them, then each thing's own file, then variables.

Within a layer nothing may be said twice; between layers the later one is laid over the earlier.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.fragments import Fragment, may_be_inherited, sections_of
from pyproxy.config.inheritance import Inheritance
from pyproxy.config.kinds import SECTIONS
from pyproxy.config.merging import merge, settle
from pyproxy.config.paths import resolved
from pyproxy.config.registry import Registry, RegistryReader
from pyproxy.config.rooting import rooted
from pyproxy.config.sources import ENVIRONMENTS, SourceFile, environment_file, files_of, registry_of
from pyproxy.config.tree import Entry, Node, Place, Table
from pyproxy.config.variables import variables_layer

ENVIRONMENT = "PYPROXY_ENV"

ReadFile = Callable[[Path], Node | None]
"""Reads a file; None for an empty one. Raises `UnreadableError`."""


class Layers:
    """Reads the layers of one configuration; every fault of every file goes to the log.

    Args:
        read: Reads one file.
        environ: Environment variables by name.
        log: Takes the faults.
    """

    def __init__(self, read: ReadFile, environ: Mapping[str, str], log: FaultLog) -> None:
        self._read = read
        self._environ = environ
        self._log = log
        self._tables: dict[Path, Table | None] = {}
        self._inheritance = Inheritance(self._table, log)

    def of_file(self, path: Path) -> Table:
        """Return the tree of a configuration in one file."""
        node = self._read(path)
        if node is None:
            raise UnreadableError(
                Fault(file=str(path), line=1, column=1, message="the file is empty", hint="begin with providers and task_groups")
            )
        if not isinstance(node, Table):
            raise UnreadableError(node.place.fault("must be a table of sections such as providers and task_groups"))
        self._tables[path] = node
        return self._finished(path, self._sections(SourceFile(path), node), [])

    def of_mapping(self, node: Node) -> Table:
        """Return the tree of a configuration that a program wrote; it has said all itself, so that no variable is laid over it."""
        if not isinstance(node, Table):
            raise UnreadableError(node.place.fault("must be a table of sections such as providers and task_groups"))
        sections = self._inheritance.each(Path(node.place.file), node, node)
        return rooted(settle(sections, self._log), self._log)

    def of_directory(self, path: Path) -> Table:
        """Return the tree of a configuration in a directory."""
        listed = self._registry(path)
        found: dict[Path, SourceFile] = {}
        for file in files_of(path):
            found.setdefault(resolved(file.path), file)
        files = [file for where, file in (found | _as_listed(listed.listed, found)).items() if where not in listed.disabled]
        if not files:
            raise UnreadableError(Fault(file=str(path), message="holds no configuration", hint="put a .yaml or .toml file into it"))
        general, special = (self._joined([file for file in files if (file.kind is not None) is own]) for own in (False, True))
        return self._finished(path, merge(listed.settings, general), [special])

    def _finished(self, source: Path, general: Table, special: list[Table]) -> Table:
        tree = general
        for layer in (*self._environment(source), *special):
            tree = merge(tree, layer)
        tree = self._without_heirlooms(tree)
        tree = merge(tree, variables_layer(self._environ, tree, self._log))
        return rooted(settle(tree, self._log), self._log)

    def _environment(self, source: Path) -> list[Table]:
        name = self._environ.get(ENVIRONMENT)
        if not name:
            return []
        path = environment_file(source, name)
        if path is None:
            hint = f"write {ENVIRONMENTS}/{name}.yaml, or unset {ENVIRONMENT}"
            self._log.add(
                Fault(file=str(source), message=f"{ENVIRONMENT} names the environment '{name}', and there is no file for it", hint=hint)
            )
            return []
        table = self._table(path)
        return [] if table is None else [self._sections(SourceFile(path), table)]

    def _registry(self, directory: Path) -> Registry:
        path = registry_of(directory)
        table = None if path is None else self._table(path)
        if path is None or table is None:
            return Registry((), frozenset(), Table(Place(str(directory)), {}))
        return RegistryReader(path, self._log).read(table)

    def _joined(self, files: list[SourceFile]) -> Table:
        joined: Table | None = None
        for file in files:
            table = self._table(file.path)
            if table is not None:
                sections = self._sections(file, table)
                joined = sections if joined is None else self._join(joined, sections)
        return Table(Place(str(files[0].path) if files else ""), {}) if joined is None else joined

    def _sections(self, file: SourceFile, table: Table) -> Table:
        if file.kind is None:
            table = self._inheritance.whole(file.path, table)
        fragment = Fragment(str(file.path), file.path.stem, file.kind, table)
        return self._inheritance.each(file.path, table, sections_of(fragment, self._log))

    def _join(self, first: Table, second: Table) -> Table:
        """Both together; what both say is a fault that names both."""
        entries = dict(first.entries)
        for key, entry in second.entries.items():
            given = entries.get(key)
            if given is None:
                entries[key] = entry
            elif key in SECTIONS and isinstance(given.value, Table) and isinstance(entry.value, Table):
                entries[key] = replace(given, value=self._join_names(given.value, entry.value))
            elif key in SECTIONS:
                self._twice(key, given, entry)
        return first.with_entries(entries)

    def _join_names(self, first: Table, second: Table) -> Table:
        entries = dict(first.entries)
        for key, entry in second.entries.items():
            given = entries.setdefault(key, entry)
            if given is not entry:
                self._twice(key, given, entry)
        return first.with_entries(entries)

    def _twice(self, key: str, given: Entry, entry: Entry) -> None:
        line = "" if given.place.line is None else f":{given.place.line}"
        self._log.add(entry.place.fault(f"'{key}' is in two files: {given.place.file}{line} has it, too", "keep one of them"))

    def _table(self, path: Path) -> Table | None:
        """The content of a file as a table, read once; None after a fault, and where it is empty."""
        if path not in self._tables:
            self._tables[path] = None
            try:
                node = self._read(path)
            except UnreadableError as stop:
                self._log.add(stop.fault)
            else:
                if isinstance(node, Table):
                    self._tables[path] = node
                elif node is not None:
                    self._log.add(node.place.fault("must be a table of sections such as providers and task_groups"))
        return self._tables[path]

    def _without_heirlooms(self, tree: Table) -> Table:
        """Leave out what stands at the top of a file only for others to inherit."""
        parents = self._inheritance.parents

        def is_heirloom(key: str, entry: Entry) -> bool:
            file = Path(entry.place.file)
            return key not in SECTIONS and may_be_inherited(key) and (resolved(file) in parents or file.stem == "global")

        return tree.with_entries({key: entry for key, entry in tree.entries.items() if not is_heirloom(key, entry)})


def _as_listed(listed: tuple[SourceFile, ...], found: Mapping[Path, SourceFile]) -> dict[Path, SourceFile]:
    """The files of the registry; one that was found is as its folder says, unless the registry says what it holds."""
    at = {resolved(file.path): file for file in listed}
    return {where: file if file.kind is not None else found.get(where, file) for where, file in at.items()}
