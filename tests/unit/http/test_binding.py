from __future__ import annotations

import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pyproxy.errors import BindError
from pyproxy.http.server import bind_tcp, bind_unix

if TYPE_CHECKING:
    from pathlib import Path


def test_localhost_is_one_port_on_every_address_that_it_has() -> None:
    listeners = bind_tcp("localhost", 0)
    ports = {listener.getsockname()[1] for listener in listeners}
    for listener in listeners:
        listener.close()
    assert len(ports) == 1
    assert 0 not in ports


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
