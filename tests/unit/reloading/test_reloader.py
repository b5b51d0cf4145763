"""What becomes of a reload, whatever reading and preparing come to."""

from __future__ import annotations

import contextlib
import copy
import gc
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy.errors import ConfigError, ShuttingDown
from pyproxy.providers.httpx_transport import HttpxTransports
from pyproxy.reloading import Assembly, ConfigSource, Reloader

if TYPE_CHECKING:
    from pathlib import Path

    from pyproxy.config import Config
    from pyproxy.config.changes import ReloadReport
    from pyproxy.reloading.source import Reading

GOOD: dict[str, Any] = {
    "server": {"port": 1},
    "providers": {"p": {"base_url": "http://h", "api_key": "${KEY}"}},
    "models": {"m": {"provider": "p", "model": "x"}},
}
BROKEN = {"models": {"m": {"provider": "nobody", "model": "x"}}}
ENVIRON = {"KEY": "canary-key"}


class Stage:
    def __init__(self, source: Any) -> None:
        self.source = ConfigSource(source, ENVIRON)
        config = self.source.read().config
        assert config is not None
        self.assembly = Assembly(config, HttpxTransports())
        self.reloader = Reloader(self.source, self.assembly)

    @property
    def config(self) -> Config:
        return self.assembly.snapshots.current.config

    @property
    def known(self) -> set[str]:
        return set(self.assembly.snapshots.current.scopes)


@pytest.fixture
def mapping() -> dict[str, Any]:
    return copy.deepcopy(GOOD)


async def test_a_change_comes_into_force_whole(mapping: dict[str, Any]) -> None:
    on = Stage(mapping)
    mapping["models"]["n"] = {"provider": "p", "model": "y"}
    report: ReloadReport = await on.reloader.reload()
    assert (report.changes.added, on.known, report.needs_restart) == (("models.n",), {"m", "n"}, ())
    assert "n" in on.assembly.snapshots.current.resolver


async def test_without_a_change_nothing_is_swapped(mapping: dict[str, Any]) -> None:
    on = Stage(mapping)
    snapshot = on.assembly.snapshots.current
    assert not (await on.reloader.reload()).changes
    assert on.assembly.snapshots.current is snapshot


