"""What is asked and what the model says to it, in no API's shape yet: every API reads an `Ask` and renders an `Answer`."""

import json
import re
from dataclasses import dataclass, replace
from itertools import cycle, islice, pairwise
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.sample import sample

Finish: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter"]

_NAMED_WORDS: Final = 6
_THOUGHT: Final = "Let me think about it."
_WORD: Final = re.compile(r"\s*\S+\s*|\s+")


class Tool(NamedTuple):
    """A function that may be called, with the JSON Schema of its arguments."""

    name: str
    schema: Any = None


class Call(NamedTuple):
    """A function called, with its arguments as text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a request asks for.

    Attributes:
        model: Model name, whole.
        prompt_tokens: Words of all messages, counted by their spaces.
        stream: Whether to stream.
        question: Text of the last user message.
        user_spoke_last: Whether the user had the last word, and no tool: the time to call one.
        tools: The functions that may be called now; empty if none are offered, or none may be called.
        parallel: Whether several may be called at once.
        prefill: Text of the last message, if it is the model's own: an answer to go on with.
        wants_json: Whether the answer shall be JSON.
        schema: JSON Schema of that answer, or None.
        thinking: Whether reasoning is asked for.
        max_tokens: Words that the answer may have, or None.
        stop: Strings at which it ends.
    """

    model: str
    prompt_tokens: int
    stream: bool = False
    question: str = ""
    user_spoke_last: bool = True
    tools: tuple[Tool, ...] = ()
    parallel: bool = True
    prefill: str | None = None
    wants_json: bool = False
    schema: Any = None
    thinking: bool = False
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: a text or calls, perhaps after thinking.

    Attributes:
        text: The text; empty if functions are called.
        calls: The functions called.
        thinking: The reasoning; empty without.
        finish: Why it ended.
        stop_sequence: The string that ended it, or None.
    """

    text: str
    calls: tuple[Call, ...] = ()
    thinking: str = ""
    finish: Finish = "stop"
    stop_sequence: str | None = None

    @property
    def thinking_tokens(self) -> int:
        """Words of the reasoning."""
        return len(self.thinking.split())

    @property
    def tokens(self) -> int:
        """Words of all that was said, the reasoning included."""
        return len(self.text.split()) + sum(len(call.arguments.split()) for call in self.calls) + self.thinking_tokens


def decide(ask: Ask, behaviour: Behaviour) -> Answer:
    """Decide what the model says."""
    thinking = ""
    if ask.thinking:
        thinking = _THOUGHT if behaviour.thinking is None else behaviour.thinking
    if ask.tools and behaviour.tool_calls and ask.user_spoke_last:
        return Answer(text="", calls=_calls(ask, behaviour), thinking=thinking, finish="tool_calls")
    answer = _limited(Answer(text=_text(ask, behaviour), thinking=thinking), ask)
    return answer if behaviour.finish is None else replace(answer, finish=behaviour.finish)


def _calls(ask: Ask, behaviour: Behaviour) -> tuple[Call, ...]:
    tools = [Tool(behaviour.tool_name)] if behaviour.tool_name is not None else ask.tools
    count = behaviour.tool_calls if ask.parallel else 1
    given = behaviour.tool_arguments
    return tuple(Call(tool.name, json.dumps(sample(tool.schema)) if given is None else given) for tool in islice(cycle(tools), count))


def _text(ask: Ask, behaviour: Behaviour) -> str:
    text = behaviour.text
    if text is None:
        if ask.wants_json and ask.schema is not None:
            return json.dumps(sample(ask.schema))
        heard = " ".join(ask.question.split(None, _NAMED_WORDS)[:_NAMED_WORDS])
        text = f"This is {ask.model}, answering: {heard}" if heard else f"This is {ask.model}."
        if ask.wants_json:
            return json.dumps({"answer": text})
    if behaviour.chunks == 0:
        text = ""
    elif behaviour.chunks is not None:
        words = text.split()
        if len(words) < behaviour.chunks:
            text = " ".join(islice(cycle(words or ["word"]), behaviour.chunks))
    if behaviour.prefill == "continue" and ask.prefill is not None:
        text = text.removeprefix(ask.prefill)
    return text


def _limited(answer: Answer, ask: Ask) -> Answer:
    """Cut an answer where a stop string or the limit of tokens ends it, whichever comes first."""
    text = answer.text
    found = min(((at, stop) for stop in ask.stop if stop and (at := text.find(stop)) >= 0), default=None)
    if found is not None:
        text = text[: found[0]]
        answer = replace(answer, text=text, stop_sequence=found[1])
    if ask.max_tokens is not None and len(words := _WORD.findall(text)) > ask.max_tokens:
        return replace(answer, text="".join(words[: ask.max_tokens]), finish="length", stop_sequence=None)
    return answer


def pieces(text: str, chunks: int | None) -> list[str]:
    """Cut a text into words, grouped evenly if fewer chunks are wanted; joined they are the text."""
    words = _WORD.findall(text)
    if chunks is None or len(words) <= chunks:
        return words
    edges = [index * len(words) // chunks for index in range(chunks + 1)] if chunks else []
    return ["".join(words[start:end]) for start, end in pairwise(edges)]


def fragments(arguments: str, size: int = 8) -> list[str]:
    """Cut the arguments of a call into the fragments that a stream brings."""
    return [arguments[at : at + size] for at in range(0, len(arguments), size)]
