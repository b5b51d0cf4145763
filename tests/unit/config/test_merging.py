"""Laying trees over each other: tables merge, the rest replaces, ``+`` extends; and the grouping does not count."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from pyproxy.config.faults import FaultLog
from pyproxy.config.mapping_reader import read_mapping
from pyproxy.config.merging import merge, settle
from pyproxy.config.tree import List, Node, Scalar, Table

names = st.sampled_from(["a", "b", "a+", "b+"])
leaves = st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2)
mappings: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(names, leaves, max_size=3), lambda inner: st.dictionaries(names, leaves | inner, max_size=3), max_leaves=8
)


def tree(mapping: dict[str, Any]) -> Table:
    read = read_mapping(mapping, FaultLog())
    assert isinstance(read, Table)
    return read


def plain(node: Node) -> Any:
    if isinstance(node, Table):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, List):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.value


def over(*layers: dict[str, Any]) -> Any:
    first, *rest = map(tree, layers)
    for layer in rest:
        first = merge(first, layer)
    return plain(settle(first, FaultLog()))


@given(one=mappings, two=mappings, three=mappings)
@example(one={}, two={"a": [], "a+": [0]}, three={"a+": 0})
def test_the_grouping_does_not_count(one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]) -> None:
    first, second, third = tree(one), tree(two), tree(three)
    left = settle(merge(merge(first, second), third), FaultLog())
    right = settle(merge(first, merge(second, third)), FaultLog())
    assert plain(left) == plain(right)


@given(one=mappings)
def test_a_tree_over_nothing_and_nothing_over_a_tree_are_the_tree(one: dict[str, Any]) -> None:
    assert over(one, {}) == over({}, one) == over(one)


def test_tables_merge_and_the_rest_replaces() -> None:
    assert over({"t": {"x": 1, "y": [1]}, "s": 1}, {"t": {"y": [2]}, "s": {"z": 3}}) == {"t": {"x": 1, "y": [2]}, "s": {"z": 3}}


def test_a_plus_extends_the_list_below_and_waits_for_one_above() -> None:
    assert over({"models": ["a"]}, {"models+": ["b"]}, {"models+": ["c"]}) == {"models": ["a", "b", "c"]}
    assert over({"models+": ["b"]}) == {"models": ["b"]}
    assert over({"models": ["a"], "models+": ["b"]}) == {"models": ["a", "b"]}
    assert over({"models": ["a"]}, {"models+": ["b"]}, {"models": ["c"]}) == {"models": ["c"]}


def test_what_extends_no_list_is_a_fault() -> None:
    log = FaultLog()
    assert plain(settle(tree({"models": "a", "models+": ["b"]}), log)) == {"models": "a"}
    assert "extends a list, and there is none" in str(log.sorted())


def test_an_entry_remembers_what_it_overrode() -> None:
    merged = merge(merge(tree({"port": 1}), tree({"port": 2})), tree({"port": 3}))
    assert len(merged.entries["port"].overrides) == 2
