"""The openai and anthropic SDKs' own test suites, from their source packages: each test ends through a sidecar as at the mock itself.

Of the suites these are the tests that ask a server; the others bring their own answers. They expect one that takes whatever their
generator wrote down as an example; a lenient mock does, as far as an API honestly can. They are pinned with all they need in
`requirements/suites.txt`; `CLIENTS=openai-suite` runs one of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree import ElementTree as ET

import pytest
from clients.apart.chosen import chosen
from clients.apart.environments import python_with, source_of
from support.processes import Mock, Served, mock, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PINS = Path(__file__).parent / "requirements" / "suites.txt"
WITHIN_S = 300
SENT_AS = {"openai": "sent-to-openai", "anthropic": "sent-to-anthropic"}


class Outcome(NamedTuple):
    """How a test ended, and what it said where it did not pass."""

    kind: str
    said: str = ""


class Suite(NamedTuple):
    """What is run of an SDK's tests.

    Attributes:
        base: Where the SDK's base URL ends.
        files: Those of the operations that the sidecar offers, each with the operations in it that it does not, and why.
        refused: Tests that fail at the mock as they would at the real API, by a pattern of their names, and what they say then.
        least: So many pass at least.
    """

    base: str
    files: Mapping[str, Mapping[str, str]]
    refused: Mapping[str, str]
    least: int


STORED = "the provider keeps it, under an id that says nothing of which provider that is"
SUITES: Final = {
    "openai": Suite(
        base="/v1",
        files={
            "chat/test_completions.py": dict.fromkeys(("retrieve", "update", "list", "delete"), STORED),
            "test_completions.py": {},
            "test_embeddings.py": {},
            "test_models.py": {"delete": "targets are configured, and no client takes them away"},
            "test_responses.py": {
                **dict.fromkeys(("retrieve", "delete", "cancel"), STORED),
                "compact": "what it gives only its provider can read",
            },
        },
        refused={
            # The SDK asks for base64 by itself, and its strict checks do not take it.
            r"test_embeddings\.\w+::test_\w+_create\[(strict|aiohttp)\]": "Data returned by API invalid for expected schema.",
            # An empty request, which names no model.
            r"test_responses\.\w+::test_\w+_create_overload_[12]\[": "Error code: 400",
        },
        least=130,
    ),
    "anthropic": Suite(
        base="",
        files={"test_messages.py": {}, "test_models.py": {}, "beta/test_messages.py": {}, "beta/test_models.py": {}},
        refused={},
        least=200,
    ),
}
CHOSEN = [each.removesuffix("-suite") for each in chosen(f"{name}-suite" for name in SUITES)]

pytestmark = pytest.mark.skipif(not CHOSEN, reason="set CLIENTS=all to run them; they install what they need")


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    folder = tmp_path_factory.mktemp("mock")
    (folder / "script.json").write_text(json.dumps({"default": {"lenient": True}}))
    with mock(folder, "--script", "script.json", "--quiet") as running:
        yield running


@pytest.fixture(scope="module")
def sidecar(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    address = provider.base_url.removesuffix("/v1")
    config = {
        "providers": {
            name: {"dialect": name, "base_url": address + suite.base, "api_key": "provider-key", "responses": name == "openai"}
            for name, suite in SUITES.items()
        },
        "models": {name: {"provider": name, "model": model} for name, model in SENT_AS.items()},
        "aliases": {"claude-*": "anthropic", "*": "openai"},
    }
    file = tmp_path_factory.mktemp("sidecar") / "pyproxy.yaml"
    file.write_text(json.dumps(config))
    with serve(file) as running:
        yield running


def outcomes(name: str, address: str, folder: Path) -> dict[str, Outcome]:
    """Run a suite against a server, and tell how each of its tests ended."""
    suite = SUITES[name]
    source = source_of(name, PINS)
    folder_of_tests = source / "tests" / "api_resources"
    left_out = [
        f"--deselect=tests/api_resources/{file}::{group}::test_{way}_{operation}"
        for file, operations in suite.files.items()
        for group in re.findall(r"^class (\w+)", (folder_of_tests / file).read_text(), re.MULTILINE)
        for operation in operations
        for way in ("method", "raw_response", "streaming_response", "path_params")
    ]
    report = folder / "report.xml"
    # Nothing of this process's own settings may reach the SDK: no proxies, no keys, no other Python's path.
    environment = {"TEST_API_BASE_URL": address + suite.base, "HOME": str(folder), "PATH": os.environ["PATH"], "NO_PROXY": "*"}
    options = ("-o", "addopts=", "-p", "no:cacheprovider", "-n", "2", "-q", "--tb=line", "--show-capture=no", f"--junitxml={report}")
    done = subprocess.run(
        (python_with(PINS), "-m", "pytest", *options, *left_out, *(str(folder_of_tests / file) for file in suite.files)),
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    tests = ET.parse(report).iter("testcase")
    return {f"{test.get('classname')}::{test.get('name')}": outcome(test) for test in tests}


def outcome(test: ET.Element) -> Outcome:
    fault = next((part for part in test if part.tag in {"failure", "error", "skipped"}), None)
    return Outcome("passed") if fault is None else Outcome(fault.tag, fault.get("message", ""))


@pytest.mark.parametrize("name", CHOSEN)
def test_an_sdks_own_tests_end_through_the_sidecar_as_at_the_provider_itself(
    name: str, provider: Mock, sidecar: Served, tmp_path: Path
) -> None:
    suite = SUITES[name]
    direct = outcomes(name, provider.base_url.removesuffix("/v1"), tmp_path)
    assert not provider.requests(SENT_AS[name])
    through = outcomes(name, sidecar.address, tmp_path)
    assert provider.requests(SENT_AS[name]), "the sidecar was not asked"

    assert direct.keys() == through.keys()
    assert {test: (ended, through[test]) for test, ended in direct.items() if through[test].kind != ended.kind} == {}
    assert sum(ended.kind == "passed" for ended in direct.values()) >= suite.least
    failed = {test for test, ended in direct.items() if ended.kind != "passed"}
    for pattern, said in suite.refused.items():
        expected = {test for test in direct if re.search(pattern, test)}
        assert expected, f"no test is one of {pattern} any more: take it out of the list"
        assert {test: each for test in expected for each in (direct[test], through[test]) if said not in each.said} == {}
        failed -= expected
    assert {test: direct[test] for test in failed} == {}
