"""What every client script shares: where to call, the checks it makes, and how it reports them.

A script is a program of its own, in an environment of its own. `CLIENT_URL` says where to call, without `/v1`; each check prints a line of
JSON with its name and what went wrong, or null.
"""

import asyncio
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

URL = os.environ["CLIENT_URL"]
V1 = f"{URL}/v1"
KEY = "client-key"
QUESTION = "please say hello"

_CHECKS: list[Callable[[], Any]] = []


def check(function: Callable[[], Any]) -> Callable[[], Any]:
    """Add a check; it may be a coroutine function."""
    _CHECKS.append(function)
    return function


def expect(found: object, expected: object) -> None:
    """Fail unless both are equal."""
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def main() -> None:
    """Run the checks in order; a failed one does not keep the others from running."""
    for function in _CHECKS:
        fault = None
        try:
            if inspect.iscoroutinefunction(function):
                asyncio.run(asyncio.wait_for(function(), 30))
            else:
                function()
        except BaseException:
            fault = traceback.format_exc()
        sys.stdout.write(json.dumps({"check": function.__name__, "fault": fault}) + "\n")
        sys.stdout.flush()
