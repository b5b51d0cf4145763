"""Gemini requests as chat requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from clients.apart.differential.comparison import rule

from pyproxy.dialects.translation.schemas import instruction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clients.apart.differential.requests import Json, Meaning

HI: Final = {"role": "user", "parts": [{"text": "hi"}]}
PICTURE: Final = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
DECLARED: Final = [{"functionDeclarations": [{"name": "look"}, {"name": "read"}]}]


def ask(*contents: Json, **members: Any) -> Json:
    """A Gemini request."""
    return {"contents": list(contents) or [HI], **members}


def called(response: Json, *, identifier: str | None = None, said: tuple[Json, ...] = ()) -> tuple[Json, Json]:
    """A call, and what came of it."""
    named = {"name": "look"} if identifier is None else {"id": identifier, "name": "look"}
    answer = {"role": "model", "parts": [{"functionCall": {**named, "args": {}}}]}
    return answer, {"role": "user", "parts": [{"functionResponse": {**named, "response": response}}, *said]}


@rule("ours", gemini_to_chat=ask({"role": "user", "parts": [{"text": "What is it?"}, PICTURE]}), levels=True)
def images(_body: Json, meaning: Meaning) -> None:
    """litellm takes the texts of a turn and leaves out all else: a question about a picture comes without the picture."""
    turns: list[Any] = []
    for role, items in meaning["turns"]:
        rest = [item for item in items if item[0] != "image"]
        if turns and turns[-1][0] == role:
            turns[-1][1] += rest
        elif rest:
            turns.append([role, rest])
    meaning["turns"] = turns


@rule("ours", gemini_to_chat=ask(HI, *called({"result": "sun"}, said=({"text": "and tomorrow?"},))))
def results_behind_what_is_said(_body: Json, theirs: Meaning) -> None:
    """Messages of tools come right behind the calls, or OpenAI refuses the request; litellm puts what the user says between them."""
    for _, items in theirs["turns"]:
        items.sort(key=lambda item: item[0] != "result")


@rule("ours", gemini_to_chat=ask(HI, *called({"a": 1}, identifier="c1")), levels=True)
def ids_of_calls(_body: Json, meaning: Meaning) -> None:
    """litellm forgets ids and makes all of a tool's calls `call_` and its name, the same for each; ours keeps ids, and makes up different
    ones.
    """
    calls = [item for role, items in meaning["turns"] for item in items if item[0] == "call"]
    results = [item for role, items in meaning["turns"] for item in items if item[0] == "result"]
    identifiers = {call[1] for call in calls}
    assert all(result[1] in identifiers for result in results)
    for item in (*calls, *results):
        item[1] = "one that the two share"


@rule("ours", gemini_to_chat=ask(HI, *called({"result": "sun"})))
def results_that_are_texts(_body: Json, theirs: Meaning) -> None:
    """SDKs of Google's wrap what a function returns as its `result`; ours unwraps a text, litellm hands on the wrapping as JSON."""
    for item in _items(theirs, "result"):
        if not item[2]:
            continue
        response = json.loads(item[2][0][1])
        wrapped = response.get("result") if len(response) == 1 else None
        item[2] = [["text", wrapped if isinstance(wrapped, str) else json.dumps(response, ensure_ascii=False)]]


@rule("both", gemini_to_chat=ask(HI, {"role": "model", "parts": [{"text": "yes"}, {"text": "no"}]}, HI), levels=True)
def texts_of_an_answer(_body: Json, meaning: Meaning) -> None:
    """An answer in parts comes back as one text or as its parts: clients put them together as they come."""
    for role, items in meaning["turns"]:
        if role == "assistant":
            text = "".join(item[1] for item in items if item[0] == "text")
            items[:] = [*([["text", text]] if text else []), *(item for item in items if item[0] != "text")]


@rule("ours", gemini_to_chat=ask(generationConfig={"responseMimeType": "application/json"}))
def any_json(body: Json, theirs: Meaning) -> None:
    """litellm asks for JSON only where there is a schema; without one it is a `json_object` in chat, which OpenAI refuses unless a message
    speaks of JSON, too: ours has one do so.
    """
    if body.get("generationConfig", {}).get("responseMimeType") == "application/json":
        theirs["format"] = "json"
        if "json" not in json.dumps([theirs["system"], theirs["turns"]]).lower():
            theirs["system"].insert(0, instruction(None))


@rule(
    "ours",
    gemini_to_chat=ask(tools=DECLARED, toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}}),
)
def tools_that_are_allowed(body: Json, theirs: Meaning) -> None:
    """litellm forgets `allowedFunctionNames`, so that any tool may be called; ours offers those alone, and names the one if it is one."""
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    if allowed := calling.get("allowedFunctionNames"):
        theirs["tools"] = {name: tool for name, tool in theirs["tools"].items() if name in allowed}
        theirs["choice"] = allowed[0]


def _items(meaning: Meaning, kind: str) -> Iterator[list[Any]]:
    return (item for _, items in meaning["turns"] for item in items if item[0] == kind)
