"""`pyproxy check`: every fault of a configuration, in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.cli.check_reports import REPORTS, Checked
from pyproxy.config import check_config

if TYPE_CHECKING:
    from pyproxy.cli.check_reports import Form

__all__ = ["EXIT_FAULTS", "check_file"]

EXIT_FAULTS = 1


def check_file(path: str, *, form: Form = "human", strict: bool = False) -> int:
    """Report the faults of a configuration and what it holds.

    Args:
        path: The configuration.
        form: Whom to tell: people, programs, or a GitHub workflow.
        strict: Whether warnings, too, make it unfit.

    Returns:
        The exit code: 0 when it is fit for use, 1 when it is not.
    """
    config, faults = check_config(path)
    checked = Checked(path, config, faults, ok=config is not None and not (strict and faults))
    REPORTS[form](checked)
    return 0 if checked.ok else EXIT_FAULTS
