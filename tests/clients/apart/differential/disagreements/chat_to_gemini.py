"""Chat requests as Gemini requests."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from clients.apart.differential.comparison import rule

from pyproxy.dialects.translation.schemas import instruction

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json, Meaning

OLDER, NEWER = "gemini-2.5-pro", "gemini-3.1-pro-preview"
HI: Final = {"role": "user", "content": "hi"}
PARAMETERS: Final = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
LOOK: Final = {"type": "function", "function": {"name": "look", "parameters": PARAMETERS}}
TOOL: Final = {"type": "function", "function": {"name": "look"}}
CALLED: Final[list[dict[str, Any]]] = [
    HI,
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "sun"},
]
TWICE: Final = [{"id": id_, "type": "function", "function": {"name": "look", "arguments": "{}"}} for id_ in ("c1", "c2")]
ANSWERED_TWICE: Final[list[dict[str, Any]]] = [{"role": "tool", "tool_call_id": id_, "content": "sun"} for id_ in ("c1", "c2")]
SILENT: Final = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}}]
MADE_UP: Final = {"type": "object"}
FETCHED: Final = "data:image/png;base64,"


def chat(*messages: Json, model: str = OLDER, **members: Any) -> Json:
    """A chat request."""
    return {"model": model, "messages": list(messages) or [HI], **members}


def seen(url: str) -> Json:
    """A message of the user's with an image."""
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}


@rule("both", chat_to_gemini=chat(model=NEWER))
def default_temperature_of_new_models(body: Json, theirs: Meaning) -> None:
    """litellm tells Gemini 3 a temperature of 1, which is its default; ours leaves open what the client leaves open."""
    if body["model"] == NEWER and "temperature" not in body:
        theirs["sampling"].pop("temperature", None)


@rule("ours", chat_to_gemini=chat(seen("https://example.com/a.png"), {"role": "assistant", "content": "yes"}, HI))
def images_by_their_address(_body: Json, theirs: Meaning) -> None:
    """Gemini fetches images at public addresses itself. litellm fetches them before it asks; a proxy that did would fetch what it is told
    to.
    """
    for _, items in theirs["turns"]:
        for item in items:
            if item[0] == "image" and item[1].startswith(FETCHED):
                content = base64.b64decode(item[1].removeprefix(FETCHED)).decode()
                item[1] = content if content.startswith("https://") else item[1]


@rule("both", chat_to_gemini=chat(seen("data:image/png;base64,aGk=")))
def images_without_a_word(_body: Json, theirs: Meaning) -> None:
    """litellm adds a blank to a turn without words. Gemini takes parts of any kind alone."""
    for _, items in theirs["turns"]:
        items[:] = [item for item in items if item != ["text", " "]]


@rule("both", chat_to_gemini=chat(*CALLED))
def name_of_a_result(_body: Json, theirs: Meaning) -> None:
    """Gemini's `response` is an object, a tool's result in chat a text: Google asks for `output` or whatever fits, and neither is told by
    it.
    """
    for _, items in theirs["turns"]:
        for item in items:
            if item[0] == "result":
                item[2] = [
                    ["text", {"result": value} if name == "content" else {name: value}]
                    for _, told in item[2]
                    for name, value in told.items()
                ]


@rule("ours", chat_to_gemini=chat(HI, {"role": "assistant", "content": None, "tool_calls": TWICE}, *ANSWERED_TWICE))
def equal_calls_at_once(body: Json, theirs: Meaning) -> None:
    """A model may call a tool twice with the same arguments. Without ids, litellm drops the second call, and Gemini refuses its result: a
    400.
    """
    answers = [message for message in body["messages"] if message["role"] == "assistant"]
    turns = [items for role, items in theirs["turns"] if role == "assistant"]
    for message, items in zip(answers, turns, strict=True):
        for place, call in enumerate(message.get("tool_calls") or ()):
            arguments = call["function"]["arguments"]
            told = ["call", None, call["function"]["name"], json.loads(arguments) if arguments else dict(MADE_UP)]
            calls = [item for item in items if item[0] == "call"]
            if told in calls[:place] and (place == len(calls) or calls[place] != told):
                items.insert(len(items) - len(calls) + place, told)


