"""The sans-I/O core of pyproxy: limiters, admission, scheduling and the wire's pure machines.

Nothing here waits, opens a connection or raises to refuse: a refusal is a value that knows when to ask again.
Times named ``now_ns`` are nanoseconds of ``time.monotonic_ns()``; ``None`` reads that clock. Whole numbers lie between 0 and
2**64 - 1. Every wrong value is a ``ValueError``, every wrong type a ``TypeError``. All classes are final and safe to share
between threads.
"""
# ruff: noqa: PYI021, PYI054 - the sources are in Rust, so this is where an editor finds what a name means, and its defaults

from collections.abc import Sequence
from typing import Literal, TypedDict, final

__all__ = [
    "AdmissionController",
    "BreakerGroup",
    "CircuitBreaker",
    "Decision",
    "Envelope",
    "EnvelopeError",
    "Frames",
    "Grant",
    "HealthTracker",
    "Histogram",
    "Open",
    "Outcome",
    "Pass",
    "Probe",
    "RateLimit",
    "Refusal",
    "ResponseInspection",
    "Scheduler",
    "SseFramer",
    "Statistics",
    "TokenBucket",
    "__version__",
    "classify",
    "inspect_response",
    "parse_retry_after",
    "scan_envelope",
    "sse_error_event",
]

__version__: str

# --- limiters ---------------------------------------------------------------------------------------------------------

@final
class Decision:
    """The answer to "may this cost pass now?". True where it may."""

    @property
    def admitted(self) -> bool:
        """Whether the cost may pass."""
    @property
    def retry_after_ns(self) -> int | None:
        """Nanoseconds to wait: refused one earlier, admitted then. None if admitted, or if no wait can help."""
    @property
    def permanent(self) -> bool:
        """Whether no wait can help: the cost exceeds the capacity."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class TokenBucket:
    """A token bucket, exact to the nanosecond: ``limit`` tokens each window, at most ``capacity`` held. It starts full."""

    def __new__(cls, capacity: int, limit: int, window_ns: int, now_ns: int | None = None) -> TokenBucket: ...
    def try_acquire(self, cost: int = 1, now_ns: int | None = None) -> Decision:
        """Take the cost if it is there; a refusal changes nothing. A cost of 0 is always admitted."""
    def peek(self, cost: int = 1, now_ns: int | None = None) -> Decision:
        """Tell the verdict that ``try_acquire`` would give; changes nothing."""
    def refund(self, tokens: int, now_ns: int | None = None) -> None:
        """Give tokens back, never above the capacity."""
    def charge(self, tokens: int, now_ns: int | None = None) -> None:
        """Take tokens whatever the level, into debt if need be."""
    def level(self, now_ns: int | None = None) -> tuple[int, int]:
        """Tell the exact level in tokens, as numerator and denominator; below zero when in debt."""
    def reconfigure(self, capacity: int, limit: int, window_ns: int, now_ns: int | None = None) -> None:
        """Change the quota, keeping the level in tokens; time before now accrues at the old rate."""
    def block_until(self, until_ns: int) -> None:
        """Admit nothing before this time; only ever extends, and leaves the refill alone."""

@final
class RateLimit:
    """A rate limit: so many requests or tokens in each window. Frozen, and equal by value."""

    def __new__(
        cls,
        dimension: str,
        limit: int,
        window_ns: int,
        algorithm: str = "token_bucket",
        capacity: int | None = None,
    ) -> RateLimit: ...
    @property
    def dimension(self) -> str:
        """What is counted: "requests" or "tokens"."""
    @property
    def limit(self) -> int:
        """How much of it in each window."""
    @property
    def window_ns(self) -> int:
        """The window's length in nanoseconds."""
    @property
    def algorithm(self) -> str:
        """How it is enforced: "token_bucket"."""
    @property
    def capacity(self) -> int:
        """The most that may pass at once; the limit, unless given."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

# --- admission --------------------------------------------------------------------------------------------------------

class _RateSnapshot(TypedDict):
    dimension: str
    limit: int
    window_ns: int
    capacity: int
    level: tuple[int, int]

class _ScopeSnapshot(TypedDict):
    key: str
    parent: str | None
    in_flight: int
    concurrency: int | None
    rates: list[_RateSnapshot]
    blocked_until_ns: int | None

@final
class Grant:
    """Leave to go through every scope of a path, held until it is released. Always true."""

    @property
    def id(self) -> int:
        """The grant's number, never used twice by one controller."""
    def __bool__(self) -> Literal[True]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Refusal:
    """Why a request may not pass now. Always false."""

    @property
    def scope(self) -> str:
        """The first scope of the path that refuses, or the first that refuses for good."""
    @property
    def reason(self) -> Literal["concurrency", "rate", "blocked"]:
        """Why that scope refuses; of several reasons the first in this order."""
    @property
    def retry_after_ns(self) -> int | None:
        """Nanoseconds until every rate and block of the path would admit; None if a bound on concurrency refuses, or for good."""
    @property
    def permanent(self) -> bool:
        """Whether no wait can help: a cost exceeds a capacity."""
    def __bool__(self) -> Literal[False]: ...

