"""Content: what a request asks for, and the answer as a candidate, whole, as events or as an array of chunks."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pyproxy.providers.mock.answer import Answer, Ask, Tool, pieces
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.gemini.errors import error_body
from pyproxy.providers.mock.reading import words
from pyproxy.providers.mock.reply import Stream
from pyproxy.providers.mock.signing import seal

Json = dict[str, Any]

_REASONS: Final = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}
_BROKEN: Final = '{"candidates": [{"content": {"parts": [{"text": '


def read_ask(request: Json, model: str, *, stream: bool) -> Ask:
    """Give what a checked request asks for."""
    contents = request["contents"]
    generation = request.get("generationConfig") or {}
    last = contents[-1]
    users = [text for content in contents if content.get("role", "user") == "user" and (text := _text(content))]
    return Ask(
        model=model,
        stream=stream,
        question=users[-1] if users else "",
        user_spoke_last=last.get("role", "user") == "user" and not any("functionResponse" in part for part in last["parts"]),
        prefill=_text(last) if last.get("role") == "model" else None,
        tools=_tools(request),
        wants_json=generation.get("responseMimeType") == "application/json",
        schema=generation.get("responseSchema") or generation.get("responseJsonSchema"),
        thinking=(generation.get("thinkingConfig") or {}).get("includeThoughts") is True,
        max_tokens=generation.get("maxOutputTokens"),
        stop=tuple(generation.get("stopSequences") or ()),
        prompt_tokens=count_words(request),
    )


def count_words(request: Json) -> int:
    """Count the words of a request's contents and of its system instruction; what is not text is one word a part."""
    contents = [*request.get("contents", ()), *([request["systemInstruction"]] if "systemInstruction" in request else [])]
    return sum(words(part["text"]) if "text" in part else 1 for content in contents for part in content["parts"])


def _text(content: Json) -> str:
    return " ".join(part["text"] for part in content["parts"] if "text" in part and not part.get("thought"))


def _tools(request: Json) -> tuple[Tool, ...]:
    calling = (request.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if calling.get("mode", "AUTO").upper() == "NONE":
        return ()
    declared = [each for tool in request.get("tools") or () for each in tool.get("functionDeclarations") or ()]
    allowed = calling.get("allowedFunctionNames") or [each["name"] for each in declared]
    return tuple(
        Tool(each["name"], each.get("parameters") or each.get("parametersJsonSchema")) for each in declared if each["name"] in allowed
    )


class Rendering:
    """One answer in Gemini's shapes.

    Args:
        ask: What was asked.
        answer: What is said.
        number: Number of the answer, from which it has its id.
        candidates: How many of it are asked for.
    """

    def __init__(self, ask: Ask, answer: Answer, number: int, candidates: int = 1) -> None:
        self._candidates = candidates
        self._ask = ask
        self._answer = answer
        self._number = number

    def response(self) -> Json:
        """Give the whole answer."""
        answer = self._answer
        parts: list[Json] = [{"text": answer.thinking, "thought": True}] if answer.thinking else []
        if answer.text:
            parts.append({"text": answer.text, **self._signature()})
        return self._chunk([*parts, *self._calls()], answer.tokens, _REASONS[answer.finish])

    def stream(self, behaviour: Behaviour, *, events: bool) -> Stream:
        """Give the same answer as a stream.

        Args:
            behaviour: Says how many chunks the text has, and which fault to play.
            events: Whether as server-sent events; an array of chunks otherwise.
        """
        chunks = self._chunks(behaviour.chunks)
        answer = self._answer
        final: list[Json] = [{"text": "", **({} if answer.calls else self._signature())}]
        last = self._chunk(final, answer.tokens, _REASONS[answer.finish])
        error = error_body(behaviour, self._ask.model)
        if events:
            return Stream(
                opening=[],
                content=(_event(json.dumps(chunk)) for chunk in chunks),
                closing=[_event(json.dumps(last))],
                error=_event(json.dumps(error)),
                malformed=_event(_BROKEN),
                keep_alive=b"",
            )
        # Each element of the array is behind a comma, but for the first, which is behind the bracket.
        joined = (("" if index == 0 else ",\r\n") + json.dumps(chunk, indent=2) for index, chunk in enumerate(chunks))
        comma = "" if behaviour.fault() == ("error", 0) else ",\r\n"
        final_comma = ",\r\n" if answer.calls or answer.thinking or pieces(answer.text, behaviour.chunks) else ""
        closing = [(final_comma + json.dumps(last, indent=2) + "\n").encode()]
        return Stream(
            opening=[b"["],
            content=(f"{each}\n".encode() for each in joined),
            closing=closing if behaviour.omit_done else [*closing, b"]\n"],
            error=(comma + json.dumps(error, indent=2) + "\n]").encode(),
            malformed=(comma + _BROKEN + "\n").encode(),
            keep_alive=b"",
        )

    def _chunks(self, count: int | None) -> Iterator[Json]:
        said = 0
        for piece in pieces(self._answer.thinking, count):
            said += 1
            yield self._chunk([{"text": piece, "thought": True}], said)
        for piece in pieces(self._answer.text, count):
            said += 1
            yield self._chunk([{"text": piece}], said)
        for call in self._calls():
            said += 1
            yield self._chunk([call], said)

    def _calls(self) -> list[Json]:
        # A call has no id here, and of several at once only the first is signed.
        signed = {"thoughtSignature": seal(f"thought {self._number}")}
        return [
            {"functionCall": {"name": call.name, "args": _read(call.arguments)}, **({} if index else signed)}
            for index, call in enumerate(self._answer.calls)
        ]

    def _signature(self) -> Json:
        return {"thoughtSignature": seal(f"thought {self._number}")} if self._answer.thinking else {}

    def _chunk(self, parts: list[Json], said: int, reason: str | None = None) -> Json:
        candidate: Json = {"content": {"parts": parts, "role": "model"}}
        if not parts:
            candidate["content"] = {"role": "model"}
        if reason is not None:
            candidate["finishReason"] = reason
        prompt = self._ask.prompt_tokens
        thoughts = min(self._answer.thinking_tokens, said)
        usage: Json = {"promptTokenCount": prompt, "candidatesTokenCount": said - thoughts, "totalTokenCount": prompt + said}
        usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": prompt}]
        if thoughts:
            usage["thoughtsTokenCount"] = thoughts
        return {
            "candidates": [{**candidate, "index": index} for index in range(self._candidates)],
            "usageMetadata": usage,
            "modelVersion": self._ask.model,
            "responseId": f"mock{self._number}",
        }


def _read(arguments: str) -> Any:
    """Give a call's arguments as the object that they are here; what cannot be read is an empty one."""
    try:
        return json.loads(arguments)
    except ValueError:
        return {}


def _event(data: str) -> bytes:
    return f"data: {data}\r\n\r\n".encode()
