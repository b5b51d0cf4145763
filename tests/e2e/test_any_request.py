"""Whatever is asked within the sidecar's own description, or just beside it, is answered as the description says, and never with our fault.

schemathesis makes the requests from ``/openapi.json``. The provider behind is well and takes any parameter: so a 5xx is the sidecar's own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.processes import serve

from pyproxy.http.openapi import openapi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case
    from schemathesis.schemas import BaseSchema
    from support.processes import Mock, Served

DIALECTS = ("openai", "anthropic", "gemini")
TARGETS = [*(f"g-{dialect}" for dialect in DIALECTS), "pool", "nobody"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What there is to answer, in each API. Every other case has this, and one of its own members beside: so it comes as far as to an answer.
SENSIBLE: dict[str, Any] = {
    "messages": [{"role": "user", "content": "Hello"}],
    "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
    "content": {"parts": [{"text": "Hello"}]},
    "prompt": "Hello",
    "input": "Hello",
}
OPERATIONS = [(method, path) for path, methods in openapi("0")["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def open_sidecar(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A sidecar over a model at each kind of provider that takes any parameter."""
    root = provider.base_url.removesuffix("/v1")
    config = {
        "server": {"admin_token": "open-sesame"},
        "providers": {name: {"dialect": name, "base_url": root + ("/v1" if name == "openai" else ""), "api_key": "k"} for name in DIALECTS},
        "models": {name: {"provider": name, "model": f"any-{name}?lenient"} for name in DIALECTS},
        "task_groups": {f"g-{name}": {"e1": {"models": [name]}} for name in DIALECTS},
        "polling_pools": {"pool": {"task_groups": [f"g-{name}" for name in DIALECTS]}},
    }
    file = tmp_path_factory.mktemp("any") / "pyproxy.yaml"
    file.write_text(json.dumps(config))
    with serve(file) as running:
        yield running


@pytest.fixture(scope="module")
def described(open_sidecar: Served) -> BaseSchema:
    """The description as it is served, with targets that there are: any name would come no further than to a 404."""
    document = httpx2.get(f"{open_sidecar.address}/openapi.json", trust_env=False).json()
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("_request") and "model" in schema["properties"]:
            schema["properties"]["model"] = {"enum": TARGETS}
    for operation in (each for methods in document["paths"].values() for each in methods.values()):
        for parameter in operation.get("parameters", ()):
            if parameter.get("in") == "path":
                parameter["schema"] = {"enum": TARGETS}
    document["components"]["parameters"]["fallback_groups"]["schema"] = {"enum": ["g-gemini", "g-openai, g-anthropic"]}
    # One that is over before it begins is a 504, as it should be.
    document["components"]["parameters"]["timeout"]["schema"]["minimum"] = 60
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=open_sidecar.address)
    return schema


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
def test_any_request_is_answered_as_described(described: BaseSchema, session: requests.Session, method: str, path: str) -> None:
    operation = described[path][method]
    cases = st.one_of(operation.as_strategy(), operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @given(case=cases, kept=st.none() | st.integers(min_value=0, max_value=20))
    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case[Any], kept: int | None) -> None:
        if kept is not None and isinstance(case.body, dict) and case.body:
            odd = list(case.body)[kept % len(case.body)]
            case.body = {name: SENSIBLE.get(name, case.body[name]) for name in case.body if name in SENSIBLE or name in ("model", odd)}
        headers: dict[str, Any] = {"authorization": "Bearer open-sesame"} if "/admin/" in path else {}
        # A body that breaks off raises here.
        case.validate_response(case.call(session=session, headers=headers, timeout=60), checks=CHECKS)

    ask()
