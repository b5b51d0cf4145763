"""A stream of events from a provider: read to its commit point, and then event by event to its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.dialects.openai import OPENAI
from pyproxy.domain import Usage
from pyproxy.orchestration.response_headers import losses_comment
from pyproxy.orchestration.seam import Delivered, identity_of
from pyproxy.providers.transport import TransportFailure
from pyproxy.rust_core import SseFramer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from pyproxy.dialects.face import Face
    from pyproxy.dialects.translation.translation import Translation
    from pyproxy.orchestration.seam import Seam
    from pyproxy.providers.transport import UpstreamResponse

__all__ = ["Reading", "StreamAnswer", "next_chunk"]

# What may come before the first content event (roles, comments) before the stream is passed on all the same.
MAX_LEADING_BYTES = 64 * 1024
# A stream that is held back until it is whole is held in memory.
MAX_HELD_BYTES = 64 * 1024 * 1024
# Some providers send no [DONE], and some leave the connection open: what may follow the last finish_reason is waited for no
# longer. The usage follows at once where it was asked for, and [DONE] on its heels.
LINGER_S = 1.0
LINGER_AFTER_USAGE_S = 0.25


def _nobody_waits() -> None:
    """Nothing is to be done when content comes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a stream is to be read.

    Attributes:
        wire: the API that the provider writes in.
        stream: whether a stream was asked for.
        face: the API that the client reads.
        translation: what makes the client's answer of the provider's, where they differ.
        in_array: whether a plain answer is wanted as the one item of an array.
        hide_usage: whether the event that tells the usage is kept back.
        whole: whether it is committed only when it is whole.
        keeps_text: whether its text is kept, so that another answer can go on with it.
        choices: how many were asked for: the end of those that have come may not be the end of all.
        seam: where it goes on with a stream that broke off; it is committed when it has gone beyond that.
        content_came: called when content has come of a stream that is not committed yet.
    """

    wire: str = "openai"
    stream: bool = True
    face: Face = OPENAI
    translation: Translation | None = None
    in_array: bool = False
    hide_usage: bool = False
    whole: bool = False
    keeps_text: bool = False
    choices: int = 1
    seam: Seam | None = None
    content_came: Callable[[], None] = _nobody_waits


class StreamAnswer:
    """A stream; `held` is what has been read of it up to its commit point, for the client.

    Attributes:
        wire: the API that the provider writes in.
        framer: the core's reader of events; it says what may be passed on and whether the stream is whole.
    """

    def __init__(self, response: UpstreamResponse, chunks: AsyncGenerator[bytes], idle: float, reading: Reading) -> None:
        self._response = response
        self._chunks = chunks
        self._idle = idle
        self._reading = reading
        self._seam = reading.seam
        self._ends_at: float | None = None
        self.wire = reading.wire
        self.framer = SseFramer(reading.wire, hide_usage=reading.hide_usage, keep_text=reading.keeps_text)
        self.held = b""
        self._lost_before: tuple[str, ...] = ()
        self.status = response.status
        self.headers = response.headers

    @property
    def usage(self) -> Usage | None:
        """Prompt and completion tokens, once the provider has told them."""
        return None if self.framer.usage is None else Usage(*self.framer.usage)

    @property
    def next_number(self) -> int:
        """The number that the client's next event has, where its API numbers them."""
        last = (self._reading.translation or self.framer).sequence_number
        return 0 if last is None else last + 1

    @property
    def fault(self) -> str | None:
        """Why nothing more can be passed on, if that is so."""
        if self.framer.error is not None:
            return "the provider sent an error event"
        return self.framer.malformed

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the answer is missing: it has come to its last event, or every choice to its finish reason."""
        framer = self.framer
        return framer.terminal or (framer.complete and framer.choices >= self._reading.choices)

    @property
    def delivered(self) -> Delivered | None:
        """What has been returned of it, if another answer can go on with that: text, and nothing but text."""
        framer, text = self.framer, self.framer.text()
        if text is None or framer.tool_calls or framer.other_choices or framer.finished:
            return None
        if self._seam is not None:
            return self._seam.delivered(text)
        try:
            return Delivered(text, identity_of(self.held))
        except TransportFailure:
            return None

    async def begin(self, first: bytes | None) -> None:
        """Read up to the commit point, from its `first` piece.

        Raises:
            TransportFailure: it will not come to that.
        """
        held = bytearray()
        events = self._passed(first)
        while events is not None:
            held += events
            if self.framer.terminal and not self.framer.choices:
                raise TransportFailure("truncated", "the stream ended without an answer")
            if self._committed(len(held)):
                break
            self._check(len(held))
            if self.framer.content:
                self._reading.content_came()
            events = await self._next_held()
        else:
            held += self.last_events()
            if not self.framer.content or not self.is_whole or (self._seam is not None and not self._seam.found):
                raise TransportFailure("truncated", self.framer.malformed or "the stream ended before its answer did")
        self.held = bytes(held)
        self._lost_before = self._lost

    async def next_events(self) -> bytes | None:
        """The next whole events, or None at the end of the body.

        Raises:
            TransportFailure: the connection broke (``reset``), or nothing came in time (``idle_timeout``).
        """
        if self.is_whole:
            return self._passed(await self._next_after_the_end())
        return self._passed(await next_chunk(self._chunks, self._idle, "idle_timeout"))

    def last_events(self) -> bytes:
        """What the end of the body makes whole."""
        return self._for_client(self.framer.finish())

    def ending(self) -> bytes:
        """What ends the stream of the client, where the provider's last event does not.

        Raises:
            TransportFailure: something is missing all the same (``truncated``).
        """
        if self._reading.translation is not None:
            try:
                last = self._reading.translation.ending()
                return self._late_losses() + last
            except ValueError as error:
                raise TransportFailure("truncated", f"the answer cannot be ended: {error}") from None
        return b"" if self.framer.terminal else self._reading.face.last_event or b""

    @property
    def _lost(self) -> tuple[str, ...]:
        return () if self._reading.translation is None else self._reading.translation.lost

    def _late_losses(self) -> bytes:
        """What the stream's headers could not tell of yet, as a comment."""
        late = [name for name in self._lost if name not in self._lost_before]
        return losses_comment(late) if late and self._reading.face.comments else b""

    def is_whole_after(self, failure: TransportFailure) -> bool:
        """Whether the answer is whole all the same: only what may follow its end was lost."""
        return self.is_whole and failure.signal != "diverged"

    async def drain(self) -> None:
        """Read what follows the last event, so that the connection can serve again; nobody waits for it for long."""
        try:
            async with asyncio.timeout(0.05):
                async for _ in self._chunks:
                    pass
        except (TimeoutError, TransportFailure):
            return

    async def aclose(self) -> None:
        """End the call."""
        await self._chunks.aclose()
        await self._response.aclose()

    def _committed(self, held_bytes: int) -> bool:
        if self._reading.whole:
            return self.framer.terminal
        if self._seam is not None:
            return self._seam.found
        return self.framer.content or self.framer.terminal or held_bytes > MAX_LEADING_BYTES

    def _check(self, held_bytes: int) -> None:
        if self.framer.error is not None:
            raise TransportFailure("malformed", "the provider sent an error event", self.framer.error)
        if self.framer.malformed is not None:
            raise TransportFailure("malformed", self.framer.malformed)
        if held_bytes > MAX_HELD_BYTES:
            raise TransportFailure("malformed", f"the stream is larger than the {MAX_HELD_BYTES} bytes that can be held back")

    async def _next_held(self) -> bytes | None:
        """The next events of a stream of which nothing has been delivered: a break after its end does not matter."""
        try:
            return await self.next_events()
        except TransportFailure as failure:
            if not self.is_whole_after(failure):
                raise
            return None

    async def _next_after_the_end(self) -> bytes | None:
        """The next piece of an answer that has all its finish reasons: its usage or its last event, or nothing at all."""
        now = asyncio.get_running_loop().time()
        if self._ends_at is None:
            self._ends_at = now + LINGER_S
        if self.framer.usage is not None:
            self._ends_at = min(self._ends_at, now + LINGER_AFTER_USAGE_S)
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await anext(self._chunks, None)
        except TimeoutError:
            return None

    def _passed(self, chunk: bytes | None) -> bytes | None:
        return None if chunk is None else self._for_client(self.framer.feed(chunk).data)

    def _for_client(self, events: bytes) -> bytes:
        """Whole events of the provider as the client is to have them."""
        if self._reading.translation is not None:
            try:
                events = self._reading.translation.events(events)
            except ValueError as error:
                raise TransportFailure("malformed", f"an event that cannot be translated: {error}") from None
        return events if self._seam is None else self._seam.pass_on(events)


async def next_chunk(chunks: AsyncGenerator[bytes], seconds: float, signal: str) -> bytes | None:
    """The next piece, or None at the end.

    Raises:
        TransportFailure: nothing came in time (`signal`), or the connection broke (``reset``).
    """
    try:
        async with asyncio.timeout(seconds):
            return await anext(chunks, None)
    except TimeoutError:
        raise TransportFailure(signal, f"nothing came for {seconds:g} s") from None
