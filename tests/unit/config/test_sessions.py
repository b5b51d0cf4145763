"""Where sessions are written down, and the bounds of their settings."""

from pathlib import Path

import pytest

from pyproxy.config import SessionsConfig, check_config, load_config
from pyproxy.config.changes import needing_restart
from pyproxy.config.sessions import sessions_file

HOME = {"HOME": "/home/me"}


def test_sessions_are_on_by_default_and_outlive_a_restart() -> None:
    sessions = load_config({}, {}).sessions
    assert (sessions.enabled, sessions.ttl, sessions.max_sessions, sessions.persist, sessions.path) == (True, 3600.0, 10_000, True, None)


@pytest.mark.parametrize("setting", [{"ttl": 0}, {"max_sessions": 0}, {"max_sessions": 100_001}, {"path": ""}, {"tll": 1}])
def test_settings_have_bounds(setting: dict[str, object]) -> None:
    assert check_config({"sessions": setting}, {})[0] is None


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        (HOME, "/home/me/.local/state/pyproxy"),
        ({**HOME, "XDG_STATE_HOME": "/state"}, "/state/pyproxy"),
        ({**HOME, "XDG_STATE_HOME": "not/absolute"}, "/home/me/.local/state/pyproxy"),
        ({**HOME, "XDG_STATE_HOME": "/state", "STATE_DIRECTORY": "/var/lib/sidecar:/var/lib/other"}, "/var/lib/sidecar"),
    ],
)
def test_the_default_file_lies_where_state_lies(environ: dict[str, str], folder: str) -> None:
    found = sessions_file(SessionsConfig(), Path("/etc/pyproxy.yaml"), environ)
    assert found is not None
    assert str(found.parent) == folder
    assert found.name.startswith("sessions-")
    assert found.suffix == ".db"


def test_two_configurations_have_two_files_and_one_has_one_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    one, other, same, linked = (
        sessions_file(SessionsConfig(), Path(path), HOME) for path in ("a.yaml", "b.yaml", f"{tmp_path}/./a.yaml", "link.yaml")
    )
    assert one is not None
    assert one != other
    assert one == same == linked


def test_without_a_place_they_are_kept_in_memory_only() -> None:
    assert sessions_file(SessionsConfig(), None, HOME) is None
    assert sessions_file(SessionsConfig(), Path("a.yaml"), {}) is None
    assert sessions_file(SessionsConfig(), Path("a.yaml"), {"HOME": "relative"}) is None
    assert sessions_file(SessionsConfig(persist=False, path="/state/x.db"), Path("a.yaml"), HOME) is None
    assert sessions_file(SessionsConfig(enabled=False, path="/state/x.db"), Path("a.yaml"), HOME) is None


def test_a_path_lies_beside_the_configuration(tmp_path: Path) -> None:
    settings = SessionsConfig(path="state/s.db")
    assert sessions_file(settings, tmp_path / "a.yaml", {}) == tmp_path / "state/s.db"
    assert sessions_file(settings, tmp_path, {}) == tmp_path / "state/s.db"
    assert sessions_file(SessionsConfig(path="/state/s.db"), tmp_path, {}) == Path("/state/s.db")
    assert sessions_file(SessionsConfig(path="/state/s.db"), None, {}) == Path("/state/s.db")


def test_a_running_sidecar_follows_the_bounds_and_not_the_file() -> None:
    before = load_config({"sessions": {"ttl": 1, "max_sessions": 2}}, {})
    assert needing_restart(before, load_config({"sessions": {"ttl": 3, "max_sessions": 4}}, {})) == ()
    assert needing_restart(before, load_config({"sessions": {"path": "/x", "persist": False}}, {})) == ("sessions.persist", "sessions.path")
