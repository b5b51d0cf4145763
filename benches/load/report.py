"""What was measured, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from figures import FIGURES

if TYPE_CHECKING:
    from figures import Figures, Outcome
    from measuring import Record

__all__ = ["show"]


_VERDICTS = {True: "met", False: "NOT met", None: "cannot be told: nothing to compare with"}


def show(records: list[Record], values: Figures, reached: list[Outcome]) -> None:
    """Print the sides, the table, the targets, and what failed and why."""
    for record in records:
        print(f"{record.side.name:<9} {record.side.about}")
    print("\nadded: over the direct way, whose own figures its column has; the clients' side counts, and each side all of its processes\n")
    wide = max(len(figure.label) for figure in FIGURES) + 2
    print(f"{'':<{wide}}" + "".join(f"{record.side.name:>11}" for record in records))
    for figure in FIGURES:
        if not (row := values[figure.key]):
            continue
        cells = (f"{row[name]:,.{figure.digits}f}" if name in row else "-" for name in (record.side.name for record in records))
        print(f"{figure.label:<{wide}}" + "".join(f"{cell:>11}" for cell in cells))
    if reached:
        print(f"\n{'targets of native':<{wide}}{'bound':>14}{'reached':>14}")
    for outcome in reached:
        target = outcome.target
        bound = f"{'≥' if target.at_least else '≤'} {target.bound:g}{target.unit}"
        value = "-" if outcome.value is None else f"{outcome.value:,.2f}{target.unit}"
        print(f"{target.what:<{wide}}{bound:>14}{value:>14}  {_VERDICTS[outcome.met]}")
    print()
    _failures(records)


def _failures(records: list[Record]) -> None:
    for record in records:
        for step, seen in record.seen.items():
            # Those that begin alike are of one sort: further on they may name the request.
            sorts: dict[str, list[tuple[str, int]]] = {}
            for reason, times in (item for each in seen for item in each.failures.items()):
                sorts.setdefault(reason[:40], []).append((reason, times))
            for sort in sorts.values():
                print(f"{record.side.name}, {step}: {sum(times for _, times in sort):,} failed: {' '.join(sort[0][0].split())}")
