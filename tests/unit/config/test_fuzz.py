"""Any text and any mapping end in a configuration or in faults."""

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pyproxy.config import Fault, check_config
from pyproxy.config.loader import Source

CANONICAL = Path(__file__).with_name("canonical.yaml").read_text(encoding="utf-8")
WORDS = [
    "server", "port", "host", "providers", "models", "task_groups", "echelon1", "fallback_config", "fallback_groups", "nodes", "aliases",
    "wrappers", "polling_pools", "base_url", "api_key", "headers", "priority", "name", "echelons", "timeouts", "type", "target", "direct",
    "${A}", "${B:x}", "${", "$${", "no", "1.10", "null", ".nan", ".inf", "9" * 5000, "a:b", "g.e", "<<", "&a", "*a", "!!int", "!x",
    "- ", ": ", "\n", "\n  ", "{", "}", "[", "]", ",", "'", '"', "#", "|", ">", "%", "---", "...", "\t", "\0", "\ud800", "é", "?",
]  # fmt: skip

texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(WORDS)).map("".join),
    st.lists(st.sampled_from(WORDS)).map(" ".join),
    st.tuples(st.integers(0, len(CANONICAL)), st.integers(0, 30), st.sampled_from(WORDS)).map(
        lambda cut: CANONICAL[: cut[0]] + cut[2] + CANONICAL[cut[0] + cut[1] :]
    ),
)
names = st.one_of(st.sampled_from(WORDS), st.text(max_size=5))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(WORDS), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=25,
)
SECTIONS = ("server", "providers", "models", "task_groups", "polling_pools", "wrappers", "nodes", "aliases")
environs = st.fixed_dictionaries({}, optional={"A": st.text(max_size=5), "B": st.text(max_size=5)})


def outcome(source: Source, environ: dict[str, str]) -> None:
    config, faults = check_config(source, environ)
    errors = [fault for fault in faults if fault.severity == "error"]
    assert (config is None) == bool(errors)
    for fault in faults:
        assert isinstance(fault, Fault)
        assert "\n" not in str(fault)
        str(fault).encode()
    if config is not None:
        assert len(config.revision) == 12
        repr(config.task_groups)


@settings(max_examples=300, deadline=2000)
@given(texts, environs)
@example("a: &a {<<: *a}", {})
@example("? ", {})
@example("<<: [<<]", {})
@example("server: {port: ${A}}", {"A": "1"})
def test_any_text_ends_in_a_configuration_or_in_faults(text: str, environ: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "c.yaml")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        outcome(path, environ)


@settings(max_examples=300, deadline=2000)
@given(
    st.dictionaries(st.one_of(st.sampled_from(SECTIONS), names), st.one_of(values, st.dictionaries(names, values, max_size=3))), environs
)
@example({"models": {"m": {"provider": "\ud800", "model": "x"}}}, {})
@example({"task_groups": {"g": {"\ud800": {"models": ["a:\ud800"], "priority": 10**400}}}}, {})
@example({"providers": {"p": {"base_url": "http://[", "headers": {"\ud800": "x"}}}}, {})
@example({"server": {}, "[key]": {}}, {})
@example({"providers": {"\n+": None}}, {})
@example({"server": {"port": float("nan"), "drain_timeout": 10**400}}, {})
def test_any_mapping_ends_in_a_configuration_or_in_faults(mapping: dict[str, object], environ: dict[str, str]) -> None:
    outcome(mapping, environ)


@settings(max_examples=100, deadline=2000)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_configuration_or_in_faults(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "c.yaml")
        path.write_bytes(data)
        outcome(path, {})
