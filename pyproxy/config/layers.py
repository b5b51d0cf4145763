"""Makes one tree of all layers: the files at the top, those of the environment over them, then each thing's own file, then variables.

Within a layer nothing may be said twice; between layers the later one is laid over the earlier.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.forms.global_fallback import GLOBAL_FALLBACK, as_global_fallback
from pyproxy.config.forms.single_model import is_single_model
from pyproxy.config.fragments import Fragment, may_be_inherited, sections_of
from pyproxy.config.inheritance import Inheritance
from pyproxy.config.kinds import SECTIONS
from pyproxy.config.merging import merge, settle
from pyproxy.config.old_files import FileLayers, OldFiles
from pyproxy.config.paths import resolved
from pyproxy.config.registry import Registry, RegistryReader
from pyproxy.config.rooting import rooted
from pyproxy.config.sources import ENVIRONMENTS, REGISTRY, SourceFile, environment_file, files_of, registry_of
from pyproxy.config.tree import Entry, Node, Place, Table
from pyproxy.config.variables import variables_layer

ENVIRONMENT = "PYPROXY_ENV"

ReadFile = Callable[[Path], Node | None]
"""Reads a file; None for an empty one. Raises `UnreadableError`."""
FindFiles = Callable[[Path], list[SourceFile]]
"""Finds the files of a directory."""


class Layers:
    """Reads the layers of one configuration; every fault of every file goes to the log.

    Args:
        read: Reads one file.
        environ: Environment variables by name.
        log: Takes the faults.
        find: Finds the files of a directory.

    Attributes:
        old: What is written in files of old.
        sources: The files that were read for what they hold, by the names that places have for them.
    """

    def __init__(self, read: ReadFile, environ: Mapping[str, str], log: FaultLog, find: FindFiles = files_of) -> None:
        self.old = OldFiles(log)
        self.sources: dict[str, SourceFile] = {}
        self._read = read
        self._environ = environ
        self._log = log
        self._find = find
        self._tables: dict[Path, Table | None] = {}
        self._inheritance = Inheritance(self.table_of, log)

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
        file = SourceFile(path)
        if is_single_model(node, None):
            self.sources[str(path)] = file
            return self._finished(path, self.old.take_whole_file(file, self._inheritance.whole(path, node)), _nothing(path))
        return self._finished(path, self._sections(file, node), _nothing(path))

    def of_mapping(self, node: Node) -> Table:
        """Return the tree of a configuration that a program wrote; it has said all itself, so that no variable is laid over it."""
        if not isinstance(node, Table):
            raise UnreadableError(node.place.fault("must be a table of sections such as providers and task_groups"))
        fragment = Fragment(node.place.file, "", None, node)
        sections = self._inheritance.each(Path(node.place.file), node, sections_of(fragment, self._log))
        return rooted(settle(sections, self._log), self._log)

    def of_directory(self, path: Path) -> Table:
        """Return the tree of a configuration in a directory."""
        listed = self._registry(path)
        found: dict[Path, SourceFile] = {}
        for file in self._find(path):
            found.setdefault(resolved(file.path), file)
        files = [file for where, file in (found | _as_listed(listed.listed, found)).items() if where not in listed.disabled]
        files = [file for file in files if not self._is_another_registry(file)]
        if not files:
            raise UnreadableError(Fault(file=str(path), message="holds no configuration", hint="put a .yaml or .toml file into it"))
        old = [file for file in files if self._is_single_model(file)]
        general, special = (
            self._joined([file for file in files if (file.kind is not None) is own and file not in old], path) for own in (False, True)
        )
        for sections in self.old.take_models(self._single_models(old), general, special, path):
            special = self._join(special, sections)
        return self._finished(path, merge(listed.settings, general), special)

    def written(self, file: str, section: str, name: str) -> Table | None:
        """Return a named thing as a file writes it, before anything was made of it."""
        source = self.sources.get(file)
        table = None if source is None else self.table_of(source.path)
        if source is None or table is None:
            return None
        named = sections_of(Fragment(file, source.path.stem, source.kind, table), FaultLog()).table(section)
        return None if named is None else named.table(name)

    def _is_another_registry(self, file: SourceFile) -> bool:
        if file.path.stem == REGISTRY:
            hint = "put into the one at the top what it says, or take its folder for a configuration of its own"
            message = "is not read: a configuration has one registry, at its top"
            self._log.add(Fault(severity="warning", file=str(file.path), line=1, column=1, message=message, hint=hint))
        return file.path.stem == REGISTRY

    def _is_single_model(self, file: SourceFile) -> bool:
        table = self.table_of(file.path)
        return table is not None and is_single_model(table, file.kind)

    def _single_models(self, files: list[SourceFile]) -> list[tuple[SourceFile, Table]]:
        """The files with all that they inherit; one at the top from which others inherit is there for that alone."""
        tables = [(file, self._inheritance.whole(file.path, table)) for file in files if (table := self.table_of(file.path)) is not None]
        parents = self._inheritance.parents
        models = [(file, table) for file, table in tables if file.kind is not None or resolved(file.path) not in parents]
        self.sources |= {str(file.path): file for file, _ in models}
        return models

    def _finished(self, source: Path, general: Table, special: Table) -> Table:
        layers = self.old.spread_fallback(FileLayers(general, self._environment(source), special), source)
        tree = self._without_heirlooms(merge(merge(layers.general, layers.environment), layers.special))
        tree = merge(tree, variables_layer(self._environ, tree, self._log))
        return rooted(settle(tree, self._log), self._log)

    def _environment(self, source: Path) -> Table:
        name = self._environ.get(ENVIRONMENT)
        if not name:
            return _nothing(source)
        path = environment_file(source, name)
        if path is None:
            hint = f"write {ENVIRONMENTS}/{name}.yaml, or unset {ENVIRONMENT}"
            self._log.add(
                Fault(file=str(source), message=f"{ENVIRONMENT} names the environment '{name}', and there is no file for it", hint=hint)
            )
            return _nothing(source)
        table = self.table_of(path)
        return _nothing(source) if table is None else self._sections(SourceFile(path), table)

    def _registry(self, directory: Path) -> Registry:
        path = registry_of(directory)
        table = None if path is None else self.table_of(path)
        if path is None or table is None:
            return Registry((), frozenset(), Table(Place(str(directory)), {}))
        return RegistryReader(path, self._log).read(table)

    def _joined(self, files: list[SourceFile], source: Path) -> Table:
        joined: Table | None = None
        for file in files:
            table = self.table_of(file.path)
            if table is not None:
                sections = self._sections(file, table)
                joined = sections if joined is None else self._join(joined, sections)
        return _nothing(files[0].path if files else source) if joined is None else joined

    def _sections(self, file: SourceFile, table: Table) -> Table:
        if file.kind is None:
            table = self._inheritance.whole(file.path, table)
            if file.path.stem.replace("-", "_") == GLOBAL_FALLBACK:
                return as_global_fallback(table)
        self.sources[str(file.path)] = file
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
            elif key in SECTIONS or key == GLOBAL_FALLBACK:
                entries[key] = self._only(key, given, entry)
        return first.with_entries(entries)

    def _join_names(self, first: Table, second: Table) -> Table:
        entries = dict(first.entries)
        for key, entry in second.entries.items():
            given = entries.get(key)
            entries[key] = entry if given is None else self._only(key, given, entry)
        return first.with_entries(entries)

    def _only(self, key: str, given: Entry, entry: Entry) -> Entry:
        """Return what counts of an entry that is in two files: it is a fault, unless one of them has it from the other."""
        if given.place in (entry.place, *entry.overrides):
            return entry
        if entry.place not in given.overrides:
            self._twice(key, given, entry)
        return given

    def _twice(self, key: str, given: Entry, entry: Entry) -> None:
        line = "" if given.place.line is None else f":{given.place.line}"
        self._log.add(entry.place.fault(f"'{key}' is in two files: {given.place.file}{line} has it, too", "keep one of them"))

    def table_of(self, path: Path) -> Table | None:
        """Return the content of a file as a table, read once; None after a fault, and where it is empty."""
        if path not in self._tables:
            self._tables[path] = None
            try:
                node = self._read(path)
            except UnreadableError as stop:
                self._log.add_unread(path, stop.fault)
            else:
                if isinstance(node, Table):
                    self._tables[path] = node
                elif node is not None:
                    self._log.add_unread(path, node.place.fault("must be a table of sections such as providers and task_groups"))
        return self._tables[path]

    def _without_heirlooms(self, tree: Table) -> Table:
        """Leave out what stands at the top of a file only for others to inherit."""
        parents, tables = self._inheritance.parents, self._inheritance.tables

        def is_heirloom(key: str, entry: Entry) -> bool:
            file = Path(entry.place.file)
            by_name = (entry.place.file, key) in tables
            by_file = may_be_inherited(key, entry) and (file.stem == "global" or resolved(file) in parents)
            return key not in SECTIONS and (by_name or by_file)

        return tree.with_entries({key: entry for key, entry in tree.entries.items() if not is_heirloom(key, entry)})


def _nothing(source: Path) -> Table:
    return Table(Place(str(source)), {})


def _as_listed(listed: tuple[SourceFile, ...], found: Mapping[Path, SourceFile]) -> dict[Path, SourceFile]:
    """The files of the registry; one that was found is as its folder says, unless the registry says what it holds."""
    at = {resolved(file.path): file for file in listed}
    return {where: file if file.kind is not None else found.get(where, file) for where, file in at.items()}
