"""What is remembered of a session; frozen values all, so that one taken out of `Sessions` never changes in anybody's hands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Change", "Kept", "Origin", "Page", "Pin", "Place", "SessionView"]


@dataclass(frozen=True, slots=True)
class Place:
    """Who serves a turn.

    Attributes:
        instance: the instance's name, such as ``openai-gpt4#2``.
        model: the model's key in the configuration.
        provider: the provider's name.
    """

    instance: str
    model: str
    provider: str


@dataclass(frozen=True, slots=True)
class Pin:
    """Where the turns of a session go that ask for one target.

    Attributes:
        place: who served the last turn.
        since_ns: monotonic nanoseconds at which it took the session over.
        turns: turns it has served since.
        mixed: whether another provider served the session before it: what the client sends back then holds reasoning that this one did
            not sign and would refuse.
    """

    place: Place
    since_ns: int
    turns: int
    mixed: bool


class Change(StrEnum):
    """What a served turn did to its session's pin."""

    NEW = "new"
    KEPT = "kept"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a response came from.

    Attributes:
        session: the key of its session.
        target: the target that was asked.
        place: who made it; a response that a provider stores is known to nobody else.
    """

    session: str
    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is remembered of one session.

    Attributes:
        session: its key.
        used_ns: monotonic nanoseconds of its last use.
        pins: by target, the one used last at the end.
        responses: where its last responses came from, by their keys, the newest at the end.
    """

    session: str
    used_ns: int
    pins: Mapping[str, Pin]
    responses: Mapping[str, Origin]


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session as an operator sees it.

    Attributes:
        session: its key.
        pins: by target.
        idle_ns: nanoseconds since its last use.
        expires_ns: nanoseconds until it is forgotten if it rests.
    """

    session: str
    pins: Mapping[str, Pin]
    idle_ns: int
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some sessions of many, the one used last first.

    Attributes:
        sessions: those on this page.
        total: sessions remembered now.
        next_offset: where the next page begins, or None on the last.
    """

    sessions: tuple[SessionView, ...]
    total: int
    next_offset: int | None
