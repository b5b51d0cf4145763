"""What docs/clients.md tells people to write reaches a sidecar, as far as the clients are installed.

With `CLIENTS=all`, or `page` in it, each runs in an environment of its own, which is made where there is none: then none is left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from clients.apart.chosen import chosen
from clients.apart.environments import python_with
from support.processes import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import Mock, Served

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
BLOCKS = dict(re.findall(r"^## ([\w-]+)\n(?:(?!^## ).*\n)*?```(?:python|sh)\n((?:(?!```).*\n)*)```$", PAGE, re.MULTILINE))
TABLE = PAGE.partition("| client's API |")[2].partition("\n\n")[0].split("\n")[2:]
CELLS = {row.split(" | ")[0].strip("| "): row.rstrip("| ").split(" | ")[1:] for row in TABLE}
PYTHON = [name for name, code in BLOCKS.items() if "import" in code]
ADDRESS = "http://127.0.0.1:8484"
REQUIREMENTS = Path(__file__).parent / "apart" / "requirements"
# Which pins each client of the page has.
PINS = {
    "openai-python": "openai3",
    "anthropic-python": "anthropic",
    "google-genai": "google-genai",
    "LangChain": "langchain",
    "openai-agents": "agents",
    "pydantic-ai": "pydantic-ai",
    "instructor": "instructor",
    "litellm": "litellm",
}
APART = bool(chosen(["page"]))

KINDS = ("openai", "anthropic", "gemini")
HELLO = {"role": "user", "content": "Hello"}
CACHED = {"cache_control": {"type": "ephemeral"}}
# For each API of the page's table a request with all that the table names as lost.
LOSING: dict[str, tuple[str, dict[str, Any]]] = {
    "chat completions": (
        "/v1/chat/completions",
        {
            "model": "fast_group",
            "messages": [HELLO],
            "temperature": 1.5,
            "logprobs": True,
            "top_logprobs": 2,
            "logit_bias": {"5": 1},
            **dict.fromkeys(("frequency_penalty", "presence_penalty", "seed"), 1),
            "user": "ann",
            "service_tier": "flex",
            "store": True,
            "metadata": {"a": "b"},
            "verbosity": "low",
            "web_search_options": {},
        },
    ),
    "messages": (
        "/v1/messages",
        {
            "model": "fast_group",
            "max_tokens": 2000,
            "messages": [HELLO, {"role": "assistant", "content": "He"}],
            "system": [{"type": "text", "text": "Be brief.", **CACHED}],
            "top_k": 5,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "mcp_servers": [{"type": "url"}],
            "tools": [{"type": "web_search_20250305", "name": "web_search"}, {"name": "f", "input_schema": {"type": "object"}}],
        },
    ),
    "responses": (
        "/v1/responses",
        {
            "model": "fast_group",
            "input": "Hello",
            "tools": [{"type": "web_search"}],
            "include": ["file_search_call.results"],
            "truncation": "auto",
            "max_tool_calls": 3,
        },
    ),
    "Gemini": (
        "/v1beta/models/fast_group:generateContent",
        {
            "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
            "tools": [{"googleSearch": {}}],
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
            "labels": {"a": "b"},
            "generationConfig": {
                "topK": 4,
                "seed": 3,
                "presencePenalty": 1,
                "frequencyPenalty": 1,
                "responseLogprobs": True,
                "logprobs": 2,
                "thinkingConfig": {"thinkingBudget": 100},
                "mediaResolution": "MEDIA_RESOLUTION_LOW",
            },
        },
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def fast_group(request: pytest.FixtureRequest, provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A sidecar with a `fast_group` over a provider of each kind."""
    dialect = request.param
    root = provider.base_url.removesuffix("/v1")
    config = {
        "providers": {"mock": {"dialect": dialect, "base_url": root + ("/v1" if dialect == "openai" else ""), "api_key": "k"}},
        "task_groups": {"fast_group": {"echelon1": {"models": ["mock:page"]}}},
    }
    file = tmp_path_factory.mktemp("page") / "pyproxy.yaml"
    file.write_text(json.dumps(config))
    with serve(file) as running:
        yield running


def run(command: list[str], code: str, sidecar: Served, home: Path) -> str:
    environment = {**os.environ, "HOME": str(home), "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*"}
    done = subprocess.run(
        [*command, code.replace(ADDRESS, sidecar.address)],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "No module named" in done.stderr and not APART:
        pytest.skip(done.stderr.strip().rpartition("\n")[2])
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_names_every_client() -> None:
    assert list(PINS) == PYTHON
    assert "curl" in BLOCKS


@pytest.mark.parametrize("client", PYTHON)
def test_a_snippet_runs_over_a_provider_of_any_kind(client: str, fast_group: Served, tmp_path: Path) -> None:
    python = python_with(REQUIREMENTS / f"{PINS[client]}.txt") if APART else sys.executable
    said = run([str(python), "-c"], BLOCKS[client], fast_group, tmp_path)
    assert "name='" in said if client == "instructor" else "This is page, answering: Hello" in said or "answering: Go on" in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_run_over_a_provider_of_any_kind(fast_group: Served, tmp_path: Path) -> None:
    said = run(["sh", "-ec"], BLOCKS["curl"], fast_group, tmp_path)
    assert said.count("choices") == said.count('"message_start"') + 1 == 1
    assert said.count('"stop_reason"') == 1
    assert said.count("data: {") > 1


def lost_as_told(api: str, kind: str) -> set[str]:
    """The names that the table has as lost; "the same" refers to what comes before it in the row."""
    place = KINDS.index(kind)
    cells = [cell.partition("Refused")[0] for cell in CELLS[api][: place + 1]]
    told = "".join(cells) if cells[-1].startswith("the same") else cells[-1]
    return set(re.findall(r"`(\w+)`", told)) | ({"enalty"} if "penalties" in told else set())


@pytest.mark.parametrize("api", LOSING)
def test_what_the_table_says_is_lost_is_lost(api: str, fast_group: Served, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["fast_group"]
    if CELLS[api][KINDS.index(kind)] == "passes":
        return  # and so does what the provider refuses
    path, body = LOSING[api]
    answer = httpx2.post(fast_group.address + path, json=body, trust_env=False, timeout=20)
    assert answer.status_code == 200, answer.text
    lost = answer.headers["x-pyproxy-lossy"]
    told = lost_as_told(api, kind)
    assert len(told) >= 3
    assert {name for name in told if name not in lost} == set()
