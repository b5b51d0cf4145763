from __future__ import annotations

import contextlib
import errno
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.raw import has_ipv6

from pyproxy.errors import BindError
from pyproxy.http import binding
from pyproxy.http.binding import bind_tcp, bind_unix

if TYPE_CHECKING:
    from pathlib import Path


def bound(host: str, port: int) -> list[tuple[str, int]]:
    """Where it was bound."""
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(listener).getsockname()[:2] for listener in bind_tcp(host, port)]


def test_localhost_is_one_port_on_both_loopback_addresses() -> None:
    places = bound("localhost", 0)
    assert [host for host, _ in places] == (["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"])
    assert len({port for _, port in places}) == 1
    assert places[0][1] != 0


def test_where_there_is_no_ipv6_localhost_is_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "_LOCALHOST", ("127.0.0.1", "2001:db8::1"))
    assert len(bound("localhost", 0)) == 1


def test_a_port_in_use_on_the_other_address_is_not_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def taken_twice(_: str, port: int) -> None:
        tried.append(port)
        if len(tried) <= 2:
            raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(binding, "_bind_if_there", taken_twice)
    ((_, port),) = bound("localhost", 0)
    assert (len(tried), tried[-1]) == (3, port)


def test_a_port_that_was_asked_for_must_be_free_on_both_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "_LOCALHOST", ("127.0.0.1", "127.0.0.2"))
    (taken,) = bind_tcp("127.0.0.2", 0)
    with closing(taken):
        taken.listen()
        with pytest.raises(BindError, match="is in use by another program"):
            bind_tcp("localhost", taken.getsockname()[1])


def test_a_port_in_use_is_told_with_what_to_do() -> None:
    (first,) = bind_tcp("127.0.0.1", 0)
    with closing(first):
        first.listen()
        with pytest.raises(BindError, match="is in use by another program; choose another with --port"):
            bind_tcp("127.0.0.1", first.getsockname()[1])


def test_an_address_that_is_not_ours_is_told_in_one_line() -> None:
    with pytest.raises(BindError, match=r"192\.0\.2\.1:0 cannot be used") as caught:
        bind_tcp("192.0.2.1", 0)
    assert "\n" not in str(caught.value)


def test_a_unix_socket_has_mode_0600(tmp_path: Path) -> None:
    (listener,) = bind_unix(str(tmp_path / "s"))
    listener.close()
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


def test_a_path_too_long_or_in_no_folder_is_told_in_one_line(tmp_path: Path) -> None:
    for place in (str(tmp_path / "none" / "s"), str(tmp_path / ("s" * 200))):
        with pytest.raises(BindError, match="cannot be used") as caught:
            bind_unix(place)
        assert "\n" not in str(caught.value)


def test_only_a_socket_that_nobody_listens_on_is_replaced(tmp_path: Path) -> None:
    place = tmp_path / "s"
    (first,) = bind_unix(str(place))
    with closing(first):
        first.listen()
        with pytest.raises(BindError, match="in use"):
            bind_unix(str(place))
    (second,) = bind_unix(str(place))
    second.close()
    place.unlink()
    place.write_text("mine")
    with pytest.raises(BindError):
        bind_unix(str(place))
    assert place.read_text() == "mine"
