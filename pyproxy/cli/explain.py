"""`pyproxy explain`: the value of a key, and the line that it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyproxy.config import ConfigError
from pyproxy.config.explanation import Explanation, UnknownKeyError, explain
from pyproxy.config.loader import examine_config
from pyproxy.config.reference import default_words
from pyproxy.config.settings import HIDDEN
from pyproxy.config.tree import List, Table

if TYPE_CHECKING:
    from pyproxy.config.origins import Origin
    from pyproxy.config.tree import Place

__all__ = ["explain_key"]

_WIDEST_VALUE = 60


def explain_key(path: str, key: str) -> None:
    """Print what holds at a key path of a configuration, and why.

    Raises:
        ConfigError: The configuration cannot be used, or nothing stands there.
    """
    examined = examine_config(path)
    if examined.config is None or examined.tree is None:
        raise ConfigError(f"{path} cannot be used", tuple(fault for fault in examined.faults if fault.severity == "error"))
    try:
        found = explain(examined.config, examined.tree, key)
    except UnknownKeyError as error:
        raise ConfigError(str(error)) from None
    click.echo("\n".join(_table(found) if _is_table(found) else _single(found)))


def _is_table(found: Explanation) -> bool:
    return bool(found.children) and not (found.origin and isinstance(found.origin.node, List))


def _single(found: Explanation) -> list[str]:
    rows = [("from", _from(found)), *(("overrode", _place(place)) for place in reversed(found.origin.overrides if found.origin else ()))]
    if found.setting is not None:
        shape = found.setting.shape
        rows += [
            ("meaning", found.setting.description),
            ("type", f"{shape.words}, {shape.range}" if shape.range else shape.words),
            ("unit", shape.unit),
            ("default", default_words(found.setting).replace("`", "")),
        ]
        if found.setting.pending is not None:
            rows.append(("in effect", _in_effect(found.setting.pending.why, found.setting.pending.in_effect)))
    return [f"{click.style(found.path, bold=True)}: {found.value}", *_aligned([row for row in rows if row[1]])]


def _in_effect(why: str, values: tuple[object, ...]) -> str:
    named = ", ".join(str(value) for value in values if value is not None)
    return f"{named} only: {why}" if named else f"not yet: {why}"


def _table(found: Explanation) -> list[str]:
    said = [child for child in found.children if child.origin is not None]
    silent = [child for child in found.children if child.origin is None]
    head = click.style(found.path or "the whole configuration", bold=True)
    place = f"  {_place(found.origin.place)}" if found.origin else ""
    meaning = [f"  {found.setting.description}"] if found.setting is not None else []
    keys, values = max(len(child.key) for child in found.children), max(len(_cut(child.value)) for child in found.children)
    lines = [f"  {child.key:<{keys}}  {_cut(child.value):<{values}}  {_dim(_from(child))}".rstrip() for child in said + silent]
    return [head + _dim(place), *meaning, *lines]


def _from(found: Explanation) -> str:
    if found.origin is None:
        return "default"
    return _place(found.origin.place) + _by_way_of(found.origin, masked=found.value == HIDDEN)


def _by_way_of(origin: Origin, *, masked: bool) -> str:
    if isinstance(origin.node, Table | List):
        return ""
    if origin.variables:
        return f", by way of {', '.join(f'${{{name}}}' for name in origin.variables)}"
    return ", in the file itself: a variable is safer" if masked else ""


def _place(place: Place) -> str:
    return place.file if place.line is None else f"{place.file}:{place.line}:{place.column or 1}"


def _aligned(rows: list[tuple[str, str]]) -> list[str]:
    width = max(len(name) for name, _ in rows)
    return [f"  {_dim(f'{name:<{width}}')}  {text}" for name, text in rows]


def _dim(text: str) -> str:
    return click.style(text, dim=True)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST_VALUE else f"{text[: _WIDEST_VALUE - 1]}…"
