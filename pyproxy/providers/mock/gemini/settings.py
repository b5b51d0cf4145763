"""The rules for tools, schemas and the settings of generation."""

import re
from typing import Any, Final

from pyproxy.providers.mock.gemini.conversation import broken_rule
from pyproxy.providers.mock.gemini.errors import RefusedError
from pyproxy.providers.mock.gemini.thinking import check_thinking
from pyproxy.providers.mock.longest import longest_answer

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
_BAD_NAME: Final = (
    "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), "
    "colons (:), or dashes (-), with a maximum length of 64."
)
_TYPES: Final = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL", "TYPE_UNSPECIFIED"})
_MODES: Final = frozenset({"MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"})
_MOST_STOPS: Final = 5
_MOST_CANDIDATES: Final = 8


def check_settings(request: dict[str, Any], model: str) -> None:
    """Check the tools and the settings of a request.

    Raises:
        RefusedError: If the API would refuse them.
    """
    functions = _check_tools(request)
    _check_calling(request, functions)
    generation = request.get("generationConfig") or {}
    _check_sampling(generation, longest_answer(model))
    check_thinking(generation.get("thinkingConfig") or {}, model)
    json_wanted = generation.get("responseMimeType") == "application/json"
    for name, place in (("responseSchema", "response_schema"), ("responseJsonSchema", "response_json_schema")):
        if name in generation and generation.get("responseMimeType") not in {"application/json", "text/x.enum"}:
            raise broken_rule(f"generation_config.{place}", "only allowed when response_mime_type is 'application/json' or 'text/x.enum'")
    if "responseSchema" in generation:
        check_schema("generation_config.response_schema", generation["responseSchema"])
    if json_wanted and functions and not model.startswith("gemini-3"):
        raise RefusedError("Function calling with a response mime type: 'application/json' is unsupported")


def _check_tools(request: dict[str, Any]) -> list[str]:
    names: list[str] = []
    for index, tool in enumerate(request.get("tools") or ()):
        for number, function in enumerate(tool.get("functionDeclarations") or ()):
            place = f"tools[{index}].function_declarations[{number}]"
            name = function.get("name", "")
            if not _NAME.fullmatch(name):
                raise broken_rule(f"{place}.name", _BAD_NAME)
            if name in names:
                raise RefusedError(f"Duplicate function declaration found: {name}")
            if "parameters" in function:
                check_schema(f"{place}.parameters", function["parameters"])
            names.append(name)
    return names


def _check_calling(request: dict[str, Any], functions: list[str]) -> None:
    calling = (request.get("toolConfig") or {}).get("functionCallingConfig")
    if calling is None:
        return
    mode = calling.get("mode", "AUTO")
    if mode.upper() not in _MODES:
        place = "tool_config.function_calling_config.mode"
        kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode"
        raise RefusedError(f"Invalid value at '{place}' ({kind}), \"{mode}\"")
    if not functions and mode.upper() != "NONE":
        raise RefusedError("Function calling config is set without function_declarations.")
    allowed = calling.get("allowedFunctionNames") or ()
    if allowed and mode.upper() not in {"ANY", "VALIDATED"}:
        raise RefusedError("Please set allowed_function_names only when function calling mode is ANY.")
    for name in allowed:
        if name not in functions:
            raise RefusedError(f"allowed_function_names contains a name that is not declared: {name}")


def _check_sampling(generation: dict[str, Any], most: int | None) -> None:
    for name, place, largest in (("temperature", "temperature", 2.0), ("topP", "top_p", 1.0)):
        value = generation.get(name)
        if value is not None and not 0 <= value <= largest:
            raise broken_rule(f"generation_config.{place}", f"{place} must be in the range [0.0, {largest}].")
    candidates = generation.get("candidateCount")
    if candidates is not None and not 1 <= candidates <= _MOST_CANDIDATES:
        raise broken_rule("generation_config.candidate_count", f"candidate_count must be in the range [1, {_MOST_CANDIDATES}].")
    limit = generation.get("maxOutputTokens")
    if limit is not None and limit < 1:
        raise broken_rule("generation_config.max_output_tokens", "max_output_tokens must be positive.")
    if limit is not None and most is not None and limit > most:
        text = f"Unable to submit request because it has a maxOutputTokens value of {limit} but the supported range is"
        raise RefusedError(f"{text} from 1 (inclusive) to {most + 1} (exclusive). Update the value and try again.")
    if len(generation.get("stopSequences") or ()) > _MOST_STOPS:
        raise broken_rule("generation_config.stop_sequences", f"the number of stop sequences must be at most {_MOST_STOPS}.")


def check_schema(place: str, schema: dict[str, Any]) -> None:
    """Check a schema in Gemini's own dialect, which is much less than JSON Schema.

    Raises:
        RefusedError: If the API would refuse it.
    """
    kind = str(schema.get("type", "TYPE_UNSPECIFIED")).upper()
    if kind not in _TYPES:
        raise RefusedError(f"Invalid value at '{place}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), \"{kind}\"")
    _check_members(place, schema, kind)
    for name, each in (schema.get("properties") or {}).items():
        check_schema(f"{place}.properties[{name}]", each)
    if "items" in schema:
        check_schema(f"{place}.items", schema["items"])
    for index, each in enumerate(schema.get("anyOf") or ()):
        check_schema(f"{place}.any_of[{index}]", each)


def _check_members(place: str, schema: dict[str, Any], kind: str) -> None:
    properties = schema.get("properties") or {}
    if kind == "OBJECT" and not properties:
        raise broken_rule(f"{place}.properties", "should be non-empty for OBJECT type")
    for index, name in enumerate(schema.get("required") or ()):
        if name not in properties:
            raise broken_rule(f"{place}.required[{index}]", "property is not defined")
    if kind == "ARRAY" and "items" not in schema:
        raise broken_rule(f"{place}.items", "missing field.")
    if kind == "STRING" and schema.get("format", "enum") not in {"enum", "date-time"}:
        raise broken_rule(f"{place}.format", "only 'enum' and 'date-time' are supported for STRING type")
    if "enum" in schema and kind not in {"STRING", "TYPE_UNSPECIFIED"}:
        raise broken_rule(f"{place}.enum", "only allowed for STRING type")
    for index, value in enumerate(schema.get("enum") or ()):
        if not value:
            raise broken_rule(f"{place}.enum[{index}]", "cannot be empty")
