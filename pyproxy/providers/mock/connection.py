"""One client connection: h11 reads requests from it, one reply at a time is played onto it.

The connection owns the request in progress and the task that plays its reply, if it needs one: an answer without delay or fault is
written from within `data_received`. A client that closes its half has left; the mock does not answer into a half-closed connection.
"""

import asyncio
import time
from typing import Final, Protocol

import h11

from pyproxy.providers.mock.playback import Ending, Playback, play_at_once
from pyproxy.providers.mock.recording import Outcome, RecordedRequest, Recorder
from pyproxy.providers.mock.reply import Reply, Stream
from pyproxy.providers.mock.wire import Wire

_CLOSING: Final = frozenset({h11.MUST_CLOSE, h11.CLOSED, h11.ERROR})
_MAX_HEAD: Final = 128 * 1024


class Service(Protocol):
    """Whom a connection asks, and whom it tells that it came and went."""

    recorder: Recorder
    connections: "set[Connection]"
    listening: bool

    def answer(self, request: RecordedRequest) -> Reply:
        """Decide on the reply to a whole request."""
        ...

    def records(self, request: RecordedRequest) -> bool:
        """Whether a request is one for the record."""
        ...


class Connection(asyncio.Protocol):
    """The server's side of one connection.

    Args:
        service: The mock it belongs to.
    """

    _transport: asyncio.Transport
    _wire: Wire

    def __init__(self, service: Service) -> None:
        self._service = service
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        self._request: RecordedRequest | None = None
        self._body: list[bytes] = []
        self._counted = False
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # tells mypy; a TCP server gives no other
        self._transport = transport
        self._wire = Wire(transport, self._http)
        self._service.connections.add(self)
        if not self._service.listening:
            # Accepted in the same turn of the loop in which the mock was stopped.
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes; answer every request that they complete, in order."""
        self._http.receive_data(data)
        if self._task is None:
            self._advance()

    def eof_received(self) -> None:
        """Take the client's FIN as its leaving: what it has not received yet, it will not read."""
        if self._request is not None:
            self._transport.abort()

    def pause_writing(self) -> None:
        """Stop a stream whose reader is slow."""
        self._wire.pause()

    def resume_writing(self) -> None:
        """Go on with it."""
        self._wire.resume()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # why it was lost does not matter: the client is gone
        """Settle the request in progress and end its task."""
        if self._request is not None:
            request = self._request
            if not self._counted and self._service.records(request):
                request.body = b"".join(self._body)
                self._service.recorder.begin(request)
                self._counted = True
            self._settle("stopped" if self._stopping else "client_gone")
        if self._task is not None:
            self._task.cancel()
        self._service.connections.discard(self)
        self._lost.set_result(None)

    async def stop(self) -> None:
        """Abort the connection; returns when it is closed and its task has ended."""
        self._stopping = True
        self._transport.abort()
        await self._lost
        if self._task is not None:
            await asyncio.wait([self._task])

    def _advance(self) -> None:
        """Read on until bytes are missing, a reply takes its time or the connection ends."""
        try:
            while self._task is None and not self._transport.is_closing():
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    self._let_body_come()
                    return
                if isinstance(event, h11.Request):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    self._body.append(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage):
                    self._complete()
        except h11.RemoteProtocolError as error:
            self._refuse(error)

    def _let_body_come(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            self._wire.send(h11.InformationalResponse(status_code=100, headers=[], reason="Continue"))

    def _begin(self, head: h11.Request) -> None:
        self._body = []
        self._counted = False
        self._request = RecordedRequest(
            method=head.method.decode("ascii"),
            path=head.target.decode("latin-1"),
            headers=tuple(head.headers.raw_items()),
            body=b"",
            model=None,
            arrived_ns=time.monotonic_ns(),
        )

    def _complete(self) -> None:
        request = self._request
        assert request is not None  # noqa: S101  # h11 gives no end without a head
        request.body = b"".join(self._body)
        self._body = []
        reply = self._service.answer(request)
        if self._service.records(request):
            self._service.recorder.begin(request)
            self._counted = True
        if reply.behaviour.immediate and not isinstance(reply.payload, Stream):
            play_at_once(self._wire, request, reply)
            if not self._wire.full:
                self._finish("answered")
                return
        self._task = asyncio.get_running_loop().create_task(self._play(request, reply))
        self._task.add_done_callback(self._played)

    async def _play(self, request: RecordedRequest, reply: Reply) -> None:
        ending: Ending = "answered"
        if self._wire.full:
            await self._wire.drained()
        else:
            ending = await Playback(self._wire, self._service.recorder, request, reply).run()
        # The next request must find the connection free, so the task lets go of it before it has quite ended.
        self._task = None
        self._finish(ending)
        self._advance()

    def _played(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._transport.abort()
            context = {"message": "the mock failed to play a reply", "exception": error, "protocol": self}
            asyncio.get_running_loop().call_exception_handler(context)

    def _finish(self, ending: Ending) -> None:
        self._settle(ending)
        if self._transport.is_closing():
            return
        if self._http.our_state in _CLOSING or self._http.their_state in _CLOSING:
            self._transport.close()
        else:
            self._http.start_next_cycle()

    def _settle(self, outcome: Outcome) -> None:
        request, self._request = self._request, None
        if request is not None and self._counted:
            self._counted = False
            self._service.recorder.end(request, outcome)

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        """Answer what is not HTTP, as far as that is still possible, and hang up."""
        self._request = None
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            body = f"not HTTP/1.1: {error}\n".encode()
            headers = [("content-type", "text/plain"), ("content-length", str(len(body))), ("connection", "close")]
            response = h11.Response(status_code=error.error_status_hint, headers=headers)
            self._wire.send(response, h11.Data(data=body), h11.EndOfMessage())
        self._transport.close()
