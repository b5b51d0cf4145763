"""What to write instead: the hints that stand beside the typed models' errors.

No hint repeats a value, but for a number that was written with a unit.
"""

import math
import re
from functools import cache

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pyproxy.config.faults import FaultLog
from pyproxy.config.homes import home_hint
from pyproxy.config.root import Config
from pyproxy.config.schema import Location, settings_at
from pyproxy.config.settings import Settings
from pyproxy.config.tree import List, Node, Scalar
from pyproxy.config.units import unit_hint

_QUOTE = "unquoted, the file reads it as {}: put it in double quotes"
_LIST_HINT = "write it in brackets, even when it is a single one: [...]"
_NUMBERS = frozenset(("float_parsing", "float_type", "int_parsing", "int_type"))
_TABLES = frozenset(("dict_type", "mapping_type", "model_type"))
_SINGLE = _NUMBERS | {"bool_parsing", "bool_type", "string_type", "literal_error"}
_TYPES = _NUMBERS | _TABLES | {"bool_parsing", "bool_type", "int_from_float", "string_type", "too_short"}
_BELOW = frozenset(("greater_than", "greater_than_equal"))
_CURLY = ("\u201c", "\u201d", "\u2018", "\u2019", "\u201e")
_KEY = re.compile(r"([a-z_0-9]+):\S")
_END = "\n...\n"


def hint(location: Location, kind: str, node: Node | None, detail: ErrorDetails, log: FaultLog) -> str:
    """Return what to write instead of a value of the wrong type or out of range; empty when the message says it.

    Args:
        location: Of the setting, in the typed models.
        kind: Of pydantic's error.
        node: The value.
        detail: Pydantic's error.
        log: Whose budget pays for comparisons of names.
    """
    if isinstance(node, Scalar):
        if node.variables:
            return node.origin
        if node.value is None:
            return "indent below it what belongs to it, or remove the key" if kind in _TABLES else "give it one, or remove the key"
        return _hint_for_scalar(location, kind, node, detail, log)
    if kind == "tuple_type":
        return _LIST_HINT
    if isinstance(node, List) and kind in _SINGLE:
        return "write a single one, without brackets or dashes"
    return _example(location) if kind in _TYPES else ""


def _hint_for_scalar(location: Location, kind: str, node: Scalar, detail: ErrorDetails, log: FaultLog) -> str:
    if kind == "literal_error" and isinstance(node.value, str):
        choices = str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ", ").split(", ")
        return log.suggestions.hint(str(node.value), [choice.strip("'") for choice in choices])
    if kind in ("string_type", "literal_error") and not isinstance(node.value, str):
        return _QUOTE.format("true or false" if isinstance(node.value, bool) else "a number")
    if kind == "tuple_type":
        return _LIST_HINT
    found = _hint_for_text(location, kind, node.value) if isinstance(node.value, str) else ""
    if not found and kind in _BELOW | _NUMBERS and str(location[-1]).endswith("_limit"):
        return "leave it out for no limit"
    return found or (_example(location) if kind in _TYPES or isinstance(node.value, bool) else "")


def _hint_for_text(location: Location, kind: str, text: str) -> str:
    if text[:1] in _CURLY:
        return "curly quotes are part of the text: write straight ones"
    model, key = settings_at(Config, location), _KEY.match(text)
    if kind in _TABLES and model is not None and key is not None and key[1] in model.model_fields:
        return "a key needs a space after its colon"
    return unit_hint(text, _description(location)) if kind in _NUMBERS else ""


def _example(location: Location) -> str:
    """Return how the setting at a location is written, by the first example of its documentation."""
    for above, named in ((location[:-1], False), (location[:-2], True)):
        key = location[len(above) : len(above) + 1]
        model = settings_at(Config, above) if key else None
        if model is not None and str(key[0]) in model.model_fields:
            return _example_of(model, str(key[0]), named=named)
    return ""


@cache
def _example_of(model: type[Settings], key: str, *, named: bool) -> str:
    """Return the example of a setting, or with ``named`` of the first thing in it; made once, however many faults are alike."""
    examples = model.model_fields[key].examples
    if not examples:
        return ""
    example = examples[0]
    if named:
        example = next(iter(example.values())) if isinstance(example, dict) else example[0]
    written = yaml.safe_dump(example, default_flow_style=True, width=math.inf, sort_keys=False, allow_unicode=True)
    return f"such as {written.removesuffix(_END).strip()}"


def what_is_missing(location: Location) -> str:
    """Return what a setting is for, and how it is written."""
    return "; ".join(filter(None, (_description(location), _example(location))))


def nearest_setting(location: Location, node: Node | None, log: FaultLog) -> str:
    """Return what an unknown key may have been meant to be, where it belongs, or what there is in its place."""
    model = settings_at(Config, location[:-1])
    if model is None:
        return ""
    known = sorted(set(model.model_fields) - model.made_by_the_reader)
    key = str(location[-1])
    near, home = log.suggestions.hint(key, known), home_hint(key)
    if near and home and isinstance(node, Scalar):
        return f"{near} Otherwise {home}"
    return near or home or model.unknown_key_hint or f"the settings here are {', '.join(known)}"


def _field(location: Location) -> FieldInfo | None:
    model = settings_at(Config, location[:-1]) if location else None
    return model.model_fields.get(str(location[-1])) if model else None


def _description(location: Location) -> str:
    field = _field(location)
    return (field.description or "").rstrip(".") if field else ""
