"""Playing a reply onto a wire: the delays, the pace and the faults of its behaviour, in the order a client sees them."""

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import Final, Literal, TypeAlias

import h11

from pyproxy.providers.mock.behaviour import Fault
from pyproxy.providers.mock.recording import RecordedRequest, Recorder
from pyproxy.providers.mock.reply import Reply, Stream
from pyproxy.providers.mock.wire import Wire

Ending: TypeAlias = Literal["answered", "fault"]

_BODILESS: Final = frozenset({204, 304})
_TURN: Final = 32
_UNCLEAN: Final[frozenset[Fault]] = frozenset({"cut", "reset", "stall"})


def play_at_once(wire: Wire, request: RecordedRequest, reply: Reply) -> None:
    """Write an answer that has nothing to wait for and no fault, in one write."""
    body = _whole_body(request, reply)
    request.status = reply.status
    if body:
        wire.send(_head(reply, body), h11.Data(data=body), h11.EndOfMessage())
    else:
        wire.send(_head(reply, body), h11.EndOfMessage())


def _whole_body(request: RecordedRequest, reply: Reply) -> bytes:
    if isinstance(reply.payload, Stream) or request.method == "HEAD" or reply.status in _BODILESS:
        return b""
    return reply.payload


def _head(reply: Reply, body: bytes | None) -> h11.Response:
    headers = [("content-type", reply.content_type), *reply.headers]
    if body is None:
        headers.append(("cache-control", "no-cache"))
    elif reply.status not in _BODILESS:
        headers.append(("content-length", str(len(body))))
    extra = reply.behaviour.extra_headers()
    if extra:
        own = {name.lower() for name, _ in extra}
        headers = [header for header in headers if header[0] not in own]
        headers.extend(extra)
    return h11.Response(status_code=reply.status, headers=headers)


class Playback:
    """One reply on its way to one client.

    Args:
        wire: Where to write.
        recorder: Who is told of progress.
        request: The request answered; its status and number of chunks are kept up to date.
        reply: What to answer, and how.
    """

    def __init__(self, wire: Wire, recorder: Recorder, request: RecordedRequest, reply: Reply) -> None:
        self._wire = wire
        self._recorder = recorder
        self._request = request
        self._reply = reply
        self._behaviour = reply.behaviour
        self._fault = reply.behaviour.fault()

    async def run(self) -> Ending:
        """Play all of it; returns once the kernel has the last byte, or the fault closed the connection."""
        behaviour = self._behaviour
        if behaviour.latency:
            await asyncio.sleep(behaviour.latency)
        if behaviour.stall_before_head:
            await self._wire.silence()
        if behaviour.reset_before_head:
            self._wire.reset()
            return "fault"
        if behaviour.close_before_head:
            self._wire.close()
            return "fault"
        self._request.status = self._reply.status
        payload = self._reply.payload
        ending = await (self._play_stream(payload) if isinstance(payload, Stream) else self._play_body())
        await self._wire.drained()
        return ending

    async def _play_body(self) -> Ending:
        body = _whole_body(self._request, self._reply)
        await self._send_head(body)
        if self._fault is not None and self._fault[0] in _UNCLEAN:
            await self._write(body[: len(body) // 2])
            return await self._break(self._fault[0])
        await self._write(body)
        self._wire.send(h11.EndOfMessage())
        return "answered"

    async def _play_stream(self, stream: Stream) -> Ending:
        await self._send_head(None)
        for index in range(self._behaviour.comments_before):
            await self._pause(index)
            await self._write_event(stream.keep_alive)
        for event in stream.opening:
            await self._write_event(event)
        if self._fault is not None:
            fault, after = self._fault
            await self._play_content(islice(stream.content, after), stream.keep_alive)
            if fault == "malformed":
                await self._write_event(stream.malformed)
            elif fault in _UNCLEAN:
                return await self._break(fault, torn=next(stream.content, stream.closing[0]))
            else:
                if fault == "error":
                    await self._write_event(stream.error)
                self._wire.send(h11.EndOfMessage())
                return "fault"
        await self._play_content(stream.content, stream.keep_alive)
        for event in stream.closing:
            await self._write_event(event)
        if self._behaviour.stall_at_end:
            await self._wire.silence()
        self._wire.send(h11.EndOfMessage())
        return "answered" if self._fault is None else "fault"

    async def _send_head(self, body: bytes | None) -> None:
        self._wire.send(_head(self._reply, body))
        if self._behaviour.head_pause:
            await asyncio.sleep(self._behaviour.head_pause)

    async def _play_content(self, events: Iterable[bytes], keep_alive: bytes) -> None:
        every = self._behaviour.comment_every
        for event in events:
            await self._pause(self._request.chunks_sent)
            await self._write_event(event)
            self._request.chunks_sent += 1
            self._recorder.changed()
            if every and self._request.chunks_sent % every == 0:
                await self._write_event(keep_alive)

    async def _pause(self, index: int) -> None:
        if index and self._behaviour.pace:
            await asyncio.sleep(self._behaviour.pace)
        elif index % _TURN == _TURN - 1:
            # A long stream without a pace lets the other connections have their turn, and sees that its client left.
            await asyncio.sleep(0)

    async def _write_event(self, event: bytes) -> None:
        await self._write(self._line_ends(event))

    def _line_ends(self, event: bytes) -> bytes:
        return event.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if self._behaviour.crlf else event

    async def _write(self, data: bytes) -> None:
        if not data:
            return
        split = self._behaviour.split
        if not split:
            self._wire.send(h11.Data(data=data))
        else:
            for start in range(0, len(data), split):
                self._wire.send(h11.Data(data=data[start : start + split]))
                await self._wire.drained()
                await asyncio.sleep(self._behaviour.split_pace)
        await self._wire.drained()

    async def _break(self, fault: Fault, torn: bytes = b"") -> Ending:
        if torn and self._behaviour.mid_event:
            self._wire.tear(h11.Data(data=self._line_ends(torn)))
        await self._wire.drained()
        if fault == "stall":
            await self._wire.silence()
        elif fault == "reset":
            self._wire.reset()
        else:
            self._wire.close()
        return "fault"
