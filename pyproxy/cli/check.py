"""`pyproxy check`: every fault of a configuration, in one run."""

from __future__ import annotations

import click

from pyproxy.config import check_config

__all__ = ["check_file"]


def check_file(path: str) -> int:
    """Print the faults of a file and what it holds; returns the exit code, 2 for a file that cannot be used."""
    config, faults = check_config(path)
    for fault in faults:
        click.echo(f"{fault.severity}: {fault}", err=True)
    errors = sum(fault.severity == "error" for fault in faults)
    warnings = len(faults) - errors
    if config is None:
        click.echo(f"{path}: {_count(errors, 'error')}, {_count(warnings, 'warning')}; nothing would be started", err=True)
        return 2
    held = ", ".join(
        (_count(len(config.task_groups), "task group"), _count(len(config.models), "model"), _count(len(config.providers), "provider"))
    )
    click.echo(f"{path}: ok ({held}; {_count(warnings, 'warning')}; revision {config.revision})")
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
