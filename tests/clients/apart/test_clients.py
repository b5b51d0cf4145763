"""Real clients, each in a process and an environment of its own: against the mock itself first, which proves the scripts right.

Heavy, and it installs packages, so it runs only where it is asked for: `make test-clients`, or `CLIENTS=all pytest tests/clients/apart`.
`CLIENTS` may name some of them, parted by commas; `CLIENTS_THROUGH` says what they call: `direct` (the mock), or a sidecar over its
`openai`, `anthropic` or `gemini` API.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from clients.apart.chosen import chosen
from clients.apart.environments import python_with
from clients.apart.upstream import Asked, asked
from support.processes import Mock, mock, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
WITHIN_S = 180

# Which script each set of pins is for.
CLIENTS: Final = {
    "openai2": "openai_sdk.py",
    "openai3": "openai_sdk.py",
    "anthropic": "anthropic_sdk.py",
    "google-genai": "google_genai.py",
    "litellm": "litellm_client.py",
    "langchain": "langchain_openai_chat.py",
    "agents": "openai_agents.py",
    "pydantic-ai": "pydantic_ai_agents.py",
    "llm": "llm_command.py",
    "instructor": "instructor_models.py",
    "claude": "claude_agent.py",
}
# What each model does that the scripts ask for.
MODELS: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "two-calls": {"tool_calls": 2},
    # Claude Code has too many tools for a model to pick one by its place; its structured output is one of them.
    "structured-caller": {"tool_name": "StructuredOutput", "tool_arguments": '{"name": "text", "people": 1}'},
    "weather-caller": {"tool_name": "mcp__sky__weather", "tool_arguments": '{"city": "Ulm"}'},
    "limited": {"status": 429, "retry_after": "0"},
    "broken": {"status": 503},
    "refusing": {"status": 400, "error_code": "context_length_exceeded"},
    "stalling": {"stall_after": 2, "chunks": 9},
    "breaking": {"error_after": 2, "chunks": 9},
}
# What is checked with every client, beside what only some have.
EVERYWHERE: Final = frozenset(
    ("plain", "asynchronous", "stream", "asynchronous_stream", "tools", "structured", "errors", "breaks_off", "cancelled"),
)
# What a client itself does not have.
LACKS: Final[dict[str, dict[str, str]]] = {
    "agents": {"stream": "it streams to asynchronous callers only"},
    "claude": dict.fromkeys(("plain", "stream"), "it has asynchronous calls only"),
}
# What a provider's API does not have, and nobody can give its clients: these checks fail, and are held to failing in these words.
NO_EMBEDDINGS: Final = {"embeddings": "None of the models behind 'plain' can be asked for "}
ESTIMATED: Final = {"counted": "expected 3, found "}  # only the client's own provider counts its tokens exactly
UNTHINKING: Final = {"thoughts": "expected ['thinking'], found []"}  # chat completions have no signed thoughts
OVERLOOKED: Final = {"breaks_off": "expected (1, True), found (0, False)"}  # OpenAI's own event for an error in a stream of responses
GAPS: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("llm", "direct"): OVERLOOKED,
    ("openai2", "anthropic"): NO_EMBEDDINGS,
    ("openai3", "anthropic"): NO_EMBEDDINGS,
    ("langchain", "anthropic"): NO_EMBEDDINGS,
    ("anthropic", "openai"): {**UNTHINKING, **ESTIMATED},
    ("anthropic", "gemini"): ESTIMATED,
    ("google-genai", "openai"): ESTIMATED,
    ("google-genai", "anthropic"): {**ESTIMATED, **NO_EMBEDDINGS},
}
# Whose failures the sidecar itself decides whether to repeat, and how often.
FAILING: Final = frozenset(("limited", "broken"))
CHOSEN = chosen(CLIENTS)
DIALECTS: Final = frozenset(("openai", "anthropic", "gemini"))
THROUGH = os.environ.get("CLIENTS_THROUGH", "direct,openai,anthropic,gemini").split(",")

pytestmark = pytest.mark.skipif(not CHOSEN, reason="set CLIENTS=all to run them; they install what they need")


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock")) as running:
        for model, behaviour in MODELS.items():
            running.script(model, behaviour)
        yield running


@pytest.fixture(scope="module")
def urls(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the clients call, without `/v1`: the mock, and a sidecar over each of its APIs."""
    direct = provider.base_url.removesuffix("/v1")
    with contextlib.ExitStack() as running:
        found = {"direct": direct}
        for dialect in DIALECTS.intersection(THROUGH):
            base_url = provider.base_url if dialect == "openai" else direct
            config = {
                "providers": {
                    "mock": {"dialect": dialect, "base_url": base_url, "api_key": "provider-key", "responses": dialect == "openai"}
                },
                "models": {name: {"provider": "mock", "model": name} for name in MODELS},
            }
            file = tmp_path_factory.mktemp(dialect) / "pyproxy.yaml"
            file.write_text(json.dumps(config))
            found[dialect] = running.enter_context(serve(file)).address
        yield found


