"""The rules between contents and settings that no field can express, with Google's words for each."""

from typing import Any, Final

from pyproxy.providers.mock.gemini.errors import RefusedError
from pyproxy.providers.mock.gemini.fields import decoded
from pyproxy.providers.mock.signing import opened

_DATA: Final = frozenset(
    {
        "text",
        "inlineData",
        "fileData",
        "functionCall",
        "functionResponse",
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
    }
)
_EXCUSED: Final = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
_CALL_TURN: Final = "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
_RESPONSE_TURN: Final = "Please ensure that function response turn comes immediately after a function call turn."
_UNEQUAL: Final = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
)


def broken_rule(place: str, text: str) -> RefusedError:
    """Make the error for a field whose value breaks a rule."""
    return RefusedError(f"* GenerateContentRequest.{place}: {text}\n")


def check_conversation(request: dict[str, Any], model: str) -> None:
    """Check the contents of a request.

    Raises:
        RefusedError: If the API would refuse them.
    """
    contents = request.get("contents") or []
    if not contents:
        raise broken_rule("contents", "contents is not specified")
    for index, content in enumerate(contents):
        _check_content(f"contents[{index}]", content)
    if "systemInstruction" in request:
        _check_parts("system_instruction", request["systemInstruction"])
    if len(contents) == 1 and contents[0].get("role") == "model":
        raise RefusedError("Please ensure that single turn requests end with a user role or the role is not specified.")
    _check_turns(contents)
    if model.startswith("gemini-3"):
        _check_signed(contents)


def _check_content(place: str, content: dict[str, Any]) -> None:
    if content.get("role", "user") not in {"user", "model"}:
        raise RefusedError("Please use a valid role: user, model.")
    _check_parts(place, content)


def _check_parts(place: str, content: dict[str, Any]) -> None:
    if not content.get("parts"):
        raise broken_rule(f"{place}.parts", "contents.parts must not be empty.")
    for index, part in enumerate(content["parts"]):
        where = f"{place}.parts[{index}]"
        if not _DATA & part.keys():
            raise broken_rule(f"{where}.data", "required oneof field 'data' must have one initialized field")
        for kind, name in (("functionCall", "function_call"), ("functionResponse", "function_response")):
            if kind in part and not part[kind].get("name"):
                raise broken_rule(f"{where}.{name}.name", "Name cannot be empty.")
        if "inlineData" in part and not part["inlineData"].get("mimeType"):
            raise RefusedError("Unable to submit request because it has an empty mimeType parameter.")
        signature = part.get("thoughtSignature")
        if signature is not None and signature not in _EXCUSED and not _genuine(signature):
            raise RefusedError("Corrupted thought signature.")


def _genuine(signature: str) -> bool:
    raw = decoded(signature)
    if raw in {each.encode() for each in _EXCUSED}:
        return True
    plain = signature.replace("-", "+").replace("_", "/")
    return opened(plain + "=" * (-len(plain) % 4)) is not None


def _turns(contents: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Give role, calls and responses of each turn; contents of one role in a row are one turn."""
    turns: list[tuple[str, int, int]] = []
    for content in contents:
        role = content.get("role", "user")
        calls = sum("functionCall" in part for part in content["parts"])
        responses = sum("functionResponse" in part for part in content["parts"])
        if turns and turns[-1][0] == role:
            calls, responses = calls + turns[-1][1], responses + turns[-1][2]
            turns.pop()
        turns.append((role, calls, responses))
    return turns


def _check_turns(contents: list[dict[str, Any]]) -> None:
    awaited: int | None = None
    for role, calls, responses in _turns(contents):
        if role == "model" and calls and awaited is None:
            raise RefusedError(_CALL_TURN)
        if responses and not awaited:
            raise RefusedError(_RESPONSE_TURN)
        if awaited and responses != awaited:
            raise RefusedError(_UNEQUAL)
        awaited = calls
    if awaited:
        raise RefusedError(_UNEQUAL)


def _check_signed(contents: list[dict[str, Any]]) -> None:
    """Check that the calls since the user last spoke carry the signatures that came with them: the first of each turn has one."""
    spoken = max((at for at, each in enumerate(contents) if each.get("role", "user") == "user" and _says(each)), default=0)
    for index, content in enumerate(contents[spoken:], spoken):
        call = next((part for part in content["parts"] if "functionCall" in part), None)
        if call is not None and "thoughtSignature" not in call:
            name = call["functionCall"]["name"]
            text = (
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and "
                "missing thought_signature may lead to degraded model performance. Additional data, function call "
                f"`default_api:{name}` , position {index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures "
                "for more details."
            )
            raise RefusedError(text)


def _says(content: dict[str, Any]) -> bool:
    return any("functionResponse" not in part for part in content["parts"])
