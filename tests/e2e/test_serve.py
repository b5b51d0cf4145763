"""`pyproxy serve` from its start to its end."""

from __future__ import annotations

import signal
import socket
import stat
from typing import TYPE_CHECKING

import httpx2
import pytest
from support.processes import run, serve, start
from support.raw import has_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.processes import Mock

ASK = {"model": "plain", "messages": [{"role": "user", "content": "Hello"}]}
STREAM = {"model": "paced", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}


def client(address: str, uds: str | None = None) -> httpx2.Client:
    return httpx2.Client(base_url=address, transport=httpx2.HTTPTransport(uds=uds), trust_env=False, timeout=20)


def until_cut(lines: Iterator[str]) -> list[str]:
    """What still comes of a stream that is cut."""
    received = []
    with pytest.raises(httpx2.RemoteProtocolError):  # noqa: PT012 - each line counts up to the cut
        for line in lines:
            received += [line] if line else []
    return received


def test_one_line_with_the_address_is_said_when_requests_are_taken(config: Path, key: Mapping[str, str]) -> None:
    with serve(config, env=key) as served:
        with client(served.address) as http:
            assert http.post("/v1/chat/completions", json=ASK).status_code == 200
        assert served.address == f"http://127.0.0.1:{served.port}"
        result = served.program.stop()
    assert result.stdout.splitlines() == [
        line for line in result.stdout.splitlines() if line.startswith(f"pyproxy serves {served.address} ")
    ]
    assert len(result.stdout.splitlines()) == 1


def test_what_the_first_answer_does_not_need_is_not_loaded(config: Path, key: Mapping[str, str]) -> None:
    with serve(config, env={**key, "PYTHONPROFILEIMPORTTIME": "1"}) as served:
        with client(served.address) as http:
            assert http.get("/readyz").status_code == 200
            assert http.post("/v1/chat/completions", json=ASK).status_code == 200
        result = served.program.stop()
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time:")}
    assert "pyproxy.runtime" in loaded
    heavy = {"fastapi", "starlette", "uvicorn", "httpx2", "httpcore2", "h11", "anyio"}
    assert loaded.isdisjoint({*heavy, "pyproxy.http.control", "pyproxy.dialects.translation.translations"})


def test_port_0_picks_a_free_port_for_each(config: Path, key: Mapping[str, str]) -> None:
    with serve(config, env=key) as one, serve(config, env=key) as other:
        assert one.port != other.port
        for served in (one, other):
            with client(served.address) as http:
                assert http.get("/readyz").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_it_listens_on_loopback(config: Path, key: Mapping[str, str], host: str) -> None:
    with serve(config, "--port", "0", "--host", host, env=key) as served, client(served.address) as http:
        assert http.get("/livez").status_code == 200


def test_localhost_is_both_loopback_addresses(config: Path, key: Mapping[str, str]) -> None:
    config.write_text(config.read_text().replace('"drain_timeout": 10', '"host": "localhost", "drain_timeout": 10'))
    with serve(config, env=key) as served:
        for address in ("127.0.0.1", "[::1]") if has_ipv6() else ("127.0.0.1",):
            with client(f"http://{address}:{served.port}") as http:
                assert http.get("/livez").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_it_does_not_listen_elsewhere(config: Path, key: Mapping[str, str], host: str) -> None:
    result = run("serve", "--config", str(config), "--port", "0", "--host", host, cwd=config.parent, env=key)
    assert (result.code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert host in line
    assert "127.0.0.1" in line


def test_the_configuration_cannot_make_it_listen_elsewhere(config: Path, key: Mapping[str, str]) -> None:
    config.write_text('{"server": {"host": "0.0.0.0"},' + config.read_text().partition("},")[2])
    result = run("serve", "--config", str(config), "--port", "0", cwd=config.parent, env=key)
    assert (result.code, result.stdout) == (2, "")
    assert "pyproxy.yaml:1:" in result.stderr


def test_a_unix_socket_is_its_owner_s_alone(config: Path, key: Mapping[str, str]) -> None:
    place = config.parent / "s"
    with serve(config, "--uds", str(place), env=key) as served:
        assert served.address == f"unix:{place}"
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        with client("http://localhost", uds=str(place)) as http:
            assert http.post("/v1/chat/completions", json=ASK).json()["choices"][0]["message"]["content"]
        assert served.program.stop().code == 0
        assert not place.exists()


def test_a_stale_unix_socket_is_replaced_and_one_in_use_is_not(config: Path, key: Mapping[str, str]) -> None:
    place = config.parent / "s"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(place))
    with serve(config, "--uds", str(place), env=key):
        result = run("serve", "--config", str(config), "--uds", str(place), cwd=config.parent, env=key)
        assert result.code == 2
        assert result.stderr.splitlines() == [f"pyproxy: {place} is in use by another program; choose another with --uds"]
        with client("http://localhost", uds=str(place)) as http:
            assert http.get("/livez").status_code == 200


