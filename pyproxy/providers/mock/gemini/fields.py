"""The fields that Gemini's requests may have. The API reads JSON into protocol buffers, and refuses every name that these do not have.

A message is a mapping of its fields, in camel case as in JSON; `Repeated` and `Mapped` hold messages or scalars; a scalar is named by
its kind. Both spellings of a name are read, `maxOutputTokens` and `max_output_tokens`, and places are told in the latter.
"""

import base64
import binascii
import re
from typing import Any, Final, NamedTuple

from pyproxy.providers.mock.gemini.errors import invalid_fields

Message = dict[str, Any]


class Repeated(NamedTuple):
    """A field that holds a list."""

    of: Any


class Mapped(NamedTuple):
    """A field that holds a map from strings."""

    of: Any


STRING: Final = "TYPE_STRING"
FLOAT: Final = "TYPE_FLOAT"
INTEGER: Final = "TYPE_INT32"
BOOLEAN: Final = "TYPE_BOOL"
BYTES: Final = "TYPE_BYTES"
STRUCT: Final = "type.googleapis.com/google.protobuf.Struct"
ANY: Final = "any"

_SCHEMA: Final[Message] = {
    **dict.fromkeys(("type", "format", "title", "description", "pattern"), STRING),
    **dict.fromkeys(("maxItems", "minItems", "minProperties", "maxProperties", "minLength", "maxLength"), ANY),
    **dict.fromkeys(("example", "default"), ANY),
    **dict.fromkeys(("minimum", "maximum"), FLOAT),
    **dict.fromkeys(("enum", "required", "propertyOrdering"), Repeated(STRING)),
    "nullable": BOOLEAN,
}
_SCHEMA.update({"properties": Mapped(_SCHEMA), "items": _SCHEMA, "anyOf": Repeated(_SCHEMA)})
_BLOB: Final = {"mimeType": STRING, "data": BYTES}
_PART: Final = {
    "text": STRING,
    "inlineData": _BLOB,
    "fileData": {"mimeType": STRING, "fileUri": STRING},
    "functionCall": {"id": STRING, "name": STRING, "args": STRUCT},
    "functionResponse": {
        "id": STRING,
        "name": STRING,
        "response": STRUCT,
        "willContinue": BOOLEAN,
        "scheduling": STRING,
        "parts": Repeated(ANY),
    },
    "executableCode": {"id": STRING, "language": STRING, "code": STRING},
    "codeExecutionResult": {"id": STRING, "outcome": STRING, "output": STRING},
    "toolCall": ANY,
    "toolResponse": ANY,
    "thought": BOOLEAN,
    "thoughtSignature": BYTES,
    "videoMetadata": ANY,
    "mediaResolution": ANY,
    "partMetadata": STRUCT,
}
_CONTENT: Final = {"role": STRING, "parts": Repeated(_PART)}
_FUNCTION: Final = {
    **dict.fromkeys(("name", "description", "behavior"), STRING),
    **dict.fromkeys(("parameters", "response"), _SCHEMA),
    **dict.fromkeys(("parametersJsonSchema", "responseJsonSchema"), ANY),
}
_SERVER_TOOLS: Final = ["googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "computerUse", "fileSearch", "googleMaps"]
_TOOL: Final = {"functionDeclarations": Repeated(_FUNCTION), **dict.fromkeys(_SERVER_TOOLS, ANY), "mcpServers": Repeated(ANY)}
_TOOL_CONFIG: Final = {
    "functionCallingConfig": {"mode": STRING, "allowedFunctionNames": Repeated(STRING)},
    "retrievalConfig": ANY,
    "includeServerSideToolInvocations": BOOLEAN,
}
_GENERATION: Final = {
    **dict.fromkeys(("temperature", "topP", "topK", "presencePenalty", "frequencyPenalty"), FLOAT),
    **dict.fromkeys(("candidateCount", "maxOutputTokens", "seed", "logprobs"), INTEGER),
    **dict.fromkeys(("stopSequences", "responseModalities"), Repeated(STRING)),
    **dict.fromkeys(("responseLogprobs", "enableEnhancedCivicAnswers"), BOOLEAN),
    **dict.fromkeys(("responseJsonSchema", "speechConfig", "imageConfig", "responseFormat"), ANY),
    **dict.fromkeys(("responseMimeType", "mediaResolution"), STRING),
    "responseSchema": _SCHEMA,
    "thinkingConfig": {"includeThoughts": BOOLEAN, "thinkingBudget": INTEGER, "thinkingLevel": STRING},
}

GENERATE: Final[Message] = {
    "model": STRING,
    "contents": Repeated(_CONTENT),
    "systemInstruction": _CONTENT,
    "tools": Repeated(_TOOL),
    "toolConfig": _TOOL_CONFIG,
    "safetySettings": Repeated({"category": STRING, "threshold": STRING}),
    "generationConfig": _GENERATION,
    "cachedContent": STRING,
    "serviceTier": STRING,
    "store": BOOLEAN,
}
COUNT: Final[Message] = {"contents": Repeated(_CONTENT), "generateContentRequest": GENERATE}
EMBED: Final[Message] = {
    "model": STRING,
    "content": _CONTENT,
    "taskType": STRING,
    "title": STRING,
    "outputDimensionality": INTEGER,
    "embedContentConfig": {
        **dict.fromkeys(("taskType", "title"), STRING),
        **dict.fromkeys(("autoTruncate", "documentOcr", "audioTrackExtraction"), BOOLEAN),
        "outputDimensionality": INTEGER,
    },
}
BATCH_EMBED: Final[Message] = {"requests": Repeated(EMBED)}

_ONE_OF: Final = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_UNDERSCORE: Final = re.compile(r"_([a-z])")


def read(document: Any, message: Message) -> Message:
    """Give a request with every name in camel case, and lists where lists belong.

    Raises:
        RefusedError: With everything that the message has no place for.
    """
    violations: list[tuple[str, str]] = []
    if not isinstance(document, dict):
        text = 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        raise invalid_fields([("", text)])
    found = _message(document, message, "", violations)
    if violations:
        raise invalid_fields(violations)
    return found


def _message(document: Message, message: Message, place: str, violations: list[tuple[str, str]]) -> Message:
    found: Message = {}
    for name, value in document.items():
        camel = _UNDERSCORE.sub(lambda match: match[1].upper(), name)
        if camel not in message:
            violations.append((place, _unknown(name, place, "Cannot find field.")))
            continue
        kind = message[camel]
        if isinstance(value, list) and not isinstance(kind, Repeated) and kind != ANY:
            violations.append((place, _unknown(name, place, "Proto field is not repeating, cannot start list.")))
            continue
        if value is not None:
            if message is _PART and camel in _ONE_OF and any(each in found for each in _ONE_OF):
                text = f"Invalid value at '{place}' (oneof), oneof field 'data' is already set. Cannot set '{camel}'"
                violations.append((place, text))
            found[camel] = _value(value, kind, _below(place, camel), violations)
    return found


def _value(value: Any, kind: Any, place: str, violations: list[tuple[str, str]]) -> Any:
    if isinstance(kind, Repeated):
        # A list of one may be written without its brackets.
        listed = value if isinstance(value, list) else [value]
        return [_value(each, kind.of, f"{place}[{index}]", violations) for index, each in enumerate(listed)]
    if isinstance(kind, Mapped):
        if not isinstance(value, dict):
            violations.append((place, _invalid(place, "map", value)))
            return {}
        pairs = enumerate(value.items())
        return {name: _value(each, kind.of, f"{place}[{index}].value", violations) for index, (name, each) in pairs}
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            violations.append((place, _invalid(place, "type.googleapis.com/google.ai.generativelanguage.v1beta", value)))
            return {}
        return _message(value, kind, place, violations)
    if not _fits(value, kind):
        violations.append((place, _invalid(place, kind, value)))
    return value


def _fits(value: Any, kind: str) -> bool:
    match kind:
        case "TYPE_STRING":
            return isinstance(value, str)
        case "TYPE_FLOAT" | "TYPE_INT32":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and (kind == FLOAT or value == int(value))
        case "TYPE_BOOL":
            return isinstance(value, bool)
        case "TYPE_BYTES":
            return isinstance(value, str) and decoded(value) is not None
    return kind == ANY or isinstance(value, dict)


def decoded(text: str) -> bytes | None:
    """Give the bytes of base64 in either alphabet, padded or not; None if it is neither."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _below(place: str, name: str) -> str:
    snake = _HUMP.sub(r"_\1", name).lower()
    return f"{place}.{snake}" if place else snake


def _unknown(name: str, place: str, why: str) -> str:
    where = f" at '{place}'" if place else ""
    return f'Invalid JSON payload received. Unknown name "{name}"{where}: {why}'


def _invalid(place: str, kind: str, value: Any) -> str:
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    why = f'Base64 decoding failed for "{value}"' if kind == BYTES and isinstance(value, str) else shown
    return f"Invalid value at '{place}' ({kind}), {why}"
