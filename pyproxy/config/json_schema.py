"""The canonical form as a JSON Schema (draft 2020-12), for editors: completion, hover texts and marks under what is wrong.

It says less than `pyproxy check`: nothing about names that refer to nothing. And it takes what only a file can hold: a variable
where a number or a choice stands.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from pyproxy.config.described import Setting, named_within, settings_of, summary_of
from pyproxy.config.root import Config
from pyproxy.config.settings import Settings
from pyproxy.config.shapes import Shape

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", SecretStr: "string"}
_BOUNDS = {"gt": "exclusiveMinimum", "ge": "minimum", "le": "maximum"}
_VARIABLE = {
    "type": "string",
    "pattern": r"\$\{",
    "description": "The value of an environment variable: ${NAME}, or ${NAME:default}.",
}
Json = dict[str, Any]


def json_schema() -> Json:
    """Return the schema of a whole configuration."""
    definitions = {model.__name__: _table(model) for model in _models(Config) if model is not Config}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pyproxy configuration",
        "description": "The canonical form of pyproxy's configuration; made by `pyproxy schema` from the models it is checked with.",
        **_table(Config, described=False),
        "$defs": {**dict(sorted(definitions.items())), "variable": _VARIABLE},
    }


def schema_text() -> str:
    """Return the schema as the text of a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _models(model: type[Settings]) -> Iterator[type[Settings]]:
    yield model
    for shape in (setting.shape for setting in settings_of(model)):
        inner = shape.model or (shape.item.model if shape.item else None)
        if inner is not None:
            yield from _models(inner)
    within = named_within(model)
    if within is not None:
        yield from _models(within)


def _table(model: type[Settings], *, described: bool = True) -> Json:
    settings, within = settings_of(model), named_within(model)
    required = [setting.name for setting in settings if setting.required]
    return {
        **({"description": summary_of(model)} if described else {}),
        "type": "object",
        "properties": {setting.name: _property(setting) for setting in settings},
        **({"required": required} if required else {}),
        "additionalProperties": _reference(within.__name__) if within else False,
    }


def _property(setting: Setting) -> Json:
    made: Json = {"description": description_of(setting), **_values(setting.shape)}
    if not setting.required and setting.default is not None and not isinstance(setting.default, Settings | Mapping):
        made["default"] = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    return {**made, "examples": list(setting.examples)}


def description_of(setting: Setting) -> str:
    """Return the description, and whether this version acts on it."""
    if setting.pending is None:
        return setting.description
    values = ", ".join(str(value) for value in setting.pending.in_effect if value is not None)
    return f"{setting.description} Not in effect yet{f', but for {values}' if values else ''}: {setting.pending.why}."


def _values(shape: Shape) -> Json:
    """Return what a value must be; whatever is no text may also come from a variable."""
    made, choices = _plain(shape), []
    if shape.choices or shape.base in (bool, int, float):
        choices.append(_reference("variable"))
    if shape.optional:
        choices.append({"type": "null"})
    return {"anyOf": [made, *choices]} if choices else made


def _plain(shape: Shape) -> Json:
    if shape.model is not None:
        return _reference(shape.model.__name__)
    if shape.choices:
        return {"type": "string", "enum": list(shape.choices)}
    if shape.item is None:
        bounds = {_BOUNDS[name]: bound for name, bound in shape.bounds.items() if name in _BOUNDS}
        length = {"minLength": shape.bounds["min_length"]} if "min_length" in shape.bounds else {}
        return {"type": _TYPES[shape.base], **bounds, **length}
    if shape.base is tuple:
        length = {"minItems": shape.bounds["min_length"]} if "min_length" in shape.bounds else {}
        return {"type": "array", "items": _values(shape.item), **length}
    return {"type": "object", "additionalProperties": _values(shape.item)}


def _reference(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}
