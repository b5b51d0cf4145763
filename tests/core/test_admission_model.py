"""All-or-nothing admission, held against a plain model over random histories."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pyproxy.rust_core import AdmissionController, Grant, RateLimit, Refusal

PARENTS = {"group": None, "group.one": "group", "group.two": "group", "model": None, "node": None}
WINDOWS = (100, 1000)

keys = st.sampled_from(sorted(PARENTS))
meters = st.tuples(st.sampled_from(["requests", "tokens"]), st.sampled_from(WINDOWS))
rates = st.dictionaries(meters, st.integers(1, 20), max_size=3)


@dataclass
class Rate:
    """A full or part-full bucket and what has been charged since, so that a refund is as if there had been no charge."""

    limit: int
    window: int
    start: Fraction
    begun: int
    charges: dict[int, tuple[int, int]] = field(default_factory=dict)

    def at(self, now: int) -> Fraction:
        level, last = self.start, self.begun
        for at, amount in [*self.charges.values(), (now, 0)]:
            level = min(Fraction(self.limit), level + Fraction((at - last) * self.limit, self.window)) - amount
            last = at
        return level


@dataclass
class Scope:
    bound: int | None
    rates: dict[tuple[str, int], Rate]
    held: set[int] = field(default_factory=set)
    blocked_until: int = 0


class MatchesAPlainModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.core = AdmissionController()
        self.now = 0
        self.scopes: dict[str, Scope] = {}
        self.grants: list[tuple[Grant, list[str], dict[str, int]]] = []
        self.known_since = 0
        for key in PARENTS:
            self.define(key, None, {})

    @rule(step=st.integers(0, 150))
    def time_passes(self, step: int) -> None:
        self.now += step

    @rule(key=keys, bound=st.none() | st.integers(1, 3), limits=rates)
    def define(self, key: str, bound: int | None, limits: dict[tuple[str, int], int]) -> None:
        given = [RateLimit(dimension, limit, window) for (dimension, window), limit in limits.items()]
        assert self.core.define(key, PARENTS[key], bound, given, now_ns=self.now) == []
        scope = self.scopes.setdefault(key, Scope(bound, {}))
        scope.bound = bound
        self.known_since = len(self.grants)
        old, scope.rates = scope.rates, {}
        left = {meter: rate for meter, rate in old.items() if meter not in limits}
        for (dimension, window), limit in limits.items():
            rate = old.get((dimension, window))
            if rate is None:  # a limit whose window was changed goes on from where it was
                heir = next((meter for meter in left if meter[0] == dimension), None)
                rate = left.pop(heir) if heir else None
            level = Fraction(limit) if rate is None else Fraction(rate.at(self.now) * window // 1, window)
            scope.rates[dimension, window] = Rate(limit, window, min(level, Fraction(limit)), self.now)

    @rule(path=st.lists(keys, max_size=5), requests=st.integers(0, 3), tokens=st.integers(0, 25))
    def acquire(self, path: list[str], requests: int, tokens: int) -> None:
        cost = {"requests": requests, "tokens": tokens}
        route: list[str] = []
        for key in path:
            parent = PARENTS[key]
            route += [step for step in (parent, key) if step and step not in route]
        refusals = [(key, *refused) for key in route if (refused := self.refuses(self.scopes[key], cost))]
        before = self.core.snapshot(now_ns=self.now)
        answer = self.core.try_acquire(path, requests, tokens, now_ns=self.now)
        if refusals:
            assert isinstance(answer, Refusal)
            assert not answer
            assert self.core.snapshot(now_ns=self.now) == before
            never = [refusal for refusal in refusals if refusal[2] == "never"]
            waits = [wait for _, _, wait in refusals if isinstance(wait, int)]
            known = not never and len(waits) == len(refusals)
            key, reason, _ = (never or refusals)[0]
            expected = (key, reason, max(waits) if known else None, bool(never))
            assert (answer.scope, answer.reason, answer.retry_after_ns, answer.permanent) == expected
        else:
            assert isinstance(answer, Grant)
            assert answer
            self.grants.append((answer, route, cost))
            for key in route:
                self.scopes[key].held.add(answer.id)
                for (dimension, _), rate in self.scopes[key].rates.items():
                    rate.charges[answer.id] = (self.now, cost[dimension])

    def refuses(self, scope: Scope, cost: dict[str, int]) -> tuple[str, int | str] | None:
        waits: dict[str, list[int | str]] = {"concurrency": [], "rate": [], "blocked": []}
        if scope.bound is not None and len(scope.held) >= scope.bound:
            waits["concurrency"].append("unknown")
        for (dimension, _), rate in scope.rates.items():
            if cost[dimension] > rate.limit:
                waits["rate"].append("never")
            elif cost[dimension] and cost[dimension] > rate.at(self.now):
                waits["rate"].append(ceil((cost[dimension] - rate.at(self.now)) * rate.window / rate.limit))
        if scope.blocked_until > self.now:
            waits["blocked"].append(scope.blocked_until - self.now)
        every = [wait for kind in waits.values() for wait in kind]
        if not every:
            return None
        if "never" in every:
            return "rate", "never"
        reason = next(reason for reason, kind in waits.items() if kind)
        return reason, "unknown" if "unknown" in every else max(wait for wait in every if isinstance(wait, int))

    @rule(data=st.data())
    def release_perhaps_again(self, data: st.DataObject) -> None:
        if self.grants:
            grant, route, _ = data.draw(st.sampled_from(self.grants))
            assert self.core.release(grant, now_ns=self.now) == []
            for key in route:
                self.scopes[key].held.discard(grant.id)

    @rule(data=st.data())
    def refund_perhaps_again(self, data: st.DataObject) -> None:
        """Of those charged since a limit was last changed: how a change and an earlier charge go together is tested apart."""
        if len(self.grants) > self.known_since:
            grant, route, _ = data.draw(st.sampled_from(self.grants[self.known_since :]))
            self.core.refund(grant, now_ns=self.now)
            for key in route:
                for rate in self.scopes[key].rates.values():
                    rate.charges.pop(grant.id, None)

    @rule(key=keys, ahead=st.integers(-50, 200))
    def block(self, key: str, ahead: int) -> None:
        until = max(0, self.now + ahead)
        self.core.block_until(key, until, now_ns=self.now)
        self.scopes[key].blocked_until = max(self.scopes[key].blocked_until, until)

    @invariant()
    def every_scope_is_the_same(self) -> None:
        shown = {scope["key"]: scope for scope in self.core.snapshot(now_ns=self.now)}
        assert list(shown) == list(self.scopes)
        for key, scope in self.scopes.items():
            assert self.core.in_flight(key) == shown[key]["in_flight"] == len(scope.held)
            assert (shown[key]["parent"], shown[key]["concurrency"]) == (PARENTS[key], scope.bound)
            assert shown[key]["blocked_until_ns"] == (scope.blocked_until if scope.blocked_until > self.now else None)
            levels = {(rate["dimension"], rate["window_ns"]): Fraction(*rate["level"]) for rate in shown[key]["rates"]}
            assert levels == {meter: rate.at(self.now) for meter, rate in scope.rates.items()}

    @invariant()
    def a_parent_holds_what_its_children_hold(self) -> None:
        below = self.scopes["group.one"].held | self.scopes["group.two"].held
        assert below <= self.scopes["group"].held
        assert self.core.in_flight("group") >= len(below)

    def teardown(self) -> None:
        for grant, _, _ in self.grants:
            self.core.release(grant, now_ns=self.now)
        assert all(scope["in_flight"] == 0 for scope in self.core.snapshot(now_ns=self.now))


TestMatchesAPlainModel = MatchesAPlainModel.TestCase
TestMatchesAPlainModel.settings = settings(deadline=None, stateful_step_count=40)
