"""What the engine asks for, and what it is told: the whole vocabulary between the engine and its driver.

Every event carries the time at which it happened; the engine has no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pyproxy.admission import Lease
    from pyproxy.domain import Step
    from pyproxy.errors import RequestError
    from pyproxy.rust_core import Outcome

__all__ = [
    "Abort",
    "Action",
    "Admit",
    "Admitted",
    "Answer",
    "Attempt",
    "Broken",
    "Committed",
    "Done",
    "Event",
    "Failed",
    "GoesOn",
    "NotAdmitted",
    "OneMore",
    "Relay",
    "Sleep",
    "TooMany",
    "Wait",
]

Headers: TypeAlias = list[tuple[bytes, bytes]]
GoesOn: TypeAlias = Literal["prefill", "anew"]


@dataclass(frozen=True, slots=True)
class Admit:
    """Take permits for a candidate of `step`: the next one that is not excluded, or `only` this instance.

    Those in `last` are asked where none of the others has room.
    """

    step: Step
    excluded: frozenset[str]
    only: str | None = None
    last: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait in the queue for what `admit` was refused, until `until_ns` at the latest; answered as an `Admit` is."""

    admit: Admit
    refused: str | None
    until_ns: int


@dataclass(frozen=True, slots=True)
class OneMore:
    """Ask the retry budget for one more call, to one of `instances`. Answered by `Done`, or by `TooMany`.

    Leave that was given ends with the call it was given for, or when no call comes of it.
    """

    instances: frozenset[str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Call the instance of `lease` and go on until its answer can be committed, or it fails.

    A failed attempt gives its permits and charges back before the engine hears of it. Where a stream has broken off, `goes_on`
    says how: by what has been delivered as the beginning of the answer (``prefill``), or by an answer that begins ``anew`` and is
    passed on from where it has gone beyond.
    """

    lease: Lease
    step: Step
    deadline_ns: int
    goes_on: GoesOn | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait until `until_ns`, holding no permit."""

    until_ns: int


@dataclass(frozen=True, slots=True)
class Relay:
    """Deliver the committed answer to its last byte, then give the permits back."""

    deadline_ns: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with an error: one of ours, or a provider's, word for word."""

    error: RequestError | Failed


@dataclass(frozen=True, slots=True)
class Abort:
    """End a stream that has begun: the provider's own error event or ours, then an aborted connection."""

    error: RequestError
    event: bytes | None


Action: TypeAlias = Admit | Wait | OneMore | Attempt | Sleep | Relay | Answer | Abort


@dataclass(frozen=True, slots=True)
class Admitted:
    """There is room, and `lease` holds it."""

    now_ns: int
    lease: Lease


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """There is no room, and nothing was charged. See `pyproxy.admission.Refused` for the fields."""

    now_ns: int
    scope: str | None
    reason: str
    retry_after_ns: int | None
    also: tuple[str, ...] = ()
    permanent: bool = False

    @property
    def hopeless(self) -> bool:
        """Whether the call needs more than the scope ever lets through."""
        return self.permanent and self.reason == "rate"


@dataclass(frozen=True, slots=True)
class TooMany:
    """No more calls may be made for requests that have had one: too many of them fail."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class Committed:
    """The answer is good as far as it can be known: whole, or a stream up to its first content."""

    now_ns: int
    status: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed before anything was delivered.

    Attributes:
        now_ns: when it was known.
        outcome: what the table of failures says of it.
        detail: what happened, in words.
        status: the HTTP status, if there was one.
        headers: the answer's headers, if there were any.
        body: the answer's body, as far as it was read.
        retry_after_ns: nanoseconds the provider asks to wait, if it said so.
        wire: the API that the body is written in.
        param: the field of the request that is at fault, if that is known.
    """

    now_ns: int
    outcome: Outcome
    detail: str
    status: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    retry_after_ns: int | None = None
    wire: str = "openai"
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A stream broke after its commit point.

    Attributes:
        now_ns: when it was known; the permits are given back and the call is closed.
        signal: the classifier's word for it.
        detail: what happened, in words.
        event: the provider's own error event, if it sent one.
        resumable: whether another answer may go on with it: the target promises so, and nothing but text has been delivered.
    """

    now_ns: int
    signal: str
    detail: str
    event: bytes | None = None
    resumable: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked for is done."""

    now_ns: int


Event: TypeAlias = Admitted | NotAdmitted | TooMany | Committed | Failed | Broken | Done