@final
class AdmissionController:
    """Admits requests through every scope of a path, all or nothing, under one lock."""

    def __new__(cls) -> AdmissionController: ...
    def define(
        self,
        key: str,
        parent: str | None = None,
        concurrency: int | None = None,
        rates: Sequence[RateLimit] = (),
        now_ns: int | None = None,
    ) -> list[int]:
        """Define a scope, or change it, keeping what is in flight and the state of its rates. Returns the tickets let in.

        A rate takes over the state of the one that counted the same thing over the same window, else of one whose window was
        changed. The parent must have been defined before.
        """
    def try_acquire(self, path: Sequence[str], requests: int = 1, tokens: int = 0, now_ns: int | None = None) -> Grant | Refusal:
        """Admit a request through every scope of the path and their ancestors, each once; a refusal changes nothing.

        Raises:
            ValueError: a scope of the path is not defined.
        """
    def release(self, grant: Grant, now_ns: int | None = None) -> list[int]:
        """Give the permits of a grant back, once; its charges stay. Returns the tickets let in by that."""
    def refund(self, grant: Grant, now_ns: int | None = None) -> None:
        """Give the charges of a grant back, once and only before its release; its permits stay taken."""
    def block_until(self, key: str, until_ns: int, now_ns: int | None = None) -> None:
        """Grant nothing through the scope before this time; only ever extends, and leaves the refill alone."""
    def in_flight(self, key: str) -> int:
        """Tell how many grants are held through the scope."""
    def snapshot(self, now_ns: int | None = None) -> list[_ScopeSnapshot]:
        """Tell every scope's limits and state, in the order of definition."""

# --- schedulers -------------------------------------------------------------------------------------------------------

@final
class Scheduler:
    """Picks who is next among a fixed set of candidates, known by their index. A weight of 0 is drained: never picked."""

    def __new__(cls, name: str, weights: Sequence[int], seed: int | None = None) -> Scheduler: ...
    @property
    def name(self) -> str:
        """The strategy's name."""
    def pick(self, eligible: Sequence[bool], now_ns: int | None = None) -> int | None:
        """Tell the index of the next candidate, always an eligible one; None only where none is."""
    def on_start(self, index: int) -> None:
        """Note that a request was sent to the candidate."""
    def on_finish(self, index: int, latency_ns: int = 0, ok: bool = True) -> None:
        """Note that a request to the candidate ended, after so long, well or badly."""
    def __len__(self) -> int: ...

# --- circuit breaker --------------------------------------------------------------------------------------------------

class _BreakerSnapshot(TypedDict):
    state: Literal["closed", "open", "half_open"]
    ramping: bool
    generation: int
    trips: int
    consecutive_failures: int
    window: tuple[int, int] | None
    probes_out: int
    probes_passed: int
    recovery_time_ns: int
    retry_after_ns: int

@final
class Pass:
    """Leave to try the instance, in one generation of its breaker. Always true."""

    @property
    def generation(self) -> int:
        """The generation it belongs to; once the breaker is in another, its outcome changes nothing."""
    def __bool__(self) -> Literal[True]: ...

