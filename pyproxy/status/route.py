"""What `Sidecar.route` tells, as plain values: for JSON, for people, and for who asks a sidecar that runs elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyproxy.errors import InvalidRequest
from pyproxy.orchestration.dry_run import Call, Passed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyproxy.domain import Plan
    from pyproxy.orchestration.dry_run import Pause, Route

__all__ = ["foreseen", "route_view"]


def route_view(route: Route, *, node: str | None = None) -> dict[str, Any]:
    """A route.

    Args:
        route: what would happen.
        node: on whose behalf it was asked for, if anybody's; a name that the configuration does not have is warned of.
    """
    policy = route.plan.policy
    unknown = node is not None and (route.node is None or route.node.name != node)
    return {
        "target": route.plan.target,
        "node": None if route.node is None else route.node.name,
        "warnings": [f"there is no node '{node}': a request of that name has neither its limits nor its defaults"] if unknown else [],
        "strategy": _strategy(route.plan),
        "max_attempts": policy.max_attempts,
        "attempt_budget": policy.attempt_budget,
        "total_timeout": route.plan.total_timeout,
        "events": [_event(event) for event in route.events],
        "status": route.status,
    }


def _strategy(plan: Plan) -> str:
    """The strategy as the configuration names it: a pool has its own, between its instances."""
    first = plan.steps[0]
    if first.calls_each is None:
        return plan.policy.strategy
    return "simple_retry" if first.retries_everything else "instance_rotation"


def _event(event: Call | Passed | Pause) -> dict[str, Any]:
    if isinstance(event, Call):
        candidate, step = event.candidate, event.step
        return {
            "event": "call",
            "step": step.name,
            "label": candidate.label,
            "instance": candidate.instance,
            "provider": candidate.provider,
            "upstream_model": candidate.upstream_model,
            "one_of": len(step.candidates),
            "scheduler": step.scheduler.name,
            "timeout": step.attempt_timeout,
            "parameters": {name: json.loads(value) for name, value in step.defaults.parameters},
        }
    if isinstance(event, Passed):
        retry_after = None if event.retry_after_ns is None else event.retry_after_ns / 1e9
        return {"event": "passed_over", "scope": event.scope, "reason": event.reason, "retry_after": retry_after, "waited": event.waited}
    return {"event": "pause", "at_most": event.seconds}


def foreseen(route: Callable[..., Route], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what is asked of ``POST /admin/v1/route``.

    Args:
        route: `Sidecar.route`.
        fields: its arguments, ``target`` among them; what is none of its own is a parameter of the request.

    Raises:
        RequestError: something in it cannot be meant, or the request would be refused before any call.
    """
    for name, (kind, said) in _KINDS.items():
        if fields.get(name) is not None and not isinstance(fields[name], kind):
            raise InvalidRequest(f"'{name}' must be {said}.", param=name)
    rest = dict(fields)
    target, messages, fault = rest.pop("target", None), rest.pop("messages", None), rest.pop("fault", None)
    if not target:
        raise InvalidRequest("Say which target would be asked: {'target': 'fast_group'}.", param="target")
    if not all(isinstance(name, str) for name in rest.get("fallback_groups") or ()):
        raise InvalidRequest("'fallback_groups' must be a list of targets.", param="fallback_groups")
    try:
        found = route(target, messages or "Hello", fault=fault or "connect_failed", **rest)
    except ValueError as error:
        raise InvalidRequest(str(error), param="fault") from None
    return route_view(found, node=fields.get("node"))


_KINDS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "target": (str, "a name"),
    "messages": ((str, list), "a text or a list of turns"),
    "fault": (str, "a status or the name of a failure"),
    "node": (str, "a name"),
    "session": (str, "a text"),
    "priority": (str, "a name"),
    "timeout": ((int, float), "seconds"),
    "fallback_groups": (list, "a list of targets"),
}
