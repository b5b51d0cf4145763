"""What every client script shares: where to call, the checks it makes, and how it reports them.

A script is a program of its own, in an environment of its own. `CLIENT_URL` says where to call, without `/v1`, and `PROVIDER_URL` where the
mock is, whatever lies between; each check prints a line of JSON with its name and what went wrong, or null.
"""

import asyncio
import inspect
import json
import os
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Coroutine
from typing import Any

URL = os.environ["CLIENT_URL"]
PROVIDER_URL = os.environ["PROVIDER_URL"]
V1 = f"{URL}/v1"
KEY = "client-key"
QUESTION = "please say hello"
SAID = f"This is plain, answering: {QUESTION}"  # what the plain model answers
STALLING = "stalling"  # the model that falls silent in the middle of its answers
BREAKING = "breaking"  # the model whose streams end with an error

_ARRIVES_WITHIN_S = 20
_CANCELLED_WITHIN_S = 1

_CHECKS: list[Callable[[], Any]] = []


def check(function: Callable[[], Any]) -> Callable[[], Any]:
    """Add a check; it may be a coroutine function."""
    _CHECKS.append(function)
    return function


def expect(found: object, expected: object) -> None:
    """Fail unless both are equal."""
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def expect_error(kinds: type[BaseException] | tuple[type[BaseException], ...], call: Callable[[], object]) -> None:
    """Fail unless a call raises an error that is the client's own."""
    try:
        found = call()
    except kinds:
        return
    raise AssertionError(f"it raised nothing but gave {found!r}")


async def cancel(call: Coroutine[Any, Any, Any]) -> None:
    """Cancel a call to the stalling model once the provider is at it, and see it end there."""
    before = _ended()
    task = asyncio.ensure_future(call)
    while not task.done() and not await asyncio.to_thread(is_stalling, before):  # noqa: ASYNC110 - it is another process
        await asyncio.sleep(0.02)
    if task.done():
        raise AssertionError(f"it ended by itself: {task.exception() or task.result()!r}")
    task.cancel()
    try:
        found = await task
    except asyncio.CancelledError:
        await asyncio.to_thread(expect_cancelled, before)
        return
    raise AssertionError(f"it was not cancelled but gave {found!r}")


async def drain(call: Coroutine[Any, Any, Any]) -> None:
    """Read a stream to its end."""
    async for _ in await call:
        pass


def leave(pieces: Any, close: Callable[[], Any]) -> None:
    """Read a stream of the stalling model's to its first piece, close it, and see the call end at the provider."""
    before = _ended()
    next(iter(pieces))
    close()
    expect_cancelled(before)


def is_stalling(before: int) -> bool:
    """Whether the provider is in the middle of an answer to a call after so many."""
    calls = _stalled()
    return len(calls) > before and calls[-1]["status"] is not None and calls[-1]["outcome"] == "pending"


def expect_cancelled(before: int) -> None:
    """Fail unless the provider sees, within a second, that nobody waits for any call to the stalling model; there were so many before."""
    until = time.monotonic() + _CANCELLED_WITHIN_S
    outcomes: list[str] = []
    while set(outcomes) != {"client_gone"}:
        if time.monotonic() > until:
            raise AssertionError(f"the provider saw them end as {outcomes}")
        outcomes = [each["outcome"] for each in _stalled()[before:]]
        time.sleep(0.02)


def _ended() -> int:
    return sum(each["outcome"] != "pending" for each in _stalled())


def _stalled() -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{PROVIDER_URL}/mock/requests", timeout=_ARRIVES_WITHIN_S) as answer:
        return [each for each in json.load(answer) if each["model"] == STALLING]


def main() -> None:
    """Run the checks in order; a failed one does not keep the others from running."""
    # One loop for all of them, as in a program: some clients share connections between their instances.
    with asyncio.Runner() as loop:
        for function in _CHECKS:
            fault = None
            try:
                if inspect.iscoroutinefunction(function):
                    loop.run(asyncio.wait_for(function(), 30))
                else:
                    function()
            except BaseException:
                fault = traceback.format_exc()
            sys.stdout.write(json.dumps({"check": function.__name__, "fault": fault}) + "\n")
            sys.stdout.flush()
