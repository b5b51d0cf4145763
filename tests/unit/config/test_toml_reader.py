"""TOML text to the tree: what every construct means, and the place of each key and value."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.toml import Path, Position, Writer

from pyproxy.config.conversion import plain
from pyproxy.config.faults import FaultLog, UnreadableError
from pyproxy.config.toml_reader import read_toml
from pyproxy.config.tree import List, Node, Scalar, Table


def read(text: str) -> Node:
    log = FaultLog()
    node = read_toml(text, "c.toml", log)
    assert log.sorted() == ()
    assert node is not None
    return node


def faults_of(text: str) -> list[str]:
    log = FaultLog()
    try:
        read_toml(text, "c.toml", log)
    except UnreadableError as stop:
        log.add(stop.fault)
    return [str(fault) for fault in log.sorted()]


def places(node: Node, path: Path = ()) -> tuple[dict[Path, Position], dict[Path, Position]]:
    """Line and column of each key and of each value, by path; each must agree with the place's own path."""
    keys: dict[Path, Position] = {}
    values = {path: (node.place.line or 0, node.place.column or 0)}
    below: list[tuple[str | int, Node]] = []
    if isinstance(node, Table):
        for key, entry in node.entries.items():
            keys[*path, key] = entry.place.line or 0, entry.place.column or 0
            assert str(entry.place.path) == str(entry.value.place.path) == str(node.place.path.child(key))
        below = [(key, entry.value) for key, entry in node.entries.items()]
    elif isinstance(node, List):
        below = list(enumerate(node.items))
    for step, value in below:
        more_keys, more_values = places(value, (*path, step))
        keys |= more_keys
        values |= more_values
    return keys, values


def test_pairs_have_the_places_of_their_keys_and_values() -> None:
    keys, values = places(read('a = 1\n  "b c"   =  "x" # d\n\'é\' = \'y\'\n"ü" = "ä", '.removesuffix(", ")))
    assert keys == {("a",): (1, 1), ("b c",): (2, 3), ("é",): (3, 1), ("ü",): (4, 1)}
    assert values == {(): (1, 1), ("a",): (1, 5), ("b c",): (2, 14), ("é",): (3, 7), ("ü",): (4, 7)}


def test_columns_count_characters_and_lines_end_as_in_unix_or_windows() -> None:
    keys, values = places(read('a = [\'𝄞é\', 1]\r\nb = 2\n\r\nc = """\r\nx\n"""\nd = 3\n'))
    assert values["a", 1] == (1, 12)
    assert keys["b",] == (2, 1)
    assert (values["c",], keys["d",]) == ((4, 5), (7, 1))


def test_headers_make_tables_at_their_brackets() -> None:
    node = read("top = 1\n\n[a]\nx = 1\n  [ a . 'b' ]\ny = 2\n")
    assert plain(node) == {"top": 1, "a": {"x": 1, "b": {"y": 2}}}
    keys, values = places(node)
    assert keys == {("top",): (1, 1), ("a",): (3, 2), ("a", "x"): (4, 1), ("a", "b"): (5, 9), ("a", "b", "y"): (6, 1)}
    assert (values["a",], values["a", "b"]) == ((3, 1), (5, 3))


def test_a_table_that_is_only_named_in_a_header_is_where_it_is_named_until_it_has_its_own() -> None:
    assert places(read("[a.b.c]\nx = 1\n"))[0] == {
        ("a",): (1, 2),
        ("a", "b"): (1, 4),
        ("a", "b", "c"): (1, 6),
        ("a", "b", "c", "x"): (2, 1),
    }
    keys, values = places(read("[a.b.c]\n[a]\ny = 1\n[a.b]\n"))
    assert (keys["a",], values["a",], keys["a", "b"], values["a", "b"]) == ((2, 2), (2, 1), (4, 4), (4, 1))


def test_dotted_keys_make_tables_at_the_key_that_names_them_first() -> None:
    node = read('g.e.models = ["m"]\ng . "f".models = []\ng.e.priority = 2\n')
    assert plain(node) == {"g": {"e": {"models": ["m"], "priority": 2}, "f": {"models": []}}}
    keys, values = places(node)
    assert keys["g",] == values["g",] == (1, 1)
    assert keys["g", "e"] == (1, 3)
    assert (keys["g", "f"], keys["g", "f", "models"], keys["g", "e", "priority"]) == ((2, 5), (2, 9), (3, 5))


