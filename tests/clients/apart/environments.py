"""Virtual environments of their own for clients that disagree on dependencies: made once for each set of pins, and kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["cache", "python_with"]

_MADE_WITHIN_S = 600


def cache() -> Path:
    """Give the directory that environments are kept in: `$PYPROXY_CLIENTS_CACHE`, or one in the user's cache."""
    return Path(os.environ.get("PYPROXY_CLIENTS_CACHE") or Path.home() / ".cache" / "pyproxy-clients")


def python_with(requirements: Path) -> Path:
    """Give the Python of an environment with just these pins in it; it is made if there is none yet.

    Args:
        requirements: A file of pins with hashes. Another pin, or another Python, is another environment.
    """
    made_of = requirements.read_bytes() + sys.version.encode()
    place = cache() / f"{requirements.stem}-{hashlib.sha256(made_of).hexdigest()[:16]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with (cache() / f"{place.name}.lock").open("w") as lock:
        # Two runs at once make it once: the second waits for the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = place / "ready"
        if not ready.exists():
            shutil.rmtree(place, ignore_errors=True)
            _uv("venv", "--python", sys.executable, str(place))
            _uv("pip", "install", "--require-hashes", "--python", str(place / "bin" / "python"), "--requirements", str(requirements))
            ready.touch()
    return place / "bin" / "python"


def _uv(*arguments: str) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "uv", "--quiet", *arguments), capture_output=True, text=True, timeout=_MADE_WITHIN_S, check=False
    )
    assert done.returncode == 0, f"uv {arguments[0]}: {done.stderr}"
