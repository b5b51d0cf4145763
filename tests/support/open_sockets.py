"""The sockets that this process has open, as far as the system tells."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

__all__ = ["open_sockets"]

DESCRIPTORS = Path("/proc/self/fd")


def open_sockets() -> dict[str, str]:
    """Each by the system's name for it, which no other one ever has, with what to know it by."""
    found = {}
    for descriptor in DESCRIPTORS.iterdir() if DESCRIPTORS.exists() else ():
        with contextlib.suppress(OSError):  # closed in the meantime, as is what the folder was listed by
            name = str(descriptor.readlink())
            if name.startswith("socket:"):
                found[name] = _described(int(descriptor.name))
    return found


def _described(descriptor: int) -> str:
    with socket.socket(fileno=os.dup(descriptor)) as same:
        if same.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return f"a listener at {same.getsockname()}"
        try:
            return f"a connection from {same.getsockname()} to {same.getpeername()}"
        except OSError:
            return f"a socket at {same.getsockname()}"
