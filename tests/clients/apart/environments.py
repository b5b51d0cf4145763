"""Environments of their own for clients that disagree on dependencies, and packages' sources: made once for each set of pins, and kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cache", "kept", "python_with", "source_of"]

_MADE_WITHIN_S = 600


def cache() -> Path:
    """Give the directory that they are kept in: `$PYPROXY_CLIENTS_CACHE`, or one in the user's cache."""
    return Path(os.environ.get("PYPROXY_CLIENTS_CACHE") or Path.home() / ".cache" / "pyproxy-clients")


def python_with(requirements: Path) -> Path:
    """Give the Python of an environment with just these pins in it; it is made if there is none yet.

    Args:
        requirements: A file of pins with hashes. Another pin, or another Python, is another environment.
    """

    def install(place: Path) -> None:
        python = str(place / "bin" / "python")
        _run("-m", "uv", "--quiet", "venv", "--python", sys.executable, str(place))
        _run("-m", "uv", "--quiet", "pip", "install", "--require-hashes", "--python", python, "--requirements", str(requirements))

    return kept(requirements.stem, requirements.read_bytes() + sys.version.encode(), install) / "bin" / "python"


def source_of(package: str, requirements: Path) -> Path:
    """Give the unpacked source package of what an environment has installed, for what only that holds, such as its tests.

    Args:
        package: Its name.
        requirements: The environment's pins. Beside the package they hold pip, and what the package is built with: pip asks it for its
            name and version before it hands a source over.
    """
    pin = re.search(rf"^{package}==.*\n(?: .*\n)+", requirements.read_text(), re.MULTILINE)
    assert pin is not None, f"{requirements.name} has no pin of {package}"

    def unpack(place: Path) -> None:
        place.mkdir()
        one = place / "pin.txt"
        one.write_text(pin[0])
        options = ("--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes", "--dest", str(place))
        _run("-m", "pip", "download", *options, "--requirement", str(one), python=python_with(requirements))
        (archive,) = place.glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        archive.unlink()

    (source,) = kept(f"{package}-source", pin[0].encode(), unpack).glob(f"{package}-*/")
    return source


def kept(name: str, made_of: bytes, make: Callable[[Path], None]) -> Path:
    """Give the place of what `make` has put there, now or in an earlier run.

    Args:
        name: What it is, for whoever looks.
        made_of: What it follows from; another is another place.
        make: Makes it; the place does not exist yet.
    """
    place = cache() / f"{name}-{hashlib.sha256(made_of).hexdigest()[:16]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with (cache() / f"{place.name}.lock").open("w") as lock:
        # Two runs at once make it once: the second waits for the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = place / "ready"
        if not ready.exists():
            shutil.rmtree(place, ignore_errors=True)
            make(place)
            ready.touch()
    return place


def _run(*arguments: str, python: Path | str = sys.executable) -> None:
    done = subprocess.run((python, *arguments), capture_output=True, text=True, timeout=_MADE_WITHIN_S, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"
