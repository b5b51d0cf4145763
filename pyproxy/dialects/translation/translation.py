"""One call through a translator, on the bytes that come and go."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.answer_root import AnswerRoot
from pyproxy.dialects.translation.arguments import finite
from pyproxy.dialects.translation.chat.quirks import fit_quirks
from pyproxy.dialects.translation.events import encode, read
from pyproxy.dialects.translation.tool_names import ToolNames
from pyproxy.dialects.translation.translator import UntranslatableError
from pyproxy.dialects.translation.writing import written
from pyproxy.domain.quirks import NO_QUIRKS, ChatQuirks

if TYPE_CHECKING:
    from pyproxy.dialects.translation.events import Event
    from pyproxy.dialects.translation.translator import Call, Json, StreamTranslator
    from pyproxy.dialects.translation.ways import Way

__all__ = ["Translation"]


class Translation:
    """The translation of one call: its request, and then its answer, whole or as a stream.

    Args:
        way: how the provider is asked: by a translator.
        call: what is known of it.
        quirks: how the provider differs from others of its API.

    Attributes:
        lost: what could not be carried so far, each once.
        asked: the client's request.
        answer: the client's whole answer, once it is known; of a stream, where its last event holds all of it.
        sequence_number: the number of the last event that the client was given; None where they are not numbered.
    """

    def __init__(self, way: Way, call: Call, quirks: ChatQuirks = NO_QUIRKS) -> None:
        assert way.translator is not None  # noqa: S101 - that is what it is for
        self._translator = way.translator
        self._names = way.names
        self._call = call
        self._quirks = quirks
        self._stream: StreamTranslator | None = None
        self._tool_names = ToolNames(way.operation.wire)
        self._answer_root = AnswerRoot(way.operation.wire)
        self._lost: dict[str, None] = {}
        self.asked: Json = {}
        self.answer: Json | None = None
        self.sequence_number: int | None = None

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be carried so far, each once."""
        streamed = () if self._stream is None else self._stream.lost
        return tuple({**self._lost, **dict.fromkeys(streamed)})

    def request(self, body: bytes) -> Json:
        """The provider's request for the client's.

        Raises:
            UntranslatableError: it cannot be asked of this provider.
        """
        try:
            self.asked = _read_request(body)
            self._call = replace(self._call, asked=self.asked)
            translated = self._translator.request(self.asked, self._call)
        except RecursionError:
            raise UntranslatableError("The request is nested too deeply to be translated.") from None
        self._stream = self._translator.stream(self._call) if self._call.stream else None
        self._lost.update(dict.fromkeys(translated.lost))
        self._tool_names.replace(translated.body)
        self._answer_root.replace(translated.body)
        if self._names is not None:
            untold = fit_quirks(translated.body, self._quirks)
            self._lost.update(dict.fromkeys(self._names.of(name, self.asked) for name in untold))
        return translated.body

    def response(self, body: bytes) -> bytes:
        """The client's whole answer for the provider's.

        Raises:
            ValueError: it is no answer.
        """
        try:
            answer = json.loads(body)
            self._tool_names.restore(answer)
            self._answer_root.restore(answer)
            translated = self._translator.response(answer, self._call)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        self._lost.update(dict.fromkeys(translated.lost))
        self.answer = translated.body
        return written(translated.body)

    def events(self, events: bytes) -> bytes:
        """The client's events for whole ones of the provider.

        Raises:
            ValueError: one of them is no event of the provider's API.
        """
        stream = self._stream
        assert stream is not None  # noqa: S101 - events come where a stream was asked for
        try:
            return self._encoded([told for event in read(events) for told in stream.feed(self._restored(event))]) if events else b""
        except RecursionError:
            raise ValueError("it is nested too deeply") from None

    def _restored(self, event: Event) -> Event:
        self._tool_names.restore(event.data)
        self._answer_root.restore(event.data)
        return event

    def ending(self) -> bytes:
        """What ends the client's stream, once the provider's has come to its proper end.

        Raises:
            ValueError: it has not, as far as can be told from what came.
        """
        assert self._stream is not None  # noqa: S101 - as above
        last = self._stream.finish()
        if last and isinstance(last[-1].data, dict) and isinstance(last[-1].data.get("response"), dict):
            self.answer = last[-1].data["response"]
        return self._encoded(last)

    def _encoded(self, events: list[Event]) -> bytes:
        if events and isinstance(events[-1].data, dict):
            self.sequence_number = events[-1].data.get("sequence_number")
        return encode(events)


def _read_request(body: bytes) -> Json:
    """Read a request that is known to be JSON; what can go wrong is a number that nobody here can hold."""
    try:
        asked: Json = json.loads(body, parse_float=finite)
    except ValueError:
        raise UntranslatableError("The request holds a number that is too large to be translated.") from None
    return asked
