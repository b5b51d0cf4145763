"""``_registry.toml``: which files there are besides those found by their place, which are left out, and settings for all."""

from dataclasses import dataclass
from pathlib import Path

from pyproxy.config.faults import FaultLog, printable_path
from pyproxy.config.kinds import Kind, kind_of_folder
from pyproxy.config.paths import is_file, resolved
from pyproxy.config.sources import SourceFile
from pyproxy.config.tree import Entry, Scalar, Table

_SETTINGS = {
    "config_validation": ("config_validation",),
    "enable_hot_reload": ("server", "hot_reload"),
    "hot_reload": ("server", "hot_reload"),
    "reload_interval": ("server", "reload_interval"),
}
"""Settings of the registry, and where the canonical form has them."""

_TABLES = ("global", "settings")


@dataclass(frozen=True, slots=True)
class Registry:
    """What a registry says.

    Attributes:
        listed: Its files that are enabled.
        disabled: Its files that are not.
        settings: Its settings, as a layer below all files.
    """

    listed: tuple[SourceFile, ...]
    disabled: frozenset[Path]
    settings: Table


class RegistryReader:
    """Reads one registry; what is wrong in it goes to the log."""

    def __init__(self, path: Path, log: FaultLog) -> None:
        self._path = path
        self._log = log
        self._listed: list[SourceFile] = []
        self._disabled: set[Path] = set()
        self._settings: dict[str, Entry] = {}

    def read(self, table: Table) -> Registry:
        """Return what the registry says; a listed file that is not there is a fault."""
        for key, entry in table.entries.items():
            if isinstance(entry.value, Table) and not (key in _TABLES and "file" not in entry.value.entries):
                self._collect(entry.value, kind_of_folder(key))
            else:
                settings = entry.value.entries if isinstance(entry.value, Table) else {key: entry}
                for name, setting in settings.items():
                    self._set(name, setting)
        return Registry(tuple(self._listed), frozenset(self._disabled), Table(table.place, self._settings))

    def _set(self, name: str, entry: Entry) -> None:
        keys = _SETTINGS.get(name)
        if keys is None:
            self._log.add(entry.place.fault("is not a setting of a registry", self._log.suggestions.hint(name, _SETTINGS)))
            return
        settings = self._settings
        for key in keys[:-1]:
            inner = settings.setdefault(key, Entry(entry.place, Table(entry.place, {}))).value
            if isinstance(inner, Table):
                settings = inner.entries
        settings[keys[-1]] = entry

    def _collect(self, table: Table, kind: Kind | None) -> None:
        given = table.entries.get("file")
        if given is None:
            for key, entry in table.entries.items():
                if isinstance(entry.value, Table):
                    self._collect(entry.value, kind or kind_of_folder(key))
                else:
                    self._log.add(entry.place.fault("is not what a registry lists", _WRITE))
        elif isinstance(given.value, Scalar) and isinstance(given.value.value, str):
            self._list(given.value, given.value.value, table, kind)
        else:
            self._log.add(given.place.fault("must be the path of a file", _WRITE))

    def _list(self, place: Scalar, name: str, table: Table, kind: Kind | None) -> None:
        file = self._path.parent / name
        for key, entry in table.entries.items():
            if key not in ("file", "enabled"):
                hint = self._log.suggestions.hint(key, ("file", "enabled")) or _WRITE
                self._log.add(entry.place.fault("is not what a registry says of a file", hint))
        if not self._is_enabled(table):
            self._disabled.add(resolved(file))
        elif not is_file(file):
            self._log.add_unread(file, place.place.fault("there is no such file", f"looked for {printable_path(str(file))}"))
        else:
            kinds = (kind_of_folder(folder) for folder in Path(name).parts[:-1])
            self._listed.append(SourceFile(file, kind or next((found for found in kinds if found is not None), None)))

    def _is_enabled(self, table: Table) -> bool:
        given = table.entries.get("enabled")
        value = given.value.value if given is not None and isinstance(given.value, Scalar) else None
        if given is not None and not isinstance(value, bool):
            self._log.add(given.place.fault("must be true or false", "write it without quotes, and without a variable"))
        return value is not False


_WRITE = 'write name = {file = "groups/name.toml", enabled = true}'