@final
class Probe:
    """A place among the few attempts that find out whether the instance has recovered, leased until its end. Always true."""

    @property
    def generation(self) -> int:
        """The generation it belongs to; once the breaker is in another, its outcome changes nothing."""
    @property
    def lease_end_ns(self) -> int:
        """When its place is taken back; from then on its outcome changes nothing."""
    def __bool__(self) -> Literal[True]: ...

@final
class Open:
    """The instance is not to be tried now. Always false."""

    __match_args__ = ("retry_after_ns",)

    @property
    def retry_after_ns(self) -> int:
        """Nanoseconds, never 0: refused one earlier, let through then, if nothing else happens.

        Where all probes are out, until the earliest lease ends. While the breaker ramps it is the longest there is to wait:
        every attempt counts, so one's turn may come before.
        """
    def __bool__(self) -> Literal[False]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class CircuitBreaker:
    """Whether one instance may be tried, after what became of the attempts before. It starts closed.

    - Closed, it opens after ``failure_threshold`` failures in a row, or, if a ``failure_rate`` is given, once that many in a
      hundred of at least ``minimum_requests`` outcomes of the window have failed. At any time every outcome of the last
      ``window_ns`` is counted, and none that is 1/32 of the window older.
    - Open, it refuses for ``recovery_time_ns``, doubled each time it opens again, up to ``max_recovery_time_ns`` (ten times
      the recovery time, unless given). Once it has been closed for ``healthy_time_ns`` (the greatest recovery time, unless
      given) the doubling begins anew.
    - Half open, it lets ``half_open_requests`` probes through and no more; it closes once all have ended well, and opens again
      at the first that fails. A place comes free when a probe says nothing, and when none has been heard of for
      ``probe_timeout_ns``, which should therefore exceed the time that an attempt may take until its outcome is recorded.
    - Closed again, it lets a share of the attempts through that grows evenly from nothing to all over ``slow_start_ns`` (0, so
      all at once, unless given), and one whenever none was let through for 1/32 of that time.
    """

    def __new__(
        cls,
        failure_threshold: int = 5,
        recovery_time_ns: int = 30_000_000_000,
        half_open_requests: int = 1,
        *,
        failure_rate: int | None = None,
        minimum_requests: int = 10,
        window_ns: int = 60_000_000_000,
        max_recovery_time_ns: int | None = None,
        healthy_time_ns: int | None = None,
        probe_timeout_ns: int = 60_000_000_000,
        slow_start_ns: int = 0,
    ) -> CircuitBreaker: ...
    def allow(self, now_ns: int | None = None) -> Pass | Probe | Open:
        """Ask to try the instance now. The outcome of a Pass or a Probe is to be recorded."""
    def record(self, pass_: Pass | Probe, ok: bool | None, now_ns: int | None = None) -> Literal["open", "closed"] | None:
        """Record what became of an attempt, once: well, badly, or (None) in a way that says nothing about the instance.

        A rate limit, the caller's own mistake and a cancelled call say nothing. An outcome of an old generation, one recorded
        before, and that of a probe whose lease has ended change nothing. Returns the state that this led to, if to another.

        Raises:
            ValueError: another breaker issued the permit.
        """
    def cancel(self, pass_: Pass | Probe, now_ns: int | None = None) -> None:
        """Give a permit back whose attempt said nothing about the instance, as recording None does."""
    def state(self, now_ns: int | None = None) -> Literal["closed", "open", "half_open"]:
        """Tell where it stands; changes nothing."""
    def retry_after_ns(self, now_ns: int | None = None) -> int:
        """Tell the nanoseconds until ``allow`` lets one through, 0 if it would now; changes nothing."""
    def trip(self, now_ns: int | None = None) -> None:
        """Open it for its present recovery time, which that does not double."""
    def reset(self, now_ns: int | None = None) -> None:
        """Close it, and forget what led to its opening."""
    def reconfigure(
        self,
        failure_threshold: int = 5,
        recovery_time_ns: int = 30_000_000_000,
        half_open_requests: int = 1,
        *,
        failure_rate: int | None = None,
        minimum_requests: int = 10,
        window_ns: int = 60_000_000_000,
        max_recovery_time_ns: int | None = None,
        healthy_time_ns: int | None = None,
        probe_timeout_ns: int = 60_000_000_000,
        slow_start_ns: int = 0,
        now_ns: int | None = None,
    ) -> None:
        """Follow changed settings, with the defaults of a new breaker for those not given.

        All state is kept, but that a window of another length begins empty: an open breaker stays so until the time it told,
        and probes that are out keep their leases.
        """
    def snapshot(self, now_ns: int | None = None) -> _BreakerSnapshot:
        """Tell what it is at; the window as successes and failures. Changes nothing."""

