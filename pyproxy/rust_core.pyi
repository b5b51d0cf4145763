"""The sans-I/O core of pyproxy: limiters, admission, scheduling and the wire's pure machines.

Nothing here waits, opens a connection or raises to refuse: a refusal is a value that knows when to ask again.
Times named ``now_ns`` are nanoseconds of ``time.monotonic_ns()``; ``None`` reads that clock. Whole numbers lie between 0 and
2**64 - 1. Every wrong value is a ``ValueError``, every wrong type a ``TypeError``. All classes are final and safe to share
between threads.
"""
# ruff: noqa: PYI021, PYI054 - the sources are in Rust, so this is where an editor finds what a name means, and its defaults

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias, TypedDict, final

__all__ = [
    "AdmissionController",
    "BreakerGroup",
    "CircuitBreaker",
    "Decision",
    "Envelope",
    "EnvelopeError",
    "Flow",
    "Frames",
    "Grant",
    "HealthTracker",
    "Histogram",
    "NativeAnswer",
    "NativeBegun",
    "NativeCandidate",
    "NativeEndpoint",
    "NativeExchange",
    "NativeFailure",
    "NativeIo",
    "NativeLane",
    "NativeLanes",
    "NativePool",
    "NativeServed",
    "NativeServer",
    "NativeTally",
    "Open",
    "Outcome",
    "Pass",
    "Path",
    "Probe",
    "RateLimit",
    "Refusal",
    "RequestGuard",
    "ResponseInspection",
    "Scheduler",
    "SlidingWindow",
    "SseFramer",
    "Statistics",
    "Ticket",
    "TokenBucket",
    "TokenEstimator",
    "__version__",
    "access_line",
    "answer_headers",
    "classify",
    "error_body",
    "error_event",
    "forwarded_headers",
    "inspect_response",
    "is_credential",
    "parse_rate_limits",
    "parse_retry_after",
    "parse_toml",
    "register_scheduler",
    "scan_envelope",
    "status_of_kind",
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
    """A token bucket, exact to the nanosecond: ``limit`` tokens each window, at most ``capacity`` held. It starts full.

    A window may so see a burst of the capacity and the limit on top. A strict bucket refills only ``limit - capacity`` each
    window, and no window ever admits more than the limit; its capacity must be below the limit.
    """

    def __new__(cls, capacity: int, limit: int, window_ns: int, now_ns: int | None = None, *, strict: bool = False) -> TokenBucket: ...
    def try_acquire(self, cost: int = 1, now_ns: int | None = None) -> Decision:
        """Take the cost if it is there; a refusal changes nothing. A cost of 0 is always admitted."""
    def peek(self, cost: int = 1, now_ns: int | None = None) -> Decision:
        """Tell the verdict that ``try_acquire`` would give; changes nothing."""
    def refund(self, tokens: int, now_ns: int | None = None, charged_at_ns: int | None = None) -> None:
        """Give tokens back, never above the capacity.

        With the time they were charged at, as if they had never been: of what was there only for want of them, nothing is left.
        """
    def charge(self, tokens: int, now_ns: int | None = None, charged_at_ns: int | None = None) -> None:
        """Take tokens whatever the level, into debt if need be.

        With an earlier time, as if they had been taken then: refill that has since been lost to a full bucket pays first.
        """
    def level(self, now_ns: int | None = None) -> tuple[int, int]:
        """Tell the exact level in tokens, as numerator and denominator; below zero when in debt."""
    def reconfigure(self, capacity: int, limit: int, window_ns: int, now_ns: int | None = None, *, strict: bool | None = None) -> None:
        """Change the quota, keeping the level in tokens; time before now accrues at the old rate. Strict as before, unless told."""
    def block_until(self, until_ns: int) -> None:
        """Admit nothing before this time; only ever extends, and leaves the refill alone."""
    def tighten(self, remaining: int, reset_at_ns: int, observed_at_ns: int | None = None, now_ns: int | None = None) -> None:
        """Admit at most so much more before the reset, as a provider's headers said; never more than without.

        Ignored if something observed later (now, unless given) was told before. From the reset on it is as if nothing had been.
        """

@final
class SlidingWindow:
    """A sliding window: no window of ``window_ns`` ever holds more than ``limit``. It starts empty.

    Time is counted in ``buckets`` parts of the window and one more, so what is taken counts for at most that part too long.
    """

    def __new__(cls, limit: int, window_ns: int, buckets: int = 60, now_ns: int | None = None) -> SlidingWindow: ...
    def try_acquire(self, cost: int = 1, now_ns: int | None = None) -> Decision:
        """Take the cost if it fits; a refusal changes nothing. A cost of 0 is always admitted."""
    def peek(self, cost: int = 1, now_ns: int | None = None) -> Decision:
        """Tell the verdict that ``try_acquire`` would give; changes nothing."""
    def refund(self, tokens: int, now_ns: int | None = None, charged_at_ns: int | None = None) -> None:
        """Give tokens back, as if what was charged at that time had never been; nothing, if it counts no more.

        Without the time it must be known to count still. It then comes off the oldest, so that it is free as late as is safe.
        """
    def charge(self, tokens: int, now_ns: int | None = None, charged_at_ns: int | None = None) -> None:
        """Take tokens whatever is left, beyond the limit if need be; those of an earlier time count from then."""
    def used(self, now_ns: int | None = None) -> int:
        """Tell what is counted now; above the limit when in debt."""
    def reconfigure(self, limit: int, window_ns: int, buckets: int | None = None, now_ns: int | None = None) -> None:
        """Change the quota; what is counted stays counted, and as many buckets are kept if no other number is given."""
    def block_until(self, until_ns: int) -> None:
        """Admit nothing before this time; only ever extends."""
    def tighten(self, remaining: int, reset_at_ns: int, observed_at_ns: int | None = None, now_ns: int | None = None) -> None:
        """Admit at most so much more before the reset, as a provider's headers said; never more than without.

        Ignored if something observed later (now, unless given) was told before. From the reset on it is as if nothing had been.
        """

@final
class RateLimit:
    """A rate limit: so many requests or tokens in each window. Frozen, and equal by value.

    A token bucket takes a capacity (the limit, or half of it if strict) and may be strict; a sliding window takes a number of
    buckets (60) and always is.
    """

    def __new__(
        cls,
        dimension: str,
        limit: int,
        window_ns: int,
        algorithm: str = "token_bucket",
        capacity: int | None = None,
        *,
        buckets: int | None = None,
        strict: bool = False,
    ) -> RateLimit: ...
    @staticmethod
    def rpm(
        limit: int, algorithm: str = "sliding_window", capacity: int | None = None, *, buckets: int | None = None, strict: bool = False
    ) -> RateLimit:
        """Limit requests in a minute; unless another algorithm is named, in any minute there is."""
    @staticmethod
    def tpm(
        limit: int, algorithm: str = "sliding_window", capacity: int | None = None, *, buckets: int | None = None, strict: bool = False
    ) -> RateLimit:
        """Limit tokens in a minute; unless another algorithm is named, in any minute there is."""
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
        """How it is enforced: "token_bucket" or "sliding_window"."""
    @property
    def capacity(self) -> int:
        """The most that may pass at once."""
    @property
    def buckets(self) -> int | None:
        """The parts that a sliding window is counted in."""
    @property
    def strict(self) -> bool:
        """Whether no window ever admits more than the limit."""
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
    waiting: int
    queue_size: int | None
    weight: int

@final
class Grant:
    """Leave to go through every scope of a path, held until it is released. Always true; equal where it is the same grant."""

    @property
    def id(self) -> int:
        """The grant's number, never used twice by one controller."""
    @property
    def held(self) -> bool:
        """Whether its permits are still out."""
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
    def reason(self) -> Literal["concurrency", "rate", "blocked", "reserved", "queue_full", "deadline", "closed"]:
        """Why that scope refuses; of several of its limits the first in this order.

        ``reserved``: there is room, but somebody who waits has the first claim on it. ``queue_full``: as many wait as may.
        ``deadline``: the rates could not let it in before its deadline. ``closed``: the controller lets nobody in any more.
        """
    @property
    def retry_after_ns(self) -> int | None:
        """Nanoseconds until every rate and block of the path would admit; None where time alone does not decide, or for good."""
    @property
    def permanent(self) -> bool:
        """Whether no wait can help: a cost exceeds a capacity, the deadline has passed, or the controller is closed."""
    def __bool__(self) -> Literal[False]: ...

@final
class Ticket:
    """A place in a queue, and what came of it. Always true."""

    @property
    def id(self) -> int:
        """The ticket's number, never used twice by one controller."""
    @property
    def grant(self) -> Grant | None:
        """The grant it brought; None while it waits, and where it brought none."""
    @property
    def state(self) -> Literal["waiting", "granted", "expired", "refused", "cancelled", "closed"]:
        """What has become of it."""
    def __bool__(self) -> Literal[True]: ...

@final
class Path:
    """A path looked up once, to be used often with the controller that made it."""

    @property
    def keys(self) -> list[str]:
        """The scopes it was made of."""

@final
class AdmissionController:
    """Admits requests through every scope of a path, all or nothing, at once or from a queue, under one lock.

    Between those who wait, the lowest priority number goes first; within one priority the flow that has been served least by
    its weight; within a flow, whoever came first. Each ``aging_ns`` of waiting (5 s if not given) lifts a ticket by one
    priority, up to the most urgent that waits. Whoever lacks room at a scope has the first claim on what becomes free there;
    one who lacks it only at another scope is passed over.

    ``on_dropped`` is called with the list of tickets that wait in vain, by the operation that noticed it: their deadline has
    passed ("expired"), or a lowered limit can never hold their cost ("refused").
    """

    def __new__(cls, aging_ns: int | None = None, on_dropped: Callable[[list[Ticket]], object] | None = None) -> AdmissionController: ...
    def define(
        self,
        key: str,
        parent: str | None = None,
        concurrency: int | None = None,
        rates: Sequence[RateLimit] = (),
        queue_size: int | None = None,
        weight: int = 1,
        now_ns: int | None = None,
    ) -> list[Ticket]:
        """Define a scope, or change it, keeping what is in flight, who waits and the state of its rates. Returns who was let in.

        A rate takes over the state of the one that counted the same thing over the same window, else of one whose window was
        changed. The parent must have been defined before. ``queue_size`` bounds how many may wait to pass the scope (None: no
        bound); ``weight`` is the share of the flow of this name beside other flows.
        """
    def remove(self, key: str) -> None:
        """Take a scope away: no new path may name it. Who passes it now or waits for it is not disturbed."""
    def path(self, keys: Sequence[str]) -> Path:
        """Look a path up once, to be used wherever a path is asked for. It follows a scope that gets another parent."""
    def try_acquire(self, path: Sequence[str] | Path, requests: int = 1, tokens: int = 0, now_ns: int | None = None) -> Grant | Refusal:
        """Admit a request through every scope of the path and their ancestors, each once; a refusal changes nothing.

        Raises:
            ValueError: a scope of the path is not defined.
        """
    def enqueue(
        self,
        path: Sequence[str] | Path,
        requests: int = 1,
        tokens: int = 0,
        priority: int = 0,
        flow: str | None = None,
        deadline_ns: int | None = None,
        now_ns: int | None = None,
    ) -> Ticket | Refusal:
        """Admit a request at once, or give it a place in the queue; a refusal changes nothing.

        Args:
            path: the scopes to pass; the ticket counts against the ``queue_size`` of each.
            requests: calls it costs.
            tokens: tokens it costs, estimated.
            priority: the lowest number goes first.
            flow: whose share it counts against; the last scope of the path if None. One that is a scope's key has the weight of
                that scope, another that of the last scope of the path.
            deadline_ns: the latest time to be let in. Where the rates alone forbid that, it is refused at once.
            now_ns: monotonic nanoseconds.

        Raises:
            ValueError: a scope of the path is not defined.
        """
    def release(self, grant: Grant, now_ns: int | None = None) -> list[Ticket]:
        """Give the permits of a grant back, once; its charges stay. Returns the tickets let in, by that or since last told."""
    def settle(self, grant: Grant, tokens: int, exact: bool = True, now_ns: int | None = None) -> list[Ticket]:
        """Charge the tokens really used in place of those reserved. Returns the tickets let in, by that or since last told.

        A surplus is given back, an overrun is charged into debt. Where ``exact`` is false, more may have been used: nothing is
        given back. Only the first ``settle`` or ``refund`` of a grant counts, before or after its release.
        """
    def refund(self, grant: Grant, now_ns: int | None = None) -> list[Ticket]:
        """Give back all that a grant was charged, but not its permits. Returns the tickets let in, by that or since last told.

        Only the first ``settle`` or ``refund`` of a grant counts, before or after its release.
        """
    def cancel(self, ticket: Ticket, now_ns: int | None = None) -> list[Ticket]:
        """Give up a ticket, once: its place, or permits and charges of its grant. Returns the tickets let in by that."""
    def advance(self, now_ns: int | None = None) -> list[Ticket]:
        """Let time pass: who can be let in by now is, and deadlines expire. Returns the tickets let in since last told."""
    def next_wakeup(self, now_ns: int | None = None) -> int | None:
        """Tell when ``advance`` should be called; None while only a release can let somebody in."""
    def close(self, now_ns: int | None = None) -> list[Ticket]:
        """Let nobody in any more. Returns the tickets that waited, each once, and those let in since last told.

        What is in flight is not disturbed.
        """
    def block_until(self, key: str, until_ns: int, now_ns: int | None = None) -> None:
        """Grant nothing through the scope before this time; only ever extends, and leaves the refill alone."""
    def tighten(
        self,
        key: str,
        dimension: Literal["requests", "tokens"],
        remaining: int,
        reset_at_ns: int,
        observed_at_ns: int | None = None,
        now_ns: int | None = None,
    ) -> None:
        """Grant at most so much more through the scope before the reset, as a provider's headers said; never more than without.

        Ignored if something observed later (now, unless given) was told before. From the reset on it is as if nothing had been.
        """
    def in_flight(self, key: str) -> int:
        """Tell how many grants are held through the scope."""
    def waiting(self, key: str | None = None) -> int:
        """Tell how many wait to pass the scope, or in all."""
    def snapshot(self, now_ns: int | None = None) -> list[_ScopeSnapshot]:
        """Tell every scope's limits and state, in the order of definition."""

# --- schedulers -------------------------------------------------------------------------------------------------------

class _SchedulerPlugin(Protocol):
    """A scheduler written in Python. More than one thread may call it, and nothing is locked while it runs.

    It may also have ``on_start(index, now_ns)``, ``on_finish(index, latency_ns, ok, now_ns)`` and
    ``set_weights(weights, now_ns)``, with the meaning they have for ``Scheduler``; all arguments are positional. Without
    ``set_weights`` its weights cannot be changed.
    """

    def pick(self, eligible: list[bool], now_ns: int, /) -> int | None:
        """Tell the index of an eligible candidate, or None for nobody. Not asked where none is; the drained are not eligible."""

@final
class Scheduler:
    """Picks who is next among a fixed set of candidates, known by their index. A weight of 0 is drained: never picked.

    ========================= ==========================================================================================
    round_robin               everybody in turn; who was passed over keeps its place
    random                    anybody
    weighted                  everybody as often as its weight says, evenly spread: exactly weight times in any
                              sum(weights) picks while the same are eligible; also called weighted_round_robin
    weighted_random           anybody, with chances as the weights say
    least_recently_used       whose last request started longest ago
    least_used                who was sent the fewest requests
    least_connections         the smallest (in flight + 1) / weight; of more than 64 the better of two drawn at random
    response_time             of two drawn at random the lower latency * (in flight + 1), by an average that believes bad
                              news at once; a failure counts as slow
    ========================= ==========================================================================================

    Those that go by requests in flight or sent learn of them by ``on_start`` and ``on_finish``. ``seed`` fixes the chance
    of those that use any; ``None`` makes each scheduler its own.

    A plug-in that raises, or picks what may not be picked, is a ``RuntimeError`` that names it and is caused by what it raised.
    """

    def __new__(cls, name: str, weights: Sequence[int], seed: int | None = None) -> Scheduler: ...
    @property
    def name(self) -> str:
        """The strategy's name."""
    @property
    def is_native(self) -> bool:
        """Whether it is the core's own, and can be asked without Python."""

    def pick(self, eligible: Sequence[bool], now_ns: int | None = None) -> int | None:
        """Tell the index of the next candidate, always an eligible one; None only where none is, the drained left out."""
    def on_start(self, index: int, now_ns: int | None = None) -> None:
        """Note that a request was sent to the candidate."""
    def on_finish(self, index: int, latency_ns: int = 0, ok: bool = True, now_ns: int | None = None) -> None:
        """Note that a request to the candidate ended, after so long, well or badly."""
    def set_weights(self, weights: Sequence[int], now_ns: int | None = None) -> None:
        """Follow changed weights, one for each candidate, keeping whose turn it is and what is known of the candidates."""
    def __len__(self) -> int: ...

def register_scheduler(name: str, factory: Callable[[list[int], int | None], _SchedulerPlugin]) -> None:
    """Make a scheduler written in Python known by a name, for every ``Scheduler`` of this process made from then on.

    ``factory(weights, seed)`` makes one. A name of the core's own is a ``ValueError``; one of a plug-in is taken over.
    """

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
            ValueError: there is no such member.
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

# --- traffic ----------------------------------------------------------------------------------------------------------

_Tokens: TypeAlias = tuple[int, int, int, int, int]
"""Of the prompt, of the answer, read from a cache, written to it, written to it for an hour."""
_Buckets: TypeAlias = tuple[list[int], list[int], int]
"""Upper bounds; how many lie up to each and beyond the one before, and beyond them all; the sum."""

@final
class Flow:
    """Requests that are counted together. In constant memory, and as many together as one by one."""

    def __new__(cls) -> Flow: ...
    def add(self, duration_ns: int, queue_ns: int, first_token_ns: int | None = None, usage: _Tokens | None = None) -> None:
        """Count one request.

        Args:
            duration_ns: from its arrival to its end.
            queue_ns: how long it waited for room.
            first_token_ns: from its arrival to the first byte of its answer; of a stream that was answered.
            usage: what it cost, if that is known.
        """
    def spend(self, cost: float) -> None:
        """Add to what they cost."""
    def merge(self, other: Flow) -> None:
        """Take in all that another has."""
    @property
    def requests(self) -> int:
        """How many requests there were."""
    @property
    def cost(self) -> float:
        """What they cost, in the currency of the prices."""
    @property
    def usage(self) -> _Tokens:
        """Tokens of all of them."""
    @property
    def duration(self) -> _Buckets:
        """How long they took, in nanoseconds."""
    @property
    def first_token(self) -> _Buckets:
        """How long the first tokens of streams took, in nanoseconds."""
    @property
    def queue(self) -> _Buckets:
        """How long they waited for room, in nanoseconds."""
    @property
    def input(self) -> _Buckets:
        """Tokens of their prompts, where their providers told."""
    @property
    def output(self) -> _Buckets:
        """Tokens of their answers, where their providers told."""

def access_line(
    *,
    at_ms: int,
    request_id: str,
    route: str,
    status: int | None,
    flag: str,
    target: str,
    attempts: str,
    provider: str,
    model: str,
    stream: bool,
    queue_ns: int,
    first_byte_ns: int | None,
    total_ns: int,
    sent_bytes: int,
    tokens: tuple[int, int] | None,
    revision: str,
) -> str:
    """Tell of a finished request in one line, without its end.

    What a client chose (the route, the target) is cut at 256 characters, and cannot break the line or forge a field.

    Args:
        at_ms: when it ended, in milliseconds since the epoch.
        request_id: its id.
        route: the path that was asked.
        status: the status that the client got, if it got one.
        flag: why it ended as it did.
        target: the name that was asked for.
        attempts: every call and how it ended, in order.
        provider: who answered.
        model: the model that answered.
        stream: whether a stream was asked for.
        queue_ns: how long it waited for room.
        first_byte_ns: from its arrival to the first byte of its answer.
        total_ns: from its arrival to its end.
        sent_bytes: bytes of body that were sent.
        tokens: of the prompt and of the answer.
        revision: the configuration that it was served with.
    """

# --- estimate ---------------------------------------------------------------------------------------------------------

@final
class TokenEstimator:
    """Guesses what a request to one target will cost in tokens, and learns from what it cost. One for each target, some 2 KB.

    Input is 8 + bytes of text x a learned ratio (1/4 to begin with, from 1/16 to 2) + 1,100 an image. The ratio is a moving average,
    weighted by bytes, that one request as long as others moves by 1/64. Output is the exact 90th percentile of the last 128
    answers, and 1,024 at least until ten are known.
    """

    def __new__(cls) -> TokenEstimator: ...
    def estimate(self, text_bytes: int, images: int = 0, max_tokens: int | None = None) -> tuple[int, int]:
        """Tell input and output tokens that a request will probably cost; output is bounded by ``max_tokens``."""
    def reservation(self, text_bytes: int, images: int = 0, max_tokens: int | None = None, most: int | None = None) -> int:
        """Tell the tokens to reserve: those of the prompt, and as many of an answer as are usual.

        No more is reserved for the answer than leaves the whole within ``most``, and until ten requests have been learned from an
        eighth of ``most`` at the most: a guess must not keep a small limit from being used.
        """
    def record(self, text_bytes: int, images: int, prompt_tokens: int, completion_tokens: int) -> None:
        """Learn what a request has cost. A prompt with images teaches nothing of its text, nor does one of 0 tokens."""

# --- the wire ---------------------------------------------------------------------------------------------------------

class EnvelopeError(ValueError):
    """A request body that cannot be routed. The message says what to send."""

    param: str | None
    """The member at fault, such as "model", "stream" or "max_tokens", or None for the body itself."""

@final
class Envelope:
    """What a request says about itself."""

    @property
    def dialect(self) -> _Dialect:
        """Whose API it speaks."""
    @property
    def model(self) -> str:
        """The target's name."""
    @property
    def stream(self) -> bool:
        """Whether the answer is to be a stream."""
    @property
    def max_tokens(self) -> int | None:
        """The most tokens the answer may have, if the client bounds it.

        Chat: ``max_completion_tokens``, else ``max_tokens``; responses: ``max_output_tokens``; messages: ``max_tokens``; Gemini:
        ``maxOutputTokens`` of ``generationConfig``.
        """
    @property
    def model_span(self) -> tuple[int, int] | None:
        """Start and end of the JSON value of ``model`` in the body, quotes included; None where the path names it (Gemini)."""
    @property
    def choices(self) -> int:
        """How many choices the answer is to have: ``n`` or ``candidateCount``, where it is a whole number above 1, else 1."""
    @property
    def include_usage(self) -> bool:
        """Whether the client asked for a stream's usage (``stream_options.include_usage`` of chat; others have no such choice)."""
    @property
    def multi_turn(self) -> bool:
        """Whether it goes on with a conversation.

        It does with a message of role assistant, tool, function or model, with a tool's call or result, with any other item that
        only an earlier answer can have given, and with a ``previous_response_id`` or, of responses, a ``conversation``.
        """
    @property
    def previous_response_id(self) -> str | None:
        """The answer that this request goes on from, if it names one."""
    @property
    def text_bytes(self) -> int:
        """Bytes of text that the model is to read, as UTF-8: messages, prompts, definitions and arguments of tools.

        The data of images, sounds and files is not among them; a document given as text is. A token that is given as its number
        (a ``prompt`` or ``input`` of completions and embeddings) counts as four.
        """
    @property
    def images(self) -> int:
        """How many images the model is to look at, those in the results of tools included."""
    def has(self, member: str) -> bool:
        """Tell whether the body has this member, with a value other than null. Of several of the name the last counts."""
    def rewrite(
        self,
        body: bytes,
        model: str,
        *,
        defaults: Sequence[tuple[str, bytes]] = (),
        system: str | None = None,
        prefill: str | None = None,
        include_usage: bool = False,
    ) -> bytes:
        """Return a copy of the body for a provider, every byte untouched that is not named here.

        Args:
            body: the body that was scanned.
            model: the model's name, in the place of the target's. A body of Gemini's has none; where requests within it do (to
                embed, or to count tokens), they get it, with ``models/`` in front if that stood there.
            defaults: parameters by their names in chat, and the JSON of their values, for a body that has none of the name, or
                null. ``max_tokens`` and ``max_completion_tokens`` are one: either stands for both. Chat gets them as they are.
                Others get those they know, under their own names (Gemini's in ``generationConfig``), with ``stop`` as a list.
                Messages get a temperature of 1 at most, none beside the client's ``top_p`` or the other way round, and no
                sampling beside ``thinking``.
            system: what the system says, where it says nothing: in chat a message to begin with, if ``messages`` is an array
                without one of role system or developer; in responses ``instructions``, if there is no such item either; in
                messages ``system``; in Gemini ``systemInstruction``.
            prefill: the beginning of the answer, as a last message of the assistant, where ``messages`` or ``contents`` is an
                array.
            include_usage: ask for the usage of a stream. What the client says in ``stream_options`` otherwise stays. Without
                effect where the answer is no stream, and in other dialects than chat's.

        Raises:
            ValueError: this is not the body that was scanned; a default is not JSON, or is for ``model``, ``messages``, ``stream``
                or ``stream_options``; a prefill for responses, which cannot be begun.
        """

_Dialect: TypeAlias = Literal["openai", "responses", "anthropic", "gemini"]

def scan_envelope(body: bytes, dialect: str = "openai", *, model: str | None = None, stream: bool | None = None) -> Envelope:
    """Scan a request body: one JSON object in UTF-8, with a model unless the path names it.

    Args:
        body: the body.
        dialect: "openai" (chat completions, completions, embeddings), "responses", "anthropic" (messages) or "gemini".
        model: the target, which a request in Gemini's dialect names in its path. Needed there, refused elsewhere.
        stream: whether the path asks for a stream; only for Gemini's dialect too.

    Raises:
        EnvelopeError: it cannot be routed; the message says what to send.
        ValueError: an unknown dialect, or a model or stream that the dialect does not take from the path, or lacks.
    """

_Dimension: TypeAlias = Literal["requests", "tokens", "input_tokens", "output_tokens"]

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

    Signals: connect_failed, connect_timeout, first_byte_timeout, idle_timeout, attempt_timeout, reset, truncated, diverged,
    untranslatable, malformed, deadline, client_gone, status.

    The body is an error of any provider's. That of "malformed" is the answer's with its good status, or the data of an error event
    in a stream: it is as one of the status it should have had (``overloaded_error`` as a 529), and where it says nothing that is
    known, or only that the request is bad, as "invalid_answer".

    Raises:
        ValueError: an unknown signal; "status" without a status, or with one below 300.
    """

def parse_retry_after(headers: Sequence[tuple[bytes, bytes]], unix_now_ms: int, body: bytes | None = None) -> int | None:
    """Tell how many nanoseconds a provider's answer asks to wait, from 0 to one hour; None where it asks for none.

    ``retry-after-ms`` goes first, then ``retry-after``, then ``RetryInfo.retryDelay`` in the body, then the latest reset of the
    limits of which nothing remains.
    """

def parse_rate_limits(headers: Sequence[tuple[bytes, bytes]], unix_now_ms: int) -> list[tuple[_Dimension, int, int]]:
    """Tell each limit of a provider's response headers: its dimension, what remains, nanoseconds until its reset (a day at most).

    Read are ``x-ratelimit-{remaining,reset}-*`` and ``anthropic-ratelimit-*-{remaining,reset}``; one of which either is missing
    or cannot be read is passed over.
    """

def forwarded_headers(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Tell which of a client's headers may go upstream, in their order. Names are expected in lower case.

    Everything may, so that beta features work, but what belongs to one connection, to the client's own credential, to the browser,
    or to the sidecar.
    """

def is_credential(name: bytes) -> bool:
    """Tell whether a header of this name, or a parameter of a query, is of a client's own credential, in capitals or not.

    It is by how its name ends, as in ``x-litellm-api-key``, ``ocp-apim-subscription-key``, ``helicone-auth`` and ``access_token``,
    whatever sets its words apart. So is what goes with one, such as ``openai-organization``.
    """

def answer_headers(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Tell which of a provider's headers mean something to the client, in their order and their names in lower case.

    Nothing is told about the provider's connection, cookies or servers.
    """

_Misdirection: TypeAlias = Literal["two_framings", "foreign_host", "cross_site", "foreign_origin"]

@final
class RequestGuard:
    """Tells requests of web pages and misdirected ones. Knows the names that the sidecar goes by; frozen.

    A page in a browser can send requests to localhost: by a rebound DNS name (told by Host), or across sites (told by
    Sec-Fetch-Site and Origin). The names of the loopback address are always the sidecar's, whatever the letter case.
    """

    def __new__(cls, allowed_hosts: Sequence[str] = ()) -> RequestGuard: ...
    def check(self, headers: Sequence[tuple[bytes, bytes]]) -> _Misdirection | None:
        """Tell why a request with these headers is not taken; None if it is. Names are expected in lower case."""

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
    """Cuts a stream of server-sent events out of pieces of bytes; passes on the whole and valid ones, byte for byte.

    The dialects are ``openai`` (chat completions and completions), ``responses``, ``anthropic`` (messages) and ``gemini``. Kinds of
    events that are not known pass as they are; of a Gemini stream, comments do not: its clients read any line as JSON.
    ``hide_usage`` keeps back the event that holds nothing but the usage, which only ``openai`` has; ``keep_text`` keeps the text that
    is delivered.
    """

    def __new__(
        cls, dialect: str = "openai", max_event_bytes: int = 16777216, hide_usage: bool = False, keep_text: bool = False
    ) -> SseFramer: ...
    def feed(self, chunk: bytes) -> Frames:
        """Take the next bytes of the stream and return what may now be passed on."""
    def finish(self) -> bytes:
        """Note the end of the stream: a last event that lacks only its empty line, completed; else nothing."""
    @property
    def content(self) -> bool:
        """A content event is among what has been returned."""
    @property
    def terminal(self) -> bool:
        """The stream's last event has come; whatever follows is dropped. Gemini's streams have none."""
    @property
    def complete(self) -> bool:
        """The answer is whole: its last event has come, or the finish reason of each choice."""
    @property
    def choices(self) -> int:
        """How many choices have been seen. An answer of the responses or the messages API is one."""
    @property
    def finished(self) -> bool:
        """Every choice seen, at least one, has its finish reason among what has been returned, whatever came after it."""
    @property
    def error(self) -> bytes | None:
        """The data of the provider's error event, which is withheld with all that follows."""
    @property
    def malformed(self) -> str | None:
        """Why an event cannot be passed on, which is withheld with all that follows."""
    @property
    def usage(self) -> tuple[int, int, int, int, int] | None:
        """Prompt and completion tokens, and of the prompt those read from a cache, written to one, and written to one for an hour.

        They are those that were reported last, be it in an event that was kept back. Some report them from the start: until the
        answer is complete, it may have cost more.
        """
    def text(self) -> str | None:
        """Return the text of choice 0 among what has been returned.

        None where it was not to be kept, is larger than 4 MiB, or is not all the content there was: parts, sounds and refusals
        are no text. Reasoning is not looked at. Any content of ``responses`` makes it None: its events cannot be gone on from by text.
        """
    @property
    def tool_calls(self) -> bool:
        """A call of a tool or function is among what has been returned."""
    @property
    def other_choices(self) -> bool:
        """Something of another choice than choice 0 is among what has been returned."""
    @property
    def sequence_number(self) -> int | None:
        """The number of the last event; None in the dialects that do not number them."""
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
    def usage(self) -> tuple[int, int, int, int, int] | None:
        """Prompt and completion tokens, and of the prompt those read from a cache, written to one, and written to one for an hour.

        None if it does not tell them.
        """

def inspect_response(dialect: str, body: bytes) -> ResponseInspection:
    """Inspect the body of a response with status 200: is it an answer, and what did it cost?

    Counted tokens (``{"input_tokens": n}``) are an answer like any other, not its cost. Gemini may answer with an array of answers.
    """

def error_body(
    dialect: str,
    status: int,
    message: str,
    *,
    type: str | None = None,  # noqa: A002
    code: str | None = None,
    param: str | None = None,
    retry_after_ns: int | None = None,
    request_id: str = "",
) -> bytes:
    """Make the body of an answer that tells a client of an error, in the dialect it reads.

    Args:
        dialect: the client's.
        status: the answer's HTTP status.
        message: what went wrong, in words.
        type: the error's kind, in the words of the OpenAI API; of no use to clients of others, for whom the status says it.
        code: a stable name for programs. Without one, OpenAI's clients are told the names that mean something to them.
        param: the member of the request that is at fault.
        retry_after_ns: nanoseconds until it makes sense to ask again, for ``gemini``: others have headers for it.
        request_id: the request's id, for ``anthropic`` and ``gemini``.
    """

def error_event(
    dialect: str,
    status: int,
    message: str,
    *,
    type: str | None = None,  # noqa: A002
    code: str | None = None,
    param: str | None = None,
    retry_after_ns: int | None = None,
    sequence_number: int = 0,
) -> bytes:
    """Make the event that tells a client of an error in the middle of its stream, in the dialect it reads, and in ASCII.

    Args:
        dialect: the client's.
        status: the HTTP status it would have had before the stream began.
        message: what went wrong, in words.
        type: as in a body.
        code: as in a body.
        param: as in a body.
        retry_after_ns: as in a body.
        sequence_number: the event's own, for ``responses``: one more than that of the event before.
    """

def status_of_kind(kind: str) -> int | None:
    """Tell which status an error of this kind comes with, whichever dialect's word it is; None if it is no word of theirs."""

# --- config -----------------------------------------------------------------------------------------------------------

_TomlKey: TypeAlias = tuple[str, int, int]
_TomlValue: TypeAlias = (
    tuple[Literal["scalar"], int, int, bool | int | float | str]
    | tuple[Literal["moment"], int, int, None]
    | tuple[Literal["array"], int, int, list[_TomlValue]]
    | tuple[Literal["table"], int, int, list[_TomlPair]]
)
_TomlPair: TypeAlias = tuple[list[_TomlKey], _TomlValue]
_TomlStatement: TypeAlias = tuple[Literal["pair"], list[_TomlKey], _TomlValue] | tuple[Literal["table", "tables"], int, int, list[_TomlKey]]
_TomlProblem: TypeAlias = tuple[Literal["syntax", "depth", "nodes", "tokens"], int, int, str]

def parse_toml(text: str, *, max_depth: int, max_nodes: int) -> tuple[list[_TomlStatement], list[_TomlProblem]]:
    """Read a TOML 1.1 text to its statements, in order and not put together: pairs, ``[table]`` and ``[[tables]]`` headers.

    Each key and value comes with its line and column, from 1 and in characters; a header with those of its bracket. A key is a
    list of its dotted parts, a ``moment`` a date or a time. A text with problems has no statements, but all that is wrong with it:
    the reason where it is not TOML (it never repeats the text), else the bound it passes: ``depth`` of brackets and dotted keys (128
    at most), ``nodes``, that is keys and values, or ``tokens``, which are comments and line breaks too, some eight a node.
    """

@final
class NativeIo:
    """What one event loop has begun natively. It watches `fileno()` and calls `take()` when that becomes readable."""

    def __new__(cls) -> NativeIo: ...
    def fileno(self) -> int:
        """What becomes readable when there is something to take; -1 once it is closed, as of other files."""

    def take(self) -> list[tuple[int, object]]:
        """The tickets of what has ended, each with what became of it, the oldest first."""

    def cancel(self, ticket: int) -> None:
        """Ends what was begun under a ticket, wherever it is; nothing is told of it any more. Does nothing if it has ended."""

    def close(self) -> None:
        """Ends all that was begun and has not ended, and lets nothing be known any more; nor can anything be begun."""

@final
class NativeServer:
    """Listens on sockets that are bound already.

    Each request comes out of `NativeIo.take` as a `NativeExchange`, under `ticket`; a str there says why nobody more can be let in.
    """

    def __new__(cls, io: NativeIo, descriptors: Sequence[int], *, head: float, idle: float, close: float) -> NativeServer:
        """Take the descriptors, which must have been detached from their sockets, and listen.

        Args:
            io: of the event loop that serves.
            descriptors: of sockets that are bound, TCP or Unix.
            head: seconds that a head may take.
            idle: seconds that a connection may be silent between two requests.
            close: seconds that a client may take over the last bytes, or go on sending a body that nobody wants.
        """

    @property
    def ticket(self) -> int:
        """Under which each request is told of."""

    @property
    def lanes(self) -> NativeLanes:
        """Where targets are laid open."""

    def stop(self, seconds: float) -> int:
        """Listens no more, and closes each connection after the answer under way on it.

        Draws a ticket that ends when all are closed, or after so many seconds.
        """

    def close(self) -> None:
        """Closes every connection."""

@final
class NativeLanes:
    """Targets that are laid open: what is ordinary of the requests for them is served without Python."""

    @property
    def ticket(self) -> int:
        """Under which it is told that requests have ended: `take` has what became of them."""

    @property
    def active(self) -> int:
        """How many requests are under way here."""

    def open(
        self,
        path: str,
        target: str,
        node: str | None,
        number: int,
        dialect: str,
        candidates: Sequence[NativeCandidate],
        scheduler: Scheduler,
        controller: AdmissionController,
        timeouts: tuple[float, float, float, float | None, float],
        *,
        revision: str,
        asks_for_usage: bool,
        id_headers: Sequence[bytes],
        last_event: bytes | None,
        marks: Sequence[bytes],
    ) -> NativeLane:
        """Lay a target open.

        Args:
            path: the path that is asked.
            target: the target's name.
            node: who says to be asking; None for those who say nothing of themselves.
            number: what stands for it in what is told.
            dialect: the API that both sides speak.
            candidates: who may be asked, 64 at most.
            scheduler: says whose turn it is; one of the core's.
            controller: the limits.
            timeouts: seconds to connect, to the first byte, between two, until the commit (or None), and in all.
            revision: the configuration that it belongs to.
            asks_for_usage: whether a stream is asked for its usage in chat's way.
            id_headers: the headers that tell a request's id.
            last_event: what ends a stream that lacks its end.
            marks: bodies in which one of these stands are left to Python.

        Raises:
            ValueError: the scheduler is a plug-in, there are too many candidates, or none.
        """

    def clear(self, allowed_hosts: Sequence[str] = (), largest_body: int = 0) -> None:
        """Lay none open any more, and hold every request to these settings from now on. Those under way go on.

        Args:
            allowed_hosts: names that the sidecar goes by beside those of the loopback address.
            largest_body: bytes that a body may have.
        """

    def stop(self) -> None:
        """Hand every request under way over, to be ended."""

    @property
    def taken(self) -> int:
        """How many requests were taken in all."""

    def want(self, *, lines: bool, each: bool) -> None:
        """Keep lines of the requests that are answered whole, and what became of each of them, only where somebody wants them."""

    def take(self, most: int) -> tuple[list[NativeTally], str, list[NativeServed], bool]:
        """What became of the requests that have ended since this was last asked.

        Returns:
            Those that went alike, together; the lines of those; each of the others, of `most` at most, the first to end first; and
            whether that is all.
        """

@final
class NativeLane:
    """A target that was laid open."""

    @property
    def in_use(self) -> bool:
        """Whether requests are under way on it, or there is something told of them that is still looked at.

        Always, while it is open.
        """

@final
class NativeCandidate:
    """One instance of a step, as lanes know it."""

    def __new__(
        cls,
        endpoint: NativeEndpoint,
        pool: NativePool,
        path: Path,
        scope: str,
        model: str,
        label: str,
        *,
        name: str,
        provider: str,
        breaker: CircuitBreaker | None,
        plain: tuple[bytes, bytes],
        stream: tuple[bytes, bytes],
        tells_usage: bool,
        rated: tuple[bool, bool],
        estimator: TokenEstimator,
        health: HealthTracker,
        statistics: Statistics,
        most_tokens: int | None,
        counts_cached: bool,
        longest_answer: int | None,
        headers: Sequence[tuple[bytes, bytes]],
    ) -> NativeCandidate:
        """Say how an instance is asked.

        Args:
            endpoint: where it is called.
            pool: over which connections.
            path: the scopes that a call to it passes.
            scope: its own.
            model: its name at the provider.
            label: how attempts to call it are reported.
            name: what its model is called.
            provider: what its provider is.
            breaker: its breaker, where the group has them.
            plain: the path and the query of calls for a whole answer.
            stream: those of calls for a stream.
            tells_usage: whether it can be asked for the usage of a stream.
            rated: whether a limit counts requests to it, and whether one counts its tokens.
            estimator: what a call to its model will probably cost.
            health: how it does.
            statistics: what became of the calls to it.
            most_tokens: the smallest limit of tokens on the way to it, if there is one.
            counts_cached: whether its provider counts tokens that are read from a cache against its limits.
            longest_answer: tokens of the longest answer that may be asked for, where more is not its provider's to refuse.
            headers: what an answer's head says of the way it took.
        """

@final
class NativeServed:
    """A request that was served on a lane."""

    @property
    def lane(self) -> int:
        """The lane's number."""

    @property
    def place(self) -> int:
        """Which of its candidates was asked."""

    @property
    def request_id(self) -> str:
        """The request's id."""

    @property
    def stream(self) -> bool:
        """Whether a stream was asked for."""

    @property
    def status(self) -> int | None:
        """The status that was sent, if one was."""

    @property
    def times(self) -> tuple[int, int, int | None, int]:
        """Monotonic nanoseconds: it came, its attempt was admitted, its answer committed (or None), it ended."""

    @property
    def sent_bytes(self) -> int:
        """Bytes of body that were sent."""

    @property
    def usage(self) -> tuple[int, int, int, int, int] | None:
        """Tokens: of the prompt, of the answer, read from a cache, written to it, written to it for an hour; None where unknown."""

    @property
    def delivered(self) -> bool:
        """Whether the client has its answer, whole; else it has gone."""

@final
class NativeTally:
    """Requests of one lane that went alike: answered whole, by the same candidate and with the same status."""

    @property
    def lane(self) -> int:
        """The lane's number."""

    @property
    def place(self) -> int:
        """Which of its candidates was asked."""

    @property
    def status(self) -> int:
        """The status that was sent."""

    @property
    def called_ns(self) -> int:
        """Nanoseconds that their calls took until their answers were committed, all together."""

    @property
    def flow(self) -> Flow:
        """What they came to, but for what they cost."""

class _Broken(TypedDict):
    """What was delivered of a stream that broke off on a lane, and why it did."""

    status: int
    headers: list[tuple[bytes, bytes]]
    committed_ns: int
    sent_bytes: int
    usage: tuple[int, int, int, int, int] | None
    signal: str
    detail: str
    error: bytes | None
    last_number: int | None

@final
class NativeBegun:
    """An attempt that failed on a lane, for Python to go on from. What it holds is given back when it is dropped, unless it is taken."""

    @property
    def lane(self) -> int:
        """The lane's number."""

    @property
    def place(self) -> int:
        """Which of its candidates was asked."""

    @property
    def request_id(self) -> str:
        """The request's id."""

    @property
    def arrived_ns(self) -> int:
        """Monotonic nanoseconds at which the request came."""

    @property
    def admitted_ns(self) -> int:
        """Monotonic nanoseconds at which the attempt was admitted."""

    def held(self) -> tuple[Grant, Pass | None]:
        """The permits, and the breaker's leave if there is one: to be given back by whoever takes them. Once.

        Raises:
            ValueError: they have been taken.
        """

    def let_go(self) -> None:
        """Give back what it holds, unless that was taken."""

    @property
    def refused(self) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """Status, headers and body of a provider's refusal, if it was that."""

    @property
    def failed(self) -> tuple[str, str, bytes | None] | None:
        """The classifier's word for what went wrong, in words, and the error that came under a good status, if it was that."""

    @property
    def broken(self) -> _Broken | None:
        """What was delivered of a stream that broke off, if it was that."""

@final
class NativeExchange:
    """One request that a client makes, and the way back to it. What is sent to a client that has gone goes nowhere."""

    @property
    def number(self) -> int:
        """The ticket under which its client's leaving is told."""

    @property
    def attempt(self) -> NativeBegun | None:
        """The attempt that was made on a lane, and failed, if one was."""

    @property
    def waited_ns(self) -> int:
        """Nanoseconds since its head had come."""

    @property
    def violation(self) -> tuple[int, str, bytes | None, bool] | None:
        """Why there is no request to serve, but an answer to give all the same.

        Its status, a sentence, the path if it could be read, and whether the answer has no body.
        """

    @property
    def method(self) -> str:
        """Such as ``POST``."""

    @property
    def path(self) -> bytes:
        """The path as it was written, without the query."""

    @property
    def query(self) -> bytes:
        """The query as it was written, without its question mark."""

    @property
    def http_version(self) -> str:
        """``1.0``, ``1.1`` or ``2``."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, names in lower case."""

    def body(self) -> tuple[bytes, bool] | str | None:
        """What has come of the body together with the head; once.

        Bytes and whether they are the last, why there is no end to know (a str), or None where the client has gone.
        """

    def next_body(self) -> int:
        """Draws a ticket for the next part of the body, as `body` tells it."""

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        """Answers with a body that is known whole."""

    def begin(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Begins an answer that comes in pieces."""

    def send(self, piece: bytes) -> int:
        """Sends a piece. Returns 0, or the ticket to wait for before the next one: the client has not taken those before.

        The piece is on its way even if that is cancelled.
        """

    def finish(self) -> int:
        """Ends the answer: it is whole. Returns 0, or the ticket to wait for until the client has taken it."""

    def cut(self) -> None:
        """Ends the connection without an end of the answer, unless that has come."""

@final
class NativePool:
    """The connections to one provider.

    Args:
        stale_within: how soon, in seconds, a connection that had been closed is found out; a provider that ends it later had the request.
        ca_file: certificates in PEM that are believed beside the system's.
        proxy: what is on the way: its host, its port, and what it is told of who asks.
    """

    def __new__(
        cls, stale_within: float = 1.0, ca_file: str | None = None, proxy: tuple[str, int, str | None] | None = None
    ) -> NativePool: ...
    @property
    def idle(self) -> int:
        """How many connections could serve a call at once."""

    def close(self) -> None:
        """Close the connections that serve nobody, and keep none from now on."""

@final
class NativeEndpoint:
    """Where an instance is called, and what opens it.

    Args:
        scheme: ``http`` or ``https``.
        host: a name, or an address without brackets.
        port: the port.
        path: what the paths of calls are appended to.
        headers: the credential and the provider's own headers; no representation tells them.
        defaults: headers that it wants of a client that does not send them.
        query: what the query of each call ends with.
    """

    def __new__(
        cls,
        scheme: str,
        host: str,
        port: int,
        path: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        defaults: Sequence[tuple[bytes, bytes]],
        query: bytes,
    ) -> NativeEndpoint: ...
    def send(
        self,
        io: NativeIo,
        pool: NativePool,
        method: str,
        path: bytes,
        query: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        connect_timeout: float,
    ) -> int:
        """Send a call and return a ticket: a `NativeAnswer` comes of it when the head has come, or a `NativeFailure`.

        Headers that could not stand in a head are left out, and so are those that the endpoint has itself.
        """

@final
class NativeAnswer:
    """An answer whose head has come. Closed or dropped before its body was read to its end, it ends the call."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, in small letters."""

    def read(self, io: NativeIo) -> bytes | NativeFailure | int:
        """The next piece of the body, decoded, if it is there: empty at the end. Else a ticket for it. Or a failure, of either."""

    def close(self) -> None:
        """End the call, if its body was not read to its end."""

@final
class NativeFailure:
    """Why a call has no whole answer."""

    @property
    def signal(self) -> str:
        """The classifier's word for it."""

    @property
    def detail(self) -> str:
        """In words, for a person."""