@rule("ours", chat_to_gemini=chat(HI, {"role": "assistant", "content": None, "tool_calls": SILENT}, *ANSWERED_TWICE[:1]))
def empty_arguments(_body: Json, theirs: Meaning) -> None:
    """Models write nothing for arguments where a tool takes none. litellm makes arguments of a schema of it, which nobody wrote."""
    for _, items in theirs["turns"]:
        for item in items:
            if item[0] == "call" and item[3] == MADE_UP:
                item[3] = {}


@rule("both", chat_to_gemini=chat(*CALLED))
def ids_of_calls_for_older_models(body: Json, theirs: Meaning) -> None:
    """Before Gemini 3 calls had no ids. litellm leaves them out there; the API takes them from all models since, and ours keeps them."""
    calls = [call["id"] for message in body["messages"] for call in message.get("tool_calls") or ()]
    results = [message["tool_call_id"] for message in body["messages"] if message["role"] == "tool"]
    for kind, identifiers in (("call", calls), ("result", results)):
        told = [item for _, items in theirs["turns"] for item in items if item[0] == kind]
        for item, identifier in zip(told, identifiers, strict=False):
            item[1] = item[1] or identifier


@rule(
    "ours",
    chat_to_gemini=chat({"role": "system", "content": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}]}, HI),
)
def parts_of_instructions(body: Json, theirs: Meaning) -> None:
    """litellm joins the parts of a system message without a space, so that words grow together; ours keeps them as parts."""
    told = []
    for message in body["messages"]:
        if message["role"] in ("system", "developer"):
            content = message["content"]
            told.append([content] if isinstance(content, str) else [part["text"] for part in content])
    assert theirs["system"] == ["".join(parts) for parts in told]
    theirs["system"] = [text for parts in told for text in parts]


@rule("ours", chat_to_gemini=chat(tools=[TOOL], response_format={"type": "json_object"}))
def json_beside_tools(body: Json, theirs: Meaning) -> None:
    """Before Gemini 3, JSON cannot be demanded beside tools: a 400. litellm demands it nevertheless, ours asks for it in words."""
    wanted = body.get("response_format") or {}
    if body["model"] == OLDER and body.get("tools") and wanted.get("type", "text") != "text":
        theirs["format"] = None
        theirs["system"].append(instruction((wanted.get("json_schema") or {}).get("schema")))


@rule("ours", chat_to_gemini=chat(tools=[LOOK]))
def schemas_of_tools_in_part(body: Json, theirs: Meaning) -> None:
    """litellm writes Gemini's own kind of schema, which cannot say all; `parametersJsonSchema` takes JSON schema as it is."""
    for tool in body.get("tools") or ():
        function = tool["function"]
        theirs["tools"][function["name"]]["schema"] = _again(theirs["tools"][function["name"]]["schema"], function.get("parameters"))


@rule("ours", chat_to_gemini=chat(reasoning_effort="minimal"))
def budgets_of_googles_own(body: Json, theirs: Meaning) -> None:
    """Google's own chat API gives each effort a budget, and ours goes by it: 1,024 for the least. Gemini 2.5 Pro cannot but think: 0 is a
    400.
    """
    if body["model"] == OLDER and theirs["thinking"] is not None:
        budgets = {"none": 128, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576}
        theirs["thinking"]["budget"] = budgets[body["reasoning_effort"]]


@rule("ours", chat_to_gemini=chat(reasoning_effort="medium", max_tokens=1_500))
def budgets_that_leave_nothing_to_say(body: Json, theirs: Meaning) -> None:
    """What Gemini thinks counts as its answer: a budget as large as `maxOutputTokens` may use all of it up. Ours takes half of it then."""
    longest, thinking = body.get("max_completion_tokens") or body.get("max_tokens"), theirs["thinking"]
    if longest and thinking is not None and thinking["budget"] is not None and thinking["budget"] >= longest:
        thinking["budget"] = max(longest // 2, 128)


def _again(part: Any, whole: Any) -> Any:
    """What is missing in a part of a schema for it to be the whole; the rest has to be there."""
    if not isinstance(whole, dict):
        return part
    made = dict(part or {})
    for name, value in whole.items():
        if name == "additionalProperties":
            made.setdefault(name, value)
        elif name == "properties":
            made[name] = {inner: _again(made[name].get(inner), schema) for inner, schema in value.items()}
        elif name == "items":
            made[name] = _again(made.get(name), value)
        elif name == "anyOf" and value[-1] == {"type": "null"}:
            assert [each.pop("nullable", None) for each in made[name]] == [True] * (len(value) - 1)
            made[name] = [*made[name], {"type": "null"}]
    return made
