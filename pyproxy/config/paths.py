"""Asks the file system about paths that a configuration names: whatever is written there, the answer is never an exception."""

from os.path import normpath, realpath
from pathlib import Path


def resolved(path: Path) -> Path:
    """Return the path without links; as it is where it cannot be one."""
    try:
        return Path(realpath(path))
    except (OSError, ValueError):
        return path


def is_file(path: Path) -> bool:
    """Whether there is a file; there is none under a path that cannot be one."""
    try:
        return path.is_file()
    except OSError:  # too long a name, or a folder that may not be entered
        return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder; there is none under a path that cannot be one."""
    try:
        return path.is_dir()
    except OSError:
        return False


def beside(file: Path, name: str) -> Path:
    """Return the path of another file as this one's is written, so that faults name it like every other."""
    path = file.parent / name
    plain, real = Path(normpath(path)), resolved(path)
    return plain if resolved(plain) == real else real
