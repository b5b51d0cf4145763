"""Failover Bench: sixteen faults of a provider in the OpenAI dialect, each judged as its catalogue judges them.

An answer passes if the caller has every word of it (in the thirteenth, if it has the provider's own refusal), in time, and if the
provider was treated as it should be. An honest error in place of an answer is "safe" there, and does not pass here: only the last test,
of streams that may not be held back, asks for no more.

Every test runs in several ways: with a client that takes a clean end for the end of the answer, with the official SDK with its own retries,
streaming and not, and with each guarantee that streams can have. `make test-failover` plays them with the catalogue's own waits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.callers import CALLERS, STREAMING
from support.failover_bench import ANSWER, WAITS, Bench, Way, bench
from support.pairs import PAIRS

from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.callers import Seen
    from support.pairs import Pair

WAYS = [("httpx2", "complete"), ("the SDK", "complete"), ("the SDK", "resume"), ("the SDK without a stream", "complete")]


@pytest.fixture(params=list(PAIRS.values()), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> Pair:
    chosen: Pair = request.param
    return chosen


@pytest.fixture(params=WAYS, ids=", ".join)
def way(request: pytest.FixtureRequest) -> Way:
    caller, guarantee = request.param
    return Way(CALLERS[caller], guarantee)


@pytest.fixture
async def stage(pair: Pair, way: Way) -> AsyncIterator[Bench]:
    async with bench(pair, way) as each:
        yield each
        await each.is_well()


def answering(**settings: Any) -> Behaviour:
    """The healthy answer, with something wrong in it."""
    return Behaviour(**{"text": ANSWER, "pace": WAITS.pace, **settings})


def assert_whole(seen: Seen, *, by: str) -> None:
    """Every word, once, and nothing said to be wrong."""
    assert (seen.error, seen.words, seen.model) == (None, ANSWER, by)


def assert_whole_or_mended(seen: Seen) -> None:
    """The same; a stream that was gone on with elsewhere may name either model."""
    assert (seen.error, seen.words) == (None, ANSWER)
    assert seen.model in {"first", "second"}


async def test_s01_a_rate_limit_with_a_retry_after_is_waited_out_and_the_same_model_answers(stage: Bench) -> None:
    stage.fault(Behaviour(status=429, retry_after=f"{WAITS.retry_after:g}"), then_healthy=True)
    assert_whole(await stage.ask(), by="first")
    first, second = stage.calls("first")
    assert second - first >= 0.9 * WAITS.retry_after


async def test_s02_a_rate_limit_that_stays_is_asked_a_few_times_and_left_for_the_standby(stage: Bench) -> None:
    stage.fault(Behaviour(status=429))
    assert_whole(await stage.ask(), by="second")
    assert len(stage.calls("first")) <= 6
    assert stage.within(3) <= 4


async def test_s03_an_error_that_passes_is_asked_again_where_it_was(stage: Bench) -> None:
    stage.fault(Behaviour(status=500), then_healthy=True)
    assert_whole(await stage.ask(), by="first")
    assert len(stage.calls("first")) == 2


async def test_s04_an_overload_that_stays_is_left_for_the_standby(stage: Bench) -> None:
    stage.fault(Behaviour(status=503))
    assert_whole(await stage.ask(), by="second")
    assert len(stage.calls("first")) <= 6


async def test_s05_a_connection_that_is_reset_before_the_head_costs_the_caller_nothing(stage: Bench) -> None:
    stage.fault(Behaviour(reset_before_head=True), then_healthy=True)
    seen = await stage.ask()
    assert_whole(seen, by=seen.model or "")


async def test_s06_a_provider_that_says_nothing_is_asked_once_and_given_up_in_time(stage: Bench) -> None:
    stage.fault(Behaviour(stall_before_head=True))
    seen = await stage.ask()
    assert_whole(seen, by="second")
    assert len(stage.calls("first")) == 1
    assert seen.seconds < 2 * WAITS.patience


async def test_s07_a_first_token_that_is_late_is_not_waited_for_though_the_head_came_at_once(stage: Bench) -> None:
    stage.fault(answering(head_pause=WAITS.slow_token))
    seen = await stage.ask()
    assert_whole(seen, by="second")
    assert seen.seconds < 0.75 * WAITS.slow_token


async def test_s08_a_stream_that_is_cut_reaches_the_caller_whole(stage: Bench) -> None:
    stage.fault(answering(cut_after=40))
    assert_whole_or_mended(await stage.ask())


async def test_s09_a_stream_that_stalls_reaches_the_caller_whole_and_soon(stage: Bench) -> None:
    stage.fault(answering(stall_after=20))
    seen = await stage.ask()
    assert_whole_or_mended(seen)
    assert seen.seconds < 3 * WAITS.patience


async def test_s10_a_malformed_chunk_is_neither_passed_on_nor_does_it_cost_a_word(stage: Bench) -> None:
    stage.fault(answering(malformed_after=10) if stage.caller.streams else Behaviour(body=b'{"id": "chatcmpl-1", "choices": [{"mess'))
    assert_whole_or_mended(await stage.ask())


async def test_s11_a_complete_stream_without_done_is_ended_at_once_with_its_usage(stage: Bench) -> None:
    stage.fault(answering(omit_done=True))
    seen = await stage.ask()
    assert_whole(seen, by="first")
    assert seen.usage
    assert seen.seconds < 8
    assert stage.calls("second") == []


async def test_s12_a_prompt_that_is_too_long_goes_to_the_larger_window_and_not_to_the_same_model_again(stage: Bench) -> None:
    stage.fault(Behaviour(status=400, error_code="context_length_exceeded"))
    assert_whole(await stage.ask(), by="second")
    assert len(stage.calls("first")) == 1


async def test_s13_a_refusal_for_the_content_reaches_the_caller_in_the_provider_s_words_and_nobody_else_is_asked(stage: Bench) -> None:
    stage.fault(Behaviour(status=400, error_code="content_policy_violation", error=(None, None, "Not about this, the provider says.")))
    seen = await stage.ask()
    assert (seen.status, seen.code) == (400, "content_policy_violation")
    assert "Not about this, the provider says." in (seen.error or "")
    assert (len(stage.calls("first")), len(stage.calls("second"))) == (1, 0)


async def test_s14_a_standby_that_refuses_a_begun_answer_is_asked_for_all_of_it(stage: Bench) -> None:
    stage.fault(answering(cut_after=40))
    stage.standby(answering(prefill="refuse"))
    assert_whole_or_mended(await stage.ask())


async def test_s15_an_outage_is_served_by_the_standby_and_the_first_model_is_found_when_it_is_back(stage: Bench) -> None:
    stage.fault(Behaviour(status=503))
    began = asyncio.get_running_loop().time()
    back_at: float | None = None
    in_outage = probes = 0
    for number in range(WAITS.requests):
        await asyncio.sleep(max(0.0, began + number * WAITS.between - asyncio.get_running_loop().time()))
        since = asyncio.get_running_loop().time() - began
        if since >= WAITS.outage and back_at is None:
            probes, back_at = len(stage.calls("first")), since
            stage.fault(stage.healthy)
        in_outage += back_at is None
        seen = await stage.ask()
        assert_whole(seen, by=seen.model or "")
        if seen.model == "first":
            assert back_at is not None
            assert since - back_at <= WAITS.back_within
            break
    else:
        pytest.fail("the first model was never asked again")
    assert in_outage >= 5
    assert probes <= in_outage, "no more calls to a model that is down than there were requests"


async def test_s16_the_answer_of_the_standby_is_told_as_its_own_with_its_usage(stage: Bench) -> None:
    stage.fault(Behaviour(status=503))
    seen = await stage.ask()
    assert_whole(seen, by="second")
    assert seen.usage
    assert len(stage.calls("first")) <= 6


CUTS: dict[str, dict[str, Any]] = {
    "S08": {"cut_after": 40},
    "S08, in mid-event": {"cut_after": 40, "mid_event": True},
    "S08, by a reset": {"reset_after": 40},
    "S08, by a clean end": {"finish_early_after": 40},
    "S09": {"stall_after": 20},
    "S10": {"malformed_after": 10},
}


@pytest.mark.parametrize("caller", STREAMING)
@pytest.mark.parametrize("cut", CUTS)
async def test_a_stream_that_may_not_be_held_back_ends_in_an_honest_error_and_is_not_asked_for_again(
    pair: Pair, caller: str, cut: str
) -> None:
    async with bench(pair, Way(CALLERS[caller], "first_content")) as stage:
        stage.fault(answering(**CUTS[cut]))
        seen = await stage.ask()
        assert seen.error is not None
        assert 0 < len(seen.text) < len(ANSWER)
        assert ANSWER.startswith(seen.text)
        assert seen.seconds < 3 * WAITS.patience
        assert (len(stage.calls("first")), len(stage.calls("second"))) == (1, 0)
        await stage.is_well()