async def test_a_fault_of_our_own_in_the_preparing_keeps_the_last_good_configuration(
    mapping: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    on = Stage(mapping)
    snapshot = on.assembly.snapshots.current

    def fails(_: Config) -> None:
        raise KeyError("a fault of our own")

    monkeypatch.setattr(on.assembly, "prepare", fails)
    mapping["models"]["n"] = {"provider": "p", "model": "y"}
    with pytest.raises(ConfigError, match="could not be prepared: KeyError"):
        await on.reloader.reload()
    assert on.assembly.snapshots.current is snapshot
    assert "Traceback" in caplog.text
    assert "could not be prepared" in str(on.reloader.state()["reload_error"])
    monkeypatch.undo()
    assert (await on.reloader.reload()).changes.added == ("models.n",)
    assert list(on.reloader.state()) == ["revision"]


async def test_faults_are_logged_once_for_each_content(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pyproxy.yaml"
    good = "providers: {p: {base_url: 'http://h'}}\nmodels: {m: {provider: p, model: x}}\n"
    path.write_text(good)
    on = Stage(path)
    bad = [good + "x: 1\n", good + "x: 1\n", good + "x: 1 # changed\n", good + "y: ${MISSING}\n", "", None]
    told = []
    for text in bad:
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
        with pytest.raises(ConfigError):
            await on.reloader.reload()
        told.append(len(caplog.records))
    assert told == [1, 1, 2, 3, 4, 5]
    assert all(on.config.revision in record.getMessage() for record in caplog.records)
    assert f"{path}:3:1: x: is no setting here" in caplog.records[0].getMessage()
    path.write_text(good)
    await on.reloader.reload()
    path.unlink()
    with pytest.raises(ConfigError):
        await on.reloader.reload()
    assert len(caplog.records) == 6, "it was good meanwhile"


async def test_probes_are_told_what_a_lenient_reading_left_out_of_what_is_in_force(mapping: dict[str, Any]) -> None:
    mapping["config_validation"] = "lenient"
    mapping["models"] |= {f"n{number}": {"provider": "nobody", "model": "y"} for number in range(7)}
    on = Stage(mapping)
    told: Any = on.reloader.state()["left_out"]
    assert (told["count"], len(told["faults"])) == (7, 5)
    assert "the model 'n0' is left out" in told["faults"][0]
    mapping["providers"] = {}
    with pytest.raises(ConfigError):
        await on.reloader.reload()
    assert on.reloader.state()["left_out"] == told, "what is in force stays as it is"
    mapping |= copy.deepcopy(GOOD)
    await on.reloader.reload()
    assert list(on.reloader.state()) == ["revision"]


async def test_a_failed_attempt_is_not_noted_before_it_is_rejected(mapping: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    on = Stage(mapping)
    mapping.clear()
    mapping.update(BROKEN)
    with pytest.raises(ConfigError) as caught:
        await on.reloader.attempt()
    assert (on.reloader.failure, caplog.records) == (None, [])
    on.reloader.reject(caught.value)
    state = on.reloader.state()["reload_error"]
    assert state == {"message": "<mapping>: 1 error", "faults": [str(caught.value.faults[0])]}


async def test_a_failed_attempt_is_not_noted_once_another_has_done_better(
    mapping: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    on = Stage(mapping)
    environ = dict(ENVIRON)
    on.source._environ = environ
    key = environ.pop("KEY")
    with pytest.raises(ConfigError) as caught:
        await on.reloader.attempt()
    environ["KEY"] = key
    await on.reloader.reload()
    on.reloader.reject(caught.value)
    assert (on.reloader.failure, caplog.records) == (None, [])


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("fails", [True, False])
async def test_no_collection_stops_those_who_are_served_while_it_is_read(
    mapping: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, enabled: bool, fails: bool
) -> None:
    on = Stage(mapping)
    read, seen = on.source.read, []

    def reading() -> Reading:
        seen.append(gc.isenabled())
        if fails:
            raise KeyError
        return read()

    monkeypatch.setattr(on.source, "read", reading)
    (gc.enable if enabled else gc.disable)()
    try:
        with contextlib.suppress(ConfigError):
            await on.reloader.reload()
        assert (seen, gc.isenabled()) == ([False], enabled)
    finally:
        gc.enable()


async def test_warnings_are_logged_once_as_long_as_they_stand_even_if_nothing_changed(
    mapping: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    mapping["config_validation"] = "lenient"
    on = Stage(mapping)
    broken = {"provider": "nobody", "model": "x"}
    for models, logged in (({"n": broken}, 1), ({"n": broken}, 1), ({}, 1), ({"n": broken}, 2), ({"n": broken, "o": broken}, 3)):
        mapping["models"] = {**GOOD["models"], **models}
        assert not (await on.reloader.reload()).changes
        assert len(caplog.records) == logged
    assert all(record.getMessage().startswith("warning: <mapping>: models.") for record in caplog.records)


async def test_an_address_that_cannot_follow_is_told_as_long_as_it_differs(mapping: dict[str, Any]) -> None:
    on = Stage(mapping)
    on.reloader.started = on.config
    mapping["server"]["port"] = 2
    assert (await on.reloader.reload()).needs_restart == ("server.port",)
    mapping["models"]["n"] = {"provider": "p", "model": "y"}
    assert (await on.reloader.reload()).needs_restart == ("server.port",)
    assert on.reloader.state()["needs_restart"] == ["server.port"]
    mapping["server"]["port"] = 1
    assert (await on.reloader.reload()).needs_restart == ()
    assert list(on.reloader.state()) == ["revision"]


async def test_a_configuration_that_was_loaded_elsewhere_stays_as_it_is() -> None:
    config = Stage(GOOD).config
    on = Stage(config)
    assert not (await on.reloader.reload()).changes
    assert on.config is config


async def test_after_the_end_nothing_comes_into_force(mapping: dict[str, Any]) -> None:
    on = Stage(mapping)
    await on.reloader.end()
    mapping["models"]["n"] = {"provider": "p", "model": "y"}
    with pytest.raises(ShuttingDown):
        await on.reloader.reload()
    assert on.known == {"m"}


async def test_neither_messages_nor_states_hold_a_secret(mapping: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    on = Stage(mapping)
    mapping["providers"]["p"]["api_key"] = "${KEY}x y"
    with pytest.raises(ConfigError) as caught:
        await on.reloader.reload()
    mapping["providers"]["p"]["api_key"] = "canary-other"
    report = await on.reloader.reload()
    assert report.changes.changed == ("providers.p.api_key",)
    assert "canary" not in f"{caught.value} {caught.value.faults} {caplog.text} {report} {on.reloader.state()}"
