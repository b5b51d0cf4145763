"""Limiters that are slow and obviously right: fractions, lists, and a look at every instant that may matter."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyproxy.rust_core import Decision

END_OF_TIME = 2**64 - 1

Verdict = tuple[bool, int | None, bool]
"""Whether it is admitted, how long to wait, whether no wait can help."""

ADMITTED: Verdict = (True, None, False)
NEVER: Verdict = (False, None, True)


def told(decision: Decision) -> Verdict:
    assert bool(decision) is decision.admitted
    return decision.admitted, decision.retry_after_ns, decision.permanent


class Meter(Protocol):
    seen: int

    def most(self) -> int: ...
    def ready(self, cost: int, here: int) -> int: ...
    def settle(self, now: int) -> None: ...
    def charge(self, amount: int, now: int) -> None: ...


class FractionBucket:
    """Tokens as a fraction. A strict one refills only what its capacity leaves of the limit."""

    def __init__(self, capacity: int, limit: int, window: int, now: int, *, strict: bool = False) -> None:
        self.capacity, self.window, self.seen = capacity, window, now
        self.rate = Fraction(limit - capacity if strict else limit, window)
        self.tokens = Fraction(capacity)

    def most(self) -> int:
        return self.capacity

    def level(self, now: int) -> Fraction:
        return min(Fraction(self.capacity), self.tokens + max(0, now - self.seen) * self.rate)

    def ready(self, cost: int, here: int) -> int:
        return here + ceil(max(Fraction(0), cost - self.level(here)) / self.rate)

    def settle(self, now: int) -> None:
        self.tokens, self.seen = self.level(now), max(self.seen, now)

    def charge(self, amount: int, now: int) -> None:
        self.settle(now)
        self.tokens -= amount

    def refund(self, amount: int, now: int) -> None:
        self.settle(now)
        self.tokens = min(Fraction(self.capacity), self.tokens + amount)

    def reconfigure(self, capacity: int, limit: int, window: int, now: int, *, strict: bool = False) -> None:
        self.settle(now)
        tokens = min(Fraction(capacity), Fraction(floor(self.tokens * window), window))
        self.__init__(capacity, limit, window, self.seen, strict=strict)  # type: ignore[misc]
        self.tokens = tokens


class ListedWindow:
    """All that was ever taken, and when. Sub-buckets are numbered from time 0; those of now and the K before it count."""

    def __init__(self, limit: int, window: int, buckets: int, now: int) -> None:
        self.limit, self.window, self.buckets, self.seen = limit, window, buckets, now
        self.taken: list[list[int]] = []

    def most(self) -> int:
        return self.limit

    def number(self, at: int) -> int:
        return at * self.buckets // self.window

    def begin(self, number: int) -> int:
        return -(-number * self.window // self.buckets)

    def counts(self, at: int, here: int) -> bool:
        return self.number(here) - self.number(at) <= self.buckets

    def used(self, now: int) -> int:
        return sum(amount for at, amount in self.taken if self.counts(at, max(now, self.seen)))

    def ready(self, cost: int, here: int) -> int:
        """Try every instant at which something stops to count."""
        ends = {self.begin(self.number(at) + self.buckets + 1) for at, _ in self.taken}
        return next(at for at in sorted({here} | {end for end in ends if end > here}) if self.used(at) + cost <= self.limit)

    def settle(self, now: int) -> None:
        self.seen = max(self.seen, now)
        self.taken = [[at, amount] for at, amount in self.taken if amount and self.counts(at, self.seen)]

    def charge(self, amount: int, now: int) -> None:
        self.settle(now)
        self.taken.append([self.seen, amount])

    def refund(self, amount: int, now: int, charged_at: int | None = None) -> None:
        """Off the sub-bucket it was charged to, if it counts at all; what is not found there off the oldest."""
        self.settle(now)
        places = self.taken
        if charged_at is not None:
            charged_at = min(charged_at, self.seen)
            if not self.counts(charged_at, self.seen):
                return
            places = [entry for entry in self.taken if self.number(entry[0]) == self.number(charged_at)] + self.taken
        for entry in places:
            given = min(amount, entry[1])
            entry[1] -= given
            amount -= given

    def reconfigure(self, limit: int, window: int, buckets: int, now: int) -> None:
        """Where in its sub-bucket something was taken is not known: at its end, or now."""
        self.settle(now)
        moved = [[min(self.begin(self.number(at) + 1) - 1, self.seen), amount] for at, amount in self.taken]
        self.limit, self.window, self.buckets, self.taken = limit, window, buckets, moved


@dataclass
class Word:
    """A provider's: so much more until then. And what has been taken since."""

    remaining: int
    since: int
    until: int
    taken: int = 0

    def left(self) -> int:
        return max(0, self.remaining - self.taken)


class PlainLimiter:
    """A meter, a block, and every word of a provider: none is ever forgotten, merged or thought superfluous."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.blocked_until = 0
        self.words: list[Word] = []
        self.observed_at = 0

    def verdict(self, cost: int, now: int) -> Verdict:
        if cost == 0:
            return ADMITTED
        if cost > self.meter.most():
            return NEVER
        here = max(now, self.meter.seen)
        holding = [word.until for word in self.words if word.until > here and word.left() < cost]
        ready = max(self.meter.ready(cost, here), self.blocked_until, *holding, 0)
        return ADMITTED if ready <= here else (False, min(ready - now, END_OF_TIME), False)

    def charge(self, amount: int, now: int) -> None:
        self.meter.charge(amount, now)
        for word in self.words:
            word.taken += amount

    def given_back(self, amount: int, charged_at: int | None = None) -> None:
        for word in self.words:
            if charged_at is None or word.since <= charged_at:
                word.taken = max(0, word.taken - amount)

    def block_until(self, until: int) -> None:
        self.blocked_until = max(self.blocked_until, until)

    def tighten(self, remaining: int, until: int, observed_at: int, now: int) -> None:
        self.meter.settle(now)
        observed_at = min(observed_at, self.meter.seen)
        if observed_at >= self.observed_at:
            self.observed_at = observed_at
            self.words.append(Word(remaining, self.meter.seen, until))
