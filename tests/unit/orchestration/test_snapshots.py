from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from pyproxy.orchestration import Snapshot, Snapshots

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def a_snapshot() -> Snapshot:
    nothing = cast("Any", None)
    return Snapshot(nothing, nothing, nothing, nothing, frozenset())


class Reloads(RuleBasedStateMachine):
    """Requests begin and end and snapshots are swapped in any order; a list of who holds what is the model."""

    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.retired: list[Snapshot] = []
        self.made = [a_snapshot()]
        self.held: list[Snapshot] = []
        self.snapshots = Snapshots(self.made[0], self.retired.append)

    @rule(target=holds)
    def begin(self) -> tuple[AbstractContextManager[Snapshot], Snapshot]:
        hold = self.snapshots.hold()
        snapshot = hold.__enter__()
        assert snapshot is self.made[-1]
        self.held.append(snapshot)
        return hold, snapshot

    @rule(hold=consumes(holds))
    def end(self, hold: tuple[AbstractContextManager[Snapshot], Snapshot]) -> None:
        hold[0].__exit__(None, None, None)
        self.held.remove(hold[1])

    @rule()
    def swap(self) -> None:
        self.made.append(a_snapshot())
        self.snapshots.swap(self.made[-1])

    @invariant()
    def each_lives_as_long_as_it_is_held_or_in_force_and_retires_once(self) -> None:
        alive = [each for each in self.made if each in self.held or each is self.made[-1]]
        assert list(self.snapshots.live) == alive
        assert self.snapshots.current is self.made[-1]
        assert len(self.retired) == len(set(self.retired))
        assert set(self.retired) == set(self.made) - set(alive)


TestReloads = Reloads.TestCase


def test_a_request_that_fails_lets_its_snapshot_go() -> None:
    retired: list[Snapshot] = []
    first = a_snapshot()
    snapshots = Snapshots(first, retired.append)
    with contextlib.suppress(RuntimeError), snapshots.hold():
        snapshots.swap(a_snapshot())
        assert retired == []
        raise RuntimeError
    assert retired == [first]


def test_a_snapshot_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        a_snapshot().scopes = frozenset("x")  # type: ignore[misc]
