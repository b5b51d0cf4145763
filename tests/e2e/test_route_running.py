"""`pyproxy route --url`: a sidecar that runs says what would become of a request now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
import pytest
from support.processes import run, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.processes import Mock, Result, Served

TOKEN = "token-canary-77ab"


@pytest.fixture(scope="module")
def file(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Path:
    breaker = {"circuit_breaker": {"failure_threshold": 1}}
    config = {
        "server": {"admin_token": TOKEN},
        "sessions": {"persist": False},
        "providers": {"mock": {"base_url": provider.base_url}},
        "models": {name: {"provider": "mock", "model": model} for name, model in (("a", "a?status=503"), ("b", "b"))},
        "task_groups": {"g": {"e1": {"models": ["a"], "max_retries": 0}, "e2": {"models": ["b"]}, "fallback_config": breaker}},
    }
    path = tmp_path_factory.mktemp("route") / "pyproxy.yaml"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture(scope="module")
def served(file: Path) -> Iterator[Served]:
    with serve(file) as running:
        yield running


def route(file: Path, *arguments: str, token: str = TOKEN) -> Result:
    return run("route", *arguments, cwd=file.parent, env={"PYPROXY_ADMIN_TOKEN": token})


def test_it_says_what_the_configuration_alone_says_until_something_fails(file: Path, served: Served) -> None:
    here, there = route(file, "g"), route(file, "g", "--url", served.address)
    assert (there.code, there.stdout) == (0, here.stdout)
    body = {"model": "g", "messages": [{"role": "user", "content": "Hello"}]}
    httpx2.post(f"{served.base_url}/chat/completions", json=body, trust_env=False).raise_for_status()
    now = route(file, "g", "--url", served.address)
    assert "passed over: a is left alone after failures, for " in now.stdout
    assert "1. g.e2/b" in now.stdout
    assert route(file, "g").stdout == here.stdout


def test_what_it_refuses_is_said(file: Path, served: Served) -> None:
    wrong = route(file, "g", "--url", served.address, token="wrong")
    assert (wrong.code, "does not take this token" in wrong.stderr) == (1, True)
    nowhere = route(file, "nowhere", "--url", served.address)
    assert (nowhere.code, "There is no target 'nowhere'" in nowhere.stderr) == (1, True)
    assert TOKEN not in wrong.said + nowhere.said


def test_a_sidecar_without_a_token_says_that_it_has_no_admin_routes(file: Path, sidecar: Served) -> None:
    result = route(file, "g", "--url", sidecar.address)
    assert (result.code, "has no admin routes" in result.stderr) == (1, True)


def test_what_is_no_sidecar_is_told(file: Path, provider: Mock) -> None:
    result = route(file, "g", "--url", provider.base_url)
    assert result.code == 1
    assert "Traceback" not in result.said


def test_its_lines_have_one_form_and_their_time(file: Path) -> None:
    with serve(file) as running:
        httpx2.get(f"{running.base_url}/models", trust_env=False)
        running.program.wait_for("route=/v1/models")
        ended = running.program.stop()
    assert all(line.startswith("time=20") for line in ended.stderr.splitlines()), ended.stderr
    assert 'level=info message="pyproxy stops: ' in ended.stderr
