"""Which schemas OpenAI takes: every one is of an object, and a strict one leaves nothing open and says no more than can be held."""

from collections.abc import Mapping
from typing import Any, Final

from pyproxy.providers.mock.reading import mapping, sequence
from pyproxy.providers.mock.reply import BadRequestError

_REFUSED: Final = frozenset(
    """allOf oneOf not if then else default examples minLength maxLength uniqueItems contains minContains maxContains minProperties
    maxProperties patternProperties propertyNames dependentRequired dependentSchemas unevaluatedProperties prefixItems discriminator
    nullable deprecated readOnly writeOnly""".split()  # noqa: SIM905  # so many names read best as a text
)
_FORMATS: Final = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))
_LEVELS: Final = 10


def check_schemas(document: Mapping[str, Any]) -> None:
    """Check the schemas of a request for a chat completion or a response: that of its answer, and those of its tools.

    Raises:
        BadRequestError: If the API would refuse one.
    """
    form = mapping(document.get("response_format"))
    named = mapping(form.get("json_schema")) or mapping(mapping(document.get("text")).get("format"))
    if isinstance(named.get("schema"), dict):
        _check(named["schema"], named.get("strict") is True, f"response_format '{named.get('name')}'", "invalid_json_schema")
    for tool in sequence(document.get("tools")):
        function = mapping(mapping(tool).get("function")) or mapping(tool)
        if isinstance(function.get("parameters"), dict):
            strict = function.get("strict") is True
            _check(function["parameters"], strict, f"function '{function.get('name')}'", "invalid_function_parameters")


def _check(schema: dict[str, Any], strict: bool, whose: str, code: str) -> None:  # noqa: FBT001
    try:
        if schema.get("type") != "object":
            raise ValueError(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'.")  # noqa: TRY301
        if strict:
            _check_strict(schema, (), 0)
    except ValueError as error:
        raise BadRequestError(f"Invalid schema for {whose}: {error}", code=code, param="response_format") from None


def _check_strict(schema: Any, place: tuple[str, ...], level: int) -> None:
    context = f"In context={place}, "
    if not isinstance(schema, dict):
        raise ValueError(f"{context}schema must be an object")  # noqa: TRY004
    if level > _LEVELS:
        raise ValueError(f"{level} levels of nesting exceeds limit of {_LEVELS}.")
    _check_keywords(schema, context, root=not place)
    kinds = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type")]
    if "object" in kinds:
        _check_object(schema, context)
    if "array" in kinds and "items" not in schema:
        raise ValueError(f"{context}array schema missing items.")
    _check_within(schema, place, level + ("object" in kinds))


def _check_keywords(schema: dict[str, Any], context: str, *, root: bool) -> None:
    refused = sorted((_REFUSED | {"anyOf"} if root else _REFUSED) & schema.keys())
    if refused:
        raise ValueError(f"{context}'{refused[0]}' is not permitted.")
    if "$ref" in schema and (others := schema.keys() - {"$ref"}):
        raise ValueError(f"{context}$ref cannot have keywords {others}.")
    if not {"type", "$ref", "anyOf"} & schema.keys():
        raise ValueError(f"{context}schema must have a 'type' key.")
    if schema.get("format") not in {None, *_FORMATS}:
        raise ValueError(f"{context}'{schema['format']}' is not a valid format.")


def _check_within(schema: dict[str, Any], place: tuple[str, ...], inner: int) -> None:
    for holder in ("properties", "$defs", "definitions"):
        for name, part in mapping(schema.get(holder)).items():
            _check_strict(part, (*place, holder, name), inner)
    for index, part in enumerate(sequence(schema.get("anyOf"))):
        _check_strict(part, (*place, "anyOf", str(index)), inner)
    if "items" in schema:
        _check_strict(schema["items"], (*place, "items"), inner)


def _check_object(schema: dict[str, Any], context: str) -> None:
    if schema.get("additionalProperties") is not False:
        raise ValueError(f"{context}'additionalProperties' is required to be supplied and to be false.")
    names, required = mapping(schema.get("properties")), schema.get("required")
    every = "'required' is required to be supplied and to be an array including every key in properties."
    if not isinstance(required, list):
        raise ValueError(f"{context}{every}")  # noqa: TRY004
    if missing := [name for name in names if name not in required]:
        raise ValueError(f"{context}{every} Missing '{missing[0]}'.")
    if extra := [name for name in required if name not in names]:
        raise ValueError(f"{context}'required' is required to be supplied and to be an array of keys in properties. Extra '{extra[0]}'.")