def test_inline_tables_and_lists_have_the_places_of_their_brackets_and_may_be_of_several_lines() -> None:
    node = read("a = {b = 1, c.d = [2,\n  {e = 'x',\n   f = []}, # g\n]}\n")
    assert plain(node) == {"a": {"b": 1, "c": {"d": [2, {"e": "x", "f": []}]}}}
    keys, values = places(node)
    assert (values["a",], keys["a", "b"], values["a", "b"]) == ((1, 5), (1, 6), (1, 10))
    assert (keys["a", "c"], keys["a", "c", "d"], values["a", "c", "d"]) == ((1, 13), (1, 15), (1, 19))
    assert (values["a", "c", "d", 0], values["a", "c", "d", 1], keys["a", "c", "d", 1, "f"]) == ((1, 20), (2, 3), (3, 4))


def test_lists_of_tables_have_one_table_a_header() -> None:
    node = read("[[a]]\nx = 1\n[a.sub]\ny = 2\n[[a]]\n[[a.more]]\nz = 3\n[[a.more]]\n")
    assert plain(node) == {"a": [{"x": 1, "sub": {"y": 2}}, {"more": [{"z": 3}, {}]}]}
    keys, values = places(node)
    assert (keys["a",], values["a",], values["a", 0], values["a", 1]) == ((1, 3), (1, 1), (1, 1), (5, 1))
    assert (keys["a", 0, "sub"], keys["a", 1, "more"], values["a", 1, "more", 1]) == ((3, 4), (6, 5), (8, 1))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1_000", 1000), ("-0", 0), ("+7", 7), ("0xFf", 255), ("0o17", 15), ("0b11", 3), ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5), ("1e3", 1000.0), ("-0.5E-1", -0.05), ("inf", math.inf), ("-inf", -math.inf), ("1e999", math.inf),
        ("true", True), ("false", False),
        ('"\\u00e9\\t\\x41\\e\\""', 'é\tA\x1b"'), ("'\\n'", "\\n"), ('"""\n a\n b"""', " a\n b"), ('"""a \\\n   b"""', "a b"),
        ("'''\n'x''''", "'x'"), ('"${KEY}"', "${KEY}"), ("[]", []), ("{}", {}),
    ],
)  # fmt: skip
def test_a_value_means_what_toml_says(written: str, value: object) -> None:
    node = plain(read(f"a = {written}"))["a"]
    assert node == value
    assert type(node) is type(value) or isinstance(value, dict)


def test_nan_is_left_to_the_typed_models_as_in_yaml() -> None:
    node = read("a = nan")
    assert isinstance(node, Table)
    scalar = node.entries["a"].value
    assert isinstance(scalar, Scalar)
    assert isinstance(scalar.value, float)
    assert math.isnan(scalar.value)


def test_an_empty_text_is_nothing() -> None:
    assert read_toml("", "c.toml", FaultLog()) is None
    assert read_toml("# only\n\n\t# comments", "c.toml", FaultLog()) is None


