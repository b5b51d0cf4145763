"""The origin of a value is the place of its key, whatever the loader made of the tree in between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pyproxy.config.loader import examine_config
from pyproxy.config.origins import origin_of
from pyproxy.config.tree import Entry, Place, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.config.schema import Location

CANONICAL = Path(__file__).with_name("canonical.yaml")
ENVIRON = {"NORTH_KEY": "n", "SOUTH_KEY_1": "s"}


def tree_of(path: Path = CANONICAL) -> Table:
    tree = examine_config(path, ENVIRON).tree
    assert tree is not None
    return tree


def keys(node: yaml.Node, path: Location = ()) -> Iterator[tuple[Location, yaml.Mark]]:
    """Every key path of a YAML file with the mark of its key, by PyYAML alone."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key.start_mark
            yield from keys(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield (*path, number), item.start_mark
            yield from keys(item, (*path, number))


def test_every_key_of_a_file_is_found_where_it_stands() -> None:
    tree, root = tree_of(), yaml.compose(CANONICAL.read_text(encoding="utf-8"))
    assert root is not None
    expected = {path: (mark.line + 1, mark.column + 1) for path, mark in keys(root)}
    assert len(expected) > 100
    found = {path: origin_of(tree, path) for path in expected}
    assert {path: origin and (origin.place.line, origin.place.column) for path, origin in found.items()} == expected


def test_what_no_file_says_has_no_origin() -> None:
    tree = tree_of()
    for path in (("nothing",), ("task_groups", "deep_group", "timeouts"), ("task_groups", "deep_group", "none"), ("aliases", "chat", "x")):
        assert origin_of(tree, path) is None
    assert origin_of(tree, ("task_groups", "deep_group", "last", "models", 7)) is None


def test_a_model_that_is_only_named_comes_from_where_it_is_named() -> None:
    origin = origin_of(tree_of(), ("models", "north:pine-mini", "model"))
    assert origin is not None
    assert (origin.place.line, origin.place.path.__str__()) == (17, "task_groups.quick_group.echelon1.models[1]")


def test_the_variables_of_a_value_are_told_once_each() -> None:
    origin = origin_of(tree_of(), ("providers", "north", "api_key"))
    assert origin is not None
    assert origin.variables == ("NORTH_KEY",)


def test_overridden_places_are_told_when_a_step_notes_them() -> None:
    @dataclass(frozen=True)
    class Layered(Entry):
        overrides: tuple[Place, ...] = ()

    first, second = Place("base.yaml", 3, 1), Place("own.yaml", 4, 1)
    tree = Table(Place("own.yaml"), {"port": Layered(second, Scalar(second, 1), (first,)), "host": Entry(second, Scalar(second, "h"))})
    port, host = origin_of(tree, ("port",)), origin_of(tree, ("host",))
    assert port is not None
    assert host is not None
    assert (port.overrides, host.overrides) == ((first,), ())
