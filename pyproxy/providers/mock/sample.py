"""A value that a JSON Schema allows: what a model would put into a structured answer or a tool's arguments."""

from typing import Any, Final

_DEEPEST: Final = 12
_UNIONS: Final = ("anyOf", "oneOf", "allOf")
_FORMATS: Final = {
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "date-time": "2026-01-02T03:04:05Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample(schema: Any) -> Any:
    """Give a small value that the schema allows; every named property is filled in, as models do.

    Args:
        schema: A JSON Schema, or what Gemini has in its place (types in capitals). What is no schema allows anything.
    """
    return _sample(schema, schema, 0)


def _sample(schema: Any, root: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return {}
    if isinstance(reference := schema.get("$ref"), str):
        return _sample(_referred(reference, root), root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if isinstance(choices := schema.get("enum"), list) and choices:
        return choices[0]
    if branches := next((schema[name] for name in _UNIONS if isinstance(schema.get(name), list) and schema[name]), None):
        chosen = next((each for each in branches if isinstance(each, dict) and each.get("type") != "null"), branches[0])
        return _sample(chosen, root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    return _of_kind(str(kind).lower(), schema, root, depth)


def _of_kind(kind: str, schema: dict[str, Any], root: Any, depth: int) -> Any:
    if kind == "object":
        return {name: _sample(each, root, depth + 1) for name, each in (schema.get("properties") or {}).items()}
    if kind == "array":
        least = int(schema.get("minItems", 1) or 0)
        return [_sample(schema.get("items"), root, depth + 1) for _ in range(least)]
    if kind == "string":
        return _text(schema)
    if kind in {"integer", "number"}:
        number = _number(schema, 1.5 if kind == "number" else 1)
        return int(number) if kind == "integer" else number
    return {"boolean": True, "null": None}.get(kind, {})


def _text(schema: dict[str, Any]) -> str:
    text = _FORMATS.get(str(schema.get("format")), "text")
    least = int(schema.get("minLength", 0))
    most = int(schema.get("maxLength", max(len(text), least)))
    return text.ljust(least, "x")[:most]


def _number(schema: dict[str, Any], usual: float) -> float:
    if "exclusiveMinimum" in schema:
        return float(schema["exclusiveMinimum"]) + 1
    least, most = schema.get("minimum", usual), schema.get("maximum", usual)
    return float(min(max(usual, least), max(most, least)))


def _referred(reference: str, root: Any) -> Any:
    found = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(name) if name and isinstance(found, dict) else found
    return found if found is not root else None if reference != "#" else root
