"""Times that can never pass, because the whole request ends before."""

from pyproxy.config.checks.amounts import Amount, amount
from pyproxy.config.faults import FaultLog
from pyproxy.config.groups import Timeouts
from pyproxy.config.references import echelons
from pyproxy.config.tree import Table

_PHASES = ("connect", "first_byte", "idle")


def check_timeouts(root: Table, log: FaultLog) -> None:
    """Warn of each time of a group that is longer than its ``timeouts.total``."""
    for _, _, group in root.tables("task_groups"):
        times, fallback = group.table("timeouts"), group.table("fallback_config")
        given = amount(times, "total")
        total = given.value if given else float(Timeouts.model_fields["total"].default)
        shown = f"timeouts.total ({given.shown if given else f'{total:g} by default'})"
        within = [amount(times, phase) for phase in _PHASES]
        within += [amount(echelon, "timeout") for echelon in echelons(group)]
        within += [amount(fallback, key) for key in ("retry_delay", "retry_after_wait")]
        for time in within:
            if time is not None and time.value > total:
                _report(time, shown, log)


def _report(time: Amount, shown: str, log: FaultLog) -> None:
    message = f"{time.shown} seconds never pass: {shown} ends the request before"
    log.add(time.place.fault(message, "lower it, or raise timeouts.total", severity="warning"))
