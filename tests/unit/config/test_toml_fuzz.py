"""Any TOML ends in a configuration or in faults; and whatever the standard library reads, we read alike."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import toml

from pyproxy.config import Fault, check_config
from pyproxy.config.conversion import plain
from pyproxy.config.faults import FaultLog, UnreadableError
from pyproxy.config.toml_reader import read_toml

CANONICAL = toml.dump(yaml.safe_load(Path(__file__).with_name("canonical.yaml").read_text(encoding="utf-8")))
PIECES = [
    "a", "b.c", "[a]", "[[a]]", "[a.b]", "[[a.b]]", "server", "port", "[task_groups.g.e]", "models", "=", " = ", "1", "1.5", "012", "true",
    "no",
    '"x"', "'y'", '"""', "'''", '"', "'", "\\", "\\u00e9", "[", "]", "[[", "]]", "{", "}", ",", ".", "\n", "\r\n", "\r", "#", " ", "\t",
    "1979-05-27", "12:30", "inf", "nan", "${A}", "${", "\0", "é", "𝄞", "\ud800", "_", "+", "-", "9" * 400, "{ {} {} x = ",
]  # fmt: skip

texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(PIECES)).map("".join),
    st.tuples(st.integers(0, len(CANONICAL)), st.integers(0, 30), st.sampled_from(PIECES)).map(
        lambda cut: CANONICAL[: cut[0]] + cut[2] + CANONICAL[cut[0] + cut[1] :]
    ),
)


def outcome(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "c.toml")
        path.write_bytes(data)
        config, faults = check_config(path, {"A": "1"})
    lines = data.count(b"\n") + 1
    assert (config is None) == any(fault.severity == "error" for fault in faults)
    for fault in faults:
        assert isinstance(fault, Fault)
        assert "\n" not in str(fault)
        assert 1 <= (fault.line or 1) <= lines
        assert (fault.column or 1) >= 1


@settings(max_examples=400, deadline=2000)
@given(texts)
@example("a = " + "{ {} {} x = " * 200)
@example("[a]\n[[a.b]]\n[a.b]\n")
def test_any_text_ends_in_a_configuration_or_in_faults(text: str) -> None:
    outcome(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=200, deadline=2000)
@given(st.binary(max_size=200), st.integers(0, len(CANONICAL)))
def test_any_bytes_end_in_a_configuration_or_in_faults(data: bytes, place: int) -> None:
    outcome(data)
    outcome(CANONICAL[:place].encode() + data + CANONICAL[place:].encode())


keys = st.lists(st.sampled_from(["a", "b", "c", '"a"', "'d e'"]), min_size=1, max_size=3).map(".".join)
inner = st.recursive(
    st.sampled_from(["1", "-2", "1.5", "true", '"x"', "'y'", '"""m\nn"""', "[]", "{}", "0x1F", "1e3", "inf"]),
    lambda below: st.one_of(
        st.lists(below, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(keys, below).map(" = ".join), max_size=3).map(lambda pairs: f"{{{', '.join(pairs)}}}"),
    ),
    max_leaves=5,
)
statements = st.one_of(keys.map("[{}]".format), keys.map("[[{}]]".format), st.tuples(keys, inner).map(" = ".join))


def ours(text: str) -> Any:
    log = FaultLog()
    try:
        node = read_toml(text, "c.toml", log)
    except UnreadableError:
        return None
    return None if log.has_errors else plain(node) if node else {}


def theirs(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


@settings(max_examples=1000)
@given(st.lists(statements, max_size=7).map("\n".join))
@example("[a.b.c]\nx = 1\n[a]\nb.y = 2")
@example("[a]\nb.c = 1\n[a.b]")
@example("[a]\nb.c = 1\n[a.b.d]")
@example("[[a]]\n[a.b]\n[[a]]\n[a.b]")
@example("a = [{b = 1}]\n[a.c]")
def test_tables_are_put_together_and_refused_as_the_standard_library_does(text: str) -> None:
    assert ours(text) == theirs(text)
