"""Which files make up a configuration: one file, or a directory with a folder for each kind; and one of the environment beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyproxy.config.faults import Fault, UnreadableError
from pyproxy.config.kinds import Kind, kind_of_folder
from pyproxy.config.paths import is_folder, is_meant_as_file, resolved

ENDINGS = (".yaml", ".yml", ".toml")
REGISTRY = "_registry"
ENVIRONMENTS = "env"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file, and the kind of what it holds where its folder says so."""

    path: Path
    kind: Kind | None = None


def files_of(directory: Path) -> list[SourceFile]:
    """Return the files of a directory but for its registry, in the order of their names: those at the top first, then by folder."""
    registry = registry_of(directory)
    return [file for file in _files(directory, None, (resolved(directory),)) if file.path != registry]


def source_file(directory: Path, path: Path) -> SourceFile:
    """Return a file of a directory, with the kind that the folders on its way give it; it need not be there yet."""
    shown = directory / path.relative_to(resolved(directory))
    kinds = (kind_of_folder(folder) for folder in shown.relative_to(directory).parts[:-1])
    return SourceFile(shown, next((kind for kind in kinds if kind is not None), None))


def registry_of(directory: Path) -> Path | None:
    """Return the registry of a directory, if it has one."""
    paths = (directory / f"{REGISTRY}{ending}" for ending in ENDINGS)
    return next((path for path in paths if is_meant_as_file(path)), None)


def environment_file(source: Path, name: str) -> Path | None:
    """Return ``env/NAME.*`` in a directory, or beside a file."""
    folder = (source if is_folder(source) else source.parent) / ENVIRONMENTS
    paths = (folder / f"{name}{ending}" for ending in ENDINGS)
    return next((path for path in paths if is_meant_as_file(path)), None)


def _files(folder: Path, kind: Kind | None, around: tuple[Path, ...]) -> Iterator[SourceFile]:
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise UnreadableError(Fault(file=str(folder), message=f"cannot be read: {error.strerror}")) from None
    for entry in entries:
        if entry.suffix in ENDINGS and is_meant_as_file(entry):
            yield SourceFile(entry, kind)
    for entry in entries:
        inside = resolved(entry)
        if is_folder(entry) and inside not in around and not (kind is None and entry.name == ENVIRONMENTS):
            yield from _files(entry, kind or kind_of_folder(entry.name), (*around, inside))
