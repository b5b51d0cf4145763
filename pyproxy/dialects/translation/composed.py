"""Two translations, one after the other: through chat completions, where there is no shorter way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.translator import Translated, UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.client_names import ClientNames
    from pyproxy.dialects.translation.events import Event
    from pyproxy.dialects.translation.translator import Call, Json, StreamTranslator, Translator

__all__ = ["Composed"]


class Composed:
    """Serves the clients of `outer` from the providers of `inner`, which serves those that `outer` is served by."""

    def __init__(self, outer: Translator, inner: Translator, names: ClientNames) -> None:
        """Join two.

        Args:
            outer: from the clients' API to chat completions.
            inner: from there to the providers' API.
            names: what the clients call the members of the chat requests that `outer` makes.
        """
        self._outer = outer
        self._inner = inner
        self._names = names

    def request(self, body: Json, call: Call) -> Translated:
        """The provider's request for a client's. See `Translator.request`."""
        between, lost = self._outer.request(body, replace(call, in_between=True))
        try:
            asked, lost_too = self._inner.request(between, _between(call))
        except UntranslatableError as error:
            raise self._names.error(error, body) from None
        return Translated(asked, tuple(dict.fromkeys((*lost, *(self._names.of(name, body) for name in lost_too)))))

    def response(self, body: Json, call: Call) -> Translated:
        """The client's whole answer for a provider's. See `Translator.response`."""
        between, lost = self._inner.response(body, _between(call))
        told, lost_too = self._outer.response(between, call)
        return Translated(told, tuple(dict.fromkeys((*lost, *lost_too))))

    def stream(self, call: Call) -> StreamTranslator:
        """Begin to translate a stream."""
        return _ComposedStream(self._outer.stream(call), self._inner.stream(_between(call)))


class _ComposedStream:
    def __init__(self, outer: StreamTranslator, inner: StreamTranslator) -> None:
        self._outer = outer
        self._inner = inner

    @property
    def lost(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._inner.lost, *self._outer.lost)))

    def feed(self, event: Event) -> list[Event]:
        return [told for between in self._inner.feed(event) for told in self._outer.feed(between)]

    def finish(self) -> list[Event]:
        last = [told for between in self._inner.finish() for told in self._outer.feed(between)]
        return [*last, *self._outer.finish()]


def _between(call: Call) -> Call:
    """The call as the one in the middle knows it: who comes after it wants to know what the answer cost."""
    return replace(call, include_usage=True)