TWICE = "the key '{}' is written twice: on line {} and on line {}"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a = 1\na = 2", ["2:1: a: " + TWICE.format("a", 1, 2) + " (remove one of them)"]),
        ("a = 1\n'a' = 2\n\"a\" = 3", ["2:1: a: " + TWICE.format("a", 1, 2), "3:1: a: " + TWICE.format("a", 1, 3)]),
        ("[s]\nx = 1\n[s]\nx = 2", ["3:2: s: " + TWICE.format("s", 1, 3) + " (put the keys of both under one header)"]),
        ("[s]\nx = 1\ny = 2\nx = 3", ["4:1: s.x: " + TWICE.format("x", 2, 4)]),
        ("a = {x = 1,\nx = 2}", ["2:1: a.x: " + TWICE.format("x", 1, 2)]),
        ("a = 1\n[a]", ["2:2: a: " + TWICE.format("a", 1, 2)]),
        ("a = 1\na.b = 2", ["2:1: a: " + TWICE.format("a", 1, 2) + " (a key has either a value or a table)"]),
        ("a = 1\n[a.b]", ["2:2: a: " + TWICE.format("a", 1, 2) + " (a key has either a value or a table)"]),
        ("a.b = 1\na = 2", ["2:1: a: " + TWICE.format("a", 1, 2)]),
        ("a = {b = 1}\na.c = 2", ["2:1: a: " + TWICE.format("a", 1, 2) + " (put all of a table in its braces)"]),
        ("a = {b = 1}\n[a.c]", ["2:2: a: " + TWICE.format("a", 1, 2) + " (put all of a table in its braces)"]),
        ("a = {b = {c = 1}, b.d = 2}", ["1:19: a.b: " + TWICE.format("b", 1, 1) + " (put all of a table in its braces)"]),
        ("[f]\na.b = 1\n[f.a]", ["3:4: f.a: " + TWICE.format("a", 2, 3) + " (put the keys of both under one header)"]),
        ("[a.b]\n[a]\nb.c = 1", ["3:1: a.b: " + TWICE.format("b", 1, 3) + " (write its keys under its header)"]),
        ("[[a]]\n[a]", ["2:2: a: " + TWICE.format("a", 1, 2) + " (for one more table of the list write [[…]])"]),
        ("[a]\n[[a]]", ["2:3: a: " + TWICE.format("a", 1, 2) + " (a list of tables has [[…]] over each of them, and nothing else)"]),
        ("a = [{}]\n[[a]]", ["2:3: a: " + TWICE.format("a", 1, 2)]),
        ("[s]\n[[s.a]]\n[b]\n[[s.a]]\na = 1\na = 2", ["6:1: s.a[1].a: " + TWICE.format("a", 5, 6)]),
        ("[x]\n[[x.a]]\n[x.c]\na.b = 1\n[[y.a]]\n[y]\na.b = 1", ["7:1: y.a: " + TWICE.format("a", 5, 7) + " (write the keys of a"]),
    ],
)  # fmt: skip
def test_what_is_written_twice_is_told_with_both_places(text: str, faults: list[str]) -> None:
    found = faults_of(text)
    assert len(found) == len(faults)
    for fault, start in zip(found, faults, strict=True):
        assert fault.startswith("c.toml:" + start), fault


def test_what_stands_under_a_header_written_twice_is_neither_kept_nor_told_again() -> None:
    log = FaultLog()
    node = read_toml("[s]\nx = 1\n[s]\nx = 2\nx.y = 3\n[s.t]\nz = 4\n", "c.toml", log)
    assert node is not None
    assert plain(node) == {"s": {"x": 1, "t": {"z": 4}}}
    assert [fault.line for fault in log.sorted()] == [3, 5]


