"""`pyproxy route`: what would become of a request, which nobody is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from pyproxy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
sessions: {persist: false}
providers:
  p: {base_url: "http://127.0.0.1:1/v1", api_keys: [one, two]}
  q: {base_url: "http://127.0.0.1:2/v1"}
task_groups:
  g:
    e1: {models: ["q:a"], priority: 1}
    e2: {models: ["q:b"], priority: 2}
    fallback_config: {retry_delay: 0}
  keys: {e1: {models: ["p:a"]}}
polling_pools:
  rotating: {task_groups: [keys], health_check: false}
  again: {task_groups: [keys], health_check: false, fallback_strategy: simple_retry}
  elsewhere: {task_groups: [keys], health_check: false, multi_turn_redirect: g}
"""
CONVERSATION = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}, {"role": "user", "content": "z"}]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproxy.yaml").write_text(CONFIG)
    (tmp_path / "body.json").write_text(json.dumps({"model": "g", "messages": CONVERSATION}))
    monkeypatch.chdir(tmp_path)


def route(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["route", *arguments])


def calls(*arguments: str) -> list[str]:
    events = json.loads(route(*arguments, "--format", "json").stdout)["events"]
    return [event["label"] for event in events if event["event"] == "call"]


def test_every_call_that_would_be_made_is_told_in_its_order() -> None:
    assert calls("g") == ["g.e1/q:a", "g.e2/q:b"]


def test_a_conversation_that_a_pool_would_refuse_is_refused() -> None:
    result = route("rotating", "--body", "body.json")
    assert result.exit_code == 1
    assert "Ask 'keys' instead" in result.stderr


def test_a_conversation_goes_where_its_pool_sends_it() -> None:
    assert calls("elsewhere", "--body", "body.json") == ["g.e1/q:a", "g.e2/q:b"]


@pytest.mark.parametrize(("target", "strategy"), [("g", "echelon_down"), ("rotating", "instance_rotation"), ("again", "simple_retry")])
def test_the_strategy_is_the_one_that_the_configuration_names(target: str, strategy: str) -> None:
    assert route(target).stdout.splitlines()[1].startswith(f"  {strategy}: at most ")
    assert json.loads(route(target, "--format", "json").stdout)["strategy"] == strategy


def test_a_retry_without_delay_has_no_pause_before_it() -> None:
    lines = route("g", "--fault", "500").stdout
    assert lines.count("g.e1/q:a") == 2
    assert "pause" not in lines


def test_a_node_that_there_is_none_of_is_warned_of_and_nothing_else_changes() -> None:
    known, unknown = route("g", "--format", "json"), route("g", "--format", "json", "--node", "nobody")
    assert (known.exit_code, unknown.exit_code) == (0, 0)
    assert unknown.stderr == "pyproxy: warning: there is no node 'nobody': a request of that name has neither its limits nor its defaults\n"
    assert known.stderr == ""
    assert json.loads(unknown.stdout)["events"] == json.loads(known.stdout)["events"]


def test_a_node_of_the_configuration_is_not_warned_of(tmp_path: Path) -> None:
    (tmp_path / "pyproxy.yaml").write_text(CONFIG + "nodes: {n: {llm_group: g}}\n")
    result = route("g", "--node", "n")
    assert (result.stderr, result.stdout.splitlines()[0]) == ("", "g, on behalf of the node n")
    assert "no node 'nobody'" in route("n", "--node", "nobody").stderr, "though the target is a node, and holds in its place"


def test_a_fault_that_there_is_none_of_is_refused() -> None:
    result = route("g", "--fault", "lightning")
    assert result.exit_code == 1
    assert "lightning" in result.stderr


def test_a_running_sidecar_is_not_asked_without_its_token() -> None:
    for where in (("--running",), ("--url", "http://127.0.0.1:1")):
        result = CliRunner(env={"PYPROXY_ADMIN_TOKEN": ""}).invoke(main, ["route", "g", *where])
        assert result.exit_code == 1
        assert "PYPROXY_ADMIN_TOKEN" in result.stderr


def test_where_nobody_answers_that_is_said() -> None:
    result = route("g", "--url", "http://127.0.0.1:1", "--token", "t")
    assert (result.exit_code, "no sidecar answers at http://127.0.0.1:1" in result.stderr) == (1, True)
