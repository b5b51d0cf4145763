"""A plain table for a terminal."""

from __future__ import annotations

import click

__all__ = ["render"]


def render(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Columns as wide as their longest cell; colours do not count."""
    widths = [max(len(click.unstyle(row[index])) for row in [columns, *rows]) for index in range(len(columns))]

    def line(cells: tuple[str, ...]) -> str:
        padded = (cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(cells, widths, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(columns), line(tuple("-" * width for width in widths)), *(line(row) for row in rows)])
