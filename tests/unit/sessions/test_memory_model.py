"""Random lives of sessions, beside a model that looks through everything it ever heard."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pyproxy.sessions import Change, Kept, Origin, Pin, Place, Sessions
from pyproxy.sessions.memory import MOST_RESPONSES, MOST_TARGETS

SESSIONS = st.sampled_from("aaabcdef")
TARGETS = st.just("target 0") | st.sampled_from([f"target {number}" for number in range(MOST_TARGETS + 2)])
RESPONSES = st.sampled_from([f"response {number}" for number in range(MOST_RESPONSES + 4)])
PLACES = st.builds(Place, st.sampled_from("xyz"), st.just("model"), st.sampled_from(["north", "south"]))
SOME = settings(max_examples=60, stateful_step_count=60, deadline=None)


@dataclass
class Remembered:
    """One session in the model."""

    name: str
    used_ns: int
    pins: list[tuple[str, Pin]] = field(default_factory=list)
    responses: list[tuple[str, Origin]] = field(default_factory=list)


class SessionsBesideTheModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ttl_ns, self.most, self.now_ns = 20, 4, 0
        self.real = Sessions(ttl_ns=self.ttl_ns, max_sessions=self.most)
        self.model: list[Remembered] = []  # in the order of use
        self.file: dict[str, Kept] = {}

    def alive(self) -> None:
        self.model = [each for each in self.model if self.now_ns - each.used_ns < self.ttl_ns]

    def find(self, session: str) -> Remembered | None:
        """What using it finds."""
        self.alive()
        found = [each for each in self.model if each.name == session]
        for each in found:
            each.used_ns = self.now_ns
            self.model.remove(each)
            self.model.append(each)
        return found[0] if found else None

    def find_or_begin(self, session: str) -> Remembered:
        found = self.find(session)
        if found is None:
            self.model = self.model[max(0, len(self.model) + 1 - self.most) :]
            found = Remembered(session, self.now_ns)
            self.model.append(found)
        return found

    @rule(by=st.integers(1, 12))
    def time_passes(self, by: int) -> None:
        self.now_ns += by

    @rule(session=SESSIONS, asked=TARGETS)
    def a_turn_asks(self, session: str, asked: str) -> None:
        found = self.find(session)
        assert self.real.pinned(session, asked, self.now_ns) == (None if found is None else dict(found.pins).get(asked))

    @rule(session=SESSIONS, asked=TARGETS, place=PLACES)
    def a_turn_was_served(self, session: str, asked: str, place: Place) -> None:
        held = self.find_or_begin(session)
        before = dict(held.pins).get(asked)
        held.pins = [(name, pin) for name, pin in held.pins if name != asked][-(MOST_TARGETS if before else MOST_TARGETS - 1) :]
        if before is None:
            change, pin = Change.NEW, Pin(place, self.now_ns, 1, mixed=False)
        elif before.place.instance == place.instance:
            change, pin = Change.KEPT, replace(before, place=place, turns=before.turns + 1)
        else:
            change, pin = Change.MOVED, Pin(place, self.now_ns, 1, mixed=before.mixed)
        if before is not None and before.place.provider != place.provider:
            pin = replace(pin, mixed=True)
        held.pins.append((asked, pin))
        assert self.real.pin(session, asked, place, self.now_ns) is change

    @rule(session=SESSIONS, asked=TARGETS, response=RESPONSES, place=PLACES)
    def a_response_was_made(self, session: str, asked: str, response: str, place: Place) -> None:
        held = self.find_or_begin(session)
        for each in self.model:
            each.responses = [(name, origin) for name, origin in each.responses if name != response]
        held.responses = [*held.responses, (response, Origin(session, asked, place))][-MOST_RESPONSES:]
        self.real.remember_response(response, session, asked, place, self.now_ns)

    @rule(response=RESPONSES)
    def a_response_is_continued(self, response: str) -> None:
        self.alive()
        origin = next((origin for each in self.model for name, origin in each.responses if name == response), None)
        if origin is not None:
            self.find(origin.session)
        assert self.real.origin(response, self.now_ns) == origin

    @rule(session=SESSIONS, asked=TARGETS, instance=st.sampled_from("xyz"))
    def an_instance_is_gone(self, session: str, asked: str, instance: str) -> None:
        self.real.sweep(self.now_ns)  # it has no time of its own, and is no use
        self.alive()
        held = next((each for each in self.model if each.name == session), None)
        there = held is not None and asked in dict(held.pins) and dict(held.pins)[asked].place.instance == instance
        if held is not None and there:
            held.pins = [(name, pin) for name, pin in held.pins if name != asked]
        assert self.real.unpin(session, asked, instance) == there

    @rule(session=SESSIONS)
    def one_is_forgotten(self, session: str) -> None:
        self.model = [each for each in self.model if each.name != session]
        self.real.forget(session)

    @rule(ttl_ns=st.sampled_from([5, 20, 60]), most=st.integers(1, 6))
    def the_bounds_change(self, ttl_ns: int, most: int) -> None:
        self.real.sweep(self.now_ns)
        self.alive()
        self.ttl_ns, self.most = ttl_ns, most
        self.model = self.model[max(0, len(self.model) - most) :]
        self.real.configure(ttl_ns=ttl_ns, max_sessions=most)

    @rule()
    def they_are_swept(self) -> None:
        self.real.sweep(self.now_ns)

    @rule(limit=st.integers(1, 3), works=st.booleans())
    def some_are_written_down(self, limit: int, *, works: bool) -> None:
        changed, forgotten = self.real.changes(limit)
        if works:
            self.file.update((kept.session, kept) for kept in changed)
            for session in forgotten:
                self.file.pop(session, None)
        else:
            self.real.put_back([kept.session for kept in changed], forgotten)

    @rule()
    def all_are_written_down(self) -> None:
        while any(batch := self.real.changes(2)):
            self.file.update((kept.session, kept) for kept in batch[0])
            for session in batch[1]:
                self.file.pop(session, None)
        self.alive()
        for each in self.model:
            kept = self.file.get(each.name)
            assert kept is not None
            assert (kept.pins, list(kept.responses)) == (dict(each.pins), [name for name, _ in each.responses])

    @invariant()
    def nothing_outgrows_its_bound(self) -> None:
        assert len(self.real) <= self.most
        assert len(self.real._changed) <= self.most
        assert len(self.real._forgotten) <= 6
        assert len(self.real._responses) == sum(len(each.responses) for each in self.real._sessions.values())

    @rule()
    def both_show_the_same(self) -> None:
        self.alive()
        page = self.real.page(self.now_ns)
        assert [(view.session, dict(view.pins), view.idle_ns) for view in page.sessions] == [
            (each.name, dict(each.pins), self.now_ns - each.used_ns) for each in reversed(self.model)
        ]


TestSessionsBesideTheModel = SessionsBesideTheModel.TestCase
TestSessionsBesideTheModel.settings = SOME
