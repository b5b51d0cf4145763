"""The circuit breaker, held against one that keeps everything it was ever told and counts it anew each time."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pyproxy.rust_core import BreakerGroup, CircuitBreaker, Open, Pass, Probe

Settings = dict[str, Any]

spans = st.integers(1, 12) | st.integers(1, 300)
outcomes = st.sampled_from([True, True, False, False, False, None])


@st.composite
def all_settings(draw: st.DrawFn) -> Settings:
    recovery = draw(spans)
    return {
        "failure_threshold": draw(st.integers(1, 3) | st.sampled_from([1, 2, 3, 1000])),
        "recovery_time_ns": recovery,
        "half_open_requests": draw(st.integers(1, 3)),
        "failure_rate": draw(st.none() | st.integers(1, 100)),
        "minimum_requests": draw(st.integers(1, 6)),
        "window_ns": draw(spans),
        "max_recovery_time_ns": draw(st.none() | st.integers(recovery, 9 * recovery)),
        "healthy_time_ns": draw(st.none() | st.just(0) | spans),
        "probe_timeout_ns": draw(spans),
        "slow_start_ns": draw(st.just(0) | spans),
    }


@dataclass(eq=False)
class Attempt:
    """What the model knows of a permit."""

    generation: int
    lease_end: int | None = None
    told: bool | None = None
    came_back: bool = False


class SlowBreaker:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.now = self.generation = self.trips = self.doublings = self.open_until = 0
        self.state = "closed"
        self.outcomes: list[tuple[int, bool]] = []  # those that count, in this generation
        self.window_begins = 0  # at which of them
        self.probes: list[Attempt] = []  # of this generation
        self.recovered: int | None = None
        self.ramp: tuple[int, int] | None = None  # since when, and when it last let one through

    # --- what it is at

    def recovery_time(self) -> int:
        recovery: int = self.settings["recovery_time_ns"]
        cap: int | None = self.settings["max_recovery_time_ns"]
        doubled: int = recovery * 2**self.doublings
        return min(doubled, 10 * recovery if cap is None else cap)

    def recently_recovered(self) -> bool:
        healthy, cap, recovery = (self.settings[f"{name}_time_ns"] for name in ("healthy", "max_recovery", "recovery"))
        needed = next(time for time in (healthy, cap, 10 * recovery) if time is not None)
        return self.recovered is not None and self.now - self.recovered < needed

    def streak(self) -> int:
        oks = [ok for _, ok in reversed(self.outcomes)]
        return oks.index(True) if True in oks else len(oks)

    def within(self, age_limit: int, of_what: int = 1) -> list[bool]:
        """The outcomes that are at most so old."""
        return [ok for at, ok in self.outcomes[self.window_begins :] if (self.now - at) * of_what <= age_limit]

    def window(self) -> list[bool]:
        """The outcomes counted: time goes in 32nds of the window, and 32 whole ones count beside the present one."""
        length = self.settings["window_ns"]
        parts = min(32, length)
        oldest = self.now * parts // length - parts
        return [ok for at, ok in self.outcomes[self.window_begins :] if at * parts // length >= oldest]

    def out(self) -> list[int]:
        return [one.lease_end for one in self.probes if one.lease_end is not None and not one.came_back and one.lease_end > self.now]

    def passed(self) -> int:
        return sum(one.told is True for one in self.probes)

    def free_at(self) -> int:
        """When one is let through if nothing happens before; in a ramp, when one is for certain."""
        if self.state == "open":
            return self.open_until
        if self.ramp:
            start, last = self.ramp
            slow_start: int = self.settings["slow_start_ns"]
            return min(last + max(1, slow_start // 32), start + slow_start)
        leases, places = sorted(self.out()), self.settings["half_open_requests"]
        when = self.now
        while self.state == "half_open" and len(leases) + self.passed() >= places:
            when = leases.pop(0)
        return when

    def at(self, now: int) -> SlowBreaker:
        """What it would be then; a question is no event, so that its time is not kept."""
        then = copy(self)
        then.come_to(now)
        return then

    # --- what happens

    def come_to(self, now: int) -> None:
        self.now = max(self.now, now)
        if self.state == "open" and self.now >= self.open_until:
            self.begin("half_open")
        if self.ramp and self.now >= self.ramp[0] + self.settings["slow_start_ns"]:
            self.ramp = None

    def begin(self, state: str) -> None:
        self.state, self.generation = state, self.generation + 1
        self.outcomes, self.window_begins, self.probes, self.ramp = [], 0, [], None

    def open(self) -> None:
        self.begin("open")
        self.trips += 1
        self.open_until = self.now + self.recovery_time()

    def record(self, attempt: Attempt, ok: bool | None) -> str | None:  # noqa: FBT001 - as the core takes it
        if attempt.generation != self.generation or ok is None:
            attempt.came_back = True
            return None
        if self.state == "closed":
            self.outcomes.append((self.now, ok))
            rate, window = self.settings["failure_rate"], self.window()
            too_many = rate is not None and len(window) >= self.settings["minimum_requests"]
            too_many = too_many and 100 * window.count(False) >= rate * len(window)
            if not ok and (too_many or self.streak() >= self.settings["failure_threshold"]):
                self.doublings = self.doublings + 1 if self.recently_recovered() else 0
                self.open()
                return "open"
            return None
        if attempt.lease_end not in self.out() or attempt not in self.probes:
            return None
        attempt.told, attempt.came_back = ok, True
        if not ok:
            self.doublings += 1
            self.open()
            return "open"
        return self.close_if_enough_passed()

    def close_if_enough_passed(self) -> str | None:
        if self.state != "half_open" or self.passed() < self.settings["half_open_requests"]:
            return None
        self.begin("closed")
        self.recovered, self.ramp = self.now, (self.now, self.now)
        self.come_to(self.now)
        return "closed"

    def trip(self) -> None:
        if self.state == "closed" and not self.recently_recovered():
            self.doublings = 0
        self.open()

    def reset(self) -> None:
        self.begin("closed")
        self.doublings, self.recovered = 0, None

    def reconfigure(self, settings: Settings) -> None:
        def length(of: Settings) -> int | None:
            return None if of["failure_rate"] is None else of["window_ns"]

        if length(settings) != length(self.settings):
            self.window_begins = len(self.outcomes)
        self.settings = settings
        self.close_if_enough_passed()
        self.come_to(self.now)


class EqualsTheSlowOne(RuleBasedStateMachine):
    """Invariant 27."""

    @initialize(settings=all_settings(), now=st.integers(0, 1000))
    def start(self, settings: Settings, now: int) -> None:
        self.core = CircuitBreaker(**settings)
        self.alone_and_never_kept_out = BreakerGroup([self.core], 0)
        self.model = SlowBreaker(settings)
        self.now = now
        self.attempts: list[tuple[Pass | Probe, Attempt]] = []

    @rule(step=st.integers(-10, 40) | st.integers(0, 1000))
    def time_passes_or_steps_back(self, step: int) -> None:
        self.now = max(0, self.now + step)

    @rule(early=st.integers(0, 1))
    def time_passes_until_one_is_let_through(self, early: int) -> None:
        wait = self.core.retry_after_ns(now_ns=self.now)
        self.now += max(0, wait - early)

    def keep(self, answer: Pass | Probe, lease_end: int | None = None) -> None:
        attempt = Attempt(self.model.generation, lease_end)
        assert answer.generation == attempt.generation
        assert getattr(answer, "lease_end_ns", None) == lease_end
        self.attempts.append((answer, attempt))
        if lease_end is not None:
            self.model.probes.append(attempt)

    @rule(panic=st.sampled_from([False, False, False, True]))
    def allow(self, *, panic: bool) -> None:
        self.model.come_to(self.now)
        free_at, here, ramp = self.model.free_at(), self.model.now, self.model.ramp
        answer = self.alone_and_never_kept_out.allow(0, self.now) if panic else self.core.allow(self.now)
        if free_at <= here and self.model.state == "half_open":
            assert isinstance(answer, Probe)
            self.keep(answer, here + self.model.settings["probe_timeout_ns"])
        elif free_at <= here or (panic and not ramp) or (ramp and answer):  # the share of a ramp is held to its bounds elsewhere
            assert isinstance(answer, Pass)
            self.keep(answer)
            self.model.ramp = (ramp[0], here) if ramp else None
        else:
            assert isinstance(answer, Open)
            assert answer.retry_after_ns == free_at - self.now

    def end(self, which: int, ok: bool | None) -> None:  # noqa: FBT001 - as the core takes it
        permit, attempt = self.attempts.pop(which)
        self.model.come_to(self.now)
        assert self.core.record(permit, ok, self.now) == self.model.record(attempt, ok)
        assert self.core.record(permit, not ok, self.now) is None, "recorded twice"

    @rule(data=st.data(), ok=outcomes)
    def an_attempt_ends(self, data: st.DataObject, ok: bool | None) -> None:  # noqa: FBT001 - drawn by name
        if self.attempts:
            self.end(data.draw(st.integers(0, len(self.attempts) - 1)), ok)

    @rule(oks=st.lists(outcomes, min_size=1, max_size=6), step=st.sampled_from([0, 0, 1, 7]))
    def some_are_tried_one_after_another(self, oks: list[bool | None], step: int) -> None:
        for ok in oks:
            before = len(self.attempts)
            self.allow(panic=False)
            if len(self.attempts) > before:
                self.end(-1, ok)
            self.now += step

    @rule(oks=st.lists(st.sampled_from([True, True, True, False, None]), min_size=1, max_size=4), late=st.sampled_from([0, 0, 1, 11]))
    def it_is_probed_when_that_is_due(self, oks: list[bool | None], late: int) -> None:
        self.time_passes_until_one_is_let_through(early=0)
        before = len(self.attempts)
        for _ in oks:
            self.allow(panic=False)
        self.now += late
        for ok in oks[: len(self.attempts) - before]:
            self.end(before, ok)

    @rule(settings=all_settings(), what=st.sampled_from(["trip", "reset", "reconfigure", "reconfigure a little"]), data=st.data())
    def an_operator_steps_in(self, what: str, settings: Settings, data: st.DataObject) -> None:
        self.model.come_to(self.now)
        if what == "trip":
            self.core.trip(self.now)
            self.model.trip()
        elif what == "reset":
            self.core.reset(self.now)
            self.model.reset()
        else:
            if what == "reconfigure a little":
                name = data.draw(st.sampled_from(["half_open_requests", "window_ns", "slow_start_ns", "probe_timeout_ns"]))
                settings = {**self.model.settings, name: settings[name]}
            self.core.reconfigure(**settings, now_ns=self.now)
            self.model.reconfigure(settings)

    @invariant()
    def both_tell_the_same(self) -> None:
        model, told = self.model.at(self.now), self.core.snapshot(self.now)
        waits = max(0, model.free_at() - self.now) if model.free_at() > model.now else 0
        assert (told["state"], told["ramping"]) == (model.state, model.ramp is not None)
        assert (told["generation"], told["trips"], told["recovery_time_ns"]) == (model.generation, model.trips, model.recovery_time())
        assert told["consecutive_failures"] == model.streak()
        assert (told["probes_out"], told["probes_passed"]) == (len(model.out()), model.passed())
        assert told["retry_after_ns"] == waits or (model.ramp and told["retry_after_ns"] == 0)
        assert (self.core.state(self.now), self.core.retry_after_ns(self.now)) == (told["state"], told["retry_after_ns"])

    @invariant()
    def the_window_slides_and_holds_all_of_its_length_and_at_most_a_32nd_more(self) -> None:
        told, model = self.core.snapshot(self.now)["window"], self.model.at(self.now)
        length = model.settings["window_ns"]
        if model.settings["failure_rate"] is None:
            assert told is None
            return
        parts = min(32, length)
        least, most = model.within(length), model.within(length * (parts + 1) - 1, parts)
        assert told is not None
        assert least.count(False) <= told[1] <= most.count(False)
        assert least.count(True) <= told[0] <= most.count(True)
        assert told == (model.window().count(True), model.window().count(False))


TestEqualsTheSlowOne = EqualsTheSlowOne.TestCase
TestEqualsTheSlowOne.settings = hypothesis_settings(deadline=None, max_examples=200, stateful_step_count=50)
