"""Lenient loading: what is broken is taken out, then whatever needed it, until nothing more falls.

Only what stands by itself is taken out: a provider, model, task group, echelon, pool, wrapper, node or alias, an unknown key, an entry
of a list of names. A fault of anything else, such as the server's address, refuses the configuration as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pyproxy.config.faults import MOST_FAULTS, Fault, FaultLog
from pyproxy.config.interpretation import Interpretation, interpret
from pyproxy.config.parts import Part, Parts, without
from pyproxy.config.tree import Table

_MOST_AT_ONCE = 20_000
"""Errors of one round for which something is taken out; what is more is taken out in the next."""


class Remainder(NamedTuple):
    """What is left of a configuration.

    Attributes:
        interpretation: What the rest means.
        log: The faults: a warning for what was taken out, and what remains. With an error among them it must not be used.
        left_out: The warnings for what was taken out.
        rest: The tree without what was taken out, its echelons not yet gathered.
    """

    interpretation: Interpretation
    log: FaultLog
    left_out: tuple[Fault, ...]
    rest: Table


def interpret_leniently(root: Table, source: str, reading: FaultLog) -> Remainder:
    """Return what a tree means without its broken parts.

    Args:
        root: The tree, its variables substituted.
        source: Where it was read from, for people.
        reading: The faults of the steps that made the tree.
    """
    removal = _Removal(root)
    removal.take_out(reading.errors, were_read=True)
    while True:
        found = FaultLog(_MOST_AT_ONCE)
        interpretation = interpret(removal.rest, source, found, removal.names, enough=MOST_FAULTS)
        if not removal.take_out(found.errors):
            break
    log = FaultLog()
    if reading.is_full:
        removal.lasting.append(root.place.fault("has more faults than were read", "mend those that are told, and check again"))
    config = interpretation.config
    if removal.warnings and config is not None and not config.models:
        log.add(root.place.fault("nothing is left to serve", "mend what is told here: one model at least must be left"))
        told = [*removal.lasting, *removal.reasons]
    else:
        told = [*removal.lasting, *removal.warnings, *found.sorted(), *(fault for fault in reading.sorted() if fault.severity == "warning")]
    for fault in told:
        log.add(fault)
    return Remainder(interpretation, log, tuple(removal.warnings), removal.rest)


@dataclass(slots=True)
class _Removal:
    """Takes parts out of a tree, round by round, and remembers which, and why.

    Attributes:
        rest: The tree without them.
        names: What can no longer be referred to, as section and name.
        reasons: The errors that something was taken out for.
        warnings: The same as warnings that say what was taken out.
        lasting: Errors of the reading for which nothing can be taken out.
    """

    rest: Table
    names: set[tuple[str, str]] = field(default_factory=set)
    reasons: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    lasting: list[Fault] = field(default_factory=list)

    def take_out(self, errors: Sequence[Fault], *, were_read: bool = False) -> bool:
        """Take out the part that each error stands in, and return whether there was one to take out.

        Args:
            errors: The errors of one round.
            were_read: They are a reader's: what of them is not in the tree was left out already.
        """
        if not errors:
            return False
        parts = Parts(self.rest)
        fallen: list[Part] = []
        for fault in errors:
            found = parts.at(fault.place)
            if were_read and not found:
                self._note(fault, "this")
            if were_read and None in found:
                self.lasting.append(fault)
            for part in found:
                if part is not None:
                    fallen.append(part)
                    self._note(fault, part.shown)
        self.rest = without(self.rest, fallen)
        self.names.update(name for part in fallen for name in part.names)
        return bool(fallen)

    def _note(self, fault: Fault, shown: str) -> None:
        self.reasons.append(fault)
        self.warnings.append(replace(fault, severity="warning", message=f"{fault.message}; {shown} is left out"))
