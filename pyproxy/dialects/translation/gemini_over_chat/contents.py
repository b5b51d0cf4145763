"""A Gemini conversation as that of the chat API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.arguments import arguments_text
from pyproxy.dialects.translation.gemini.call_ids import made_id
from pyproxy.dialects.translation.gemini.signatures import extra_content, is_made_up, unseal, unseal_signature
from pyproxy.dialects.translation.gemini_over_chat.parts import content_of, media_of

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["messages_of"]


def messages_of(body: Fields, call: Call) -> list[Json]:
    """Return the messages of a Gemini request, its instructions first.

    Raises:
        UntranslatableError: there are none, or there is something in them that the chat API does not know.
    """
    turns = _Turns(call)
    instruction = body.get("systemInstruction")
    if instruction is not None:
        turns.instruct(_content(body, "systemInstruction", instruction))
    contents = body.get("contents")
    for place, content in enumerate(contents if isinstance(contents, list) else [contents]):
        if content is not None:
            turns.add(_content(body, f"contents[{place}]", content))
    if not turns.messages:
        raise body.fault("contents", "contents holds nothing to answer.")
    return turns.messages


def _content(body: Fields, name: str, value: Any) -> Fields:
    return body.inner(name, {"parts": [{"text": value}]} if isinstance(value, str) else value)


class _Turns:
    """The messages so far, and the calls of tools that no result has come for."""

    def __init__(self, call: Call) -> None:
        self.messages: list[Json] = []
        self._call = call
        self._calls = 0
        self._open: list[tuple[str, str]] = []

    def instruct(self, content: Fields) -> None:
        content.get("role")
        texts = [_text(part) for part in content.objects("parts")]
        content.done()
        if any(texts):
            self.messages.append({"role": "system", "content": content_of([{"type": "text", "text": text} for text in texts if text])})

    def add(self, content: Fields) -> None:
        role = content.text("role") or "user"
        parts = content.objects("parts")
        if role == "model":
            self._model(parts)
        elif role in ("user", "function", "tool"):
            self._user(parts)
        elif role == "system":
            self.instruct(content)
        else:
            raise content.fault("role", f"{content.at('role')} is none that there is: {role!r}.")
        content.done()

    def _user(self, parts: list[Fields]) -> None:
        """Results of tools first, as the chat API wants them, then whatever else is said."""
        said: list[Json] = []
        for part in parts:
            result = part.object("functionResponse")
            if result is not None:
                self.messages.append(self._result(result, said))
                part.get("thoughtSignature")
            else:
                media, text = media_of(part, self._call.capabilities), part.text("text")
                said += [] if media is None else [media]
                said += [] if text is None else [{"type": "text", "text": text}]
                part.get("thought")
            part.done()
        if said:
            self.messages.append({"role": "user", "content": content_of(said)})

    def _model(self, parts: list[Fields]) -> None:
        message: Json = {"role": "assistant"}
        said: list[Json] = []
        calls: list[Json] = []
        thoughts = ""
        signed: list[Json] = []
        for part in parts:
            blocks = self._signed_thoughts(part)
            signed += blocks or []
            signature = self._signature(part) if blocks is None else None
            called = part.object("functionCall")
            if called is not None:
                calls.append(self._tool_call(called, signature))
            elif part.flag("thought"):
                thoughts += part.text("text") or ""
            else:
                said.append({"type": "text", "text": part.text("text") or ""})
            if signature is not None and called is None:
                message["extra_content"] = extra_content(signature)
            part.done()
        said = [part for part in said if part["text"]]
        message["content"] = content_of(said) if said or not calls else None
        if thoughts and self._call.capabilities.reasoning_history:
            message["reasoning_content"] = thoughts
        elif thoughts and not signed:
            parts[0].lose("thought")
        if signed:
            message["thinking_blocks"] = signed
        if calls:
            message["tool_calls"] = calls
        if said or calls or "reasoning_content" in message:
            self.messages.append(message)

    def _signed_thoughts(self, part: Fields) -> list[Json] | None:
        """Thoughts that the provider signed, which clients got as a signature; None if the part's is none of those."""
        signed = unseal(part.text("thoughtSignature") or "")
        if signed is not None and signed.signer != self._call.signer:
            part.lose("thoughtSignature")
            return []
        return None if signed is None else signed.blocks

    def _signature(self, part: Fields) -> str | None:
        """The signature of a part, as the provider gave it; None if it has none, or another's, such as Google's own."""
        told = part.text("thoughtSignature")
        if not told or is_made_up(told):
            return None
        signature = unseal_signature(told, self._call.signer)
        if signature is None:
            part.lose("thoughtSignature")
        return signature

    def _tool_call(self, called: Fields, signature: str | None) -> Json:
        name, arguments = called.needed("name"), called.get("args")
        if arguments is not None and not isinstance(arguments, dict):
            raise called.fault("args", f"{called.at('args')} is not an object.")
        # By its place alone: so the same conversation has the same ids at each turn, and caches of prompts know it again.
        identifier = called.text("id") or made_id("contents", self._calls)
        self._calls += 1
        self._open.append((identifier, name))
        try:
            written = arguments_text(arguments or {})
        except ValueError:
            raise called.fault("args", f"{called.at('args')} is nested too deeply.") from None
        called.done()
        call: Json = {"id": identifier, "type": "function", "function": {"name": name, "arguments": written}}
        if signature is not None:
            call["extra_content"] = extra_content(signature)
        return call

    def _result(self, result: Fields, said: list[Json]) -> Json:
        """The message of a tool, which is text: what else there is in a result is said by the user, right behind it."""
        name, identifier = result.text("name"), result.text("id")
        called = next((one for one in self._open if one[0] == identifier), None)
        if called is None:
            called = next((one for one in self._open if one[1] == name), None)
        if called is None:
            raise result.fault("", f"{result.where} answers no call of {name!r} that was made before it.")
        self._open.remove(called)
        content = _result_text(result)
        shown = [media_of(part, self._call.capabilities) for part in result.objects("parts")]
        if any(shown):
            said.append({"type": "text", "text": f"The result of the tool call {called[0]}:"})
            said += [media for media in shown if media is not None]
        result.done()
        return {"role": "tool", "tool_call_id": called[0], "content": content}


def _result_text(result: Fields) -> str:
    response = result.get("response")
    if isinstance(response, dict) and len(response) == 1:
        (name, value), *_ = response.items()
        if name in ("result", "output") and isinstance(value, str):
            return value
    try:
        return json.dumps({} if response is None else response, ensure_ascii=False)
    except RecursionError:
        raise result.fault("response", f"{result.at('response')} is nested too deeply.") from None


def _text(part: Fields) -> str:
    text = part.text("text") or ""
    part.get("thought")
    part.done()
    return text
