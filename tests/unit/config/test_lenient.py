"""Lenient loading: the broken part goes, with what needs it, and the rest is as good as if the part had never been written."""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyproxy.config import ConfigError, Fault, check_config, load_config
from pyproxy.config.conversion import plain
from pyproxy.config.environment import substitute
from pyproxy.config.faults import FaultLog
from pyproxy.config.lenient import Remainder, interpret_leniently
from pyproxy.config.mapping_reader import read_mapping
from pyproxy.config.tree import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

CORPUS = Path(__file__).parents[2] / "corpus" / "broken"
CONFIG = """\
providers:
  good: {base_url: "http://127.0.0.1:1"}
  keyed: {base_url: "http://127.0.0.1:2", api_key: "${ABSENT}"}
models:
  one: {provider: good, model: x}
  two: {provider: keyed, model: y}
task_groups:
  first_group:
    echelon1: {models: [one, two, "keyed:z"]}
    echelon2: {models: [two]}
    fallback_config: {fallback_groups: [first_group.echelon2, second_group]}
  second_group:
    echelon1: {models: ["keyed:z"]}
polling_pools:
  pool: {task_groups: [first_group, second_group]}
wrappers:
  direct: {type: direct, target: two}
  grouped: {type: task_group, target: first_group, fallback_groups: [second_group]}
nodes:
  lost: {llm_group: second_group.echelon1}
  kept: {llm_group: first_group, rpm_limt: 10}
aliases: {a: direct, b: grouped, c: lost}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def left_out(faults: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for fault in faults if fault.message.endswith(" is left out")]


def test_strict_refuses_and_lenient_leaves_out_what_is_broken_and_what_needs_it(path: Path) -> None:
    assert check_config(path, {})[0] is None
    config, faults = check_config(path, {}, mode="lenient")
    assert config is not None
    assert {fault.severity for fault in faults} == {"warning"}
    assert list(config.providers) == ["good"]
    assert list(config.models) == ["one"]
    assert [(echelon.name, echelon.models) for echelon in config.task_groups["first_group"].echelons] == [("echelon1", ("one",))]
    assert config.task_groups["first_group"].fallback_config.fallback_groups == ()
    assert config.polling_pools["pool"].task_groups == ("first_group",)
    assert config.wrappers["grouped"].fallback_groups == ()
    assert (list(config.wrappers), list(config.nodes), list(config.aliases)) == (["grouped"], ["kept"], ["b"])
    assert left_out(faults) == [
        ("providers.keyed.api_key", "the environment variable ABSENT is not set; the provider 'keyed' is left out"),
        ("models.two.provider", "names 'keyed', which is left out; the model 'two' is left out"),
        ("task_groups.first_group.echelon1.models[1]", "names 'two', which is left out; this entry is left out"),
        ("task_groups.first_group.echelon1.models[2]", "names 'keyed:z', which is left out; this entry is left out"),
        ("task_groups.first_group.echelon2.models", "must not be empty; the echelon 'first_group.echelon2' is left out"),
        ("task_groups.first_group.echelon2.models[0]", "names 'two', which is left out; this entry is left out"),
        ("task_groups.first_group.fallback_config.fallback_groups[1]", "names 'second_group', which is left out; this entry is left out"),
        ("task_groups.second_group", "has no echelon; the task group 'second_group' is left out"),
        ("task_groups.second_group.echelon1.models", "must not be empty; the echelon 'second_group.echelon1' is left out"),
        ("task_groups.second_group.echelon1.models[0]", "names 'keyed:z', which is left out; this entry is left out"),
        ("polling_pools.pool.task_groups[1]", "names 'second_group', which is left out; this entry is left out"),
        ("wrappers.direct.target", "names 'two', which is left out; the wrapper 'direct' is left out"),
        ("wrappers.grouped.fallback_groups[0]", "names 'second_group', which is left out; this entry is left out"),
        ("nodes.lost.llm_group", "names 'second_group.echelon1', which is left out; the node 'lost' is left out"),
        ("nodes.kept.rpm_limt", "is no setting here; the key 'rpm_limt' is left out"),
        ("aliases.a", "names 'direct', which is left out; the alias 'a' is left out"),
        ("aliases.c", "names 'lost', which is left out; the alias 'c' is left out"),
    ]


def test_what_is_left_out_is_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "pyproxy.config"):
        load_config(path, {}, mode="lenient")
    assert len(caplog.records) == 17
    assert "the provider 'keyed' is left out" in caplog.text


def test_the_configuration_may_say_so_itself_and_the_caller_has_the_last_word(path: Path) -> None:
    path.write_text("config_validation: lenient\n" + CONFIG, encoding="utf-8")
    assert load_config(path, {}).config_validation == "lenient"
    with pytest.raises(ConfigError):
        load_config(path, {}, mode="strict")


def test_a_sound_configuration_is_the_same_in_both_modes(path: Path) -> None:
    path.write_text(CONFIG.replace("rpm_limt", "rpm_limit"), encoding="utf-8")
    strict, faults = check_config(path, {"ABSENT": "key"}, mode="strict")
    assert strict is not None
    assert check_config(path, {"ABSENT": "key"}, mode="lenient") == (strict, faults)


def test_nothing_left_to_serve_is_an_error_that_tells_every_reason(path: Path) -> None:
    path.write_text(CONFIG.replace("http://127.0.0.1:1", "ftp://127.0.0.1"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, {}, mode="lenient")
    assert "nothing is left to serve" in str(caught.value)
    assert "must be an http or https URL" in str(caught.value)
    assert "the environment variable ABSENT is not set" in str(caught.value)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("server: {host: 0.0.0.0}\n", "binding outside loopback"),
        ("server: !x {port: 1}\n", "tag that is not allowed"),
        ("server: 5\n", "table"),
    ],
)
def test_a_server_that_is_not_as_it_was_meant_refuses_even_then(path: Path, broken: str, says: str) -> None:
    path.write_text(CONFIG + broken, encoding="utf-8")
    config, faults = check_config(path, {}, mode="lenient")
    assert config is None
    (error,) = (fault for fault in faults if fault.severity == "error")
    assert says in error.message
    assert ("models.two.provider", "names 'keyed', which is left out; the model 'two' is left out") in left_out(faults)


def test_what_the_reader_left_out_already_is_told(path: Path) -> None:
    path.write_text(CONFIG + "nodes: {}\n", encoding="utf-8")
    config, faults = check_config(path, {}, mode="lenient")
    assert config is not None
    assert list(config.nodes) == ["kept"]
    assert ("nodes", "the key 'nodes' is written twice: on line 19 and on line 23; this is left out") in left_out(faults)


def test_one_credential_of_several_may_be_missing() -> None:
    mapping = {
        "providers": {"p": {"base_url": "http://127.0.0.1:1", "api_keys": ["${A}", "${B}"]}},
        "models": {"m": {"provider": "p", "model": "x"}},
    }
    config, faults = check_config(mapping, {"B": "b"}, mode="lenient")
    assert config is not None
    assert [key.get_secret_value() for key in config.providers["p"].credentials()] == ["b"]
    assert left_out(faults) == [("providers.p.api_keys[0]", "the environment variable A is not set; this entry is left out")]


def test_a_section_of_the_wrong_type_is_left_out_as_a_whole() -> None:
    mapping: dict[str, Any] = {"providers": {"p": {"base_url": "http://127.0.0.1:1"}}, "models": {"m": {"provider": "p", "model": "x"}}}
    config, faults = check_config({**mapping, "nodes": ["n"], "aliases": None}, {}, mode="lenient")
    assert config is not None
    assert left_out(faults) == [
        ("nodes", "must be a table of keys and values; the section 'nodes' is left out"),
        ("aliases", "has no value; the section 'aliases' is left out"),
    ]


def rest_of(mapping: Mapping[str, Any]) -> Remainder | None:
    log = FaultLog()
    root = substitute(read_mapping(mapping, log), {}, log)
    return interpret_leniently(root, "<test>", log) if isinstance(root, Table) else None


def assert_the_rest_is_sound(mapping: Mapping[str, Any]) -> None:
    """What lenient loading let through loads strictly, when it is written down again without what was left out."""
    remainder = rest_of(mapping)
    assert remainder is not None
    if remainder.log.has_errors:
        return
    config, faults = check_config(plain(remainder.rest), {}, mode="strict")
    assert config is not None, [str(fault) for fault in faults]
    lenient = remainder.interpretation.config
    assert lenient is not None
    assert config.model_dump() == lenient.model_dump()


wrong = st.sampled_from(
    [None, True, -1, 0, 10**400, 1.5, "", "x", "30s", [], ["x"], {}, {"models": ["one"]}, "${ABSENT}", "first_group", "one"]
).map(copy.deepcopy)


@st.composite
def broken_configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Return a configuration of which a few values, deep or shallow, were replaced, removed or joined by an unknown one."""
    import yaml  # noqa: PLC0415

    root: dict[str, Any] = yaml.safe_load(CONFIG.replace("${ABSENT}", "key"))
    for _ in range(draw(st.integers(1, 5))):
        here: Any = root
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and draw(st.integers(0, 4)):
                here = here[key]
                continue
            change = draw(st.sampled_from(["replace", "remove", "add"]))
            if change == "remove":
                del here[key]
            elif change == "add" and isinstance(here, dict):
                here[draw(st.sampled_from(["extra", "limit", "name", "echelons", "models", "a b"]))] = draw(wrong)
            else:
                here[key] = draw(wrong)
            break
    return root


