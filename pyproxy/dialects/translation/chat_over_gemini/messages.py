"""A chat conversation as Gemini's: instructions apart, turns of user and model in alternation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyproxy.dialects.translation.arguments import read_arguments
from pyproxy.dialects.translation.chat_over_gemini.parts import parts_of, texts_of
from pyproxy.dialects.translation.gemini.models import checks_signatures
from pyproxy.dialects.translation.gemini.signatures import UNSIGNED, signature_of

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["Conversation", "conversation_of"]


class Conversation(NamedTuple):
    """Gemini's ``systemInstruction`` and ``contents``; the former None if there is none."""

    instruction: Json | None
    contents: list[Json]


def conversation_of(body: Fields, call: Call) -> Conversation:
    """Return the conversation of a chat request.

    Raises:
        UntranslatableError: there is none, or there is something in it that Gemini does not know.
    """
    turns = _Turns(call)
    for message in body.objects("messages"):
        turns.add(message)
    if turns.contents:
        return Conversation({"parts": turns.instructions} if turns.instructions else None, turns.contents)
    if not turns.instructions:
        raise body.fault("messages", "messages holds nothing to answer.")
    # Chat answers to instructions alone, Gemini wants something said to it.
    return Conversation(None, [{"role": "user", "parts": turns.instructions}])


class _Turns:
    """The turns so far, and the names of the tools that were called in them."""

    def __init__(self, call: Call) -> None:
        self.instructions: list[Json] = []
        self.contents: list[Json] = []
        self._call = call
        self._tools: dict[str, str] = {}

    def add(self, message: Fields) -> None:
        role = message.text("role")
        if role in ("system", "developer"):
            self.instructions += [{"text": text} for text in texts_of(message)]
        elif role == "user":
            self._say("user", parts_of(message, self._call.capabilities) or [{"text": ""}])
        elif role == "assistant":
            self._assistant(message)
        elif role == "tool":
            self._result(message)
        else:
            raise message.fault("role", f"{message.at('role')} is none that this provider knows: {role!r}.")
        message.done()

    def _say(self, role: str, parts: list[Json]) -> None:
        """Add to the turn of whoever speaks."""
        if self.contents and self.contents[-1]["role"] == role:
            self.contents[-1]["parts"] += parts
        elif parts:
            self.contents.append({"role": role, "parts": list(parts)})

    def _assistant(self, message: Fields) -> None:
        reasoning = message.get("reasoning_content")
        thoughts: list[Json] = []
        if isinstance(reasoning, str) and reasoning:
            thoughts = [{"text": reasoning, "thought": True}]
        elif reasoning:
            message.lose("reasoning_content")
        said = parts_of(message, self._call.capabilities)
        refusal = message.text("refusal")
        if refusal:
            said.append({"text": refusal})
        signature = signature_of({"extra_content": message.get("extra_content")})
        if signature is not None:
            said = said or [{"text": ""}]
            said[-1]["thoughtSignature"] = signature
        if message.get("function_call") is not None:
            raise message.fault("function_call", "function_call is of an API that was given up; use tool_calls.")
        calls = [self._tool_call(call) for call in message.objects("tool_calls")]
        if calls and "thoughtSignature" not in calls[0] and checks_signatures(self._call.model):
            calls[0]["thoughtSignature"] = UNSIGNED
        self._say("model", [*thoughts, *said, *calls])

    def _tool_call(self, call: Fields) -> Json:
        if call.text("type") not in (None, "function"):
            raise call.fault("type", f"{call.where} calls a tool of a type that this provider does not know.")
        function = call.object("function")
        if function is None:
            raise call.fault("function", f"{call.at('function')} is missing.")
        identifier, name = call.needed("id"), function.needed("name")
        self._tools[identifier] = name
        arguments = read_arguments(function.get("arguments"))
        if not arguments.exact:
            function.lose("arguments")
        part: Json = {"functionCall": {"id": identifier, "name": name, "args": arguments.value}}
        signature = signature_of({"extra_content": call.get("extra_content")})
        if signature is not None:
            part["thoughtSignature"] = signature
        call.get("index")
        call.done()
        function.done()
        return part

    def _result(self, message: Fields) -> None:
        identifier, name = message.needed("tool_call_id"), message.text("name")
        name = self._tools.get(identifier) or name
        if not name:
            raise message.fault("tool_call_id", f"No tool was called before with the id of {message.at('tool_call_id')}.")
        # Wrapped as it is: what the text says is not for us to take apart, and so it comes back as it went.
        response = {"result": "".join(texts_of(message))}
        self._answer({"functionResponse": {"id": identifier, "name": name, "response": response}})

    def _answer(self, result: Json) -> None:
        """Add a tool's result: after the results that are there, before whatever else the user says in this turn."""
        if not self.contents or self.contents[-1]["role"] != "user":
            self.contents.append({"role": "user", "parts": []})
        parts = self.contents[-1]["parts"]
        place = next((index for index, part in enumerate(parts) if "functionResponse" not in part), len(parts))
        parts.insert(place, result)
