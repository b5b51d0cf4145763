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

from pyproxy.config import CapabilitiesConfig, ModelConfig, ProviderConfig
from pyproxy.dialects.translation.chat_over_gemini import CHAT_OVER_GEMINI
from pyproxy.dialects.translation.chat_over_messages import CHAT_OVER_MESSAGES
from pyproxy.dialects.translation.events import DONE, Event
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call, UntranslatableError
from pyproxy.routing.capabilities import capabilities_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.apart.differential.requests import Json, Meaning

    from pyproxy.dialects.translation.translator import Translator
    from pyproxy.domain.capabilities import Capabilities
    from pyproxy.domain.surfaces import Dialect

__all__ = ["REFUSED", "TRANSLATIONS", "Case", "Litellm", "ours"]

REFUSED: Final = {"refused": True}
"""The meaning of a body that a translation does not take."""

_APART = Path(__file__).parent.parent
# What a model takes beyond what its name tells, as its users configure it.
_CONFIGURED: Final = {"glm-4.7": CapabilitiesConfig(reasoning_history=True)}


@dataclass(frozen=True, slots=True)
class Case:
    """A body, or the data of a stream's events, and the translation that it goes through."""

    translation: str
    body: Any


@dataclass(frozen=True, slots=True)
class Translation:
    """One of ours, by its translator and what of it is used, what the provider speaks, and how to tell what it comes to mean."""

    translator: Translator
    provider: Dialect
    meaning: Callable[[Any], Meaning]
    part: str


TRANSLATIONS: Final = {
    "chat_to_messages": Translation(CHAT_OVER_MESSAGES, "anthropic", requests.of_messages, "request"),
    "chat_to_gemini": Translation(CHAT_OVER_GEMINI, "gemini", requests.of_gemini, "request"),
    "messages_to_chat": Translation(MESSAGES_OVER_CHAT, "openai", requests.of_chat, "request"),
    "gemini_to_chat": Translation(GEMINI_OVER_CHAT, "openai", requests.of_chat, "request"),
    "message_as_chat": Translation(CHAT_OVER_MESSAGES, "anthropic", answers.of_completion, "response"),
    "gemini_as_chat": Translation(CHAT_OVER_GEMINI, "gemini", answers.of_completion, "response"),
    "chat_as_message": Translation(MESSAGES_OVER_CHAT, "openai", answers.of_message, "response"),
    "chat_as_gemini": Translation(GEMINI_OVER_CHAT, "openai", answers.of_candidate, "response"),
    "message_events_as_chat": Translation(
        CHAT_OVER_MESSAGES, "anthropic", lambda chunks: answers.of_completion(answers.chat_of_chunks(chunks)), "stream"
    ),
    "gemini_chunks_as_chat": Translation(
        CHAT_OVER_GEMINI, "gemini", lambda chunks: answers.of_completion(answers.chat_of_chunks(chunks)), "stream"
    ),
    "chat_chunks_as_message": Translation(
        MESSAGES_OVER_CHAT, "openai", lambda events: answers.of_message(answers.message_of_events(events)), "stream"
    ),
}


def ours(case: Case) -> Meaning:
    """What the body of a case means after our translation."""
    translation = TRANSLATIONS[case.translation]
    model = case.body.get("model", "gpt-4o") if translation.part == "request" else "m"
    call = Call(model=model, capabilities=_capabilities(translation.provider, model), stream=translation.part == "stream")
    try:
        return translation.meaning(_translated(translation, case.body, call))
    except UntranslatableError:
        return REFUSED


def _capabilities(dialect: Dialect, model: str) -> Capabilities:
    """What a model takes, as a request to it would be told: litellm knows it by the model's name, too."""
    provider = ProviderConfig(dialect=dialect, base_url="http://nobody.invalid")
    return capabilities_of(provider, ModelConfig(provider="it", model=model, capabilities=_CONFIGURED.get(model, CapabilitiesConfig())))


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
