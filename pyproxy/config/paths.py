"""Asks the file system about paths that a configuration names: whatever is written there, the answer is never an exception."""

import stat
from os.path import islink, normpath, realpath
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


def is_meant_as_file(path: Path) -> bool:
    """Whether there is a file, or something that ought to be one: a link that leads nowhere, a file that may not be looked at."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return islink(path)  # noqa: PTH114 - Path's raises where no path can be


def is_folder(path: Path) -> bool:
    """Whether there is a folder; there is none under a path that cannot be one."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_special(path: Path) -> bool:
    """Whether there is something that is neither a file nor a folder, such as a pipe."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def beside(file: Path, name: str) -> Path:
    """Return the path of another file as this one's is written, so that faults name it like every other."""
    path = file.parent / name
    plain, real = Path(normpath(path)), resolved(path)
    return plain if resolved(plain) == real else real