def test_a_file_that_is_no_socket_is_never_replaced(config: Path, key: Mapping[str, str]) -> None:
    result = run("serve", "--config", str(config), "--uds", str(config), cwd=config.parent, env=key)
    assert result.code == 2
    assert len(result.stderr.splitlines()) == 1
    assert config.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_code_0(config: Path, key: Mapping[str, str], number: signal.Signals) -> None:
    with serve(config, env=key) as served:
        result = served.program.stop(number)
    assert result.code == 0
    assert "Traceback" not in result.said


def test_a_running_stream_may_finish_after_sigterm_and_no_new_request_is_taken(config: Path, key: Mapping[str, str]) -> None:
    with serve(config, env=key) as served, client(served.address) as http:
        with http.stream("POST", "/v1/chat/completions", json=STREAM) as response:
            lines = response.iter_lines()
            assert "data: " in next(lines)
            served.program.send(signal.SIGTERM)
            served.program.wait_for('message="pyproxy stops')
            ready = http.get("/readyz")
            assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
            refused = http.post("/v1/chat/completions", json=ASK)
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutdown")
            assert refused.headers["retry-after"] == "1"
            rest = [line for line in lines if line]
        assert rest[-1] == "data: [DONE]"
        assert sum('"content": "' in line for line in rest) >= 5
        result = served.program.wait()
        assert result.code == 0
        assert "flag=- target=paced" in result.stderr
        assert "flag=shutdown target=plain" in result.stderr
        assert "/readyz" not in result.stderr
        assert "Traceback" not in result.said
        with pytest.raises(httpx2.ConnectError):
            http.get("/livez")


def test_a_stream_that_outlasts_the_drain_ends_as_broken_and_the_exit_code_is_0(
    config: Path, provider: Mock, key: Mapping[str, str]
) -> None:
    config.write_text(config.read_text().replace('"drain_timeout": 10', '"drain_timeout": 1').replace("pace=0.1", "stall_after=2"))
    with serve(config, env=key) as served, client(served.address) as http:
        with http.stream("POST", "/v1/chat/completions", json=STREAM) as response:
            lines = response.iter_lines()
            next(lines)
            served.program.send(signal.SIGTERM)
            assert '"code":"shutdown"' in until_cut(lines)[-1]
        result = served.program.wait()
    assert result.code == 0
    assert "flag=shutdown target=paced" in result.stderr
    assert "Traceback" not in result.said
    provider.wait_until_ended("paced?chunks=6&stall_after=2", "client_gone")


def test_a_port_in_use_is_told_in_one_line(config: Path, key: Mapping[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--config", str(config), "--port", str(port), cwd=config.parent, env=key)
    assert (result.code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line == f"pyproxy: 127.0.0.1:{port} is in use by another program; choose another with --port, or --port 0 for any free one"


def test_a_mock_s_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("mock", "--port", str(port), cwd=tmp_path)
    assert (result.code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line


def test_a_broken_configuration_is_told_with_its_line_and_nothing_is_started(config: Path, key: Mapping[str, str]) -> None:
    config.write_text(
        "providers:\n  a: {dialect: openai, base_url: 'http://127.0.0.1:1/v1', kez: x}\n"
        "task_groups:\n  g:\n    echelon1: {models: [nobody]}\n"
    )
    result = run("serve", "--config", str(config), "--port", "0", cwd=config.parent, env=key)
    assert (result.code, result.stdout) == (2, "")
    assert all(line.startswith("pyproxy: ") for line in result.stderr.splitlines())
    assert "pyproxy.yaml:2:" in result.stderr
    assert "pyproxy.yaml:5:" in result.stderr


def test_a_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    result = run("serve", "--config", "none.yaml", cwd=tmp_path)
    assert (result.code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "none.yaml" in line


def test_a_missing_variable_is_told_by_its_name_and_place(config: Path) -> None:
    result = run("serve", "--config", str(config), "--port", "0", cwd=config.parent)
    assert (result.code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "PROVIDER_KEY" in line
    assert "pyproxy.yaml:1:" in line


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_drain_at_once(config: Path, key: Mapping[str, str], second: signal.Signals) -> None:
    config.write_text(config.read_text().replace('"drain_timeout": 10', '"drain_timeout": 600').replace("pace=0.1", "stall_after=2"))
    with (
        serve(config, env=key) as served,
        client(served.address) as http,
        http.stream("POST", "/v1/chat/completions", json=STREAM) as response,
    ):
        lines = response.iter_lines()
        next(lines)
        served.program.send(signal.SIGTERM)
        served.program.wait_for('message="pyproxy stops')
        served.program.send(second)
        assert '"code":"shutdown"' in until_cut(lines)[-1]
        result = served.program.wait()
    assert result.code == 0
    assert "flag=shutdown target=paced" in result.stderr
    assert "Traceback" not in result.said


def test_the_mock_ends_with_code_0(tmp_path: Path) -> None:
    with start("mock", "--port", "0", cwd=tmp_path) as program:
        program.wait_for("^mock provider at ")
        result = program.stop()
    assert (result.code, result.stderr) == (0, "")
