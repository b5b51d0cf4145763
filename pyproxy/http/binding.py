"""The addresses a server listens on, bound before anything starts, and told in one line when they cannot be had."""

from __future__ import annotations

import contextlib
import errno
import socket
import stat
from pathlib import Path

from pyproxy.errors import BindError

__all__ = ["bind_tcp", "bind_unix"]

# Most clients try ::1 for localhost first, whether or not this machine's hosts file says so.
_LOCALHOST = ("127.0.0.1", "::1")
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_PORTS_TRIED = 20


def bind_tcp(host: str, port: int) -> list[socket.socket]:
    """Bind `host`; ``localhost`` is both loopback addresses, where there is IPv6. Port 0 picks one that is free on each.

    Raises:
        BindError: in one line, why not and what to do.
    """
    first, *others = _LOCALHOST if host == "localhost" else (host,)
    tries_left = _PORTS_TRIED if port == 0 else 1
    while True:
        tries_left -= 1
        with contextlib.ExitStack() as undo:
            try:
                bound = [undo.enter_context(_bind(first, port))]
                chosen = bound[0].getsockname()[1]
                bound += [undo.enter_context(listener) for other in others if (listener := _bind_if_there(other, chosen))]
            except OSError as error:
                in_use = error.errno == errno.EADDRINUSE
                if in_use and tries_left:
                    continue
                reason = "is in use by another program" if in_use else f"cannot be used ({error.strerror})"
                raise BindError(f"{host}:{port} {reason}; choose another with --port, or --port 0 for any free one") from None
            undo.pop_all()
            return bound


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with contextlib.ExitStack() as undo:
        listener = undo.enter_context(socket.socket(family, kind, protocol))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.settimeout(0)
        undo.pop_all()
        return listener


def _bind_if_there(host: str, port: int) -> socket.socket | None:
    try:
        return _bind(host, port)
    except OSError as error:
        if error.errno in _NO_SUCH_ADDRESS:
            return None
        raise


def bind_unix(path: str) -> list[socket.socket]:
    """Bind a Unix socket that only its owner may use; a stale one is replaced.

    Raises:
        BindError: in one line, why not and what to do.
    """
    place = Path(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _make_way(place)
        listener.bind(path)
        place.chmod(0o600)
        listener.settimeout(0)
    except OSError as error:
        listener.close()
        raise BindError(f"{path} cannot be used ({error.strerror}); choose another with --uds") from None
    except BindError:
        listener.close()
        raise
    return [listener]


def _make_way(place: Path) -> None:
    """Remove a socket that nobody listens on any more."""
    if not place.exists() or not stat.S_ISSOCK(place.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(str(place)) == 0:
            raise BindError(f"{place} is in use by another program; choose another with --uds")
    place.unlink()
