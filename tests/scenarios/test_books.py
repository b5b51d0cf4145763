"""What requests come to is told the same, whoever served them, and whoever wants to know how much of it."""

from __future__ import annotations

import asyncio
import io as text_io
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.scene import PATIENT, TEXT, scene, until

from pyproxy.observe.access_log import AccessLog, format_record
from pyproxy.orchestration import lanes
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from support.scene import Scene

    from pyproxy.domain import RequestRecord


def metric(on: Scene, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels."""
    found = [each for each in on.sidecar.status.metrics() if each.name == name]
    samples = [sample for each in found for sample in each.samples if not sample.part or sample.part == "_count"]
    return sum(sample.value for sample in samples if labels.items() <= dict(sample.labels).items())


async def test_who_watches_nothing_more_than_counts_has_them_all_the_same() -> None:
    async with scene(observers=()) as on:
        for _ in range(3):
            assert (await on.ask()).status_code == 200
            await on.stream()
        assert metric(on, "pyproxy_requests_total", target="g", status="200", flag="-") == 6
        assert metric(on, "pyproxy_upstream_attempts_total", instance="first", outcome="200") == 6
        assert metric(on, "gen_ai_client_operation_duration_seconds", gen_ai_response_model="first") == 6
        assert metric(on, "gen_ai_server_time_to_first_token_seconds") == 3
        assert metric(on, "gen_ai_client_token_usage", gen_ai_token_type="input") == 6
        (first, _) = on.sidecar.status.models()
        (instance,) = first["instances"]
        assert (first["name"], first["answered"]["requests"], instance["calls"], instance["failures"]) == ("first", 6, 6, {})
        history = on.sidecar.status.fallbacks()["statistics"]
        assert (history["first_try"], history["upstream_calls"], history["targets"]["g"]) == (6, 6, {"first_try": 6})
        assert metric(on, "pyproxy_upstream_attempt_seconds_total", instance="first", outcome="200") > 0
        standing = on.sidecar._assembly.snapshots.current.desk.standing
        statistics, health = standing.instances.statistics("first"), standing.instances.health("first", time.monotonic_ns())
        assert (statistics["requests"], statistics["successes"], statistics["latency"]["count"]) == (6, 6, 6)
        assert statistics["ttft"]["count"] == 6
        assert statistics["ttft"]["min_ns"] not in (None, 0)
        assert statistics["tokens_out"] > 0
        assert (health["consecutive_successes"], health["window"]) == (6, (6, 0))
        assert health["latency_ns"] is not None


async def test_what_a_request_will_cost_is_learned_from_every_one() -> None:
    async with scene() as on:
        estimator = on.sidecar._assembly.snapshots.current.desk.standing.tokens.of("first")
        guesses = []
        for _ in range(12):
            await on.ask()
            await on.idle()
            guesses.append(estimator.estimate(1000)[1])
    usage = on.records[-1].usage
    assert usage is not None
    assert guesses[0] == 1024
    assert guesses[-1] == usage.completion  # from the tenth on it is known how long answers are


async def test_what_is_counted_together_is_the_sum_of_the_records() -> None:
    async with scene() as on:
        for _ in range(5):
            await on.ask("pair")
        await on.recorded(5)
        for model in ("first", "second"):
            asked = [record for record in on.records if record.model == model]
            took_ns = sum(attempt.ended_ns - attempt.started_ns for record in asked for attempt in record.attempts)
            assert len(asked) >= 2
            assert metric(on, "pyproxy_upstream_attempts_total", instance=model) == len(asked)
            assert metric(on, "pyproxy_upstream_attempt_seconds_total", instance=model) == pytest.approx(took_ns / 1e9)


async def test_however_many_are_to_be_told_of_each_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_MOST_AT_ONCE", 2)
    async with scene() as on:
        answers = [await on.ask() for _ in range(20)]
        await on.recorded(20)
    assert [record.request_id for record in on.records] == [answer.headers["x-request-id"] for answer in answers]


async def test_who_begins_to_observe_is_told_of_each_request_from_then_on() -> None:
    told: list[RequestRecord] = []
    async with scene(observers=()) as on:
        for _ in range(2):
            await on.ask()
        await on.idle()
        on.sidecar.observe(told.append)
        answers = [await on.ask() for _ in range(3)]
        await until(lambda: len(told) == 3)
    assert [record.request_id for record in told] == [answer.headers["x-request-id"] for answer in answers]


async def test_the_lines_say_what_the_records_do() -> None:
    told: list[RequestRecord] = []
    written = text_io.StringIO()
    async with scene(observers=(told.append, AccessLog(written))) as on:
        for number in range(3):
            await on.ask(headers={"x-request-id": f"plain-{number}"})
            await on.stream()
        await until(lambda: len(told) == 6)
        await until(lambda: written.getvalue().count("\n") == 6)
    lines = {line.split(" ")[1]: line.partition(" ")[2] for line in written.getvalue().splitlines()}
    assert lines == {f"id={each.request_id}": format_record(each, 0).partition(" ")[2] for each in told}
    assert all(line.startswith("time=20") for line in written.getvalue().splitlines())


@pytest.mark.parametrize("behaviour", [Behaviour(stall_before_head=True), Behaviour(text=TEXT, stall_after=2)])
async def test_a_client_that_left_is_told_of_with_a_line_of_its_own(behaviour: Behaviour) -> None:
    written: Any = text_io.StringIO()
    async with scene(observers=(AccessLog(written),), timeouts=PATIENT) as on:
        for _ in range(2):
            await on.ask()
        on.mock.script("first", behaviour)
        asking = asyncio.create_task(on.stream())
        await until(lambda: len(on.mock.requests) == 3)
        asking.cancel()
        await until(lambda: " flag=client_gone " in written.getvalue())
        assert metric(on, "pyproxy_requests_total", flag="client_gone") == 1
        statistics = on.sidecar._assembly.snapshots.current.desk.standing.instances.statistics("first")
        assert (statistics["successes"], statistics["failures"]) == (2, {"dropped": 1})
        await on.idle()


async def test_the_time_of_a_request_begins_with_its_head() -> None:
    body = b'{"model":"g","messages":[{"role":"user","content":"Hello"}]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    async with scene() as on:
        for number in range(1, 3):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(on.sidecar.address.rpartition(":")[2]))
            writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"}")  # so that nothing of the next head waits for the connection
            writer.write(head + body[:10])
            sent_ns = time.monotonic_ns()
            await asyncio.sleep(0.05)
            waited_ns = time.monotonic_ns() - sent_ns
            writer.write(body[10:])
            await on.recorded(number)
            writer.close()
            assert on.records[-1].total_ns > 0.8 * waited_ns
            assert (on.records[-1].first_byte_ns or 0) > 0.8 * waited_ns
