"""Chat completions, whole and streamed."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from pyproxy.providers.mock.answer import Answer, fragments, pieces
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai.chat_request import ChatAsk
from pyproxy.providers.mock.openai.errors import error_body
from pyproxy.providers.mock.reply import Stream

_DONE: Final = b"data: [DONE]\n\n"
_BROKEN: Final = b'data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":\n\n'


def usage(ask: ChatAsk, answer: Answer) -> dict[str, int]:
    """Give the tokens of a request and its answer."""
    completion = answer.tokens * ask.choices
    return {"prompt_tokens": ask.prompt_tokens, "completion_tokens": completion, "total_tokens": ask.prompt_tokens + completion}


def completion(base: dict[str, Any], ask: ChatAsk, answer: Answer, number: int) -> dict[str, Any]:
    """Give a whole answer.

    Args:
        base: What it has in common with the chunks of a stream: id, created, model.
        ask: What was asked.
        answer: What is said.
        number: Number of the answer, from which its calls have their ids.
    """
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.calls:
        message["content"] = None
        message["tool_calls"] = [
            {"id": _call_id(number, index), "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for index, call in enumerate(answer.calls)
        ]
    choice = {"message": message, "logprobs": None, "finish_reason": answer.finish}
    choices = [{"index": index, **choice} for index in range(ask.choices)]
    return {**base, "object": "chat.completion", "choices": choices, "usage": usage(ask, answer)}


def stream(base: dict[str, Any], ask: ChatAsk, behaviour: Behaviour, answer: Answer, number: int) -> Stream:
    """Give the same answer as a stream; the arguments are those of `completion`."""
    # Everything but the delta is the same in each chunk, so it is written once: a stream may have thousands.
    head = "data: " + json.dumps({**base, "object": "chat.completion.chunk"})[:-1] + ', "choices": '
    tail = ', "usage": null}\n\n' if ask.include_usage else "}\n\n"

    def chunks(delta: str, finish_reason: str = "null") -> Iterator[bytes]:
        """The same of each choice, which come in turns."""
        for index in range(ask.choices):
            choice = f'{{"index": {index}, "delta": {delta}, "logprobs": null, "finish_reason": {finish_reason}}}'
            yield f"{head}[{choice}]{tail}".encode()

    if answer.calls:
        deltas = (json.dumps(delta) for delta in _call_deltas(answer, number))
    else:
        deltas = (f'{{"content": {json.dumps(piece)}}}' for piece in pieces(answer.text, behaviour.chunks))
    closing = [*chunks("{}", json.dumps(answer.finish))]
    if ask.include_usage:
        closing.append(f'{head}[], "usage": {json.dumps(usage(ask, answer))}}}\n\n'.encode())
    if not behaviour.omit_done:
        closing.append(_DONE)
    role = {"role": "assistant", "content": None if answer.calls else "", "refusal": None}
    return Stream(
        opening=[*chunks(json.dumps(role))] if behaviour.include_role_chunk else [],
        content=chain.from_iterable(map(chunks, deltas)),
        closing=closing,
        error=b"data: " + error_body(behaviour, ask.model) + b"\n\n",
        malformed=_BROKEN,
    )


def _call_deltas(answer: Answer, number: int) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(answer.calls):
        start = {"index": index, "id": _call_id(number, index), "type": "function", "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [start]}
        for fragment in fragments(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}


def _call_id(number: int, index: int) -> str:
    return f"call_mock{number}_{index}"
