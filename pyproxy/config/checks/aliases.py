"""Aliases that stand for aliases: for themselves, in a circle, or for one that would have to be looked up again."""

from pyproxy.config.checks.chains import shown_chain
from pyproxy.config.faults import FaultLog
from pyproxy.config.names import KnownNames
from pyproxy.config.references import TARGET_SECTIONS
from pyproxy.config.tree import Scalar, Table


def check_aliases(root: Table, log: FaultLog) -> None:
    """Report each alias of an alias, and each circle of them once, with its chain."""
    table = root.table("aliases")
    if table is None:
        return
    known = KnownNames(root)
    links: dict[str, Scalar] = {}
    for alias in table.entries:
        for text in table.texts(alias):
            if text.value and known.holds(str(text.value), ("aliases",)) and not known.holds(str(text.value), TARGET_SECTIONS):
                links[alias] = text
    ends: dict[str, str | None] = {}
    circles: dict[str, list[str]] = {}
    for alias in links:
        _follow(alias, links, ends, circles)
    in_circles = {name for circle in circles.values() for name in circle}
    for alias, text in links.items():
        if alias in circles:
            _report_circle(text, circles[alias], log)
        elif alias not in in_circles:
            end = ends[alias]
            _report_link(text, next((target.shown for target in table.texts(end)), "") if end is not None else "", log)


def _follow(alias: str, links: dict[str, Scalar], ends: dict[str, str | None], circles: dict[str, list[str]]) -> None:
    """Note the last alias on the way from ``alias``, for every alias on the way; None for a way that ends in a circle."""
    way: dict[str, None] = {}
    here = alias
    while here in links and here not in way and here not in ends:
        way[here] = None
        here = str(links[here].value)
    if here in way:
        names = list(way)
        circle = names[names.index(here) :]
        circles[circle[0]] = circle
    end = ends.get(here, None if here in way else here)
    ends.update(dict.fromkeys(way, end))


def _report_circle(text: Scalar, circle: list[str], log: FaultLog) -> None:
    if text.variables:
        log.add(text.place.fault(_AN_ALIAS, text.origin))
    elif len(circle) == 1:
        log.add(text.place.fault("stands for itself", _A_TARGET))
    else:
        log.add(
            text.place.fault(
                f"goes in a circle: {shown_chain([*circle, circle[0]])}", "let each of them name a target, such as a task group"
            )
        )


def _report_link(text: Scalar, end: str, log: FaultLog) -> None:
    if text.variables:
        log.add(text.place.fault(_AN_ALIAS, text.origin))
    else:
        hint = f"name what it stands for: {end}" if end else _A_TARGET
        log.add(text.place.fault(f"'{text.shown}' is an alias itself, and an alias stands for a target", hint))


_AN_ALIAS = "names an alias, and an alias stands for a target"
_A_TARGET = "name a task group, a model or another target"
