"""The head of every answer: what passes from a provider, and what the sidecar says of the path taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.rust_core import answer_headers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproxy.orchestration.journey import Journey

__all__ = ["delays", "for_answer", "losses_comment", "path_comment", "path_taken"]

Headers = list[tuple[bytes, bytes]]

_DELAYS = frozenset((b"retry-after", b"retry-after-ms"))


def for_answer(upstream: Iterable[tuple[bytes, bytes]]) -> Headers:
    """A provider's headers that mean something to the client; nothing about its connection, cookies or servers."""
    return answer_headers(tuple(upstream))


def delays(upstream: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Of a provider's headers those that say when to ask again: they mean the same in every API."""
    return [(name, value) for name, value in for_answer(upstream) if name in _DELAYS]


def path_taken(journey: Journey, queue_ns: int) -> Headers:
    """Which target was asked for, who was tried, who answered, whether its session stayed there and what waiting cost."""
    headers: Headers = [(b"x-pyproxy-target", _text(journey.plan.target))]
    if journey.served_by is not None:
        headers.append((b"x-pyproxy-model", _text(journey.served_by.model)))
        headers.append((b"x-pyproxy-provider", _text(journey.served_by.provider)))
    if journey.moved is not None:
        headers.append((b"x-pyproxy-session", journey.moved.value.encode()))
    if journey.lost:
        headers.append((b"x-pyproxy-lossy", _text(", ".join(journey.lost))))
    headers.append((b"x-pyproxy-attempts", _text(journey.path_taken())))
    headers.append((b"x-pyproxy-queue-ms", str(queue_ns // 1_000_000).encode()))
    return headers


def path_comment(journey: Journey) -> bytes:
    """The path taken, for a stream whose head was sent before it was known."""
    attempts = b": x-pyproxy-attempts: " + _text(journey.path_taken()) + b"\n\n"
    return attempts + losses_comment(journey.lost) if journey.lost else attempts


def losses_comment(lost: Iterable[str]) -> bytes:
    """What a translation lost, for a stream whose head was sent before it was known."""
    return b": x-pyproxy-lossy: " + _text(", ".join(lost)) + b"\n\n"


def _text(value: str) -> bytes:
    """A header's value: names come from people and may hold anything, header values may not."""
    return "".join(char if " " <= char <= "~" else "?" for char in value).encode("ascii")
