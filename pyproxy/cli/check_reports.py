"""The ways in which `pyproxy check` tells what it found."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyproxy.config import Config, Fault

__all__ = ["REPORTS", "Checked", "Form"]

Form = Literal["human", "json", "github"]
_COLOURS = {"error": "red", "warning": "yellow"}


class Checked(NamedTuple):
    """What a check found.

    Attributes:
        path: What was checked, as its user named it.
        config: The configuration, if it can be used.
        faults: Every error and warning, file by file and in the order of the lines.
        ok: Whether it passes.
    """

    path: str
    config: Config | None
    faults: tuple[Fault, ...]
    ok: bool


def _for_people(checked: Checked) -> None:
    """Each fault on a line that an editor can follow, its hint below it; the faults of each file under its name when there are many."""
    files = [(file, list(faults)) for file, faults in groupby(checked.faults, key=lambda fault: fault.file)]
    for number, (file, faults) in enumerate(files):
        if len(files) > 1:
            gap = "\n" if number else ""
            click.echo(f"{gap}{click.style(_one_line(file), bold=True)}: {_counts(faults)}", err=True)
        for fault in faults:
            click.echo(_told(fault), err=True)
    if checked.faults:
        click.echo(err=True)
    click.echo(_summary(checked), err=not checked.ok)


def _told(fault: Fault) -> str:
    severity = click.style(fault.severity, fg=_COLOURS[fault.severity], bold=True)
    place = _one_line(fault.file) if fault.line is None else f"{_one_line(fault.file)}:{fault.line}:{fault.column or 1}"
    about = f"{click.style(fault.path, bold=True)}: " if fault.path else ""
    hint = f"\n{' ' * len(fault.severity)}  {click.style(fault.hint, fg='cyan')}" if fault.hint else ""
    return f"{severity}: {place}: {about}{fault.message}{hint}"


def _for_programs(checked: Checked) -> None:
    """One JSON object; ``ok`` says what the exit code says."""
    found = {
        "ok": checked.ok,
        "revision": checked.config.revision if checked.config else None,
        "faults": [_fields(fault) for fault in checked.faults],
    }
    click.echo(json.dumps(found, indent=2))


def _fields(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in ("severity", "file", "line", "column", "path", "message", "hint")}


def _for_github(checked: Checked) -> None:
    """Workflow commands, which become annotations at the lines of a pull request."""
    for fault in checked.faults:
        place = {"file": fault.file, "line": fault.line, "col": fault.column}
        properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value is not None)
        about, advice = f"{fault.path}: " if fault.path else "", f" ({fault.hint})" if fault.hint else ""
        click.echo(f"::{fault.severity} {properties}::{_data(f'{about}{fault.message}{advice}')}")
    click.echo(_summary(checked), err=True)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(checked: Checked) -> str:
    path, config = _one_line(checked.path), checked.config
    if config is None:
        return f"{path}: {_counts(checked.faults)}; nothing would be started"
    if not checked.ok:
        return f"{path}: {_counts(checked.faults)}; --strict takes no warnings"
    held = ", ".join(
        (_count(len(config.task_groups), "task group"), _count(len(config.models), "model"), _count(len(config.providers), "provider"))
    )
    return f"{path}: ok ({held}; {_count(len(checked.faults), 'warning')}; revision {config.revision})"


def _counts(faults: Sequence[Fault]) -> str:
    errors = sum(fault.severity == "error" for fault in faults)
    return f"{_count(errors, 'error')}, {_count(len(faults) - errors, 'warning')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _one_line(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]


REPORTS: Mapping[Form, Callable[[Checked], None]] = {"human": _for_people, "json": _for_programs, "github": _for_github}
