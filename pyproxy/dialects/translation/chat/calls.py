"""The calls of tools in an answer of the chat API, put together from the pieces in which they are streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyproxy.dialects.translation.arguments import JsonEnd, arguments_text
from pyproxy.dialects.translation.chat.pieces import list_of, object_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.dialects.translation.translator import Json

__all__ = ["CallPiece", "StreamedCall", "StreamedCalls", "call_pieces"]


class CallPiece(NamedTuple):
    """A piece of a call; what it does not tell is empty. `source` is all of it, as it came."""

    position: int | None
    id: str
    name: str
    arguments: str
    source: Json


class StreamedCall:
    """One call, as far as it has come.

    Attributes:
        place: its place among the calls.
        id: what its provider calls it; empty as long as that is not known.
        name: the tool's; empty likewise.
    """

    def __init__(self, place: int) -> None:
        self.place = place
        self.id = ""
        self.name = ""
        self._end = JsonEnd()
        self._unread: list[str] = []

    @property
    def has_ended(self) -> bool:
        """Whether its arguments are whole; they are read only when somebody wants to know."""
        for piece in self._unread:
            self._end.feed(piece)
        self._unread.clear()
        return self._end.ended

    def take(self, piece: CallPiece) -> None:
        """Add a piece; of what is told twice the first counts."""
        self.id = self.id or piece.id
        self.name = self.name or piece.name
        if piece.arguments:
            self._unread.append(piece.arguments)


class StreamedCalls:
    """The calls of one answer. Whose a piece is its position says, called ``index``; some give none, and some give every call the same."""

    def __init__(self) -> None:
        self._calls: list[StreamedCall] = []
        self._by_position: dict[int, StreamedCall] = {}

    def take(self, piece: CallPiece) -> StreamedCall:
        """Take a piece, and return the call that it belongs to."""
        call = self._known(piece)
        if call is None or (piece.name and _is_another(call, piece)):
            call = StreamedCall(len(self._calls))
            self._calls.append(call)
            if piece.position is not None:
                self._by_position[piece.position] = call
        call.take(piece)
        return call

    def _known(self, piece: CallPiece) -> StreamedCall | None:
        """The call that a piece would belong to; one without a position goes on with the call of its id, or with the last."""
        if piece.position is not None:
            return self._by_position.get(piece.position)
        of_id = next((call for call in reversed(self._calls) if piece.id and call.id == piece.id), None)
        return of_id or (self._calls[-1] if self._calls else None)


def call_pieces(delta: Json) -> Iterator[CallPiece]:
    """Read the pieces of calls in a delta, or in a whole message.

    Raises:
        ValueError: one is none.
    """
    for entry in list_of(delta.get("tool_calls"), "the tool calls"):
        piece = object_of(entry, "a tool call")
        function = {} if piece.get("function") is None else object_of(piece["function"], "a function")
        position, identifier, arguments = piece.get("index"), piece.get("id"), function.get("arguments")
        yield CallPiece(
            position if isinstance(position, int) else None,
            identifier if isinstance(identifier, str) else "",
            text_of(function.get("name"), "a function's name"),
            # Some forget to write them as a text.
            arguments_text(arguments) if isinstance(arguments, dict) else text_of(arguments, "the arguments of a tool"),
            piece,
        )


def _is_another(call: StreamedCall, piece: CallPiece) -> bool:
    """Whether a piece that names a tool begins another call than the one that it seems to belong to."""
    if piece.id and call.id:
        return piece.id != call.id
    if call.name and piece.name != call.name:
        return True
    # Some tell the name again with the end of a call: only further arguments are another's.
    return call.has_ended and (piece.position is None or bool(piece.arguments.strip()))
