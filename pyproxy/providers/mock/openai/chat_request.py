"""Reading a chat completion request: refused as the API refuses it, else what the mock answers by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pyproxy.providers.mock.answer import Ask, Tool
from pyproxy.providers.mock.openai import checks
from pyproxy.providers.mock.openai.checks import Check
from pyproxy.providers.mock.openai.conversation import check_messages
from pyproxy.providers.mock.reading import mapping, parse, sequence, text_of, words
from pyproxy.providers.mock.reply import BadRequestError

_MOST_CHOICES: Final = 128
_IGNORED: Final = """audio function_call functions logit_bias messages metadata modalities model moderation prediction
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
    store stream_options tool_choice top_logprobs user verbosity web_search_options""".split()  # noqa: SIM905  # so many names read best as a text
KNOWN: Final[Mapping[str, Check]] = {
    **dict.fromkeys(_IGNORED, checks.anything),
    **checks.SAMPLING,
    "n": partial(checks.integer, least=1, most=_MOST_CHOICES),
    "max_tokens": partial(checks.integer, least=1),
    "max_completion_tokens": partial(checks.integer, least=1),
    "logprobs": checks.boolean,
    "parallel_tool_calls": checks.boolean,
    "stream": checks.boolean,
    "stop": checks.stops,
    "tools": checks.filled,
}
_FORMATS: Final = ("json_object", "json_schema", "text")
_CHOICES: Final = ("none", "auto", "required")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAsk(Ask):
    """What a chat completion request asks for.

    Attributes:
        include_usage: Whether a stream ends with a usage chunk.
        choices: How many answers are asked for.
    """

    include_usage: bool = False
    choices: int = 1


def read_document(body: bytes) -> dict[str, Any]:
    """Parse a request body.

    Raises:
        BadRequestError: If it is not a JSON object.
    """
    document = parse(body)
    if not isinstance(document, dict):
        text = "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. "
        raise BadRequestError(f"{text}The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)")
    return document


def read_model(document: Mapping[str, Any]) -> str:
    """Give the model that a request names.

    Raises:
        BadRequestError: If it names none.
    """
    model = document.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequestError("you must provide a model parameter")
    return model


def read_chat(document: dict[str, Any], model: str) -> ChatAsk:
    """Read a parsed request.

    Raises:
        BadRequestError: If the API would refuse it.
    """
    messages = document.get("messages")
    check_messages(messages)
    assert isinstance(messages, list)  # noqa: S101  # it was checked
    texts = [text_of(message.get("content")) for message in messages]
    users = [text for message, text in zip(messages, texts, strict=True) if message["role"] == "user"]
    wants_json, schema = _format(document, messages)
    stream = document.get("stream") is True
    options = mapping(document.get("stream_options"))
    if options and not stream:
        raise BadRequestError("The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options")
    stop = document.get("stop")
    last = messages[-1]["role"]
    # Whoever set the conversation up said nothing in it, also where that comes last.
    spoken = [message["role"] for message in messages if message["role"] not in {"system", "developer"}]
    return ChatAsk(
        model=model,
        stream=stream,
        include_usage=options.get("include_usage") is True,
        choices=min(max(document.get("n") or 1, 1), _MOST_CHOICES),
        tools=_tools(document),
        parallel=document.get("parallel_tool_calls") is not False,
        user_spoke_last=spoken[-1:] in ([], ["user"]),
        question=users[-1] if users else "",
        prefill=texts[-1] if last == "assistant" else None,
        wants_json=wants_json,
        schema=schema,
        max_tokens=document.get("max_completion_tokens") or document.get("max_tokens"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        prompt_tokens=sum(words(text) for text in texts),
    )


def _format(document: Mapping[str, Any], messages: list[dict[str, Any]]) -> tuple[bool, Any]:
    form = mapping(document.get("response_format"))
    kind = form.get("type")
    if not form or kind == "text":
        return False, None
    if kind not in _FORMATS:
        raise checks.wrong_value("response_format.type", kind, _FORMATS)
    if kind == "json_object":
        if not any("json" in text_of(message.get("content")).lower() for message in messages):
            text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            raise BadRequestError(text, param="messages")
        return True, None
    named = form.get("json_schema")
    if not isinstance(named, dict):
        raise checks.missing("response_format.json_schema")
    checks.function_name("response_format.json_schema.name", named.get("name"))
    return True, named.get("schema")


def _tools(document: Mapping[str, Any]) -> tuple[Tool, ...]:
    choice = document.get("tool_choice")
    tools = document.get("tools")
    if not tools:
        if choice is not None and choice != "none":
            text = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
            raise BadRequestError(text, param="tool_choice")
        if document.get("parallel_tool_calls") is not None:
            text = "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified."
            raise BadRequestError(text, param="parallel_tool_calls")
        return ()
    offered = tuple(_tool(index, tool) for index, tool in enumerate(sequence(tools)))
    if isinstance(choice, str) and choice not in _CHOICES:
        raise checks.wrong_value("tool_choice", choice, _CHOICES)
    if choice == "none":
        return ()
    forced = mapping(mapping(choice).get("function")).get("name")
    if forced is None:
        return offered
    chosen = tuple(tool for tool in offered if tool.name == forced)
    if not chosen:
        raise BadRequestError(f"Tool choice '{forced}' not found in 'tools' parameter.", param="tool_choice")
    return chosen


def _tool(index: int, tool: Any) -> Tool:
    place = f"tools[{index}]"
    if not isinstance(tool, dict):
        raise checks.wrong_type(place, "an object", tool)
    if tool.get("type") is None:
        raise checks.missing(f"{place}.type")
    if tool["type"] not in {"function", "custom"}:
        raise checks.wrong_value(f"{place}.type", tool["type"], ("function", "custom"))
    body = tool.get(tool["type"])
    if not isinstance(body, dict):
        raise checks.missing(f"{place}.{tool['type']}")
    checks.function_name(f"{place}.function.name", body.get("name"))
    return Tool(body["name"], body.get("parameters"))