@final
class BreakerGroup:
    """The breakers of a group, of which no more than a share keeps its instance out.

    If most of a group is ejected (open, or half open with all probes out), trying somebody is preferred over refusing
    everybody: of those ejected beyond ``max_ejected_percent`` of all, rounded down, the ones that would be let in soonest are
    used whatever their breakers say. A lone member is thus never kept out below 100 percent, which never panics.
    A breaker that is closed and only ramps is not ejected.
    """

    def __new__(cls, breakers: Sequence[CircuitBreaker], max_ejected_percent: int = 50) -> BreakerGroup: ...
    def usable(self, now_ns: int | None = None) -> list[bool]:
        """Tell which members may be used, as a scheduler's ``eligible``; changes nothing."""
    def allow(self, index: int, now_ns: int | None = None) -> Pass | Probe | Open:
        """Ask to try a member: as its own ``allow``, but a Pass where the member is used in panic.

        The outcome of such a pass is recorded as any, but it is the breaker's probes that decide whether it closes.

        Raises:
            IndexError: there is no such member.
        """
    def panicking(self, now_ns: int | None = None) -> bool:
        """Tell whether more members are ejected than may be kept out; changes nothing."""
    def retry_after_ns(self, now_ns: int | None = None) -> int:
        """Tell the nanoseconds until a member may be used, 0 if one may now; changes nothing."""
    def __len__(self) -> int: ...

# --- health -----------------------------------------------------------------------------------------------------------

class _HealthSnapshot(TypedDict):
    state: Literal["healthy", "degraded", "unhealthy", "recovering"]
    since_ns: int
    consecutive_failures: int
    consecutive_successes: int
    window: tuple[int, int]
    latency_ns: int | None
    usual_latency_ns: int | None
    ttft_ns: int | None
    usual_ttft_ns: int | None
    probe_latency_ns: int | None
    next_probe_ns: int | None

@final
class HealthTracker:
    """How one instance does, after the outcomes of its traffic and of active probes. It starts healthy.

    - Unhealthy after ``unhealthy_after`` failures in a row, of traffic or of probes, each counted apart.
    - Recovering at the first success after that, unhealthy again at the next failure, healthy after ``healthy_after``
      successes in a row. The success ratio begins anew then.
    - Degraded when of at least ``minimum_requests`` attempts of the window fewer than ``degraded_success_percent`` end well,
      or when they take more than ``degraded_latency_percent`` hundredths of the time they usually take: until the first token
      where that is told, else in all. Healthy again after ``healthy_after`` successes in a row once each is half the way back
      from its bound (from 90 to 95 percent, from 300 to 200 hundredths), so that it does not flap.

    Averages weigh the last sample 1/8 (the usual ones 1/1024), and fewer samples evenly. A change that lasts becomes the usual.
    """

    def __new__(
        cls,
        unhealthy_after: int = 3,
        healthy_after: int = 2,
        *,
        degraded_success_percent: int | None = 90,
        degraded_latency_percent: int | None = None,
        minimum_requests: int = 10,
        window_ns: int = 60_000_000_000,
        probe_interval_ns: int | None = None,
        now_ns: int | None = None,
    ) -> HealthTracker: ...
    def record(
        self, ok: bool, latency_ns: int | None = None, ttft_ns: int | None = None, now_ns: int | None = None
    ) -> Literal["healthy", "degraded", "unhealthy", "recovering"] | None:
        """Record an attempt and, if it ended well, how long it took. Returns the state that this led to, if to another."""
    def record_probe(
        self, ok: bool, latency_ns: int | None = None, now_ns: int | None = None
    ) -> Literal["healthy", "degraded", "unhealthy", "recovering"] | None:
        """Record an active probe; the next is due an interval later. Returns the state that this led to, if to another."""
    def probe_due(self, now_ns: int | None = None) -> bool:
        """Tell whether a probe is due, the first at once; changes nothing."""
    def start_probe(self, now_ns: int | None = None) -> bool:
        """Claim the probe that is due: true once, and again an interval later if no outcome has come."""
    @property
    def next_probe_ns(self) -> int | None:
        """When the next probe is due; None if there are none."""
    def state(self, now_ns: int | None = None) -> Literal["healthy", "degraded", "unhealthy", "recovering"]:
        """Tell how the instance does. Only outcomes change that; time alone does not."""
    def reconfigure(
        self,
        unhealthy_after: int = 3,
        healthy_after: int = 2,
        *,
        degraded_success_percent: int | None = 90,
        degraded_latency_percent: int | None = None,
        minimum_requests: int = 10,
        window_ns: int = 60_000_000_000,
        probe_interval_ns: int | None = None,
        now_ns: int | None = None,
    ) -> None:
        """Follow changed settings, with the defaults of a new tracker for those not given.

        All state is kept, but that a window of another length begins empty. The next probe is due within the new interval.
        """
    def snapshot(self, now_ns: int | None = None) -> _HealthSnapshot:
        """Tell what it is at; the window as successes and failures of traffic. Changes nothing."""

