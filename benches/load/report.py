"""What was measured, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from figures import FIGURES, figures, outcomes

if TYPE_CHECKING:
    from figures import Figures, Outcome
    from measuring import Record

__all__ = ["Results"]

_VERDICTS = {True: "met", False: "NOT met", None: "cannot be told: nothing to compare with"}


@dataclass(frozen=True)
class Results:
    """A whole run: what each side has shown, why others are left out, and where it was."""

    records: list[Record]
    absent: dict[str, str]
    machine: str

    @cached_property
    def figures(self) -> Figures:
        """By figure, then by side."""
        return figures(self.records)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What became of the targets."""
        return outcomes(self.figures)

    def show(self) -> None:
        """Print the sides, the table, the targets, and what failed and why."""
        for record in self.records:
            print(f"{record.side.name:<9} {record.side.about}")
        for name, why in self.absent.items():
            print(f"{name:<9} left out: {' '.join(why.split())}")
        print(
            "\nadded: over the direct way, whose own figures its column has; the clients' side counts, and each side all of its processes\n"
        )
        wide = max(len(figure.label) for figure in FIGURES) + 2
        print(f"{'':<{wide}}" + "".join(f"{record.side.name:>11}" for record in self.records))
        for figure in FIGURES:
            if row := self.figures[figure.key]:
                cells = (
                    f"{row[name]:,.{figure.digits}f}" if name in row else "-" for name in (record.side.name for record in self.records)
                )
                print(f"{figure.label:<{wide}}" + "".join(f"{cell:>11}" for cell in cells))
        self._show_targets(wide)
        self._show_failures()
        print(f"\n{self.machine}")

    def as_json(self) -> dict[str, object]:
        """All of it but the single requests."""
        return {
            "machine": self.machine,
            "sides": {record.side.name: record.side.about for record in self.records},
            "left_out": self.absent,
            "labels": {figure.key: figure.label for figure in FIGURES},
            "figures": self.figures,
            "targets": [
                {
                    "what": outcome.target.what,
                    "bound": outcome.target.bound,
                    "at_least": outcome.target.at_least,
                    "unit": outcome.target.unit.strip(),
                    "reached": outcome.value,
                    "met": outcome.met,
                }
                for outcome in self.outcomes
            ],
        }

    def _show_targets(self, wide: int) -> None:
        if self.outcomes:
            print(f"\n{'targets of native':<{wide}}{'bound':>14}{'reached':>14}")
        for outcome in self.outcomes:
            target = outcome.target
            bound = f"{'≥' if target.at_least else '≤'} {target.bound:g}{target.unit}"
            value = "-" if outcome.value is None else f"{outcome.value:,.2f}{target.unit}"
            print(f"{target.what:<{wide}}{bound:>14}{value:>14}  {_VERDICTS[outcome.met]}")

    def _show_failures(self) -> None:
        print()
        for record in self.records:
            for step, seen in record.seen.items():
                # Those that begin alike are of one sort: further on they may name the request.
                sorts: dict[str, list[tuple[str, int]]] = {}
                for reason, times in (item for each in seen for item in each.failures.items()):
                    sorts.setdefault(reason[:40], []).append((reason, times))
                for sort in sorts.values():
                    print(f"{record.side.name}, {step}: {sum(times for _, times in sort):,} failed: {' '.join(sort[0][0].split())}")
