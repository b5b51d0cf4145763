"""`pyproxy serve` follows its configuration, whatever editors, operators and Kubernetes do to the file."""

from __future__ import annotations

import json
import signal
import stat
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from e2e.conftest import PROVIDER_KEY
from support.processes import serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.processes import Mock, Program, Served

TOKEN = "token-canary-8c1e"
BEARER = {"authorization": f"Bearer {TOKEN}"}
LIVE_WITHIN_S = 2.0
BROKEN = "models:\n  other: {provider: nobody, model: x}\n"


def text(provider: Mock, *models: str, **server: Any) -> str:
    settings = {"admin_token": "${ADMIN_TOKEN}", "reload_interval": 0.1, **server}
    providers = {"mock": {"base_url": provider.base_url, "api_key": "${PROVIDER_KEY}"}}
    return json.dumps({"server": settings, "providers": providers, "models": {m: {"provider": "mock", "model": m} for m in models}})


@pytest.fixture
def env() -> dict[str, str]:
    return {"PROVIDER_KEY": PROVIDER_KEY, "ADMIN_TOKEN": TOKEN}


@pytest.fixture
def file(provider: Mock, tmp_path: Path) -> Path:
    path = tmp_path / "conf" / "pyproxy.yaml"
    path.parent.mkdir()
    path.write_text(text(provider, "first"))
    return path


@pytest.fixture
def served(file: Path, env: Mapping[str, str]) -> Iterator[Served]:
    with serve(file, env=env) as running:
        yield running


class Seen:
    """A sidecar as its clients and probes see it."""

    def __init__(self, served: Served) -> None:
        self._http = httpx2.Client(base_url=served.address, trust_env=False, timeout=10)
        self.program: Program = served.program

    def models(self) -> list[str]:
        return [each["id"] for each in self._http.get("/v1/models").json()["data"]]

    def config(self) -> dict[str, Any]:
        ready = self._http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready"), "the last good configuration serves"
        state: dict[str, Any] = ready.json()["config"]
        return state

    def metrics(self) -> dict[str, str]:
        answer = self._http.get("/metrics")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        return dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))

    def reload(self, headers: Mapping[str, str] = BEARER) -> httpx2.Response:
        return self._http.post("/admin/v1/reload", headers=headers)

    def reloaded(self, count: int = 1) -> None:
        """Wait until a reload has come into force."""
        began = time.monotonic()
        self.program.wait_for(r"pyproxy reloaded: revision \w+ -> \w+ ", count)
        assert time.monotonic() - began < LIVE_WITHIN_S

    def refused(self, count: int = 1) -> None:
        """Wait until a reload has been refused."""
        self.program.wait_for("the configuration was not reloaded, revision ", count)


@pytest.fixture
def seen(served: Served) -> Iterator[Seen]:
    seen = Seen(served)
    yield seen
    seen._http.close()


def test_a_file_written_in_place_is_live_within_two_seconds(seen: Seen, file: Path, provider: Mock) -> None:
    before = seen.config()["revision"]
    assert f"revision {before})" in seen.program.said
    file.write_text(text(provider, "first", "second"))
    seen.reloaded()
    assert seen.models() == ["first", "second"]
    now = seen.config()
    assert list(now) == ["revision"]
    assert f"pyproxy reloaded: revision {before} -> {now['revision']} (1 added)" in seen.program.said


def test_an_editor_that_renames_is_followed_again_and_again(seen: Seen, file: Path, provider: Mock) -> None:
    for count in range(1, 4):
        backup, fresh = file.with_name("pyproxy.yaml~"), file.with_name(".pyproxy.yaml.swp")
        fresh.write_text(text(provider, "first", f"number-{count}"))
        file.rename(backup)  # for a moment there is no file at all
        fresh.rename(file)
        seen.reloaded(count)
        assert seen.models() == ["first", f"number-{count}"]
    assert "not reloaded" not in seen.program.said


def test_a_file_written_in_pieces_is_read_when_it_is_whole(seen: Seen, file: Path, provider: Mock) -> None:
    whole = text(provider, "first", "second", "third")
    with file.open("w", buffering=1) as writing:
        for start in range(0, len(whole), 20):
            writing.write(whole[start : start + 20])
            writing.flush()
    seen.reloaded()
    assert seen.models() == ["first", "second", "third"]
    assert "not reloaded" not in seen.program.said


