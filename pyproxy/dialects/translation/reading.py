"""Reads members of bodies that may hold anything: what a translation cannot do without is there, or is said to be missing."""

from __future__ import annotations

from typing import Any

from pyproxy.dialects.translation.translator import Json, UntranslatableError

__all__ = ["read_count", "read_list", "read_number", "read_object", "read_text"]


def read_object(value: Any, where: str) -> Json:
    """Return a JSON object.

    Raises:
        UntranslatableError: it is something else; `where` tells the client which member.
    """
    if not isinstance(value, dict):
        raise _is_not(where, "an object")
    return value


def read_list(value: Any, where: str) -> list[Any]:
    """Return a JSON array."""
    if not isinstance(value, list):
        raise _is_not(where, "an array")
    return value


def read_text(value: Any, where: str) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise _is_not(where, "a string")
    return value


def read_number(value: Any, where: str) -> float:
    """Return a number, as it is written."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _is_not(where, "a number")
    return value


def read_count(value: Any, where: str) -> int:
    """Return a whole number; ``16.0`` is one."""
    number = read_number(value, where)
    if number != number // 1:
        raise _is_not(where, "a whole number")
    return int(number)


def _is_not(where: str, kind: str) -> UntranslatableError:
    return UntranslatableError(f"{where} is not {kind}.", where)
