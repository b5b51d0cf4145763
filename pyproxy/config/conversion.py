"""From the checked tree to the typed models, and from pydantic's errors back to places and words.

No message repeats a value: it may have come from the environment, or be a credential in the wrong place.
"""

import hashlib
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pyproxy.config.faults import Fault, FaultLog
from pyproxy.config.hints import hint, nearest_setting, what_is_missing
from pyproxy.config.root import Config
from pyproxy.config.schema import Location
from pyproxy.config.settings import Data
from pyproxy.config.tree import List, Node, Place, Scalar, Table

_MESSAGES = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a table of keys and values",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number, and not so large",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "mapping_type": "must be a table of keys and values",
    "model_type": "must be a table of keys and values",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "string_unicode": "must be valid Unicode text",
    "too_short": "must not be empty",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}
_LONG_FLOAT = 1e6
REVISION_DIGITS = 12


def to_config(root: Table, source: str, log: FaultLog) -> Config | None:
    """Return the typed configuration, or None after reporting to ``log`` why there is none."""
    try:
        config = Config.model_validate(plain(root))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    else:
        config._source = source  # noqa: SLF001 - still being made
        config._revision = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:REVISION_DIGITS]  # noqa: SLF001
        return config
    for detail in details:
        if log.is_full:
            break
        fault = _fault(root, detail, log)
        if fault is not None:
            log.add(fault)
    return None


def plain(node: Node) -> Any:
    """Return the plain values of a tree; each table remembers which of its keys hold values from the environment."""
    return _plain(node)[0]


def _plain(node: Node) -> tuple[Any, bool]:
    if isinstance(node, Scalar):
        return node.value, bool(node.variables)
    if isinstance(node, List):
        items = [_plain(item) for item in node.items]
        return [value for value, _ in items], any(hidden for _, hidden in items)
    entries = {key: _plain(entry.value) for key, entry in node.entries.items()}
    table = Data((key, value) for key, (value, _) in entries.items())
    table.from_environment = frozenset(key for key, (_, hidden) in entries.items() if hidden)
    return table, bool(table.from_environment)


def _fault(root: Table, detail: ErrorDetails, log: FaultLog) -> Fault | None:
    kind, location = detail["type"], detail["loc"]
    if kind != "extra_forbidden" and location[-1:] == ("[key]",):  # pydantic's way to say that the key itself is wrong
        location = location[:-1]
    key_place, node = _find(root, location)
    if isinstance(node, Scalar) and node.broken:
        return None
    if kind == "too_short" and isinstance(node, List) and node.items:
        return None  # pydantic counts the items that are right; of each other one something is told
    place = node.place if node and kind != "extra_forbidden" else key_place
    if isinstance(node, Table) or kind == "missing":
        place = key_place
    if kind == "missing":
        return place.fault("is missing", what_is_missing(location), below=str(location[-1]))
    if kind == "extra_forbidden":
        return place.fault("is no setting here", nearest_setting(location, node, log))
    return place.fault(_message(detail, node), hint(location, kind, node, detail, log))


def _find(root: Table, location: Location) -> tuple[Place, Node | None]:
    """Return the place of the key at ``location`` and its value; of the nearest table around it when it is missing."""
    place, node = root.place, root
    here: Node | None = node
    for key in location:
        if isinstance(here, Table) and key in here.entries:
            entry = here.entries[str(key)]
            place, here = entry.place, entry.value
        elif isinstance(here, List) and isinstance(key, int) and key < len(here.items):
            here = here.items[key]
            place = here.place
        else:
            return place, None
    return place, here


def _message(detail: ErrorDetails, node: Node | None) -> str:
    if isinstance(node, Scalar) and node.value is None:
        return "has no value"
    template = _MESSAGES.get(detail["type"])
    if template is None:
        return "cannot be used as this setting"
    return template.format_map({name: _number(value) for name, value in detail.get("ctx", {}).items()})


def _number(value: Any) -> Any:
    return f"{value:,g}" if isinstance(value, float) and value < _LONG_FLOAT else f"{value:,}" if isinstance(value, int) else value
