"""What the mock saw: the requests it keeps, the counters over them, and waiting for a change in either.

The recorder owns all of it; connections report to it, tests and control routes read it.
"""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

Outcome: TypeAlias = Literal["pending", "answered", "fault", "client_gone", "stopped"]

_MAX_MODELS: Final = 1_000
_OTHER_MODELS: Final = "(other)"


@dataclass(slots=True, eq=False)
class RecordedRequest:
    """One request as it arrived, and how it ended.

    Attributes:
        method: HTTP method.
        path: Request target as sent, with its query.
        headers: Names and values as sent, in order, letter case kept.
        body: Body as received, transfer coding undone. Only the part that came if the client left while sending it.
        model: Model that the body names, or None.
        arrived_ns: When the head was complete, in `time.monotonic_ns()`.
        outcome: `pending` while in flight; `answered`; `fault` if the script broke the answer; `client_gone` if the client left first,
            a scripted stall included; `stopped` if the mock was stopped first.
        status: Status sent, or None as long as there was no head.
        chunks_sent: Content chunks of a stream handed to the socket so far.
        ended_ns: When the outcome was known, or None.
        closed_ns: When the client was seen to be gone; None unless the outcome is `client_gone`.
    """

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    model: str | None
    arrived_ns: int
    outcome: Outcome = "pending"
    status: int | None = None
    chunks_sent: int = 0
    ended_ns: int | None = None
    closed_ns: int | None = None

    def header(self, name: str) -> str | None:
        """Give the first value of a header, its name in any letter case, or None."""
        wanted = name.lower().encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, unquoted; the last of a name counts."""
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))

    def json(self) -> Any:
        """Give the body parsed as JSON.

        Raises:
            ValueError: If it is not JSON.
        """
        return json.loads(self.body)


class Recorder:
    """Keeps the last requests and the counters; wakes whoever waits for a change.

    Args:
        keep: Number of requests kept; older ones are forgotten.
        on_end: Called with each request that ends.
    """

    def __init__(self, *, keep: int, on_end: Callable[[RecordedRequest], None] | None) -> None:
        self.requests: deque[RecordedRequest] = deque(maxlen=keep)
        self.arrived = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.models: Counter[str] = Counter()
        self._on_end = on_end
        self._waiting: list[asyncio.Future[None]] = []

    def begin(self, request: RecordedRequest) -> None:
        """Take in a request that is now in flight."""
        self.requests.append(request)
        self.arrived += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        if request.model is not None:
            # Clients choose the names, so their number is bounded here.
            known = request.model in self.models or len(self.models) < _MAX_MODELS
            self.models[request.model if known else _OTHER_MODELS] += 1
        self.changed()

    def end(self, request: RecordedRequest, outcome: Outcome) -> None:
        """Settle how a request that `begin` took in has ended."""
        request.outcome = outcome
        request.ended_ns = time.monotonic_ns()
        if outcome == "client_gone":
            request.closed_ns = request.ended_ns
        self.in_flight -= 1
        self.changed()
        if self._on_end is not None:
            self._on_end(request)

    def changed(self) -> None:
        """Let everyone who waits look again."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def wait_for(self, predicate: Callable[[], object], timeout: float) -> None:  # noqa: ASYNC109  # named as asyncio.wait_for does
        """Wait until the predicate holds; it is asked again after every change.

        Raises:
            TimeoutError: If it does not hold within `timeout` seconds; the message has the counters.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                while not predicate():
                    future: asyncio.Future[None] = loop.create_future()
                    self._waiting.append(future)
                    await future
        except TimeoutError:
            outcomes = dict(Counter(request.outcome for request in self.requests))
            raise TimeoutError(
                f"not so after {timeout} s: {self.arrived} requests arrived, {self.in_flight} in flight, {outcomes}"
            ) from None

    def clear(self) -> None:
        """Forget the requests and counters; what is in flight stays counted."""
        self.requests.clear()
        self.models.clear()
        self.arrived = 0
        self.peak_in_flight = self.in_flight
        self.changed()