def test_a_deleted_file_keeps_the_last_good_configuration_until_it_is_back(seen: Seen, file: Path, provider: Mock) -> None:
    file.unlink()
    seen.refused()
    assert seen.models() == ["first"]
    assert "there is no such file" in seen.config()["reload_error"]["faults"][0]
    file.write_text(text(provider, "second"))
    seen.reloaded()
    assert seen.models() == ["second"]
    assert "reload_error" not in seen.config()


def test_a_folder_that_goes_and_comes_back_is_followed(seen: Seen, file: Path, provider: Mock) -> None:
    file.parent.rename(file.parent.with_name("away"))
    seen.refused()
    file.parent.mkdir()
    file.write_text(text(provider, "second"))
    seen.reloaded()
    file.write_text(text(provider, "third"))
    seen.reloaded(2)
    assert seen.models() == ["third"]


def test_the_link_that_kubernetes_swaps_is_followed(tmp_path: Path, provider: Mock, env: Mapping[str, str]) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()

    def publish(number: int, *models: str) -> None:
        """What the kubelet does: a new folder, then one rename that swaps the link to it, then the old folder goes."""
        fresh = mount / f"..2026_11_21_0{number}"
        fresh.mkdir()
        (fresh / "pyproxy.yaml").write_text(text(provider, *models))
        (mount / "..data_tmp").symlink_to(fresh.name)
        (mount / "..data_tmp").rename(mount / "..data")
        for old in mount.glob("..2026_*"):
            if old != fresh:
                (old / "pyproxy.yaml").unlink()
                old.rmdir()

    publish(1, "first")
    (mount / "pyproxy.yaml").symlink_to("..data/pyproxy.yaml")
    with serve(mount / "pyproxy.yaml", env=env) as served:
        seen = Seen(served)
        for number in range(2, 5):
            publish(number, f"number-{number}")
            seen.reloaded(number - 1)
            assert seen.models() == [f"number-{number}"]
        assert "not reloaded" not in served.program.said
        seen._http.close()


def test_a_broken_file_is_told_once_for_each_content_and_shown_to_probes(seen: Seen, file: Path, provider: Mock) -> None:
    good, revision = file.read_text(), seen.config()["revision"]
    file.write_text(BROKEN)
    seen.refused()
    state = seen.config()
    assert state["revision"] == revision
    assert state["reload_error"]["message"] == f"{file}: 1 error"
    assert f"{file}:2:21: models.other.provider: " in state["reload_error"]["faults"][0]
    assert seen.models() == ["first"]
    metrics = seen.metrics()
    assert metrics[f'pyproxy_config_info{{revision="{revision}"}}'] == "1"
    assert metrics['pyproxy_config_reloads_total{result="refused"}'] == "1"
    assert metrics["pyproxy_config_last_reload_successful"] == "0"

    file.write_text(BROKEN)  # as before
    seen.program.send(signal.SIGHUP)
    seen.program.wait_for(f'asked to reload: .*: 1 error; revision {revision} stays"$')
    assert seen.reload().status_code == 422
    assert len(seen.program.matches("was not reloaded")) == 1

    file.write_text(BROKEN.replace("nobody", "no-one"))
    seen.refused(2)
    file.write_text(good)
    seen.program.send(signal.SIGHUP)
    seen.program.wait_for(f'asked to reload: nothing changed, revision {revision} stays"$')
    assert seen.config() == {"revision": revision}
    assert seen.metrics()["pyproxy_config_last_reload_successful"] == "1"
    file.write_text(text(provider, "second"))
    seen.reloaded()
    assert seen.metrics()['pyproxy_config_reloads_total{result="changed"}'] == "1"
    assert "route=/metrics" not in seen.program.said


def test_sighup_reads_the_file_again_even_where_it_is_not_followed(file: Path, provider: Mock, env: Mapping[str, str]) -> None:
    file.write_text(text(provider, "first", hot_reload=False))
    with serve(file, env=env) as served:
        seen = Seen(served)
        file.write_text(text(provider, "second", hot_reload=False))
        served.program.send(signal.SIGHUP)
        seen.reloaded()
        assert seen.models() == ["second"]
        file.write_text(text(provider, "third"))
        served.program.send(signal.SIGHUP)
        seen.reloaded(2)
        file.write_text(text(provider, "fourth"))  # from now on it is followed
        seen.reloaded(3)
        assert seen.models() == ["fourth"]
        assert served.program.running
        seen._http.close()