# --- statistics -------------------------------------------------------------------------------------------------------

class _DurationSnapshot(TypedDict):
    count: int
    sum_ns: int
    min_ns: int | None
    p50_ns: int | None
    p90_ns: int | None
    p95_ns: int | None
    p99_ns: int | None
    max_ns: int | None

class _StatisticsSnapshot(TypedDict):
    requests: int
    successes: int
    failures: dict[str, int]
    tokens_in: int
    tokens_out: int
    fallbacks: int
    retries: int
    latency: _DurationSnapshot
    ttft: _DurationSnapshot

@final
class Histogram:
    """A histogram of durations, in 17 KB whatever it is fed.

    Quantiles are within 0.8 percent from 1 microsecond to 73 minutes, and within 8 ns below; what took longer is told as the
    greatest. Count, sum, smallest and greatest are exact.
    """

    def __new__(cls) -> Histogram: ...
    def record(self, value_ns: int) -> None:
        """Take one duration in."""
    def merge(self, other: Histogram) -> None:
        """Take in all that another has."""
    def quantile(self, q: float) -> int | None:
        """Tell the duration that this share of them, read to the millionth, does not exceed; None where there is none."""
    def snapshot(self) -> _DurationSnapshot:
        """Tell count, sum, smallest, greatest and some quantiles."""

@final
class Statistics:
    """What became of the attempts on one target: counters, and histograms of how long they took. It knows no time of its own."""

    def __new__(cls) -> Statistics: ...
    def record(
        self,
        failure: str | None = None,
        latency_ns: int | None = None,
        ttft_ns: int | None = None,
        tokens_in: int = 0,
        tokens_out: int = 0,
    ) -> None:
        """Count an attempt that has ended: well, or with a failure of this name.

        The first 32 names are counted each, all others as "other".
        """
    def record_fallback(self) -> None:
        """Count a step down to another target."""
    def record_retry(self) -> None:
        """Count another attempt for the same request."""
    def merge(self, other: Statistics) -> None:
        """Take in all that another has counted."""
    def latency_quantile(self, q: float) -> int | None:
        """Tell how long this share of the attempts took at most; None where there is none."""
    def ttft_quantile(self, q: float) -> int | None:
        """Tell how long this share of the attempts took at most until their first token; None where there is none."""
    def snapshot(self) -> _StatisticsSnapshot:
        """Tell all of it."""

# --- the wire ---------------------------------------------------------------------------------------------------------

class EnvelopeError(ValueError):
    """A request body that cannot be routed. The message says what to send."""

    param: str | None
    """The member at fault: "model", "stream", "max_tokens", "max_completion_tokens", or None for the body itself."""

@final
class Envelope:
    """What a request body says about itself."""

    @property
    def model(self) -> str:
        """The target's name."""
    @property
    def stream(self) -> bool:
        """Whether the answer is to be a stream."""
    @property
    def max_tokens(self) -> int | None:
        """The most tokens the answer may have (``max_completion_tokens``, else ``max_tokens``), if the client bounds it."""
    @property
    def model_span(self) -> tuple[int, int]:
        """Start and end of the JSON value of ``model`` in the body, quotes included."""
    def with_model(self, body: bytes, name: str) -> bytes:
        """Return the same body with another model's name, every other byte untouched.

        Raises:
            ValueError: this is not the body that was scanned.
        """

