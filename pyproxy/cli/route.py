"""`pyproxy route`: what would happen to a request, and why, without sending it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pyproxy.errors import RequestError
from pyproxy.orchestration.dry_run import Call, Passed
from pyproxy.runtime import Sidecar

if TYPE_CHECKING:
    from pyproxy.domain import Plan
    from pyproxy.orchestration.dry_run import Pause, Route

__all__ = ["show_route"]

_WORDS = {
    "concurrency": "has no room",
    "rate": "is at its rate",
    "blocked": "is paused by its provider",
    "reserved": "has no room that somebody else does not wait for",
    "breaker_open": "is left alone after failures",
    "credential_disabled": "has a credential that is of no use",
}


def show_route(config: str, target: str, *, node: str | None, body: str | None, fault: str, form: str) -> None:
    """Print which calls a request for a target would lead to, each as if all before it had failed.

    Raises:
        ConfigError: the configuration cannot be used.
        ClickException: the request would be refused before any call, or there is no such fault.
    """
    fields = {} if body is None else json.loads(Path(body).read_text(encoding="utf-8"))
    messages = fields.pop("messages", "Hello")
    for name in ("model", "stream"):
        fields.pop(name, None)
    try:
        route = Sidecar(config).route(target, messages, fault=fault, node=node, **fields)
    except (RequestError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    if form == "json":
        click.echo(json.dumps(_as_json(route), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(route, fault)))


def _lines(route: Route, fault: str) -> list[str]:
    node = "" if route.node is None else f", on behalf of the node {route.node.name}"
    lines = [click.style(route.plan.target, bold=True) + node, f"  {_policy(route.plan)}", ""]
    number = 0
    for event in route.events:
        if isinstance(event, Call):
            number += 1
            lines.append(_call(number, event))
        elif isinstance(event, Passed):
            lines.append(f"  {'':>3}  {click.style('passed over', fg='yellow')}: {_passed(event)}")
        else:
            lines.append(click.style(f"  {'':>3}  a pause of up to {event.seconds:.3g} s", dim=True))
    if not number:
        lines.append("  No call would be made.")
    lines += ["", f"  Each of these only if all before it failed with {fault}; if the last fails, too, the client gets a {route.status}."]
    return lines


def _policy(plan: Plan) -> str:
    targets, calls = _counted(plan.policy.max_attempts, "target"), _counted(plan.policy.attempt_budget, "call")
    return f"{_strategy(plan)}: at most {targets} and {calls} within {plan.total_timeout:g} s"


def _strategy(plan: Plan) -> str:
    """The strategy as the configuration names it: a pool has its own, between its instances."""
    first = plan.steps[0]
    if first.calls_each is None:
        return plan.policy.strategy
    return "simple_retry" if first.retries_everything else "instance_rotation"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _call(number: int, call: Call) -> str:
    candidate, step = call.candidate, call.step
    others = len(step.candidates) - 1
    turn = f"one of {others + 1} in turn ({step.scheduler.name})" if others else ""
    given = ", ".join(f"{name} {value.decode()}" for name, value in step.defaults.parameters)
    bound = f"at most {step.attempt_timeout:g} s" if step.attempt_timeout is not None else ""
    told = "; ".join(part for part in (turn, bound, given) if part)
    head = click.style(candidate.label, fg="cyan")
    return f"  {number:>3}. {head}  {candidate.provider}: {candidate.upstream_model}" + (click.style(f"  {told}", dim=True) if told else "")


def _passed(passed: Passed) -> str:
    when = "" if passed.retry_after_ns is None else f", for {passed.retry_after_ns / 1e9:.3g} s still"
    queue = ", after a wait in its queue" if passed.waited else ""
    return f"{passed.scope} {_WORDS.get(passed.reason, passed.reason)}{when}{queue}"


def _as_json(route: Route) -> dict[str, Any]:
    policy = route.plan.policy
    return {
        "target": route.plan.target,
        "node": None if route.node is None else route.node.name,
        "strategy": _strategy(route.plan),
        "max_attempts": policy.max_attempts,
        "attempt_budget": policy.attempt_budget,
        "total_timeout": route.plan.total_timeout,
        "events": [_event(event) for event in route.events],
        "status": route.status,
    }


def _event(event: Call | Passed | Pause) -> dict[str, Any]:
    if isinstance(event, Call):
        candidate = event.candidate
        return {
            "event": "call",
            "step": event.step.name,
            "label": candidate.label,
            "instance": candidate.instance,
            "provider": candidate.provider,
            "upstream_model": candidate.upstream_model,
            "parameters": {name: json.loads(value) for name, value in event.step.defaults.parameters},
        }
    if isinstance(event, Passed):
        retry_after = None if event.retry_after_ns is None else event.retry_after_ns / 1e9
        return {"event": "passed_over", "scope": event.scope, "reason": event.reason, "retry_after": retry_after, "waited": event.waited}
    return {"event": "pause", "at_most": event.seconds}
