"""Aliases that stand for aliases: for themselves, in a circle, or for one that would have to be looked up again."""

from pyproxy.config.checks.chains import shown_chain
from pyproxy.config.faults import FaultLog
from pyproxy.config.names import KnownNames
from pyproxy.config.references import TARGET_SECTIONS
from pyproxy.config.tree import Scalar, Table


def check_aliases(root: Table, log: FaultLog) -> None:
    """Report each alias of an alias, and each circle of them once, with its chain."""
    table = root.table("aliases")
    known = KnownNames(root)
    told: set[str] = set()
    links: dict[str, Scalar] = {}
    for alias in table.entries if table else ():
        for text in table.texts(alias) if table else ():
            if text.value and known.holds(str(text.value), ("aliases",)) and not known.holds(str(text.value), TARGET_SECTIONS):
                links[alias] = text
    for alias, text in links.items():
        if alias not in told:
            chain = _chain(alias, links)
            told.update(chain if chain[-1] == alias else ())
            _report(text, chain, table, log)


def _chain(alias: str, links: dict[str, Scalar]) -> list[str]:
    """Return the aliases from ``alias`` on: back to itself, to one that was there before, or to one that stands for no alias."""
    chain = {alias: None}
    while alias in links:
        alias = str(links[alias].value)
        if alias in chain:
            return [*chain, alias]
        chain[alias] = None
    return list(chain)


def _report(text: Scalar, chain: list[str], table: Table | None, log: FaultLog) -> None:
    if text.variables:
        log.add(text.place.fault("names an alias, and an alias stands for a target", text.origin))
    elif len(chain) == 2 and chain[0] == chain[1]:  # noqa: PLR2004 - itself, and itself again
        log.add(text.place.fault("stands for itself", "name a task group, a model or another target"))
    elif chain[0] == chain[-1]:
        log.add(text.place.fault(f"goes in a circle: {shown_chain(chain)}", "let each of them name a target, such as a task group"))
    else:
        end = next((target.shown for target in table.texts(chain[-1])), "") if table and chain[-1] not in chain[:-1] else ""
        hint = f"name what it stands for: {end}" if end else "name a task group, a model or another target"
        log.add(text.place.fault(f"'{text.shown}' is an alias itself, and an alias stands for a target", hint))
