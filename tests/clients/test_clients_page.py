"""What docs/clients.md tells people to write reaches a sidecar, as far as the clients are installed.

`CLIENTS_PYTHON` may name an interpreter that has more of them than the one that runs the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.processes import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import Mock, Served

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
BLOCKS = dict(re.findall(r"^## ([\w-]+)\n(?:(?!^## ).*\n)*?```(?:python|sh)\n((?:(?!```).*\n)*)```$", PAGE, re.MULTILINE))
PYTHON = [name for name, code in BLOCKS.items() if "import" in code]
ADDRESS = "http://127.0.0.1:8484"
INTERPRETER = os.environ.get("CLIENTS_PYTHON", sys.executable)


@pytest.fixture(scope="module", params=["openai", "anthropic", "gemini"])
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
    if "No module named" in done.stderr:
        pytest.skip(done.stderr.strip().rpartition("\n")[2])
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_names_every_client() -> None:
    assert [*PYTHON, "curl"] == [
        *("openai-python", "anthropic-python", "google-genai", "LangChain", "openai-agents", "pydantic-ai", "instructor", "litellm"),
        "curl",
    ]


@pytest.mark.parametrize("client", PYTHON)
def test_a_snippet_runs_over_a_provider_of_any_kind(client: str, fast_group: Served, tmp_path: Path) -> None:
    said = run([INTERPRETER, "-c"], BLOCKS[client], fast_group, tmp_path)
    assert "name='" in said if client == "instructor" else "This is page, answering: Hello" in said or "answering: Go on" in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_run_over_a_provider_of_any_kind(fast_group: Served, tmp_path: Path) -> None:
    said = run(["sh", "-ec"], BLOCKS["curl"], fast_group, tmp_path)
    assert said.count("choices") == said.count('"message_start"') + 1 == 1
    assert said.count('"stop_reason"') == 1
    assert said.count("data: {") > 1
