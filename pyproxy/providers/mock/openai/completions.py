"""The older completions: a prompt or several, each with a choice of its own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

from pyproxy.providers.mock.answer import Ask, decide, pieces
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai import checks
from pyproxy.providers.mock.openai.checks import Check
from pyproxy.providers.mock.openai.errors import error_body
from pyproxy.providers.mock.reading import mapping, words
from pyproxy.providers.mock.reply import BadRequestError, Stream

KNOWN: Final[Mapping[str, Check]] = {
    **dict.fromkeys(("logit_bias", "logprobs", "seed", "suffix", "user", "model", "prompt", "stream_options"), checks.anything),
    **checks.SAMPLING,
    "best_of": partial(checks.integer, least=1),
    "echo": checks.boolean,
    "max_tokens": partial(checks.integer, least=0),
    "n": partial(checks.integer, least=1),
    "stop": checks.stops,
    "stream": checks.boolean,
}
_DONE: Final = b"data: [DONE]\n\n"
_BROKEN: Final = b'data: {"id":"cmpl-broken","choices":[{"index":0,"text":\n\n'


@dataclass(frozen=True, slots=True)
class CompletionAsk:
    """What a completion request asks for: one answer to each prompt."""

    asks: tuple[Ask, ...]
    echo: bool
    stream: bool
    include_usage: bool


def read_completion(document: dict[str, Any], model: str) -> CompletionAsk:
    """Read a parsed request.

    Raises:
        BadRequestError: If the API would refuse it.
    """
    prompt = document.get("prompt", "")
    prompts = prompt if isinstance(prompt, list) and not all(isinstance(each, int) for each in prompt) else [prompt]
    stop = document.get("stop")
    limit = document.get("max_tokens")
    asks = tuple(
        Ask(
            model=model,
            question=_heard(each),
            prompt_tokens=words(each) if isinstance(each, str) else len(each),
            max_tokens=16 if limit is None else limit,
            stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        )
        for each in prompts
    )
    stream = document.get("stream") is True
    options = mapping(document.get("stream_options"))
    if options and not stream:
        raise BadRequestError("The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options")
    echo = document.get("echo") is True
    return CompletionAsk(asks, echo, stream, options.get("include_usage") is True)


def _heard(prompt: Any) -> str:
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, list) and all(isinstance(each, int) for each in prompt):
        return f"{len(prompt)} tokens"
    raise checks.wrong_type("prompt", "one of a string, array of strings, array of integers, or array of integer arrays", prompt)


def completion(base: dict[str, Any], asked: CompletionAsk, behaviour: Behaviour) -> dict[str, Any]:
    """Give a whole answer."""
    answers = [(ask, decide(ask, behaviour)) for ask in asked.asks]
    choices = [
        {
            "index": index,
            "text": (ask.question if asked.echo else "") + answer.text,
            "logprobs": None,
            "finish_reason": answer.finish,
        }
        for index, (ask, answer) in enumerate(answers)
    ]
    return {**base, "object": "text_completion", "choices": choices, "usage": _usage(asked, sum(each.tokens for _, each in answers))}


def stream(base: dict[str, Any], asked: CompletionAsk, behaviour: Behaviour) -> Stream:
    """Give the same answer as a stream."""
    answers = [(ask, decide(ask, behaviour)) for ask in asked.asks]
    head = {**base, "object": "text_completion"}

    def event(document: dict[str, Any]) -> bytes:
        return f"data: {json.dumps({**head, **document})}\n\n".encode()

    def chunk(index: int, text: str, finish: str | None = None) -> bytes:
        return event({"choices": [{"index": index, "text": text, "logprobs": None, "finish_reason": finish}]})

    def content() -> Iterator[bytes]:
        for index, (ask, answer) in enumerate(answers):
            for piece in chain([ask.question] if asked.echo else [], pieces(answer.text, behaviour.chunks)):
                yield chunk(index, piece)

    closing = [chunk(index, "", answer.finish) for index, (_, answer) in enumerate(answers)]
    if asked.include_usage:
        closing.append(event({"choices": [], "usage": _usage(asked, sum(each.tokens for _, each in answers))}))
    if not behaviour.omit_done:
        closing.append(_DONE)
    error = b"data: " + error_body(behaviour, asked.asks[0].model) + b"\n\n"
    return Stream(opening=[], content=content(), closing=closing, error=error, malformed=_BROKEN)


def _usage(asked: CompletionAsk, said: int) -> dict[str, int]:
    prompt = sum(ask.prompt_tokens for ask in asked.asks)
    return {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}