class Run(NamedTuple):
    """One script's run: what it reported, and what the provider was asked."""

    done: subprocess.CompletedProcess[str]
    requests: list[dict[str, Any]]


@pytest.fixture(scope="module")
def run(urls: dict[str, str], provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Run]:
    """Runs a client's script against one of the addresses, each once."""

    @functools.cache
    def run(client: str, through: str) -> Run:
        python = python_with(HERE / "requirements" / f"{client}.txt")
        home = tmp_path_factory.mktemp(client)
        provider.forget()
        # Nothing of this process's own settings may reach the client: no proxies, no keys, no other Python's path.
        environment = {
            "CLIENT_URL": urls[through],
            "PROVIDER_URL": urls["direct"],
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "NO_PROXY": "*",
        }
        script = (python, HERE / "scripts" / CLIENTS[client])
        done = subprocess.run(script, cwd=home, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        return Run(done, provider.requests())

    return run


@pytest.mark.parametrize("through", THROUGH)
@pytest.mark.parametrize("client", CHOSEN)
def test_a_client_works_unchanged(client: str, through: str, run: Callable[[str, str], Run]) -> None:
    done, requests = run(client, through)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"check"')]
    gaps = GAPS.get((client, through), {})
    faults = {each["check"]: each["fault"] for each in reports if each["fault"] is not None}
    unexpected = [f"{name}: {fault}" for name, fault in faults.items() if name not in gaps or gaps[name] not in fault]
    assert not unexpected, "\n\n".join(unexpected)
    assert gaps.keys() <= faults.keys(), "a gap has closed: take it out of the list"
    # The list of what a client lacks is neither too short nor too long.
    assert EVERYWHERE - {each["check"] for each in reports} == LACKS.get(client, {}).keys()
    # Each script has seen its calls end there while it still lived; and there were some, and none that it did not cancel.
    assert {each["outcome"] for each in requests if each["model"] == "stalling"} == {"client_gone"}


@pytest.mark.parametrize("through", [each for each in THROUGH if each != "direct"])
@pytest.mark.parametrize("client", CHOSEN)
def test_the_provider_is_asked_what_the_client_asks_and_nothing_twice(client: str, through: str, run: Callable[[str, str], Run]) -> None:
    direct, found = (upstream(run(client, each).requests) for each in ("direct", through))
    if "embeddings" in GAPS.get((client, through), {}):
        direct = Counter({call: times for call, times in direct.items() if call.kind != "embed"})
    assert direct, "the client asked for nothing"
    assert (found - direct, direct - found) == (Counter(), Counter()), "asked more, or otherwise, than the client has; and less"


def upstream(requests: list[dict[str, Any]]) -> Counter[Asked]:
    """What the provider was asked, each call as often as it was, but for what the sidecar answers itself."""
    return Counter(call for call in map(asked, requests) if call.kind and call.model not in FAILING)