def test_the_admin_route_reloads_and_tells_what_changed_but_no_secret(seen: Seen, file: Path, provider: Mock) -> None:
    old = seen.config()["revision"]
    file.write_text(text(provider, "second", port=1, reload_interval=60).replace("${PROVIDER_KEY}", "another-key-canary"))
    answer = seen.reload()
    assert answer.status_code == 200
    told = answer.json()
    assert told["changes"] == {
        "added": ["models.second"],
        "removed": ["models.first"],
        "changed": ["server.port", "server.reload_interval", "providers.mock.api_key"],
    }
    assert (told["old_revision"], told["revision"]) == (old, seen.config()["revision"])
    assert told["needs_restart"] == seen.config()["needs_restart"] == ["server.port"]
    assert seen.models() == ["second"], "the port is the one it was started with"
    seen.program.wait_for("not before a restart: server.port")

    file.write_text(BROKEN)
    faulty = seen.reload()
    assert faulty.status_code == 422
    (fault,) = faulty.json()["faults"]
    assert (fault["file"], fault["line"], fault["severity"]) == (str(file), 2, "error")
    assert faulty.json()["error"]["code"] == "config_error"
    seen.program.wait_for("route=/admin/v1/reload status=422 flag=config_error ")
    everything = answer.text + faulty.text + seen.program.said
    for canary in (TOKEN, PROVIDER_KEY, "another-key-canary"):
        assert canary not in everything


@pytest.mark.parametrize(
    "authorization", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}]
)
def test_the_admin_route_wants_its_token(seen: Seen, file: Path, authorization: dict[str, str]) -> None:
    file.write_text(file.read_text().replace('"first"', '"other"'))
    answer = seen.reload(authorization)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_without_a_token_there_is_no_admin_route(provider: Mock, file: Path, env: Mapping[str, str]) -> None:
    file.write_text(text(provider, "first", admin_token=None))
    with serve(file, env=env) as served:
        answer = httpx2.post(f"{served.address}/admin/v1/reload", headers=BEARER, trust_env=False)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_file_that_cannot_be_read_is_an_error_like_any_other(seen: Seen, file: Path, provider: Mock) -> None:
    file.unlink()
    file.mkdir()
    seen.refused()
    file.rmdir()
    file.write_text(text(provider, "second"))
    seen.reloaded()
    assert stat.S_ISREG(file.stat().st_mode)


def test_a_stream_under_way_ends_whole_after_its_model_has_left_the_file(seen: Seen, file: Path, provider: Mock, served: Served) -> None:
    provider.script("first", {"chunks": 6, "pace": 0.1})
    body = {"model": "first", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    with httpx2.stream("POST", f"{served.base_url}/chat/completions", json=body, trust_env=False, timeout=10) as response:
        lines = response.iter_lines()
        next(lines)
        file.write_text(text(provider, "second"))
        assert seen.reload().status_code == 200
        assert seen.models() == ["second"]
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    line = seen.program.wait_for("target=first .* revision=(?P<revision>[0-9a-f]{12})$")
    assert line["revision"] != seen.config()["revision"], "it was served with the configuration it began with"
    provider.script("first", {})


def test_files_outside_of_the_directory_are_followed_and_one_that_is_half_written_takes_nothing_away(
    tmp_path: Path, provider: Mock, env: Mapping[str, str]
) -> None:
    conf, base = tmp_path / "conf", tmp_path / "shared" / "base.yaml"
    for folder in (conf / "groups", base.parent):
        folder.mkdir(parents=True)
    main = {"config_validation": "lenient", **json.loads(text(provider, "first"))}
    main["models"]["first"]["inherits_from"] = "../shared/base.yaml"
    (conf / "main.yaml").write_text(json.dumps(main))
    (conf / "groups" / "g.yaml").write_text("e: {models: [first]}\n")
    base.write_text("rpm_limit: 1000\n")
    with serve(conf, env=env) as served:
        seen = Seen(served)
        base.write_text("rpm_limit: 2000\n")
        seen.reloaded()
        (conf / "groups" / "g.yaml").write_text("e: {models: [first")
        seen.refused()
        base.unlink()
        seen.refused(2)
        assert seen.models() == ["g", "g.e", "first"]
        (conf / "groups" / "g.yaml").write_text("f: {models: [first]}\n")
        base.write_text("rpm_limit: 3000\n")
        seen.reloaded(2)
        assert seen.models() == ["g", "g.f", "first"]
        seen._http.close()
