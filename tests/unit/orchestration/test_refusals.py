"""What a client is told where limits are in the way: for a while, for good, and of whom."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.virtual_sidecar import Client, Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.errors import NoModelAvailable, OverEveryLimit, Saturated

LONG = [{"role": "user", "content": "word " * 2000}]
PLAYS = {"a": [Plays()], "b": [Plays()], "c": [Plays()]}


def ask(settings: dict[str, Any], scripts: dict[str, list[Plays]] = PLAYS, *, times: int = 1, **fields: Any) -> Client:
    """What the last of several requests, one after the other, is told."""
    loop = VirtualLoop()

    async def main() -> Client:
        sidecar = VirtualSidecar(loop, settings, scripts)
        for _ in range(times - 1):
            await sidecar.ask(**fields)
        return await sidecar.ask(**fields)

    client = run_virtually(main(), loop)
    assert loop.now_ns() < 60_000_000_000
    return client


def test_a_prompt_larger_than_every_limit_of_tokens_is_refused_for_good() -> None:
    client = ask(config(a={"tpm_limit": 100}, b={"tpm_limit": 100}, c={"tpm_limit": 100}), more={"messages": LONG})
    assert isinstance(client.failure, OverEveryLimit)
    assert (client.failure.http_status, client.failure.retryable, client.failure.retry_after_ns) == (413, False, None)
    assert "b never lets so many tokens through (rate), and so for a" in client.failure.message
    assert client.headers[b"x-pyproxy-queue-ms"] == b"0"


def test_a_limit_that_the_prompt_fits_into_is_found_behind_those_that_it_does_not() -> None:
    client = ask(config(a={"tpm_limit": 100}, b={"tpm_limit": 100}), more={"messages": LONG})
    assert (client.status, client.headers[b"x-pyproxy-attempts"]) == (200, b"g.e2/c:200")


def test_all_who_are_left_alone_are_named_and_a_status_is_told_once() -> None:
    breaker = {"circuit_breaker": {"failure_threshold": 1, "recovery_time": 60}, "attempt_budget": 6, "max_attempts": 3}
    failing = {name: [Plays(500)] for name in "abc"}
    first = ask(config(fallback_config=breaker), failing)
    assert first.failure is not None
    assert "g.e1/a:500 (no); g.e1/b:500 (no)" in first.failure.message
    last = ask(config(fallback_config=breaker), failing, times=2)
    assert isinstance(last.failure, NoModelAvailable)
    assert "(breaker_open), and so for b" in last.failure.message


def test_a_list_of_the_caller_s_own_goes_before_a_strategy_that_would_stay() -> None:
    failing = {"a": [Plays(500)], "b": [Plays(500)], "c": [Plays()]}
    for strategy in ("model_rotate", "task_group_switch"):
        settings = config(e1={"max_retries": 0}, fallback_config={"strategy": strategy})
        assert ask(settings, failing).status != 200
        assert ask(settings, failing, fallback_groups=("g.e2",)).headers[b"x-pyproxy-attempts"] == b"g.e1/a:500, g.e1/b:500, g.e2/c:200"


def test_a_rate_that_is_used_up_is_a_matter_of_time_though_permits_are_lacking_too() -> None:
    loop = VirtualLoop()
    settings = config(concurrency_limit=1, max_queue_wait=0, **{name: {"rpm_limit": 1} for name in "abc"})

    async def main() -> Client:
        sidecar = VirtualSidecar(loop, settings, {name: [Plays(after=1)] for name in "abc"})
        under_way = asyncio.create_task(sidecar.ask())
        await asyncio.sleep(0)
        client = await sidecar.ask()
        await under_way
        return client

    client = run_virtually(main(), loop)
    assert client.status == 429


@pytest.mark.parametrize("limits", [{}, {"rpm_limit": 100, "tpm_limit": 100_000}], ids=["unlimited", "limited"])
@pytest.mark.parametrize("what", ["requests", "tokens"])
@pytest.mark.parametrize("stream", [False, True])
def test_what_a_provider_says_is_left_is_heeded_whether_a_limit_is_configured_or_not(
    limits: dict[str, Any],
    what: str,
    stream: bool,  # noqa: FBT001
) -> None:
    def says(remaining: int) -> Plays:
        names = (f"x-ratelimit-remaining-{what}".encode(), f"x-ratelimit-reset-{what}".encode())
        return Plays(headers=((names[0], str(remaining).encode()), (names[1], b"20s")))

    loop = VirtualLoop()

    async def main() -> list[bytes]:
        sidecar = VirtualSidecar(
            loop, config(max_queue_wait=0, e1={"models": ["a"]}, a=limits), {"a": [says(9000), says(0), Plays()], "b": [], "c": [Plays()]}
        )
        paths = []
        for pause in (0, 1, 1, 19):
            await asyncio.sleep(pause)
            client = await sidecar.ask("g.e1" if pause == 0 else "g", stream=stream)
            paths.append(client.headers[b"x-pyproxy-attempts"])
        return paths

    assert run_virtually(main(), loop) == [b"g.e1/a:200", b"g.e1/a:200", b"g.e2/c:200", b"g.e1/a:200"]


@pytest.mark.parametrize(
    "spent",
    [
        Plays(429, refusal=b'{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}'),
        Plays(402),
        Plays(400, refusal=b'{"error": {"message": "Your credit balance is too low", "type": "invalid_request_error"}}'),
    ],
    ids=["quota", "payment", "credit"],
)
def test_a_quota_that_is_used_up_is_told_as_one_whether_it_was_asked_for_again_or_not(spent: Plays) -> None:
    for times in (1, 2, 3):
        told = ask(config(), {key: [spent] for key in "abc"}, times=times).failure
        assert isinstance(told, Saturated), times
        assert told.http_status == 429
        assert told.retry_after_ns is not None
        assert told.retry_after_ns <= 60_000_000_000
        assert ("(credential_spent)" in told.message) is (times > 1)


def test_a_credential_that_is_refused_is_no_want_of_room() -> None:
    for times in (1, 2, 3):
        told = ask(config(), {key: [Plays(401)] for key in "abc"}, times=times).failure
        assert isinstance(told, NoModelAvailable)
        assert told.http_status == 502
        assert ("(credential_disabled)" in told.message) is (times > 1)
