"""Echelons in which nobody takes part."""

from pyproxy.config.checks.amounts import amount
from pyproxy.config.faults import FaultLog
from pyproxy.config.references import echelons
from pyproxy.config.tree import Table


def check_weights(root: Table, log: FaultLog) -> None:
    """Report each echelon whose models all have the weight 0."""
    models = root.table("models")
    for _, _, group in root.tables("task_groups"):
        for echelon in echelons(group):
            weights = [amount(models.table(str(text.value)), "weight") for text in echelon.texts("models")] if models else []
            if weights and all(weight is not None and weight.value == 0 for weight in weights):
                message = "has only models of the weight 0, so that none would ever be asked"
                log.add(echelon.place.fault(message, "give one of them a weight of 1 or more"))
