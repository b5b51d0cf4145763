"""From a tree without variables to the typed configuration: arrange, check names and meaning, convert."""

from collections.abc import Collection
from typing import NamedTuple

from pyproxy.config.checks import run_checks
from pyproxy.config.conversion import to_config
from pyproxy.config.echelons import gather_echelons
from pyproxy.config.faults import FaultLog
from pyproxy.config.in_effect import warn_of_pending
from pyproxy.config.missing_echelons import drop_missing_echelons
from pyproxy.config.names import check_names
from pyproxy.config.presets import fill_in_presets
from pyproxy.config.references import add_implicit_models
from pyproxy.config.root import Config
from pyproxy.config.tree import Table


class Interpretation(NamedTuple):
    """What a tree means.

    Attributes:
        config: The configuration; None when a setting cannot be typed.
        tree: What it was made from, its echelons gathered and its implicit models added.
    """

    config: Config | None
    tree: Table


def interpret(
    root: Table, source: str, log: FaultLog, left_out: Collection[tuple[str, str]] = (), *, enough: int | None = None
) -> Interpretation:
    """Return what a tree means, and report all that is wrong with it.

    Args:
        root: The tree, its variables substituted.
        source: Where it was read from, for people.
        log: Takes the faults; with an error among them the configuration must not be used.
        left_out: What was taken out of the tree for a fault of its own, as section and name.
        enough: Errors after which no more are looked for; None for all there are.
    """
    tree = add_implicit_models(gather_echelons(fill_in_presets(root), log))
    if _is_enough(log, enough):
        return Interpretation(None, tree)
    run_checks(tree, log)
    tree = drop_missing_echelons(tree, log)
    check_names(tree, log, left_out)
    if _is_enough(log, enough):
        return Interpretation(None, tree)
    config = to_config(tree, source, log)
    if config is not None:
        if not config.models:
            hint = "add a model, or a task group with provider:name among its models"
            log.add(tree.place.fault("there is no model: every request will be refused", hint, severity="warning"))
        warn_of_pending(config, tree, log)
    return Interpretation(config, tree)


def _is_enough(log: FaultLog, enough: int | None) -> bool:
    return enough is not None and len(log.errors) >= enough
