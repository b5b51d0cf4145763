"""Whatever the files of a directory inherit from and its registry lists, it ends in a configuration or in faults."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.old_files import put

from pyproxy.config import Config, Fault, check_config

if TYPE_CHECKING:
    from pyproxy.config.root import Mode

NAMES = ["a", "b", "g", "h", "main", "base", "global"]
PARENTS = [
    *NAMES, "", "../global.yaml", "./a.yaml", "b.yaml", "../groups/g.yaml", "../main.toml", "../_registry.yaml", ".", "..", "/", "\\", "\0",
    "x" * 300 + ".yaml", "a.json", "../../..", "${A}", "${A:b}", "é.toml", "é", "\ud800", "a\n.yaml",
]  # fmt: skip
SETTINGS = [
    "rpm_limit",
    "models",
    "models+",
    "one",
    "timeouts",
    "fallback_config",
    "task_groups",
    "health_check",
    "llm_group",
    "colour",
    "name",
]
scalars = st.one_of(st.sampled_from([*NAMES, "p:m", "1", "${A}"]), st.integers(-1, 9), st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(SETTINGS), inner, max_size=2)),
    max_leaves=4,
)
parents = st.one_of(st.sampled_from(PARENTS), values)
things = st.dictionaries(st.sampled_from([*SETTINGS, *NAMES]), values, max_size=3)


@st.composite
def heirs(draw: st.DrawFn) -> dict[str, Any]:
    thing = draw(things)
    return {**thing, "inherits_from": draw(parents)} if draw(st.booleans()) else thing


sections = st.dictionaries(
    st.sampled_from(["task_groups", "models", "pools", "nodes", "wrappers", "groups", "base"]),
    st.dictionaries(st.sampled_from(NAMES), heirs(), max_size=3),
    max_size=2,
)
listed = st.one_of(
    st.fixed_dictionaries({"file": st.one_of(st.sampled_from(PARENTS), values)}, optional={"enabled": values, "colour": values}), values
)
registries = st.dictionaries(
    st.sampled_from(
        ["groups", "models", "nodes", "global", "settings", "config_validation", "hot_reload", "reload_interval", "colour", "file"]
    ),
    st.one_of(values, st.dictionaries(st.sampled_from([*NAMES, "config_validation", "file"]), listed, max_size=3)),
    max_size=3,
)
files = st.fixed_dictionaries(
    {},
    optional={
        "main.yaml": sections,
        "global.yaml": heirs(),
        "groups/g.yaml": heirs(),
        "groups/h.yaml": st.dictionaries(st.sampled_from(NAMES), heirs(), max_size=3),
        "pools/a.yaml": heirs(),
        "nodes/b.yaml": heirs(),
        "teams/main.yaml": heirs(),
        "_registry.yaml": registries,
    },
)
GROUND = "providers: {p: {base_url: 'http://127.0.0.1:1'}}\nmodels: {a: {provider: p, model: a}}\n"


def written(value: object) -> str:
    """A value as YAML, which is as Python writes it, but for what has other names or escapes there."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return {True: "true", False: "false", None: "null"}[value] if isinstance(value, bool | None) else str(value)


def checked(folder: Path, mode: Mode) -> tuple[Config | None, tuple[Fault, ...]]:
    config, faults = check_config(folder, {"A": "a"}, mode=mode)
    assert (config is None) == any(fault.severity == "error" for fault in faults)
    for fault in faults:
        assert str(fault).encode()
        assert "\n" not in str(fault)
    return config, faults


@settings(max_examples=80, deadline=None)
@given(files)
@example({"groups/g.yaml": {"inherits_from": "g"}})
@example({"main.yaml": {"task_groups": {"g": {"inherits_from": "nobody", "one": {"models": ["a"]}}}}})
@example({"groups/g.yaml": {"inherits_from": "../global.yaml"}, "global.yaml": {"inherits_from": "./nothing.yaml"}})
@example({"_registry.yaml": {"groups": {"g": {"file": ".."}}}})
@example({"_registry.yaml": {"groups": {"g": {"file": "\0"}}}})
def test_whatever_is_inherited_and_listed_ends_in_a_configuration_or_in_faults(made: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        put(
            folder,
            {"ground.yaml": GROUND, **{name: written(content).encode("utf-8", "replace").decode() for name, content in made.items()}},
        )
        strict, _ = checked(folder, "strict")
        lenient, faults = checked(folder, "lenient")
        if strict is not None:
            assert lenient is not None, "what is right is never refused"
            assert lenient.revision == strict.revision
            assert not [fault for fault in faults if fault.message.endswith("is left out")]