def scan_envelope(body: bytes) -> Envelope:
    """Scan a request body: one JSON object in UTF-8 with a model.

    Raises:
        EnvelopeError: it cannot be routed; the message says what to send.
    """

@final
class Outcome:
    """What to do after a failed attempt. Frozen: one row of the core's table."""

    @property
    def name(self) -> str:
        """The row's name, such as "server_error"."""
    @property
    def retry_same(self) -> bool:
        """One retry on the same instance."""
    @property
    def try_another(self) -> bool:
        """Another instance of the same step may do better."""
    @property
    def try_next(self) -> bool:
        """The next step of the plan may do better."""
    @property
    def to_client(self) -> bool:
        """The provider's answer goes to the client as it is."""
    @property
    def counts_for_breaker(self) -> bool:
        """A failure of the instance, to its circuit breaker."""
    @property
    def disable_credential(self) -> bool:
        """The credential is of no use any more."""
    @property
    def pause_limiter(self) -> bool:
        """The limiter pauses until the provider's Retry-After."""
    @property
    def ask_again(self) -> bool:
        """The same instance may be asked again within this request."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

def classify(signal: str, status: int | None = None, body: bytes | None = None) -> Outcome:
    """Tell what a failed attempt means, from its signal and, where there was an answer, the answer's status and body.

    Signals: connect_failed, connect_timeout, first_byte_timeout, idle_timeout, attempt_timeout, reset, truncated, malformed,
    deadline, client_gone, status.

    Raises:
        ValueError: an unknown signal; "status" without a status, or with one below 300.
    """

def parse_retry_after(headers: Sequence[tuple[bytes, bytes]], unix_now_ms: int) -> int | None:
    """Tell how many nanoseconds a provider's response headers ask to wait, from 0 to one hour; None where they ask for none."""

@final
class Frames:
    """Whole events that may be passed on."""

    @property
    def data(self) -> bytes:
        """The events as they came, comments included."""
    @property
    def events(self) -> int:
        """How many of them have data."""

@final
class SseFramer:
    """Cuts a stream of server-sent events out of pieces of bytes; passes on the whole and valid ones, byte for byte."""

    def __new__(cls, dialect: str = "openai", max_event_bytes: int = 16777216) -> SseFramer: ...
    def feed(self, chunk: bytes) -> Frames:
        """Take the next bytes of the stream and return what may now be passed on."""
    def finish(self) -> bytes:
        """Note the end of the stream: a last event that lacks only its empty line, completed; else nothing."""
    @property
    def content(self) -> bool:
        """A content event is among what has been returned."""
    @property
    def terminal(self) -> bool:
        """The stream's last event has come; whatever follows is dropped."""
    @property
    def complete(self) -> bool:
        """The answer is whole: its last event has come, or the finish reason of each choice."""
    @property
    def error(self) -> bytes | None:
        """The data of the provider's error event, which is withheld with all that follows."""
    @property
    def malformed(self) -> str | None:
        """Why an event cannot be passed on, which is withheld with all that follows."""
    @property
    def usage(self) -> tuple[int, int, int] | None:
        """Prompt, completion and cached tokens, as last reported."""
    @property
    def pending(self) -> int:
        """Bytes held of an event that is not whole yet."""

@final
class ResponseInspection:
    """What the body of an answer with a good status turns out to be."""

    @property
    def problem(self) -> str | None:
        """What is wrong with it; None if it is an answer."""
    @property
    def usage(self) -> tuple[int, int, int] | None:
        """Prompt, completion and cached tokens, if it tells them."""

def inspect_response(dialect: str, body: bytes) -> ResponseInspection:
    """Inspect the body of a response with status 200: is it an answer, and what did it cost?"""

def sse_error_event(dialect: str, message: str, type: str, code: str | None) -> bytes:  # noqa: A002
    """Make the event that tells a client of an error in the middle of its stream."""
