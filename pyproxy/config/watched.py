"""Where a configuration stands on the disk, and how to see cheaply that it may have changed."""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from pyproxy.config.sources import ENDINGS, ENVIRONMENTS

Signature: TypeAlias = Mapping[Path, tuple[int, ...]]


def watched_paths(source: str | os.PathLike[str]) -> set[Path]:
    """Return every path whose change may change the configuration at ``source``.

    These are its files and the folders in which they may appear, be renamed or be replaced; each link on the way to a file counts
    with both of its ends, as Kubernetes exchanges a link and leaves the file's own path alone. Nothing here needs to exist.

    Args:
        source: A file, or a directory of files.
    """
    path = Path(os.path.abspath(source))  # noqa: PTH100 - a link must stay one here
    found = _with_links(path)
    for top in [path] if path.is_dir() else [path.parent / ENVIRONMENTS]:
        for folder, _, names in os.walk(top):
            files = (Path(folder, name) for name in names if name.endswith(ENDINGS))
            found |= {Path(folder), *(each for file in files for each in _with_links(file))}
    return found


def signature(source: str | os.PathLike[str]) -> Signature:
    """Return what is different after any change of `watched_paths`, without reading a file.

    A file counts with its identity, its size and its times. A folder counts with its identity alone: what else lies in it is no
    matter here.
    """
    return {path: _seen(path) for path in watched_paths(source)}


def digest(source: str | os.PathLike[str]) -> str:
    """Return what is different after a change of content, and the same when nothing but names and times changed."""
    content = hashlib.sha256()
    for path in sorted(watched_paths(source)):
        with contextlib.suppress(OSError, ValueError):
            if path.is_file():  # reading a pipe would take what is in it away
                content.update(hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()


def _with_links(path: Path) -> set[Path]:
    """The path with its folder, and those which it leads to when it is a link, or lies in a folder that is one."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError):  # a circle of links
        real = path
    return {path, path.parent, real, real.parent}


def _seen(path: Path) -> tuple[int, ...]:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return ()
    identity = (state.st_dev, state.st_ino)
    return identity if path.is_dir() else (*identity, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
