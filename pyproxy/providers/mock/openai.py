"""The OpenAI dialect: chat completions, streamed and not, the model list, and errors."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, cycle, islice, pairwise
from typing import Any, Final

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai_errors import error_body
from pyproxy.providers.mock.openai_request import ChatAsk
from pyproxy.providers.mock.reply import Reply, Stream

_FRAGMENT: Final = 8
_WORD: Final = re.compile(r"\s*\S+\s*|\s+")
_NAMED_WORDS: Final = 6
_DONE: Final = b"data: [DONE]\n\n"
_BROKEN: Final = b'data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":\n\n'


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the model says: a text, or the arguments of each call with the name of its function."""

    text: str
    calls: tuple[tuple[str, str], ...]
    finish_reason: str

    @property
    def completion_tokens(self) -> int:
        return len(self.text.split()) + sum(len(arguments.split()) for _, arguments in self.calls)


class OpenAI:
    """Renders replies in OpenAI's shapes; owns the counter behind their ids."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def chat(self, ask: ChatAsk, behaviour: Behaviour) -> Reply:
        """Answer a chat completion request as the behaviour says."""
        if behaviour.body is not None:
            return Reply(behaviour.status, behaviour.body, behaviour, self._request_id())
        if behaviour.status >= 400:  # noqa: PLR2004  # the errors begin here
            return self.error(behaviour, ask.model)
        if behaviour.prefill == "refuse" and ask.prefill is not None:
            return self.error(replace(behaviour, status=400, error_code="invalid_prefill"), ask.model)
        number = next(self._numbers)
        answer = _answer(ask, behaviour)
        base = {"id": f"chatcmpl-mock{number}", "created": int(time.time()), "model": ask.model}
        request_id = f"req_mock{number}"
        if ask.stream:
            stream = _stream(base, ask, behaviour, answer, number)
            return Reply(behaviour.status, stream, behaviour, request_id, "text/event-stream; charset=utf-8")
        return Reply(behaviour.status, _completion(base, ask, answer, number), behaviour, request_id)

    def error(self, behaviour: Behaviour, model: str | None, message: str | None = None) -> Reply:
        """Give the error that the behaviour's status means; its delays and faults hold for the error too."""
        body = behaviour.body if behaviour.body is not None else error_body(behaviour, model, message)
        return Reply(behaviour.status, body, behaviour, self._request_id())

    def models(self, names: Sequence[str]) -> Reply:
        """Give the list of models."""
        data = [{"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "mock"} for name in names]
        return Reply(200, json.dumps({"object": "list", "data": data}).encode(), Behaviour(), self._request_id())

    def _request_id(self) -> str:
        return f"req_mock{next(self._numbers)}"


def _answer(ask: ChatAsk, behaviour: Behaviour) -> _Answer:
    if ask.tools and behaviour.tool_calls and ask.last_role == "user":
        names = [behaviour.tool_name] if behaviour.tool_name is not None else ask.tools
        calls = tuple((name, behaviour.tool_arguments) for name in islice(cycle(names), behaviour.tool_calls))
        return _Answer(text="", calls=calls, finish_reason="tool_calls")
    text = behaviour.text
    if text is None:
        heard = " ".join(ask.question.split(None, _NAMED_WORDS)[:_NAMED_WORDS])
        text = f"This is {ask.model}, answering: {heard}" if heard else f"This is {ask.model}."
        if ask.json_answer:
            return _Answer(text=json.dumps({"answer": text}), calls=(), finish_reason="stop")
    if behaviour.chunks == 0:
        text = ""
    elif behaviour.chunks is not None:
        words = text.split()
        if len(words) < behaviour.chunks:
            text = " ".join(islice(cycle(words or ["word"]), behaviour.chunks))
    if behaviour.prefill == "continue" and ask.prefill is not None:
        text = text.removeprefix(ask.prefill)
    return _Answer(text=text, calls=(), finish_reason="stop")


def _usage(ask: ChatAsk, answer: _Answer) -> dict[str, int]:
    completion = answer.completion_tokens
    return {"prompt_tokens": ask.prompt_tokens, "completion_tokens": completion, "total_tokens": ask.prompt_tokens + completion}


def _completion(base: dict[str, Any], ask: ChatAsk, answer: _Answer, number: int) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.calls:
        message["content"] = None
        message["tool_calls"] = [
            {"id": _call_id(number, index), "type": "function", "function": {"name": name, "arguments": arguments}}
            for index, (name, arguments) in enumerate(answer.calls)
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}
    return json.dumps({**base, "object": "chat.completion", "choices": [choice], "usage": _usage(ask, answer)}).encode()


def _stream(base: dict[str, Any], ask: ChatAsk, behaviour: Behaviour, answer: _Answer, number: int) -> Stream:
    # Everything but the delta is the same in each chunk, so it is written once: a stream may have thousands.
    head = "data: " + json.dumps({**base, "object": "chat.completion.chunk"})[:-1] + ', "choices": '
    tail = ', "usage": null}\n\n' if ask.include_usage else "}\n\n"

    def chunk(delta: str, finish_reason: str = "null") -> bytes:
        choice = f'{{"index": 0, "delta": {delta}, "logprobs": null, "finish_reason": {finish_reason}}}'
        return f"{head}[{choice}]{tail}".encode()

    if answer.calls:
        deltas = (json.dumps(delta) for delta in _call_deltas(answer, number))
    else:
        deltas = (f'{{"content": {json.dumps(piece)}}}' for piece in _pieces(answer.text, behaviour.chunks))
    closing = [chunk("{}", json.dumps(answer.finish_reason))]
    if ask.include_usage:
        closing.append(f'{head}[], "usage": {json.dumps(_usage(ask, answer))}}}\n\n'.encode())
    if not behaviour.omit_done:
        closing.append(_DONE)
    role = {"role": "assistant", "content": None if answer.calls else "", "refusal": None}
    return Stream(
        opening=[chunk(json.dumps(role))] if behaviour.include_role_chunk else [],
        content=map(chunk, deltas),
        closing=closing,
        error=b"data: " + error_body(behaviour, ask.model) + b"\n\n",
        malformed=_BROKEN,
    )


def _call_deltas(answer: _Answer, number: int) -> Iterator[dict[str, Any]]:
    for index, (name, arguments) in enumerate(answer.calls):
        start = {"index": index, "id": _call_id(number, index), "type": "function", "function": {"name": name, "arguments": ""}}
        yield {"tool_calls": [start]}
        for at in range(0, len(arguments), _FRAGMENT):
            yield {"tool_calls": [{"index": index, "function": {"arguments": arguments[at : at + _FRAGMENT]}}]}


def _call_id(number: int, index: int) -> str:
    return f"call_mock{number}_{index}"


def _pieces(text: str, chunks: int | None) -> list[str]:
    """Cut a text into words, grouped evenly if fewer chunks are wanted; joined they are the text."""
    words = _WORD.findall(text)
    if chunks is None or len(words) <= chunks:
        return words
    edges = [index * len(words) // chunks for index in range(chunks + 1)] if chunks else []
    return ["".join(words[start:end]) for start, end in pairwise(edges)]
