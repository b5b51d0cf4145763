"""Limits that contradict each other: those that can never be reached, and those that let nothing pass."""

from collections.abc import Iterator

from pyproxy.config.checks.amounts import amount
from pyproxy.config.faults import FaultLog, printable
from pyproxy.config.references import echelon_name, echelons
from pyproxy.config.tree import Table

_LIMITS = ("concurrency_limit", "rpm_limit", "tpm_limit")


def check_limits(root: Table, log: FaultLog) -> None:
    """Warn of a limit above the one around it; report an answer by default that a limit of tokens would never let pass."""
    for name, _, group in root.tables("task_groups"):
        shown = f"the task group '{printable(name)}'"
        for echelon in echelons(group):
            _never_reached(echelon, group, shown, log)
            own = f"the echelon '{printable(f'{name}.{echelon_name(echelon)}')}'"
            _never_let_through(echelon, ((own, echelon), (shown, group), *_models(root, echelon)), log)
    for name, _, node in root.tables("nodes"):
        around = tuple(_only_group(root, node))
        for shown, group in around:
            _never_reached(node, group, shown, log)
        _never_let_through(node, ((f"the node '{printable(name)}'", node), *around), log)


def _never_reached(inner: Table, outer: Table, shown: str, log: FaultLog) -> None:
    for key in _LIMITS:
        own, around = amount(inner, key), amount(outer, key)
        if own is not None and around is not None and own.value > around.value:
            hint = "lower it, or raise the other"
            message = f"{own.shown} is never reached: the {key} of {shown} around it is {around.shown}"
            log.add(own.place.fault(message, hint, severity="warning"))


def _never_let_through(asking: Table, levels: tuple[tuple[str, Table], ...], log: FaultLog) -> None:
    longest = amount(asking, "max_tokens")
    for shown, level in levels if longest else ():
        limit = amount(level, "tpm_limit")
        if longest is not None and limit is not None and limit.value < longest.value:
            message = f"{longest.shown} tokens would never pass: the tpm_limit of {shown} is {limit.shown}"
            log.add(longest.place.fault(message, "lower max_tokens, or raise the tpm_limit"))


def _models(root: Table, echelon: Table) -> Iterator[tuple[str, Table]]:
    models = root.table("models")
    for text in echelon.texts("models"):
        model = models.table(str(text.value)) if models else None
        if model is not None:
            yield f"the model '{text.shown}'", model


def _only_group(root: Table, node: Table) -> Iterator[tuple[str, Table]]:
    """Yield the group of a node, unless the node may go on to another."""
    groups = root.table("task_groups")
    for text in node.texts("llm_group"):
        name = str(text.value).partition(".")[0]
        group = groups.table(name) if groups else None
        if group is None:
            continue
        listed = node if "fallback_groups" in node.entries else group.table("fallback_config")
        others = {str(other.value).partition(".")[0] for other in (listed.texts("fallback_groups") if listed else ())}
        if others <= {name}:
            yield f"the task group '{printable(name) if not text.variables else text.shown}'", group
