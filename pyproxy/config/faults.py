"""What is wrong in a configuration, and where: the values that readers, checks and people exchange.

A fault never carries a value that came from the environment, nor a credential: it names keys, lines and variables.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from pyproxy.config.nearest import Suggestions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyproxy.config.tree import Place

Severity = Literal["error", "warning"]

SHOWN = 80
MOST_FAULTS = 1000
"""Errors that are told of one configuration, and warnings: more than anyone reads, and few enough to make them soon."""


def printable(text: str) -> str:
    """Return ``text`` on one line, its control characters escaped, and cut where it gets too long to read."""
    line = _on_one_line(text)
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


def printable_path(path: str) -> str:
    """Return ``path`` like `printable`, but cut where it begins: its end is what names the file."""
    line = _on_one_line(path)
    return line if len(line) <= SHOWN else f"…{line[-SHOWN:]}"


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a configuration, or that it should know.

    Attributes:
        severity: ``error`` when the configuration cannot be used, ``warning`` when it can.
        file: The file as its reader named it, or ``<mapping>``.
        line: Counted from 1; None where there are no lines (a mapping, a file that cannot be opened).
        column: Counted from 1 in characters; None as for ``line``.
        path: The key path, such as ``task_groups.fast_group.echelon1.models[0]``; empty for the whole file.
        message: What is wrong, in one line.
        hint: What to do about it; empty when the message says it all.
        place: The place in the tree that it was made from, for the steps of this package; no part of what it says.
    """

    severity: Severity = "error"
    file: str
    line: int | None = None
    column: int | None = None
    path: str = ""
    message: str
    hint: str = ""
    place: Place | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """Return ``FILE:LINE:COLUMN: path: message (hint)`` without a line break."""
        where = _on_one_line(self.file)
        if self.line is not None:
            where = f"{where}:{self.line}:{self.column or 1}"
        about = f"{self.path}: " if self.path else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{where}: {about}{self.message}{advice}"


class FaultLog:
    """Collects the faults of one run, so that all of them are told and not only the first.

    Args:
        most: How many errors it keeps, and how many warnings; those after are not told, and warnings never keep an error from it.

    Attributes:
        unread: The fault of each file that could not be read at all, or is not where another says.
        suggestions: Finds what was meant by names that are unknown.
    """

    def __init__(self, most: int = MOST_FAULTS) -> None:
        self._most = most
        self._faults: dict[Severity, dict[Fault, None]] = {"error": {}, "warning": {}}
        self.unread: dict[Path, Fault] = {}
        self.suggestions = Suggestions()

    def add(self, fault: Fault) -> None:
        """Note a fault; the same one twice counts once."""
        alike = self._faults[fault.severity]
        if len(alike) < self._most:
            alike[fault] = None

    @property
    def is_full(self) -> bool:
        """Whether no more errors are told."""
        return len(self._faults["error"]) >= self._most

    def add_unread(self, path: Path, fault: Fault) -> None:
        """Note the fault by which nothing is known of what a file holds."""
        self.unread.setdefault(path, fault)
        self.add(fault)

    def relocate(self, places: Mapping[int, tuple[Place, Place]]) -> None:
        """Tell faults by the places that theirs have become: for the identity of each old place, itself and the new one."""
        self._faults = {severity: {_moved(fault, places): None for fault in alike} for severity, alike in self._faults.items()}

    @property
    def has_errors(self) -> bool:
        """Whether any fault so far makes the configuration unusable."""
        return bool(self._faults["error"])

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults so far that make the configuration unusable."""
        return tuple(self._faults["error"])

    def sorted(self) -> tuple[Fault, ...]:
        """Return the faults in the order of their lines; what has no line comes first."""
        faults = [fault for alike in self._faults.values() for fault in alike]
        told = sorted(faults, key=lambda fault: (fault.file, fault.line or 0, fault.column or 0))
        for severity, alike in self._faults.items():
            if len(alike) >= self._most:
                message = f"no more than {self._most:,} {severity}s are told: mend these and check again"
                told.append(Fault(severity="warning", file=told[-1].file, message=message))
        return tuple(told)


def _moved(fault: Fault, places: Mapping[int, tuple[Place, Place]]) -> Fault:
    known = places.get(id(fault.place))
    if known is None:
        return fault
    old, new = known
    below = fault.path.removeprefix(str(old.path))
    return replace(fault, path=f"{new.path}{'.' if below and not str(old.path) else ''}{below}", place=new)


class UnreadableError(Exception):
    """Stops a reader that cannot go on; the reader's caller turns it into the run's last fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault
