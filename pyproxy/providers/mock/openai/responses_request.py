"""Reading a responses request: its items as OpenAI checks them, behind those of the response that it goes on from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pyproxy.providers.mock.answer import Ask, Tool
from pyproxy.providers.mock.openai import checks
from pyproxy.providers.mock.openai.checks import Check
from pyproxy.providers.mock.reading import mapping, sequence, text_of, whole, words
from pyproxy.providers.mock.reply import BadRequestError
from pyproxy.providers.mock.signing import opened

Item = dict[str, Any]

_IGNORED: Final = """access_programs background context_management conversation image include input instructions
    max_tool_calls metadata model moderation previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention
    reasoning safety_identifier service_tier stream_options text tool_choice tools top_logprobs truncation user""".split()  # noqa: SIM905  # so many names read best as a text
KNOWN: Final[Mapping[str, Check]] = {
    **dict.fromkeys(_IGNORED, checks.anything),
    "temperature": checks.SAMPLING["temperature"],
    "top_p": checks.SAMPLING["top_p"],
    "max_output_tokens": partial(checks.integer, least=16),
    "parallel_tool_calls": checks.boolean,
    "store": checks.boolean,
    "stream": checks.boolean,
}
_MOVED: Final = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
}
_ROLES: Final = ("assistant", "system", "developer", "user")
_INPUT_PARTS: Final = ("input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot", "summary_text")
_OUTPUT_PARTS: Final = ("output_text", "refusal")
_ITEMS: Final = """apply_patch_call apply_patch_call_output code_interpreter_call compaction computer_call
    computer_call_output custom_tool_call custom_tool_call_output file_search_call function_call function_call_output
    image_generation_call item_reference local_shell_call local_shell_call_output mcp_approval_request mcp_approval_response mcp_call
    mcp_list_tools message reasoning shell_call shell_call_output web_search_call""".split()  # noqa: SIM905  # so many names read best as a text


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsesAsk(Ask):
    """What a responses request asks for.

    Attributes:
        document: The request.
        items: The whole conversation, that of the previous response first.
        summary: Whether the reasoning is shown.
        encrypted: Whether the reasoning is handed out sealed.
        store: Whether the response can be gone on from.
    """

    document: dict[str, Any] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    summary: bool = False
    encrypted: bool = False
    store: bool = True


def read_responses(document: dict[str, Any], model: str, before: Sequence[Item]) -> ResponsesAsk:
    """Read a parsed request.

    Args:
        document: The request.
        model: The model that it names.
        before: Items of the response that it goes on from.

    Raises:
        BadRequestError: If the API would refuse it.
    """
    if (moved := next((name for name in document if name in _MOVED), None)) is not None:
        where = f"In the Responses API, this parameter has moved to '{_MOVED[moved]}'. Try again with the new parameter."
        text = f"Unsupported parameter: '{moved}'. {where} See the API documentation for more information:"
        link = "https://platform.openai.com/docs/api-reference/responses/create."
        raise BadRequestError(f"{text} {link}", code="unsupported_parameter", param=moved)
    new = _items(document)
    items = (*before, *new)
    _check_calls(items)
    form = mapping(mapping(document.get("text")).get("format"))
    kind = form.get("type", "text")
    if kind not in {"text", "json_object", "json_schema"}:
        raise checks.wrong_value("text.format.type", kind, ("json_object", "json_schema", "text"))
    if kind == "json_schema":
        checks.function_name("text.format.name", form.get("name"))
        if not isinstance(form.get("schema"), dict):
            raise checks.missing("text.format.schema")
    reasoning = mapping(document.get("reasoning"))
    said = [each for each in items if each.get("type", "message") == "message"]
    users = [text_of(each.get("content")) for each in said if each.get("role") == "user"]
    last = items[-1]
    # Whoever set the conversation up said nothing in it, also where that comes last.
    spoken = [each.get("role") for each in items if each.get("role") not in {"system", "developer"}]
    return ResponsesAsk(
        model=model,
        stream=document.get("stream") is True,
        question=users[-1] if users else "",
        user_spoke_last=spoken[-1:] in ([], ["user"]),
        prefill=text_of(last.get("content")) if last.get("role") == "assistant" else None,
        tools=_tools(document),
        parallel=document.get("parallel_tool_calls") is not False,
        wants_json=kind != "text",
        schema=form.get("schema"),
        thinking=bool(reasoning) and reasoning.get("effort") != "none",
        max_tokens=whole(document.get("max_output_tokens")),
        prompt_tokens=words(str(document.get("instructions") or "")) + sum(_tokens(each) for each in items),
        document=document,
        items=items,
        summary=(reasoning.get("summary") or reasoning.get("generate_summary")) is not None,
        encrypted="reasoning.encrypted_content" in sequence(document.get("include")),
        store=document.get("store") is not False,
    )


def _tokens(item: Item) -> int:
    return sum(words(text_of(item.get(name))) for name in ("content", "arguments", "output"))


def _items(document: Mapping[str, Any]) -> list[Item]:
    given = document.get("input")
    if given is None:
        if document.get("previous_response_id") or document.get("conversation") or document.get("prompt"):
            return []
        text = "Missing required parameter: 'input'."
        raise BadRequestError(text, code="missing_required_parameter", param="input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list):
        raise checks.wrong_type("input", "one of a string or array of input items", given)
    for index, item in enumerate(given):
        _check_item(f"input[{index}]", item)
    return given


def _check_item(place: str, item: Any) -> None:
    if not isinstance(item, dict):
        raise checks.wrong_type(place, "an object", item)
    kind = item.get("type", "message")
    if kind not in _ITEMS:
        raise checks.wrong_value(place, kind, _ITEMS)
    if kind == "message":
        _check_message(place, item)
    elif kind == "function_call":
        for name in ("call_id", "name", "arguments"):
            _needed(place, item, name)
        checks.function_name(f"{place}.name", item["name"])
    elif kind == "function_call_output":
        _needed(place, item, "call_id")
        if not isinstance(item.get("output"), str | list):
            raise checks.missing(f"{place}.output")
    elif kind == "reasoning":
        _check_reasoning(place, item)


def _check_message(place: str, item: Item) -> None:
    role = item.get("role")
    if role is None:
        raise checks.missing(f"{place}.role")
    if role not in _ROLES:
        raise checks.wrong_value(place, role, _ROLES)
    content = item.get("content")
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise checks.missing(f"{place}.content")
    allowed = _OUTPUT_PARTS if role == "assistant" else _INPUT_PARTS
    for index, part in enumerate(content):
        where = f"{place}.content[{index}]"
        kind = mapping(part).get("type")
        if kind not in allowed:
            raise checks.wrong_value(where, kind, allowed)
        if kind in {"input_text", "output_text"}:
            _needed(where, part, "text")


def _check_reasoning(place: str, item: Item) -> None:
    if not isinstance(item.get("summary"), list):
        raise checks.missing(f"{place}.summary")
    sealed = item.get("encrypted_content")
    if isinstance(sealed, str) and opened(sealed) is None:
        text = f"The encrypted content {sealed[:8]}... could not be verified. Reason: Encrypted content could not be decrypted or parsed."
        raise BadRequestError(text, code="invalid_encrypted_content")
    if shown := sequence(item.get("content")):
        text = f"Invalid '{place}.content': array too long. Expected an array with maximum length 0, but got an array with length"
        raise BadRequestError(f"{text} {len(shown)} instead.", code="array_above_max_length", param=f"{place}.content")
    identifier = item.get("id")
    if sealed is None and isinstance(identifier, str) and not identifier.startswith("rs_mock"):
        raise BadRequestError(f"Item with id '{identifier}' not found.", status=404, param="input")


def _needed(place: str, item: Item, name: str) -> None:
    if item.get(name) is None:
        raise checks.missing(f"{place}.{name}")
    checks.string(f"{place}.{name}", item[name])


def _check_calls(items: Sequence[Item]) -> None:
    called: set[str] = set()
    answered: set[str] = set()
    for item in items:
        if item.get("type") == "function_call":
            called.add(item["call_id"])
        elif item.get("type") == "function_call_output":
            if item["call_id"] not in called:
                text = f"No tool call found for function call output with call_id {item['call_id']}."
                raise BadRequestError(text, param="input")
            answered.add(item["call_id"])
    if called - answered:
        raise BadRequestError(f"No tool output found for function call {min(called - answered)}.", param="input")


def _tools(document: Mapping[str, Any]) -> tuple[Tool, ...]:
    offered = []
    for index, tool in enumerate(sequence(document.get("tools"))):
        kind = mapping(tool).get("type")
        if kind is None:
            raise checks.missing(f"tools[{index}].type")
        if kind == "function":
            checks.function_name(f"tools[{index}].name", tool.get("name"))
            offered.append(Tool(tool["name"], tool.get("parameters")))
    choice = document.get("tool_choice")
    if choice == "none":
        return ()
    forced = mapping(choice).get("name")
    if forced is None:
        return tuple(offered)
    chosen = tuple(tool for tool in offered if tool.name == forced)
    if not chosen:
        text = f"Tool choice 'function' not found in 'tools' parameter: '{forced}'."
        raise BadRequestError(text, param="tool_choice")
    return chosen