@settings(max_examples=300, deadline=2000)
@given(broken_configurations())
def test_what_lenient_loading_lets_through_is_sound(mapping: dict[str, Any]) -> None:
    assert_the_rest_is_sound(mapping)


@settings(max_examples=200, deadline=2000)
@given(
    st.dictionaries(
        st.sampled_from(["server", "providers", "models", "task_groups", "polling_pools", "wrappers", "nodes", "aliases", "x"]),
        st.recursive(
            wrong, lambda inner: st.dictionaries(st.sampled_from(["one", "models", "e", "provider", "name", "a"]), inner, max_size=3)
        ),
    )
)
def test_lenient_loading_never_raises(mapping: dict[str, Any]) -> None:
    assert_the_rest_is_sound(mapping)
    config, faults = check_config(mapping, {}, mode="lenient")
    assert (config is None) == any(fault.severity == "error" for fault in faults)


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_lenient_loading_of_a_broken_file_ends_in_a_sound_rest_or_in_faults(path: Path) -> None:
    config, faults = check_config(path, {}, mode="lenient")
    assert (config is None) == any(fault.severity == "error" for fault in faults)


def test_an_error_behind_more_warnings_than_are_told_is_not_let_through() -> None:
    limits = {f"e{i}": {"models": ["p:m"], "rpm_limit": 9} for i in range(1100)}
    mapping = {
        "providers": {"p": {"base_url": "http://127.0.0.1:1"}},
        "task_groups": {"g": {"rpm_limit": 5, **limits}},
        "aliases": {"a": "nowhere"},
    }
    config, faults = check_config(mapping, {}, mode="lenient")
    assert (config is None) == any(fault.severity == "error" for fault in faults)
    assert config is None or "a" not in config.aliases


def test_more_broken_parts_than_faults_are_told_of_are_left_out_all_the_same() -> None:
    groups = {f"g{i}": {"e": {"models": ["q:m"]}} for i in range(1100)}
    mapping = {"providers": {"p": {"base_url": "http://127.0.0.1:1"}}, "task_groups": {"g": {"e": {"models": ["p:m"]}}, **groups}}
    config, _ = check_config(mapping, {}, mode="lenient")
    assert config is not None
    assert list(config.task_groups) == ["g"]
