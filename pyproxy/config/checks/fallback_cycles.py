"""Groups that fall back to each other in a circle: a failure there would come back to where it began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.config.checks.chains import shown_chain

if TYPE_CHECKING:
    from pyproxy.config.faults import FaultLog
    from pyproxy.config.tree import Scalar, Table


def check_fallback_cycles(root: Table, log: FaultLog) -> None:
    """Report each circle once, where it closes, with the chain of its groups.

    A group that names an echelon of its own goes down, not round; one that names itself goes round.
    """
    links = {name: _links(name, group) for name, _, group in root.tables("task_groups")}
    done: set[str] = set()
    for start in links:
        if start not in done:
            _walk(start, links, done, log)


def _links(name: str, group: Table) -> dict[str, Scalar]:
    """Return the groups that a group falls back to, each with the text that names it first."""
    fallback = group.table("fallback_config")
    links: dict[str, Scalar] = {}
    for text in fallback.texts("fallback_groups") if fallback else ():
        other, dot, _ = str(text.value).partition(".")
        if other != name or not dot:
            links.setdefault(other, text)
    return links


def _walk(start: str, links: dict[str, dict[str, Scalar]], done: set[str], log: FaultLog) -> None:
    """Go depth first from ``start``, without recursion; a link back into the path that led here closes a circle."""
    path, depths = [start], {start: 0}
    ways = [iter(links[start].items())]
    while path:
        other, text = next(ways[-1], (None, None))
        if other is None or text is None:
            ways.pop()
            here = path.pop()
            done.add(here)
            del depths[here]
        elif other in depths:
            _report(text, [*path[depths[other] :], other], log)
        elif other in links and other not in done:
            depths[other] = len(path)
            path.append(other)
            ways.append(iter(links[other].items()))


def _report(text: Scalar, chain: list[str], log: FaultLog) -> None:
    if text.variables:
        log.add(text.place.fault("closes a circle of fallback groups", text.origin))
        return
    itself = len(chain) == 2  # noqa: PLR2004 - a group, and the same again
    hint = "name its echelons below, or leave fallback_groups out" if itself else "take one of these links out of fallback_groups"
    log.add(text.place.fault(f"falls back in a circle: {shown_chain(chain)}", hint))
