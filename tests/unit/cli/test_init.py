"""`pyproxy init`: whatever it finds, what it writes can be used, holds no key, and replaces nothing unasked."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st
from support.json_schema import faults_of

from pyproxy.cli import main
from pyproxy.cli.init import write_start
from pyproxy.cli.local_ollama import Ollama, find_ollama
from pyproxy.cli.start_config import GROUP, start_config
from pyproxy.config import ConfigError, check_config
from pyproxy.config.json_schema import json_schema
from pyproxy.config.known_providers import keys_in_environment, offered_providers

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "sk-canary-71c9"
PATIENCE_S = 5.0
VARIABLES = [name for known in offered_providers() for name in known.variables]
TAGS = {"models": [{"name": "nomic-embed-text:latest"}, {"name": "llama3.2:latest"}, {"name": "qwen3:8b"}, {"name": 5}, None]}


@contextmanager
def answering(body: bytes, status: int = 200, location: str = "") -> Iterator[int]:
    """A server that answers every request the same, in a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """A socket that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and an environment without keys."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@given(
    keys=st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from([SECRET, "", "two words", "line\n"])),
    models=st.none()
    | st.lists(st.text(st.sampled_from("a:/${}\"' #\\") | st.characters(codec="ascii", exclude_categories=["C"]), min_size=1), max_size=3),
)
def test_whatever_is_found_what_is_written_has_no_fault_and_no_key(keys: dict[str, str], models: list[str] | None) -> None:
    ollama = None if models is None else Ollama("http://127.0.0.1:11434/v1", tuple(models))
    found = keys_in_environment(keys)
    assume(found.usable or models or not found.unusable)  # else nothing is written
    text = start_config(found, ollama, "pyproxy.yaml")
    assert SECRET not in text
    with tempfile.TemporaryDirectory() as folder:
        (file := Path(folder, "pyproxy.yaml")).write_text(text, encoding="utf-8")
        config, faults = check_config(file, keys)
    assert faults == ()
    assert config is not None
    group = config.task_groups[GROUP]
    assert not models or config.models["ollama-main"].model == models[0]
    assert len(group.echelons) == len(config.models) == len(config.providers) > 0
    assert group.fallback_config.max_attempts >= len(group.echelons)
    assert faults_of(yaml.safe_load(text), json_schema()) == []


@pytest.mark.parametrize("name", ["${OPENAI_API_KEY}", "$${OPENAI_API_KEY}", "${", "$$$${", '"}, x: {y: "'])
def test_the_name_of_a_model_names_no_variable_whoever_answers_for_ollama(name: str) -> None:
    keys = {"OPENAI_API_KEY": SECRET}
    config, faults = check_config(
        yaml.safe_load(start_config(keys_in_environment(keys), Ollama("http://127.0.0.1:11434/v1", (name,)), "x")), keys
    )
    assert faults == ()
    assert config is not None
    assert config.models["ollama-main"].model == name


def test_every_echelon_is_within_reach_when_there_are_many() -> None:
    keys = dict.fromkeys(VARIABLES, SECRET)
    found = start_config(keys_in_environment(keys), Ollama("http://127.0.0.1:11434/v1", ("m",)), "x")
    config, faults = check_config(yaml.safe_load(found), keys)
    assert faults == ()
    assert config is not None
    policy = config.task_groups[GROUP].fallback_config
    assert len(config.task_groups[GROUP].echelons) == len(tuple(offered_providers())) + 1 == policy.max_attempts < policy.attempt_budget


def test_each_known_provider_is_written_with_its_variable() -> None:
    for known in offered_providers():
        for name in known.variables:
            config, faults = check_config(yaml.safe_load(start_config(keys_in_environment({name: SECRET}), None, "x")), {name: SECRET})
            assert faults == ()
            assert config is not None
            (provider,) = config.providers.values()
            assert (provider.base_url, provider.dialect) == (known.base_url, known.dialect)
            assert [key.get_secret_value() for key in provider.credentials()] == [SECRET]


def test_it_tells_what_it_found_and_what_to_do_next(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("GOOGLE_API_KEY", SECRET)
    monkeypatch.setenv("MISTRAL_API_KEY", "two words")
    with answering(json.dumps(TAGS).encode()) as port:
        write_start("my config.yaml", force=False, ollama_port=port)
    assert capsys.readouterr().out.splitlines() == [
        "Found:",
        "  OPENAI_API_KEY  openai  https://api.openai.com/v1",
        "  GOOGLE_API_KEY  gemini  https://generativelanguage.googleapis.com/v1beta",
        f"  a local Ollama  ollama  http://127.0.0.1:{port}/v1 with llama3.2:latest, and 1 more",
        "MISTRAL_API_KEY holds what cannot be a key: it is left out",
        "",
        "Wrote 'my config.yaml'; agents ask for the model main_group, or for any other. Next:",
        "  pyproxy check 'my config.yaml'",
        "  pyproxy serve --config 'my config.yaml'",
    ]
    result = CliRunner().invoke(main, ["check", "--strict", "my config.yaml"])
    assert result.exit_code == 0, result.output
    assert SECRET not in (bare / "my config.yaml").read_text()


def test_with_nothing_found_the_file_waits_for_a_key(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with silent() as port:
        write_start("pyproxy.yaml", force=False, ollama_port=port)
    assert "Found no key and no local Ollama" in capsys.readouterr().out
    config, faults = check_config(bare / "pyproxy.yaml", {})
    assert faults == ()
    assert config is not None


def test_a_key_that_cannot_be_one_is_told_when_there_is_nothing_else(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{SECRET} \n")
    with silent() as port, pytest.raises(ConfigError, match="OPENAI_API_KEY holds what cannot be a key") as caught:
        write_start("pyproxy.yaml", force=False, ollama_port=port)
    assert SECRET not in str(caught.value)
    assert not (bare / "pyproxy.yaml").exists()


def test_an_ollama_without_models_is_told_and_left_out(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(b'{"models": []}') as port:
        write_start("pyproxy.yaml", force=False, ollama_port=port)
    assert "ollama pull" in capsys.readouterr().out
    assert "ollama" not in (bare / "pyproxy.yaml").read_text()


def test_a_file_that_is_there_is_replaced_only_when_asked(bare: Path) -> None:
    (bare / "pyproxy.yaml").write_text("mine")
    refused = CliRunner().invoke(main, ["init"])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "pyproxy.yaml is there already: --force overwrites it" in refused.stderr
    assert (bare / "pyproxy.yaml").read_text() == "mine"
    assert CliRunner().invoke(main, ["init", "--force"]).exit_code == 0
    assert "task_groups:" in (bare / "pyproxy.yaml").read_text()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("path", ["pyproxy.toml", ".", "none/pyproxy.yaml", "two\nlines.yaml", "nul\0.yaml"])
def test_a_place_that_cannot_be_written_is_told(path: str) -> None:
    result = CliRunner().invoke(main, ["init", "--force", path])
    assert result.exit_code == 2
    assert result.stderr.startswith("pyproxy: ")
    assert len(result.stderr.splitlines()) == 1


def test_an_ollama_that_answers_is_found_with_the_models_that_can_chat() -> None:
    with answering(json.dumps(TAGS).encode()) as port:
        assert find_ollama(port, PATIENCE_S) == Ollama(f"http://127.0.0.1:{port}/v1", ("llama3.2:latest", "qwen3:8b"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"models": 5}', b"\xff", b'{"models": [' + b"0," * 600_000 + b"0]}"])
def test_something_else_that_answers_is_no_ollama(body: bytes) -> None:
    with answering(body) as port:
        assert find_ollama(port, PATIENCE_S) is None


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refusal_is_no_list_of_models_whatever_it_says(status: int) -> None:
    with answering(json.dumps(TAGS).encode(), status) as port:
        assert find_ollama(port, PATIENCE_S) is None


def test_no_redirect_is_followed_away_from_this_machine() -> None:
    with answering(json.dumps(TAGS).encode()) as other, answering(b"", 302, f"http://127.0.0.1:{other}/api/tags") as port:
        assert find_ollama(port, PATIENCE_S) is None


def test_who_does_not_answer_in_time_is_not_waited_for() -> None:
    with silent() as port:
        assert find_ollama(port, 0.05) is None
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert find_ollama(port, PATIENCE_S) is None
