from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.processes import Mock, Served, mock, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROVIDER_KEY = "sk-provider+canary/4f1d&a8=="


def write(path: Path, provider: str, models: dict[str, str], **server: object) -> Path:
    """A configuration with a model for each of the given ones, by target name."""
    config = {
        "server": server,
        "providers": {"mock": {"dialect": "openai", "base_url": provider, "api_key": "${PROVIDER_KEY}"}},
        "models": {name: {"provider": "mock", "model": model} for name, model in models.items()},
        "task_groups": {"fast_group": {"echelon1": {"models": ["plain"]}}},
    }
    path.write_text(json.dumps(config))
    return path


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock")) as running:
        yield running


@pytest.fixture
def config(provider: Mock, tmp_path: Path) -> Path:
    """A configuration to serve."""
    return write(tmp_path / "pyproxy.yaml", provider.base_url, {"plain": "plain", "paced": "paced?chunks=6&pace=0.1"}, drain_timeout=10)


@pytest.fixture(scope="session")
def key() -> dict[str, str]:
    """The environment that the configuration wants."""
    return {"PROVIDER_KEY": PROVIDER_KEY}


@pytest.fixture(scope="session", params=["python", "native"])
def sidecar(provider: Mock, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """A sidecar that a whole session's requests share, with either way of moving bytes."""
    models = {
        "plain": "plain",
        "worded": "text=one two three&chunks=3",
        "broken": "status=503",
        "quoting": "quoting",
        "limited": "status=429&retry_after=7",
        "cut": "cut_after=2&chunks=5",
    }
    upstream = {name: f"{name}?{model}" if "=" in model else model for name, model in models.items()}
    file = tmp_path_factory.mktemp("sidecar") / "pyproxy.yaml"
    config = write(file, provider.base_url, upstream, max_body_bytes=4096, allowed_hosts=["sidecar.internal"])
    with serve(config, "--port", "0", "--io", request.param, env={"PROVIDER_KEY": PROVIDER_KEY}) as running:
        yield running
