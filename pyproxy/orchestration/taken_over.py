"""An attempt that was made natively and failed: the driver goes on from it as if it had been its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.domain import Usage
from pyproxy.orchestration.relay import Break
from pyproxy.orchestration.telling import broken_event
from pyproxy.orchestration.upstream import UpstreamRefusal
from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from pyproxy.admission import Lease
    from pyproxy.domain import Candidate, Step
    from pyproxy.orchestration.delivery import Delivery
    from pyproxy.orchestration.journey import Journey
    from pyproxy.orchestration.snapshots import Snapshot
    from pyproxy.rust_core import NativeBegun

__all__ = ["BrokenAnswer", "TakenOver"]

Headers = list[tuple[bytes, bytes]]


class BrokenAnswer:
    """What was delivered of a stream before it broke off.

    Attributes:
        status: the status of its head.
        headers: the provider's.
        committed_ns: monotonic nanoseconds at which it was committed.
        usage: what it cost, as far as its provider told.
        ended: why it broke off.
    """

    def __init__(self, status: int, headers: Headers, committed_ns: int, usage: Usage | None, ended: Break) -> None:
        self.status = status
        self.headers = headers
        self.committed_ns = committed_ns
        self.usage = usage
        self.ended = ended

    async def aclose(self) -> None:
        """Nothing is open any more."""


class TakenOver:
    """The attempt.

    Attributes:
        admitted_ns: monotonic nanoseconds at which it was admitted.
        snapshot: the configuration that it was made with.
    """

    def __init__(self, attempt: NativeBegun, step: Step, snapshot: Snapshot) -> None:
        self._attempt = attempt
        self._step = step
        self._desk = snapshot.desk
        self.snapshot = snapshot
        self._lease: Lease | None = None
        self.admitted_ns = attempt.admitted_ns

    @property
    def candidate(self) -> Candidate:
        """Who was asked."""
        return self._step.candidates[self._attempt.place]

    @property
    def lease(self) -> Lease:
        """What it holds, to be given back by whoever asks for it."""
        if self._lease is None:
            grant, leave = self._attempt.held()
            self._lease = self._desk.taken_over(self._step, self.candidate, grant, leave, self.admitted_ns)
        return self._lease

    def begin(self, delivery: Delivery) -> None:
        """Let the delivery know what its client has been given."""
        broken = self._attempt.broken
        if broken is not None:
            last = broken["last_number"]
            number = 0 if last is None else last + 1
            delivery.take_over(broken["status"], broken["committed_ns"], broken["sent_bytes"], lambda: number)

    def cut(self, journey: Journey, now_ns: int) -> None:
        """Note it as one that was cut short, and give back what it holds."""
        broken = self._attempt.broken
        journey.calling(self._step, self.candidate, self.admitted_ns)
        if broken is not None:
            journey.committed(self.candidate, broken["status"], self.admitted_ns, broken["committed_ns"])
        self.lease.dropped(now_ns, None if broken is None or broken["usage"] is None else Usage(*broken["usage"]))

    def happened(self, delivery: Delivery) -> BrokenAnswer:
        """What it came to.

        Raises:
            UpstreamRefusal: the provider refused it.
            TransportFailure: it failed before anything was delivered.
        """
        if self._attempt.refused is not None:
            raise UpstreamRefusal(*self._attempt.refused)
        if self._attempt.failed is not None:
            raise TransportFailure(*self._attempt.failed)
        broken = self._attempt.broken
        assert broken is not None  # noqa: S101 - it is one of the three
        last = broken["last_number"]
        error, number = broken["error"], 0 if last is None else last + 1
        event = None if error is None else broken_event(delivery.face, delivery.face.name, error, number)
        usage = None if broken["usage"] is None else Usage(*broken["usage"])
        ended = Break(broken["signal"], broken["detail"], event)
        return BrokenAnswer(broken["status"], broken["headers"], broken["committed_ns"], usage, ended)
