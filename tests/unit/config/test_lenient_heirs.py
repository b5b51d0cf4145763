"""A lenient reading keeps nothing that was to begin as something that is not there: what it inherits was meant to hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.old_files import put

from pyproxy.config import Config, check_config

if TYPE_CHECKING:
    from pyproxy.config import Fault

GROUND = """\
config_validation: lenient
providers: {p: {base_url: "http://127.0.0.1:1"}}
models: {a: {provider: p, model: a}}
task_groups: {kept: {one: {models: [a]}}}
"""
OWN = "one: {models: [a]}\n"


def checked(folder: Path, **files: str) -> tuple[Config, list[Fault]]:
    put(folder, {"main.yaml": GROUND, **{name.replace("__", "/") + ".yaml": text for name, text in files.items()}})
    config, faults = check_config(folder, {})
    assert config is not None, "\n".join(map(str, faults))
    return config, [fault for fault in faults if fault.message.endswith("is left out")]


@pytest.mark.parametrize(
    "parent",
    ["nobody", "./nobody.yaml", "../groups/g.yaml", "g", "[x]", "''", "7"],
)
def test_what_inherits_from_nothing_is_left_out_and_said_to_be(tmp_path: Path, parent: str) -> None:
    config, left_out = checked(tmp_path, groups__g=f"inherits_from: {parent}\n{OWN}")
    assert list(config.task_groups) == ["kept"]
    (fault,) = left_out
    assert fault.message.endswith("; the task group 'g' is left out")
    assert (Path(fault.file).name, fault.line, fault.path) == ("g.yaml", 1, "task_groups.g.inherits_from")


def test_in_strict_mode_it_is_told_once(tmp_path: Path) -> None:
    put(tmp_path, {"main.yaml": GROUND, "groups/g.yaml": f"inherits_from: nobody\n{OWN}"})
    config, faults = check_config(tmp_path, {}, mode="strict")
    assert config is None
    assert [(fault.path, fault.line) for fault in faults] == [("task_groups.g.inherits_from", 1)]


def test_in_strict_mode_it_is_told_once_whatever_heirs_there_are(tmp_path: Path) -> None:
    groups = f"g: {{inherits_from: nobody, {OWN.strip()}}}\nheir: {{inherits_from: g}}\n"
    put(tmp_path, {"main.yaml": GROUND, "groups/all.yaml": groups})
    _, faults = check_config(tmp_path, {}, mode="strict")
    assert [(fault.path, fault.line) for fault in faults] == [("task_groups.g.inherits_from", 1)]


def test_heirs_fall_with_it_and_others_stay(tmp_path: Path) -> None:
    groups = f"""\
g: {{inherits_from: nobody, {OWN.strip()}}}
heir: {{inherits_from: g, concurrency_limit: 3}}
grandchild: {{inherits_from: heir}}
sound: {{inherits_from: base}}
base: {{{OWN.strip()}}}
"""
    config, left_out = checked(tmp_path, groups__all=groups)
    assert set(config.task_groups) == {"kept", "sound", "base"}
    assert sorted(fault.message.partition("; ")[2] for fault in left_out) == [
        "the task group 'g' is left out",
        "the task group 'grandchild' is left out",
        "the task group 'heir' is left out",
    ]
    assert {fault.line for fault in left_out} == {1}


def test_a_parent_in_a_file_without_its_own_parent_is_no_parent(tmp_path: Path) -> None:
    files = {"base": "inherits_from: ./nothing.yaml\nconcurrency_limit: 3\n", "groups__g": f"inherits_from: ../base.yaml\n{OWN}"}
    config, left_out = checked(tmp_path, **files)
    assert list(config.task_groups) == ["kept"]
    assert any(fault.message.endswith("the task group 'g' is left out") for fault in left_out)


def test_what_needs_it_falls_with_it(tmp_path: Path) -> None:
    files = {"groups__g": f"inherits_from: nobody\n{OWN}", "pools__q": "task_groups: [g]\n", "nodes__n": "llm_group: g\n"}
    config, left_out = checked(tmp_path, **files)
    assert (list(config.task_groups), list(config.polling_pools), list(config.nodes)) == (["kept"], [], [])
    assert len(left_out) == 4


@pytest.mark.parametrize("kind", ["pools__x", "nodes__x", "models__x", "wrappers__x"])
def test_it_holds_for_every_kind(tmp_path: Path, kind: str) -> None:
    own = {
        "pools__x": "task_groups: [kept]",
        "nodes__x": "llm_group: kept",
        "models__x": "provider: p\nmodel: m",
        "wrappers__x": "type: direct\ntarget: a",
    }
    config, left_out = checked(tmp_path, **{kind: f"inherits_from: nobody\n{own[kind]}\n"})
    assert "x" not in {**config.polling_pools, **config.nodes, **config.models, **config.wrappers}
    assert [fault.path.rpartition(".")[2] for fault in left_out] == ["inherits_from"]


def test_beyond_the_faults_that_are_told_the_rest_is_still_right() -> None:
    groups = {f"g{number}": {"one": {"models": [f"nobody{number}"], "rpm_limit": "x"}} for number in range(1_200)}
    made = {
        "providers": {"p": {"base_url": "http://127.0.0.1:1"}},
        "task_groups": {"kept": {"one": {"models": ["p:a"]}}, **groups},
        "nodes": {"n": {"llm_group": "g7"}, "m": {"llm_group": "kept"}},
    }
    config, faults = check_config(made, {}, mode="lenient")
    assert config is not None
    assert (list(config.task_groups), list(config.nodes)) == (["kept"], ["m"])
    assert len(faults) == 1_001
