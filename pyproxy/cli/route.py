"""`pyproxy route`: what would happen to a request, and why, without sending it; here, or at a sidecar that runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pyproxy.cli.running import foreseen_there
from pyproxy.errors import RequestError
from pyproxy.runtime import Sidecar
from pyproxy.status import foreseen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["show_route"]

_WORDS = {
    "concurrency": "has no room",
    "rate": "is at its rate",
    "blocked": "is paused by its provider",
    "reserved": "has no room that somebody else does not wait for",
    "breaker_open": "is left alone after failures",
    "credential_disabled": "has a credential that is of no use",
    "credential_spent": "has a credential that is out of funds or quota",
}


def show_route(
    config: str, target: str, *, node: str | None, body: str | None, fault: str, form: str, url: str | None, token: str | None
) -> None:
    """Print which calls a request for a target would lead to, each as if all before it had failed.

    Args:
        config: the configuration that is asked, as if it had just been started with.
        target: the name that is asked for.
        node: the caller's name.
        body: a file with the request's body.
        fault: how each call fails.
        form: ``human`` or ``json``.
        url: a sidecar that runs, to be asked instead: its limits, breakers and credentials are as they are now.
        token: its admin token.

    Raises:
        ConfigError: the configuration cannot be used.
        ClickException: the request would be refused before any call, there is no such fault, or no sidecar answers.
    """
    fields = {} if body is None else json.loads(Path(body).read_text(encoding="utf-8"))
    for name in ("model", "stream"):
        fields.pop(name, None)
    asked = {**fields, "target": target, "fault": fault, "node": node}
    route = _here(config, asked) if url is None else foreseen_there(url, token, asked)
    for warning in route["warnings"]:
        click.echo(f"pyproxy: warning: {warning}", err=True)
    if form == "json":
        click.echo(json.dumps(route, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(route, fault)))


def _here(config: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return foreseen(Sidecar(config).route, asked)
    except RequestError as error:
        raise click.ClickException(str(error)) from None


def _lines(route: Mapping[str, Any], fault: str) -> list[str]:
    node = "" if route["node"] is None else f", on behalf of the node {route['node']}"
    lines = [click.style(route["target"], bold=True) + node, f"  {_policy(route)}", ""]
    number = 0
    for event in route["events"]:
        if event["event"] == "call":
            number += 1
            lines.append(_call(number, event))
        elif event["event"] == "passed_over":
            lines.append(f"  {'':>3}  {click.style('passed over', fg='yellow')}: {_passed(event)}")
        else:
            lines.append(click.style(f"  {'':>3}  a pause of up to {event['at_most']:.3g} s", dim=True))
    if not number:
        lines.append("  No call would be made.")
    last = f"if the last fails, too, the client gets a {route['status']}."
    lines += ["", f"  Each of these only if all before it failed with {fault}; {last}"]
    return lines


def _policy(route: Mapping[str, Any]) -> str:
    targets, calls = _counted(route["max_attempts"], "target"), _counted(route["attempt_budget"], "call")
    return f"{route['strategy']}: at most {targets} and {calls} within {route['total_timeout']:g} s"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _call(number: int, call: Mapping[str, Any]) -> str:
    turn = f"one of {call['one_of']} in turn ({call['scheduler']})" if call["one_of"] > 1 else ""
    given = ", ".join(f"{name} {json.dumps(value)}" for name, value in call["parameters"].items())
    bound = f"at most {call['timeout']:g} s" if call["timeout"] is not None else ""
    told = "; ".join(part for part in (turn, bound, given) if part)
    head = click.style(call["label"], fg="cyan")
    where = f"{call['provider']}: {call['upstream_model']}"
    return f"  {number:>3}. {head}  {where}" + (click.style(f"  {told}", dim=True) if told else "")


def _passed(passed: Mapping[str, Any]) -> str:
    when = "" if passed["retry_after"] is None else f", for {passed['retry_after']:.3g} s still"
    queue = ", after a wait in its queue" if passed["waited"] else ""
    return f"{passed['scope']} {_WORDS.get(passed['reason'], passed['reason'])}{when}{queue}"
