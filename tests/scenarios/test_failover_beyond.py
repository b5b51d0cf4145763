"""Faults that Failover Bench does not play: of the connection, the head and the body, of Retry-After, and of many requests at once."""

from __future__ import annotations

import asyncio
import gzip
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from support.broken_servers import drips, full, nobody, says
from support.callers import CALLERS, Seen
from support.failover_bench import ANSWER, WAITS, Way, bench
from support.pairs import PAIRS

from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from support.callers import Caller
    from support.pairs import Pair

EVENTS = {"content-type": "text/event-stream"}
BURST = 24
HTML = {"content-type": "text/html"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(params=list(PAIRS.values()), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> Pair:
    chosen: Pair = request.param
    return chosen


@pytest.fixture(params=["the SDK", "the SDK without a stream"])
def caller(request: pytest.FixtureRequest) -> Caller:
    return CALLERS[request.param]


def assert_rescued(seen: Seen, *, within: float) -> None:
    assert (seen.error, seen.words, seen.model) == (None, ANSWER, "second")
    assert seen.seconds < within


NO_PROVIDER: dict[str, Callable[[], AbstractAsyncContextManager[str]]] = {
    "nobody listens": nobody,
    "the backlog is full": full,
    "it hangs up at once": says(b"", then_closes=True),
    "it speaks another protocol": says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    "its head is cut": says(b"HTTP/1.1 200 OK\r\nContent-", then_closes=True),
    "its head has no end": drips(b"HTTP/1.1 200 OK\r\nX-Long: a", 0.01),
    "its chunks have no size": says(HEAD % b"text/event-stream" + b"size\r\n"),
    "its length is no number": says(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
    "it switches protocols": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    "a chunk of it never ends": drips(HEAD % b"application/json" + b"fffffff\r\n{ ", 0.01),
    "it only ever comments": drips(HEAD % b"text/event-stream" + b"fffffff\r\n: wait\n", 0.01),
}


@pytest.mark.parametrize("server", NO_PROVIDER)
async def test_a_provider_that_cannot_be_talked_to_is_left_for_the_standby_in_time(pair: Pair, caller: Caller, server: str) -> None:
    # What drips is never silent: only the time of an attempt bounds it.
    e1 = {"models": ["first"], "timeout": 3 * WAITS.patience}
    async with NO_PROVIDER[server]() as elsewhere, bench(pair, Way(caller, "first_content"), first_at=elsewhere, e1=e1) as stage:
        assert_rescued(await stage.ask(), within=WAITS.hang / 2)
        await stage.is_well()


NO_ANSWER: dict[str, Behaviour] = {
    "an error that says 200": Behaviour(body=b'{"error": {"message": "no", "type": "server_error", "code": null}}'),
    "an error in a stream's clothes": Behaviour(body=b'{"error": {"message": "no"}}', headers=EVENTS),
    "nothing": Behaviour(body=b""),
    "nothing, as a stream": Behaviour(body=b"", headers=EVENTS),
    "no content": Behaviour(status=204),
    "a page": Behaviour(body=b"<!doctype html><p>Please sign in", headers=HTML),
    "a page that says it is JSON": Behaviour(body=b"<!doctype html><p>Please sign in"),
    "a page that says it is a stream": Behaviour(body=b"<!doctype html><p>Please sign in", headers=EVENTS),
    "half a JSON": Behaviour(body=b'{"id": "chatcmpl-1", "choices": [{"index": 0, "mess'),
    "a list": Behaviour(body=b"[]"),
    "only the end of a stream": Behaviour(body=b"data: [DONE]\n\n", headers=EVENTS),
    "a way elsewhere": Behaviour(status=302, headers={"location": "http://127.0.0.1:1/v1"}),
    "something compressed that is not": Behaviour(body=b"not gzip", headers={"content-encoding": "gzip"}),
    "half of something compressed": Behaviour(body=gzip.compress(b'{"choices": []}' * 99)[:40], headers={"content-encoding": "gzip"}),
    "bytes that are no text": Behaviour(body=b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n', headers=EVENTS),
    "a line without an end": Behaviour(body=b"data: " + b"x" * 10_000_000, headers=EVENTS),
    "a body cut in its middle": Behaviour(text=ANSWER, cut_after=0),
    "a body reset in its middle": Behaviour(text=ANSWER, reset_after=0),
    "a role and silence": Behaviour(text=ANSWER, stall_after=0),
}


@pytest.mark.parametrize("answer", NO_ANSWER)
async def test_an_answer_that_is_none_is_left_for_the_standby(pair: Pair, caller: Caller, answer: str) -> None:
    async with bench(pair, Way(caller, "first_content"), e1={"models": ["first"], "max_retries": 0}) as stage:
        stage.fault(NO_ANSWER[answer])
        assert_rescued(await stage.ask(), within=3 * WAITS.patience + 1)
        assert len(stage.calls("first")) == 1
        await stage.is_well()


async def test_a_complete_stream_whose_body_does_not_end_is_ended_all_the_same(pair: Pair) -> None:
    for done in (True, False):
        async with bench(pair, Way(CALLERS["the SDK"], "first_content")) as stage:
            stage.fault(Behaviour(text=ANSWER, stall_at_end=True, omit_done=not done))
            seen = await stage.ask()
            assert (seen.error, seen.words, seen.model, seen.usage) == (None, ANSWER, "first", True)
            assert seen.seconds < WAITS.patience + 0.5
            assert stage.calls("second") == []


async def test_an_answer_that_trickles_is_bounded_by_the_time_of_its_attempt(pair: Pair, caller: Caller) -> None:
    e1 = {"models": ["first"], "timeout": 2 * WAITS.patience, "max_retries": 0}
    async with bench(pair, Way(caller, "complete"), e1=e1) as stage:
        stage.fault(Behaviour(text=ANSWER, split=1, split_pace=0.02))
        assert_rescued(await stage.ask(), within=4 * WAITS.patience)
        await stage.is_well()


SOON: dict[str, dict[str, Any]] = {
    "seconds": {"retry_after": "1"},
    "a fraction": {"retry_after": "0.3"},
    "milliseconds": {"headers": {"retry-after-ms": "300"}},
    "milliseconds over seconds": {"retry_after": "60", "headers": {"retry-after-ms": "300"}},
    "a date gone by": {"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"},
    "less than nothing": {"retry_after": "-1"},
    "nonsense": {"retry_after": "soon"},
}


@pytest.mark.parametrize("form", SOON)
async def test_whatever_a_short_retry_after_is_written_as_the_same_model_answers(pair: Pair, form: str) -> None:
    async with bench(pair, Way(CALLERS["the SDK"], "first_content")) as stage:
        stage.fault(Behaviour(status=429, **SOON[form]), then_healthy=True)
        seen = await stage.ask()
        assert (seen.error, seen.words, seen.model) == (None, ANSWER, "first")
        assert seen.seconds < 2
        assert len(stage.calls("first")) == 2


async def test_an_error_that_says_when_to_come_again_is_not_asked_again_before(pair: Pair) -> None:
    async with bench(pair, Way(CALLERS["the SDK"], "first_content")) as stage:
        stage.fault(Behaviour(status=500, retry_after="0.4"), then_healthy=True)
        seen = await stage.ask()
        assert (seen.error, seen.words, seen.model) == (None, ANSWER, "first")
        first, second = stage.calls("first")
        assert second - first >= 0.4


LONG = {"seconds": "60", "a date": formatdate(4_000_000_000, usegmt=True), "absurd": "1e12", "a number of many digits": "9" * 400}


@pytest.mark.parametrize("form", LONG)
async def test_a_retry_after_that_is_too_long_to_wait_for_leaves_it_to_the_standby_at_once(pair: Pair, form: str) -> None:
    async with bench(pair, Way(CALLERS["the SDK"], "first_content")) as stage:
        stage.fault(Behaviour(status=429, retry_after=LONG[form]))
        assert_rescued(await stage.ask(), within=1)
        assert_rescued(await stage.ask(), within=1)
        assert len(stage.calls("first")) == 1, "who says when to come again is not asked before"


@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_a_burst_of_requests_over_a_model_that_is_down_is_answered_whole(pair: Pair, status: int) -> None:
    patient = {"connect": 5, "first_byte": 5, "idle": 5, "total": 20}
    async with bench(pair, Way(CALLERS["the SDK"], "first_content"), timeouts=patient) as stage:
        stage.fault(Behaviour(status=status))
        async with asyncio.timeout(WAITS.hang):
            seen = await asyncio.gather(*(stage.ask_one_of_many() for _ in range(BURST)))
        for each in seen:
            assert_rescued(each, within=WAITS.hang)
        assert len(stage.calls("second")) == BURST, "each answer was paid for once"
        assert len(stage.calls("first")) <= 3 * BURST
        await stage.is_well()
