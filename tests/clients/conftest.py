from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from openai import OpenAI
from support.processes import Mock, Served, mock, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

# Targets that behave in one way each; the mock reads the way from the model's name.
BEHAVIOURS = {
    "plain": "",
    "plain-lenient": "lenient",
    "worded": "text=one two three four five",
    "broken": "status=503",
    "refusing": "status=400&error_code=context_length_exceeded",
    "limited": "status=429&retry_after=7",
    "cut": "cut_after=3&chunks=9",
    "early": "finish_early_after=3&chunks=9",
    "reset": "reset_after=3&chunks=9&mid_event",
    "scrambled": "malformed_after=3&chunks=9",
    "erring": "error_after=3&chunks=9",
    "stalling": "stall_after=2&chunks=9",
    "stalling-async": "stall_after=2&chunks=9",
    "silent": "stall_before_head",
    "silent-curl": "stall_before_head",
    "caller": 'tool_arguments={"city": "Ulm"}',
    "cut-word": "cut_after=3&text=one two three four five",
    "two-calls": 'tool_calls=2&tool_arguments={"city": "Ulm"}',
}
GUARANTEES = ("complete", "resume")


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock")) as running:
        yield running


@pytest.fixture(scope="session")
def sidecar(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    upstream = {name: f"{name}?{behaviour}" if behaviour else name for name, behaviour in BEHAVIOURS.items()}
    config = {
        "providers": {"mock": {"dialect": "openai", "base_url": provider.base_url, "api_key": "provider-key"}},
        "models": {name: {"provider": "mock", "model": model} for name, model in upstream.items()},
        "task_groups": {
            "fast_group": {
                "echelon1": {"models": ["broken"], "priority": 1},
                "echelon2": {"models": ["plain"], "priority": 2},
                "fallback_config": {"strategy": "echelon_down", "retry_delay": 0.01},
            },
            **{
                guarantee: {"e1": {"models": ["cut-word"]}, "e2": {"models": ["worded"]}, "stream_guarantee": guarantee}
                for guarantee in GUARANTEES
            },
        },
        "aliases": {"gpt-*": "plain"},
    }
    file = tmp_path_factory.mktemp("sidecar") / "pyproxy.yaml"
    file.write_text(json.dumps(config))
    with serve(file) as running:
        yield running


@pytest.fixture
def openai_client(sidecar: Served) -> Iterator[OpenAI]:
    """The SDK as its users make it, retries included."""
    with OpenAI(base_url=sidecar.base_url, api_key="client-key") as client:
        yield client