@pytest.mark.parametrize(
    ("written", "column"), [("1979-05-27", 5), ("[1979-05-27T07:32:00Z]", 6), ("{x = 07:32:00}", 10), ("1979-05-27 07:32", 5), ("12:30", 5)]
)
def test_a_date_or_a_time_is_told_to_want_quotes_and_the_rest_is_read(written: str, column: int) -> None:
    log = FaultLog()
    node = read_toml(f"a = {written}\nb = 1\n", "c.toml", log)
    assert isinstance(node, Table)
    assert "b" in node.entries
    (fault,) = log.sorted()
    assert (fault.line, fault.column, fault.hint) == (1, column, "put it in quotes")
    assert "is a date or a time" in fault.message


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("server: 1", ["1:7: not TOML: invalid unquoted key (TOML writes key = value, and quotes a key of other signs"]),
        ("a = gpt-4o", ["1:5: not TOML: a text without quotes (put a text in double quotes)"]),
        ("a = no\nb = 1\nc = null\n", ["1:5: not TOML: a text without quotes", "3:5: not TOML: there is no null in TOML (leave"]),
        ("a = True", ["1:5: not TOML: true, false, inf and nan are written in small letters"]),
        ("a = 012", ["1:5: not TOML: unexpected leading zero (a number does not begin with 0; put a text in double quotes)"]),
        ("a = 1.10.2", ["1:9: not TOML: invalid float (write a number with digits on both sides of its point; put a text"]),
        ("a = .5", ["1:5: not TOML: invalid mantissa (write a number with digits on both sides"]),
        ("a = 99999999999999999999", ["1:5: not TOML: a number of more than 64 bits"]),
        ("a = ${KEY}", ["1:5: not TOML: string values must be quoted (put a text in double quotes"]),
        ("a = \nb = 1", ["1:5: not TOML: missing value (write one after the '=', or remove the key)"]),
        ("a", ["1:2: not TOML: key with no value (write key = value"]),
        ("é = 1", ["1:1: not TOML: invalid unquoted key"]),
        (" = 1", ["1:2: not TOML: missing key"]),
        ("[]", ["1:2: not TOML: missing key"]),
        ("[a", ["1:1: not TOML: unclosed table (close the bracket)"]),
        ("[[a]", ["1:1: not TOML: unclosed array table (close the bracket)"]),
        ("x = 1\na = [1,\n2\n", ["2:5: not TOML: unclosed array (close the bracket)"]),
        ("a = {b = 1", ["1:5: not TOML: unclosed inline table (close the bracket)"]),
        ("a = [1\nb = 2\nc = 3", ["2:1: not TOML: missing comma between array elements (write a ',' here, or close the bracket"]),
        ("a = 1 # é\nb = 'é' 2", ["2:9: not TOML: unexpected key or value (one value a key, and one key a line)"]),
        ('a = "x\nb = 2', ["1:5: not TOML: unclosed quote (close it in the same line, or open and close it with three quotes)"]),
        ("a = '''x\ny", ["1:5: not TOML: unclosed quote"]),
        ('a = "\\q"', ["1:7: not TOML: missing escaped value (write a backslash as two, or put the text in single quotes)"]),
        ('a = "\\ud800"', ["1:8: not TOML: invalid value (write a backslash as two"]),
        ("a = 1\rb = 2", ["1:7: not TOML: carriage return must be followed by newline (save the file with the line breaks"]),
        ("# a\0", ["1:4: not TOML: invalid comment character (remove the control character)"]),
        ("a = '\0'", ["1:6: not TOML: invalid literal string (write a control character as an escape in double quotes)"]),
        ("- a\n- b", ["1:3: not TOML: key with no value", "2:3: not TOML: key with no value"]),
        ("]", ["1:1: not TOML: missing table open (remove the bracket, or open it before)"]),
    ],
    ids=lambda text: repr(text)[:24],
)  # fmt: skip
def test_a_fault_of_the_syntax_is_told_where_it_is_with_what_to_write(text: str, faults: list[str]) -> None:
    found = faults_of(text)
    assert len(found) == len(faults), found
    for fault, start in zip(found, faults, strict=True):
        assert fault.startswith("c.toml:" + start), fault


def test_no_fault_of_the_syntax_repeats_the_text() -> None:
    for text in ("k = sesame", "sesame: 1", "sesame", "a = 'sesame", 'a = "\\sesame"', "a = 0xsesame", "[sesame", "'sesame' sesame = 1"):
        assert "sesame" not in " ".join(faults_of(text))


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 64 + "]" * 64, "a = " + "{a = " * 64 + "1" + "}" * 64, "a." * 64 + "a = 1", f"[{'a.' * 63}a]", f"[[{'a.' * 62}a]]"],
    ids=["lists", "tables", "dots", "header", "list header"],
)
def test_nesting_has_the_bound_that_yaml_has(text: str) -> None:
    assert [fault.partition(": ")[2].rpartition("nested")[2] for fault in faults_of(text)] == [" more than 64 levels deep"]


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 63 + "]" * 63, "a = " + "{a = " * 63 + "1" + "}" * 63, "a." * 63 + "a = 1", f"[{'a.' * 62}a]", f"[[{'a.' * 61}a]]"],
    ids=["lists", "tables", "dots", "header", "list header"],
)
def test_nesting_up_to_the_bound_is_read(text: str) -> None:
    assert faults_of(text) == []


keys = st.one_of(
    st.sampled_from(["a", "b", "1", "-", "no", "é", "", "a.b", '"', "'", "\n"]), st.text(st.characters(exclude_categories=["Cs"]))
)
scalars = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)), max_leaves=15
)


@given(st.dictionaries(keys, values, min_size=1, max_size=4), st.data())
def test_any_mapping_in_any_style_is_read_with_each_key_and_value_where_it_was_written(
    mapping: dict[str, Any], data: st.DataObject
) -> None:
    writer = Writer(choose=lambda choices: data.draw(st.sampled_from(choices)))
    node = read(writer.document(mapping))
    assert plain(node) == mapping
    keys, values = places(node)
    assert keys == writer.keys
    assert {path: values[path] for path in writer.values} == writer.values
