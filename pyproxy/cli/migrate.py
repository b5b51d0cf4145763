"""`pyproxy migrate`: files of old into the canonical form, as a diff first."""

from __future__ import annotations

import difflib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyproxy.config.migration import WriteError, plan_migration, write_migration
from pyproxy.config.settings import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.config.migration import Change, Migration

__all__ = ["EXIT_FAULTS", "migrate_path"]

EXIT_FAULTS = 1
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def migrate_path(path: str, *, write: bool) -> int:
    """Tell what a migration would change and lose; with ``write``, carry it out.

    Returns:
        The exit code: 0 when it is done or there is nothing to do, or nothing was asked for but the plan; 1 when something is in the way.
    """
    migration = plan_migration(Path(path))
    if migration.faults:
        for fault in migration.faults:
            click.echo(f"{click.style('error', fg='red', bold=True)}: {fault}", err=True)
        click.echo(f"{path}: not migrated; mend it first", err=True)
        return EXIT_FAULTS
    if migration.is_nothing:
        click.echo(f"{path}: nothing to migrate")
        return 0
    _show(migration)
    if write:
        return _write(migration, path)
    _tell_next(migration, path)
    return EXIT_FAULTS if migration.by_hand else 0


def _show(migration: Migration) -> None:
    for change in migration.changes:
        for line in _diff(change):
            click.echo(click.style(_masked(line, migration), fg=_COLOURS.get(line[:1]), bold=line.startswith(("+++", "---"))))
        click.echo()
    if migration.lost:
        click.secho("Not carried over:", bold=True)
        for fault in migration.lost:
            click.echo(f"  {fault}")
        click.echo()
    if migration.by_hand:
        click.secho("To be done by hand:", bold=True)
        for task in migration.by_hand:
            click.echo(f"  {task.place}: {task.message}")
            for line in task.text.splitlines():
                click.echo(f"    {click.style(_masked(line, migration), fg='green')}")
        click.echo()


def _diff(change: Change) -> Iterator[str]:
    before, after = ("/dev/null" if text is None else str(change.path) for text in (change.before, change.after))
    old, new = ((text or "").splitlines() for text in (change.before, change.after))
    yield from difflib.unified_diff(old, new, before, after, lineterm="")


def _masked(line: str, migration: Migration) -> str:
    for secret in sorted(migration.secrets, key=len, reverse=True):
        line = line.replace(secret, HIDDEN)
    return line


def _tell_next(migration: Migration, path: str) -> None:
    command = click.style(f"pyproxy migrate {shlex.quote(path)} --write", bold=True)
    if migration.by_hand:
        click.echo("Nothing was written. The old files stay, and go on counting, until what is left to do by hand is done.")
    if migration.changes:
        click.echo(f"Nothing was written. To do it: {command}" if not migration.by_hand else f"To write the rest: {command}")
    else:
        click.echo(f"Then run it again: {click.style(f'pyproxy migrate {shlex.quote(path)}', bold=True)}")


def _write(migration: Migration, path: str) -> int:
    try:
        write_migration(migration)
    except WriteError as error:
        click.echo(f"pyproxy: {error}", err=True)
        return EXIT_FAULTS
    counts = {
        "wrote": sum(change.after is not None for change in migration.changes),
        "removed": sum(change.after is None for change in migration.changes),
    }
    told = " and ".join(f"{word} {count} file{'' if count == 1 else 's'}" for word, count in counts.items() if count)
    click.echo(f"{path}: {told or 'nothing was written'}")
    if migration.by_hand:
        click.echo(f"{path}: not done yet; do the rest by hand, and run this again", err=True)
        return EXIT_FAULTS
    return 0
