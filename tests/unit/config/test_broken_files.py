"""One broken file each: where the fault is found and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from pyproxy.config import ConfigError, check_config, load_config

if TYPE_CHECKING:
    from pathlib import Path

    from unit.config.conftest import Check

BASE = """\
providers: {p: {base_url: "http://127.0.0.1:1"}}
models: {m: {provider: p, model: x}}
task_groups: {g: {e: {models: [m]}, f: {models: [m]}}}
"""


class Broken(NamedTuple):
    """A text, the line of its first fault, a part of what is said, and a part of the hint."""

    text: str
    line: int | None
    says: str
    hint: str = ""


SYNTAX = [
    Broken("", 1, "the file is empty", "begin with providers"),
    Broken("# nothing\n", 1, "the file is empty"),
    Broken("just text\n", 1, "must be a table of sections"),
    Broken("- a\n- b\n", 1, "must be a table of sections"),
    Broken("server: {port: 1\nmodels: {}\n", 2, "not YAML", "bracket"),
    Broken("server:\n\tport: 1\n", 2, "cannot start any token", "tabs cannot indent"),
    Broken("server: a: b\n", 1, "mapping values are not allowed", "quotes"),
    Broken('server: {host: "127\n', 1, "not YAML: found a quote that is never closed", "close the quote"),
    Broken("server:\n  port: 1\n host: x\n", 3, "not YAML", "indentation"),
    Broken("a: *nowhere\n", 1, "undefined alias", "begins with '*'"),
    Broken("a: &x [*x]\n", 1, "undefined alias"),
    Broken("server: {port: 1}\n---\nserver: {port: 2}\n", 2, "second document", "remove the '---'"),
    Broken("server: {port: 1}\nserver: {port: 2}\n", 2, "the key 'server' is written twice: on line 1 and on line 2"),
    Broken("server:\n  port: 1\n  host: localhost\n  port: 2\n", 4, "the key 'port' is written twice: on line 2 and on line 4"),
    Broken("server: {port: !!python/object:os.system 1}\n", 1, "tag that is not allowed", "begins with '!'"),
    Broken("server: !thing {port: 1}\n", 1, "tag that is not allowed"),
    Broken("server: {port: !!int x}\n", 1, "is not what its tag !!int says"),
    Broken("no: {port: 1}\n", 1, "a key must be text, and unquoted this one reads as true or false", "quotes"),
    Broken("aliases:\n  1: m\n", 2, "reads as a number"),
    Broken("? [a]\n: b\n", 1, "a key must be text, not a list or a table"),
    Broken("aliases:\n  <<: text\n", 2, "'<<' merges tables only"),
    Broken("server: {host: 'a\x01b'}\n", 1, "control character U+0001"),
    Broken("a: b\nc: \ud800\n", 2, "is not UTF-8"),
]

SETTINGS = [
    Broken("servers: {port: 1}\n", 1, "is no setting here", "did you mean 'server'?"),
    Broken("server:\n  prot: 1\n", 2, "is no setting here", "did you mean 'port'?"),
    Broken("server:\n  colour: red\n", 2, "is no setting here", "the settings here are"),
    Broken("server:\n  port: 70000\n", 2, "must be at most 65,535"),
    Broken("server:\n  port: -1\n", 2, "must be at least 0"),
    Broken("server:\n  port: true\n", 2, "reads as true or false"),
    Broken("server:\n  port: 1.5\n", 2, "must be a whole number"),
    Broken("server:\n  port: many\n", 2, "must be a whole number"),
    Broken("server:\n  port:\n", 2, "has no value", "remove the key"),
    Broken("server:\n  drain_timeout: 0\n", 2, "must be greater than 0"),
    Broken("server:\n  drain_timeout: .inf\n", 2, "finite"),
    Broken("server:\n  drain_timeout: 1000000\n", 2, "must be at most 86,400"),
    Broken("server: [1]\n", 1, "must be a table of keys and values"),
    Broken("server:\n  host: 0.0.0.0\n", 2, "binding outside loopback needs an access token", ""),
    Broken('server:\n  host: "::"\n', 2, "use 127.0.0.1, ::1 or localhost"),
    Broken("server:\n  host: example.com\n", 2, "binding outside loopback"),
    Broken("server:\n  host: ''\n", 2, "must not be empty"),
    Broken("server:\n  allowed_hosts: sidecar.internal\n", 2, "must be a list", "brackets"),
    Broken("server:\n  allowed_hosts: ['http://x']\n", 2, "must be a host name"),
    Broken("server:\n  max_body_bytes: 0\n", 2, "must be at least 1"),
    Broken("providers:\n  p: {dialect: openai}\n", 2, "is missing", "http or https URL"),
    Broken("providers:\n  p: {dialect: opena, base_url: 'http://x'}\n", 2, "must be 'openai', 'anthropic' or 'gemini'", "'openai'?"),
    Broken("providers:\n  p: {base_url: 'ftp://x'}\n", 2, "must be an http or https URL"),
    Broken("providers:\n  p: {base_url: 'http://'}\n", 2, "must be an http or https URL"),
    Broken("providers:\n  p: {base_url: 'http://x:99999999'}\n", 2, "must be a URL"),
    Broken("providers:\n  p: {base_url: 'http://u:p@x'}\n", 2, "must not hold credentials"),
    Broken("providers:\n  p: {base_url: 'http://x?a=b'}\n", 2, "must not have a query"),
    Broken("providers:\n  p: {base_url: 'http://x', api_key: 12345}\n", 2, "must be text", "double quotes"),
    Broken("providers:\n  p: {base_url: 'http://x', api_key: no}\n", 2, "must be text", "reads it as true or false"),
    Broken("providers:\n  p: {base_url: 'http://x', api_key: ''}\n", 2, "visible ASCII"),
    Broken("providers:\n  p: {base_url: 'http://x', api_key: \"a\\nb\"}\n", 2, "one line of visible ASCII"),
    Broken("providers:\n  p: {base_url: 'http://x', api_keys: []}\n", 2, "must not be empty"),
    Broken("providers:\n  p: {base_url: 'http://x', api_keys: [a, a]}\n", 2, "same credential twice"),
    Broken("providers:\n  p: {base_url: 'http://x', api_key: a, api_keys: [b]}\n", 2, "both api_key and api_keys"),
    Broken("providers:\n  p: {base_url: 'http://x', headers: {'a b': c}}\n", 2, "no name of an HTTP header"),
    Broken("providers:\n  p: {base_url: 'http://x', headers: {Host: c}}\n", 2, "transport writes itself"),
    Broken("providers:\n  p: {base_url: 'http://x', headers: {A: \"b\\r\\nC: d\"}}\n", 2, "must be one line"),
    Broken("providers:\n  'a b': {base_url: 'http://x'}\n", 2, "cannot be a name", "letters, digits"),
    Broken(BASE + "models_: {}\n", 4, "is no setting here", "did you mean 'models'?"),
]

MODELS_AND_GROUPS = [
    Broken("providers: {p: {base_url: 'http://x'}}\nmodels:\n  m: {provider: q, model: x}\n", 3, "there is no provider 'q'", "there is p"),
    Broken("providers: {p: {base_url: 'http://x'}}\nmodels:\n  m: {provider: p, model: 1.10}\n", 3, "must be text", "as a number"),
    Broken("providers: {p: {base_url: 'http://x'}}\nmodels:\n  m: {provider: p, model: no}\n", 3, "must be text", "true or false"),
    Broken("providers: {p: {base_url: 'http://x'}}\nmodels:\n  m: {provider: p}\n", 3, "is missing", "name at the provider"),
    Broken("providers: {p: {base_url: 'http://x'}}\nmodels:\n  m: {provider: p, model: x, rpm_limit: 0}\n", 3, "must be at least 1"),
    Broken("providers: {p: {base_url: 'http://x'}}\nmodels:\n  m: {provider: p, model: x, weight: -1}\n", 3, "must be at least 0"),
    Broken(BASE + "nodes: {n: {llm_group: h}}\n", 4, "there is no task group, echelon or polling pool 'h'", "there is g, g.e, g.f"),
    Broken(BASE + "nodes: {n: {llm_group: g.ee}}\n", 4, "the task group 'g' has no echelon 'ee'", "did you mean 'e'?"),
    Broken(BASE + "nodes: {n: {llm_group: g, fallback_groups: [g.e, other]}}\n", 4, "there is no task group or echelon 'other'"),
    Broken(BASE + "nodes:\n  g: {llm_group: g}\n", 5, "'g' is the name of a task group and of a node (lines 3 and 5)", "rename one"),
    Broken(BASE + "nodes:\n  m: {llm_group: g}\n", 2, "'m' is the name of a node and of a model (lines 5 and 2)"),
    Broken(BASE + "aliases:\n  g.e: m\n", 3, "'g.e' is the name of an alias and of an echelon"),
    Broken(BASE + "wrappers: {w: {type: pool, target: g}}\n", 4, "there is no polling pool 'g'", "that is the name of a task group"),
    Broken(BASE + "wrappers: {w: {type: direct, target: g}}\n", 4, "there is no model 'g'"),
    Broken(BASE + "wrappers: {w: {type: direct, target: 'q:x'}}\n", 4, "there is no provider 'q' for 'q:x'"),
    Broken(BASE + "wrappers: {w: {type: task_group, target: m}}\n", 4, "there is no task group or echelon 'm'"),
    Broken(
        BASE + "wrappers: {w: {type: task_grup, target: g}}\n", 4, "must be 'task_group', 'pool' or 'direct'", "did you mean 'task_group'?"
    ),
    Broken(BASE + "wrappers: {w: {target: g}}\n", 4, "is missing"),
    Broken(BASE + "aliases: {'x*': gg}\n", 4, "there is no target 'gg'", "did you mean 'g'?"),
    Broken(BASE + "aliases: {a: g, b: a}\n", 4, "'a' is an alias itself", "name what it stands for: g"),
    Broken(BASE + "aliases: {a: 1}\n", 4, "must be text", "double quotes"),
    Broken(BASE + "polling_pools: {pool: {task_groups: [gg]}}\n", 4, "there is no task group or echelon 'gg'"),
    Broken(BASE + "polling_pools: {pool: {task_groups: [g], rotation_strategy: robin}}\n", 4, "must be", ""),
    Broken("task_groups:\n  g: {}\n", 2, "has no echelon", "echelon1: {models: [...]}"),
    Broken("task_groups:\n  g:\n", 2, "has no value"),
    Broken("task_groups:\n  g.h: {e: {models: ['p:x']}}\nproviders: {p: {base_url: 'http://x'}}\n", 2, "cannot be a name"),
    Broken("task_groups:\n  g:\n    e.f: {models: ['p:x']}\nproviders: {p: {base_url: 'http://x'}}\n", 3, "cannot be a name"),
    Broken("task_groups:\n  g:\n    e: {models: []}\n", 3, "must not be empty"),
    Broken("task_groups:\n  g:\n    e: {models: m}\n", 3, "must be a list", "brackets"),
    Broken("task_groups:\n  g:\n    e: {models: [no]}\n", 3, "must be text", "true or false"),
    Broken("task_groups:\n  g:\n    e: {models: [m]}\n", 3, "there is no model 'm'", "none is configured"),
    Broken("task_groups:\n  g:\n    e: {models: ['p:x']}\n", 3, "there is no provider 'p' for 'p:x'"),
    Broken("task_groups:\n  g:\n    echelon1: {model: [m]}\n", 3, "is missing", "Models that take turns"),
    Broken("task_groups:\n  g:\n    echelon1: [m]\n", 2, "has no echelon"),
    Broken("task_groups:\n  g:\n    e: {models: ['p:x'], timeout: -1}\n", 3, "greater than 0"),
    Broken(BASE + "nodes: {n: {llm_group: g, temprature: 1}}\n", 4, "is no setting here", "did you mean 'temperature'?"),
    Broken(BASE.replace("f: {", "timeout: {connect: 5}, f: {"), 3, "is no setting here", "did you mean 'timeouts'?"),
    Broken(BASE.replace("f: {", "timeouts: {conect: 5}, f: {"), 3, "is no setting here", "did you mean 'connect'?"),
    Broken(BASE.replace("f: {", "name: x, f: {"), 3, "its name is the key of its table"),
    Broken(BASE.replace("f: {", "f: {name: x, "), 3, "its name is the key of its table"),
    Broken(BASE.replace("f: {", "echelons: 3, f: {"), 3, "write each echelon as a table of the group"),
    Broken(BASE.replace("f: {", "f: [m], x: {"), 3, "is no setting here", "an echelon is a table with models"),
    Broken(BASE.replace("f: {", "fallback_config: {strategy: echelon_up}, f: {"), 3, "must be 'echelon_down'", "'echelon_down'?"),
    Broken(BASE + "wrappers: {w: {type: task_group, target: g.x}}\n", 4, "has no echelon 'x'", "there is e, f"),
    Broken(BASE.replace("f: {", "fallback_config: {max_attempts: 0}, f: {"), 3, "must be at least 1"),
    Broken(BASE.replace("f: {", "fallback_config: {retry_delay: -1}, f: {"), 3, "must be at least 0"),
    Broken(BASE.replace("model: x", "model: x, provider: ''"), 2, "written twice"),
]


@pytest.mark.parametrize("broken", SYNTAX + SETTINGS + MODELS_AND_GROUPS, ids=lambda broken: repr(broken.says)[1:40])
def test_a_broken_file_is_told_by_line_and_in_words(broken: Broken, check: Check) -> None:
    config, faults = check(broken.text)
    assert config is None
    errors = [fault for fault in faults if fault.severity == "error"]
    found = [fault for fault in errors if fault.line == broken.line and broken.says in fault.message and broken.hint in fault.hint]
    assert found, [str(fault) for fault in errors]
    assert all("\n" not in str(fault) for fault in faults)


def test_a_misspelt_key_of_an_echelon_is_told_beside_the_missing_one(check: Check) -> None:
    _, faults = check("task_groups:\n  g:\n    echelon1: {model: [m]}\n")
    assert [(fault.path.rpartition(".")[2], fault.column) for fault in faults] == [("models", 5), ("model", 16)]
    assert faults[1].hint == "did you mean 'models'?"


def test_all_faults_of_a_file_are_told_in_the_order_of_its_lines(check: Check) -> None:
    _, faults = check(
        "server:\n  port: x\nproviders:\n  p: {base_url: 'ftp://x', api_key: '${MISSING}'}\n"
        "task_groups:\n  g:\n    e: {models: ['q:x'], rpm_limit: 0}\n  h: {}\nserver: {}\n"
    )
    assert [(fault.line, fault.path) for fault in faults] == [
        (2, "server.port"),
        (4, "providers.p.base_url"),
        (4, "providers.p.api_key"),
        (7, "task_groups.g.e.models[0]"),
        (7, "task_groups.g.e.rpm_limit"),
        (8, "task_groups.h"),
        (9, "server"),
    ]


def test_a_fault_prints_as_file_line_column_and_hint(check: Check, tmp_path: Path) -> None:
    _, faults = check("server:\n  prot: 1\n")
    assert str(faults[0]) == f"{tmp_path}/config.yaml:2:3: server.prot: is no setting here (did you mean 'port'?)"


def test_load_raises_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("server: {port: x, host: y}\nservers: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert len(caught.value.faults) == 3
    assert str(caught.value).splitlines()[0] == f"{path}: 3 errors"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_the_message_stays_readable_when_there_are_many_faults() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config({"server": {f"key{i}": i for i in range(100)}}, {})
    assert len(str(caught.value).splitlines()) == 22
    assert str(caught.value).endswith("… and 80 more")
    assert len(caught.value.faults) == 100


def test_no_number_of_warnings_keeps_an_error_from_being_told() -> None:
    echelons = {f"e{i}": {"models": ["p:m"], "rpm_limit": 9} for i in range(1100)}
    providers = {"p": {"base_url": "http://127.0.0.1:1"}}
    config, faults = check_config({"providers": providers, "task_groups": {"g": {"rpm_limit": 5, **echelons}}, "server": {"port": "x"}}, {})
    assert config is None
    assert [fault.path for fault in faults if fault.severity == "error"] == ["server.port"]
    assert faults[-1].message == "no more than 1,000 warnings are told: mend these and check again"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("absent.yaml", "there is no such file"),
        (".", "holds no configuration"),
        ("a\0b", "cannot be read: not a usable path"),
        ("absent.toml", "there is no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault(name: str, says: str, tmp_path: Path) -> None:
    config, faults = check_config(tmp_path / name)
    assert config is None
    assert [says in str(fault) for fault in faults] == [True]
    assert "\n" not in str(faults[0])


@pytest.mark.parametrize(
    ("written", "value"), [("010", "010"), ("12:30", "12:30"), ("2024-05-13", "2024-05-13"), ("1e3", "1e3"), ("0o17", "0o17"), ("v1", "v1")]
)
def test_what_only_yaml_1_1_takes_for_a_number_or_a_date_is_text(written: str, value: str, check: Check) -> None:
    config, _ = check(BASE.replace("model: x", f"model: {written}"))
    assert config is not None
    assert config.models["m"].model == value


@pytest.mark.parametrize(("written", "value"), [("1_000", 1000), ("0x10", 16), ("0b11", 3), ("+7", 7), ("'8'", 8), ("!!int 9", 9)])
def test_whole_numbers_may_be_written_in_several_ways(written: str, value: int, check: Check) -> None:
    config, _ = check(f"server: {{port: {written}}}\n")
    assert config is not None
    assert config.server.port == value


def test_a_byte_order_mark_is_ignored(check: Check) -> None:
    assert check("\ufeff" + BASE)[0] is not None
