"""One table for what was measured in Rust and in Python."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Row", "criterion_rows", "show"]


@dataclass
class Row:
    """One way to do a job, in nanoseconds; `spread` says how far the figures lie apart."""

    language: str
    job: str
    by: str
    median_ns: float
    spread: str


def criterion_rows(folder: Path) -> list[Row]:
    """What criterion has left in its folder: the medians, with their 95 % confidence interval."""
    rows = []
    for described in sorted(folder.glob("**/new/benchmark.json"), key=lambda path: path.stat().st_mtime_ns):
        name = json.loads(described.read_text())
        median = json.loads((described.parent / "estimates.json").read_text())["median"]
        interval = median["confidence_interval"]
        spread = f"{interval['lower_bound']:,.0f} - {interval['upper_bound']:,.0f}"
        job, by, value = name["group_id"], name["function_id"], name["value_str"]
        # What is measured for one size after another is a job for each size; threads and levels are the like.
        job = job if value is None else f"{job} ({value})"
        rows.append(Row("Rust", job, by, median["point_estimate"], spread))
    jobs = list(dict.fromkeys(row.job for row in rows))
    return sorted(rows, key=lambda row: jobs.index(row.job))


def show(rows: list[Row]) -> None:
    """Print the table; the first of each job is ours, and the others are told as a ratio to it."""
    wide, by_wide = max(len(row.job) for row in rows), max(len(row.by) for row in rows)
    print(f"{'in':<8}{'job':<{wide + 2}}{'by':<{by_wide + 2}}{'ns, median':>12}{'spread':>22}{'ratio to ours':>15}")
    ours: dict[tuple[str, str], float] = {}
    for row in rows:
        ratio = row.median_ns / ours.setdefault((row.language, row.job), row.median_ns)
        print(f"{row.language:<8}{row.job:<{wide + 2}}{row.by:<{by_wide + 2}}{row.median_ns:>12,.0f}{row.spread:>22}{f'{ratio:.1f}x':>15}")
