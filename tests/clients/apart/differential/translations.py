"""The same translations, ours and litellm's, side by side."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clients.apart.differential import answers, requests
from clients.apart.environments import python_with

from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, UntranslatableError
from pyproxy.domain.capabilities import ALL_CAPABILITIES, Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.apart.differential.requests import Json, Meaning

    from pyproxy.dialects.translation.translator import Translator

__all__ = ["REFUSED", "TRANSLATIONS", "Case", "Litellm", "ours"]

REFUSED: Final = {"refused": True}
"""The meaning of a body that a translation does not take."""

_APART = Path(__file__).parent.parent
# litellm knows by a model's name what ours is told.
_CAPABILITIES: Final = {
    "claude-opus-4-7": Capabilities(sampling=False, prefill=False),
    "gpt-5": Capabilities(sampling=False),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A body, or the data of a stream's events, and the translation that it goes through."""

    translation: str
    body: Any


@dataclass(frozen=True, slots=True)
class Translation:
    """One of ours, by its translator and what of it is used, and how to tell what it comes to mean."""

    translator: Translator
    meaning: Callable[[Any], Meaning]
    part: str


TRANSLATIONS: Final = {
    "chat_to_messages": Translation(CHAT_OVER_MESSAGES, requests.of_messages, "request"),
    "chat_to_gemini": Translation(CHAT_OVER_GEMINI, requests.of_gemini, "request"),
    "messages_to_chat": Translation(MESSAGES_OVER_CHAT, requests.of_chat, "request"),
    "gemini_to_chat": Translation(GEMINI_OVER_CHAT, requests.of_chat, "request"),
    "message_as_chat": Translation(CHAT_OVER_MESSAGES, answers.of_completion, "response"),
    "gemini_as_chat": Translation(CHAT_OVER_GEMINI, answers.of_completion, "response"),
    "chat_as_message": Translation(MESSAGES_OVER_CHAT, answers.of_message, "response"),
    "chat_as_gemini": Translation(GEMINI_OVER_CHAT, answers.of_candidate, "response"),
    "message_events_as_chat": Translation(
        CHAT_OVER_MESSAGES, lambda chunks: answers.of_completion(answers.chat_of_chunks(chunks)), "stream"
    ),
    "gemini_chunks_as_chat": Translation(CHAT_OVER_GEMINI, lambda chunks: answers.of_completion(answers.chat_of_chunks(chunks)), "stream"),
    "chat_chunks_as_message": Translation(
        MESSAGES_OVER_CHAT, lambda events: answers.of_message(answers.message_of_events(events)), "stream"
    ),
}


def ours(case: Case) -> Meaning:
    """What the body of a case means after our translation."""
    translation = TRANSLATIONS[case.translation]
    model = case.body.get("model", "gpt-4o") if translation.part == "request" else "m"
    call = Call(model=model, capabilities=_CAPABILITIES.get(model, ALL_CAPABILITIES), stream=translation.part == "stream")
    try:
        return translation.meaning(_translated(translation, case.body, call))
    except UntranslatableError:
        return REFUSED


def _translated(translation: Translation, body: Any, call: Call) -> Any:
    if translation.part == "request":
        return translation.translator.request(body, call).body
    if translation.part == "response":
        return translation.translator.response(body, call).body
    stream = translation.translator.stream(call)
    told = [event for data in body for event in stream.feed(Event(data))] + stream.finish()
    return [event.data for event in told if event.data != DONE]


class Litellm:
    """litellm in a process and an environment of its own, which answers one question after the other."""

    def __init__(self, home: Path) -> None:
        # Nothing of this process's own settings may reach it: no proxies, no keys, no other Python's path.
        self._process = subprocess.Popen(
            (python_with(_APART / "requirements" / "litellm.txt"), _APART / "scripts" / "litellm_translations.py"),
            cwd=home,
            env={"HOME": str(home), "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # warnings, of what is amended
            text=True,
        )

    def __call__(self, case: Case) -> Meaning:
        """What the body of a case means after litellm's translation."""
        told = self._ask({"translation": case.translation, "body": case.body})
        return REFUSED if "error" in told else TRANSLATIONS[case.translation].meaning(told["result"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)

    def _ask(self, question: Json) -> Json:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "litellm's process has ended"
        told: Json = json.loads(line)
        return told
