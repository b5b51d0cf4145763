"""Where a configuration stands on the disk, and how to see cheaply that it may have changed."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from pyproxy.config.paths import is_folder, resolved
from pyproxy.config.sources import ENDINGS, ENVIRONMENTS

Signature: TypeAlias = Mapping[Path, tuple[int, ...]]


def watched_paths(source: str | os.PathLike[str], read: Iterable[Path] = ()) -> set[Path]:
    """Return every path whose change may change the configuration at ``source``.

    These are its files and the folders in which they may appear, be renamed or be replaced; each link on the way to a file counts
    with both of its ends, as Kubernetes exchanges a link and leaves the file's own path alone. Nothing here needs to exist, or to be
    allowed to be looked at.

    Args:
        source: A file, or a directory of files.
        read: Files that it was read from, wherever they are, such as those that others inherit from.
    """
    path = _absolute(source)
    found = _with_links(path)
    found.update(*_listed(path if is_folder(path) else path.parent / ENVIRONMENTS, ()))
    elsewhere = {_absolute(file) for file in read} - found
    return found.union(*(_with_links(file) for file in elsewhere))


def signature(source: str | os.PathLike[str], read: Iterable[Path] = ()) -> Signature:
    """Return what is different after any change of `watched_paths`, without reading a file.

    A file counts with its identity, its size and its times. A folder counts with its identity alone: what else lies in it is no
    matter here.
    """
    return {path: _seen(path) for path in watched_paths(source, read)}


def digest(source: str | os.PathLike[str], read: Iterable[Path] = ()) -> str:
    """Return what is different after a change of content, and the same when nothing but names and times changed."""
    content = hashlib.sha256()
    for path in sorted(watched_paths(source, read)):
        with contextlib.suppress(OSError, ValueError):
            if path.is_file():  # reading a pipe would take what is in it away
                content.update(hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - a link must stay one here


def _with_links(path: Path) -> set[Path]:
    """The path with its folder, and those which it leads to when it is a link, or lies in a folder that is one."""
    real = resolved(path)
    return {path, path.parent, real, real.parent}


def _listed(folder: Path, around: tuple[Path, ...]) -> Iterator[set[Path]]:
    """What a directory is read from, folder by folder; what is hidden is not read."""
    inside = resolved(folder)
    if inside in around:
        return
    try:
        with os.scandir(folder) as listing:
            entries = [entry for entry in listing if not entry.name.startswith(".")]
    except OSError:
        return
    yield {folder, inside}
    for entry in entries:
        path = folder / entry.name
        if _is_folder(entry):
            yield from _listed(path, (*around, inside))
        elif path.suffix in ENDINGS:
            yield _with_links(path) if entry.is_symlink() else {path}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _seen(path: Path) -> tuple[int, ...]:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return ()
    identity = (state.st_dev, state.st_ino)
    return identity if stat.S_ISDIR(state.st_mode) else (*identity, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
