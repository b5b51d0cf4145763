"""One interface over a group, a pool and a model, each on the path that every request takes."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from support.apart import MockApart, configuration

from pyproxy import LLMWrapperFactory, Sidecar, errors
from pyproxy.providers.mock import Behaviour
from pyproxy.wrappers import DirectWrapper, LLMWrapper, PoolWrapper, TaskGroupWrapper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRAPPERS: dict[str, Any] = {
    "group_wrapper": {"type": "task_group", "target": "fast_group", "description": "the chat window"},
    "echelon_wrapper": {"type": "task_group", "target": "fast_group.echelon1", "fallback_groups": ["lone_group"]},
    "model_wrapper": {"type": "direct", "target": "two"},
    "pool_wrapper": {"type": "pool", "target": "fast_pool"},
}


@pytest.fixture
def sidecar(upstream: MockApart) -> Iterator[Sidecar]:
    pools = {"fast_pool": {"task_groups": ["fast_group"]}}
    with Sidecar(configuration(upstream.provider, wrappers=WRAPPERS, polling_pools=pools), environ={}) as running:
        yield running
        assert [scope["key"] for scope in running.limits() if scope["in_flight"]] == []


@pytest.fixture
def factory(sidecar: Sidecar) -> LLMWrapperFactory:
    return LLMWrapperFactory(sidecar)


def group(factory: LLMWrapperFactory) -> LLMWrapper:
    return factory.get("group_wrapper")


@pytest.mark.parametrize(("name", "model"), [("group_wrapper", "one"), ("echelon_wrapper", "one"), ("model_wrapper", "two")])
async def test_every_kind_answers_whole_and_in_pieces_blocking_and_awaited(factory: LLMWrapperFactory, name: str, model: str) -> None:
    wrapper = factory.get(name)
    expected = f"This is {model}, answering: Hello"
    assert (await wrapper.generate_async("Hello")).text == expected
    assert wrapper.generate([{"role": "user", "content": "Hello"}]).text == expected
    assert "".join([chunk.text async for chunk in wrapper.stream_async("Hello")]) == expected
    assert "".join(chunk.text for chunk in wrapper.stream("Hello")) == expected
    assert wrapper.statistics()["succeeded"] == 4


def test_a_configured_wrapper_is_asked_for_by_its_name(factory: LLMWrapperFactory) -> None:
    assert group(factory).generate("Hello").target == "group_wrapper"


def test_parameters_go_with_the_request_and_keywords_win(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    group(factory).generate("Hello", {"temperature": 0.1, "top_p": 0.5}, temperature=0.9, timeout=9, priority="high")
    sent = upstream.provider.requests[0].json()
    assert (sent["temperature"], sent["top_p"]) == (0.9, 0.5)
    assert "timeout" not in sent
    assert "priority" not in sent


def test_errors_come_as_they_are_and_are_counted_by_code(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    wrapper = group(factory)
    upstream.provider.default = Behaviour(status=429, retry_after="30")
    with pytest.raises(errors.Saturated) as caught:
        wrapper.generate("Hello")
    assert caught.value.retry_after_ns
    with pytest.raises(errors.Saturated):
        list(wrapper.stream("Hello"))
    told = wrapper.statistics()
    assert (told["requests"], told["failed"], told["succeeded"], told["errors"]) == (2, 2, 0, {"rate_limit_exceeded": 2})
    assert "has no room now" in told["last_error"]


def test_what_calls_cost_is_counted(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    wrapper = group(factory)
    upstream.provider.script("one", Behaviour(status=503))
    answer = wrapper.generate("Hello")
    list(wrapper.stream("Hello", stream_options={"include_usage": True}))
    told = wrapper.statistics()
    assert (told["requests"], told["succeeded"], told["fell_back"], told["upstream_calls"]) == (2, 2, 2, 4)
    assert told["completion_tokens"] == 2 * answer.usage["completion_tokens"]
    assert told["prompt_tokens"] == 2 * answer.usage["prompt_tokens"]
    assert told["average_seconds"] > 0
    assert told["unfinished"] == 0


async def test_a_cancelled_call_is_neither_good_nor_bad(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    wrapper = group(factory)
    upstream.provider.default = Behaviour(stall_before_head=True)
    asking = asyncio.create_task(wrapper.generate_async("Hello"))
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.provider.in_flight)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    told = wrapper.statistics()
    assert (told["requests"], told["succeeded"], told["failed"], told["unfinished"]) == (1, 0, 0, 1)


def test_a_stream_that_is_left_ends_upstream_and_is_counted(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(chunks=9, stall_after=3)
    for _ in group(factory).stream("Hello"):
        break
    upstream.wait_for(lambda: upstream.outcomes() == ["client_gone"])
    assert group(factory).statistics()["unfinished"] == 0


def test_a_stream_that_nobody_read_counts_for_nothing(factory: LLMWrapperFactory) -> None:
    with group(factory).stream("Hello"):
        pass
    told = group(factory).statistics()
    assert (told["succeeded"], told["failed"], told["unfinished"]) == (0, 0, 1)


def test_threads_count_alike(factory: LLMWrapperFactory) -> None:
    wrapper = group(factory)
    with ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(lambda _: wrapper.generate("Hello"), range(40)))) == 40
    assert wrapper.statistics()["succeeded"] == 40


def test_health_is_read_and_not_asked(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    wrapper = group(factory)
    assert wrapper.health() == {
        "status": "healthy",
        "instances": {"fast_group.echelon1/one": "available", "fast_group.echelon2/two": "available"},
    }
    assert upstream.provider.arrived == 0
    upstream.provider.script("one", Behaviour(status=429, retry_after="30"))
    wrapper.generate("Hello")
    assert (wrapper.health()["status"], wrapper.health()["instances"]["fast_group.echelon1/one"]) == ("degraded", "paused")
    upstream.provider.script("two", Behaviour(status=429, retry_after="30"))
    with pytest.raises(errors.Saturated):
        wrapper.generate("Hello")
    assert wrapper.health()["status"] == "unhealthy"


async def test_a_probe_asks_and_says_what_is_wrong(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    wrapper = group(factory)
    wrapper.probe()
    await wrapper.probe_async(timeout=5)
    assert [request.json()["max_tokens"] for request in upstream.provider.requests] == [1, 1]
    upstream.provider.default = Behaviour(status=500)
    with pytest.raises(errors.HealthCheckFailed, match="'group_wrapper' did not answer") as caught:
        wrapper.probe()
    assert (caught.value.http_status, caught.value.target, caught.value.retryable) == (503, "group_wrapper", True)
    assert caught.value.attempts[-1].endswith(":500")
    with pytest.raises(errors.HealthCheckFailed):
        await wrapper.probe_async()


def test_a_probe_bounds_the_answer_as_each_model_takes_it(upstream: MockApart) -> None:
    settings = configuration(upstream.provider)
    settings["models"] |= {name: {"provider": "mock", "model": name} for name in ("gpt-5", "o3")}
    settings["task_groups"]["fast_group"]["echelon1"] |= {"models": ["gpt-5"], "max_tokens": 500}
    with Sidecar(settings, environ={}) as sidecar:
        factory = LLMWrapperFactory(sidecar)
        factory.create("reasons", type="direct", target="o3").probe()
        wrapper = factory.create("mixed", type="task_group", target="fast_group")
        wrapper.probe(max_completion_tokens=9)
        upstream.provider.script("gpt-5", Behaviour(status=500))
        wrapper.probe()
    bodies = [request.json() for request in upstream.provider.requests]
    bounds = [(body["model"], {name: value for name, value in body.items() if name.startswith("max_")}) for body in bodies]
    with_room, asked_for = {"max_completion_tokens": 1_024}, {"max_completion_tokens": 9}
    assert bounds == [("o3", with_room), ("gpt-5", asked_for), ("gpt-5", with_room), ("two", {"max_tokens": 1})]
    assert not any("shortest" in body for body in bodies)


def test_each_kind_tells_what_stands_behind_it(factory: LLMWrapperFactory) -> None:
    wrapped = group(factory).get_model_info()
    assert [model["name"] for model in wrapped["models"]] == ["one", "two"]
    assert wrapped["fallback_groups"] == ["fast_group.echelon2"]
    assert factory.get("echelon_wrapper").get_model_info()["fallback_groups"] == ["lone_group"]
    direct = factory.get("model_wrapper").get_model_info()
    assert (direct["type"], direct["target"], direct["models"][0]["provider"]) == ("direct", "two", "mock")
    pool = factory.get("pool_wrapper").get_model_info()
    assert (pool["instances"], pool["rotation_strategy"], pool["single_turn"]) == (["one", "two"], "round_robin", True)


def test_metadata_is_the_wrapper_s_settings(factory: LLMWrapperFactory) -> None:
    assert group(factory).get_metadata() == {
        "name": "group_wrapper",
        "type": "task_group",
        "target": "fast_group",
        "description": "the chat window",
        "fallback_groups": None,
        "request_timeout": None,
        "configured": True,
    }
    made = factory.create("mine", type="direct", target="one", fallback_groups=["two"], request_timeout=3)
    assert made.get_metadata()["fallback_groups"] == ["two"]
    assert (made.get_metadata()["configured"], made.get_metadata()["request_timeout"]) == (False, 3)


def test_the_factory_gives_each_wrapper_once_and_lists_all(factory: LLMWrapperFactory) -> None:
    assert group(factory) is group(factory)
    made = factory.create("mine", type="task_group", target="fast_group.echelon2")
    assert factory.get("mine") is made
    assert factory.list() == {**{name: settings["type"] for name, settings in WRAPPERS.items()}, "mine": "task_group"}
    kinds = {name: type(factory.get(name)) for name in factory.list()}
    assert kinds["pool_wrapper"] is PoolWrapper
    assert kinds["model_wrapper"] is DirectWrapper
    assert kinds["mine"] is kinds["group_wrapper"] is TaskGroupWrapper


def test_a_made_wrapper_has_its_own_fallback_and_time(factory: LLMWrapperFactory, upstream: MockApart) -> None:
    made = factory.create(
        "mine", type="task_group", target="fast_group.echelon1", fallback_groups=["lone_group", "two"], request_timeout=0.2
    )
    upstream.provider.script("one", Behaviour(status=503))
    answer = made.generate("Hello")
    assert answer.attempts[-1] == "two:200"
    upstream.provider.default = Behaviour(stall_before_head=True)
    with pytest.raises(errors.DeadlineExceeded, match=r"0\.2 s"):
        made.generate("Hello", {"seed": 1}, timeout=100)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"type": "task_group", "target": "nowhere"}, errors.TaskGroupNotFound),
        ({"type": "task_group", "target": "fast_group.echelon9"}, errors.TaskGroupNotFound),
        ({"type": "pool", "target": "nowhere"}, errors.PoolNotFound),
        ({"type": "direct", "target": "fast_group"}, errors.TargetNotFound),
        ({"type": "direct", "target": "one", "fallback_groups": ["nowhere"]}, errors.TargetNotFound),
        ({"type": "bundle", "target": "one"}, errors.WrapperError),
        ({"type": "direct"}, errors.WrapperError),
        ({"type": "direct", "target": "one", "colour": 1}, errors.WrapperError),
    ],
)
def test_a_wrapper_of_nothing_is_not_made(
    factory: LLMWrapperFactory, settings: dict[str, Any], expected: type[errors.RequestError]
) -> None:
    before = factory.list()
    with pytest.raises(expected) as caught:
        factory.create("mine", **settings)
    assert type(caught.value) is expected
    assert factory.list() == before


@pytest.mark.parametrize("taken", ["group_wrapper", "fast_group", "fast_pool", "one", "mine"])
def test_a_name_is_given_once(factory: LLMWrapperFactory, taken: str) -> None:
    factory.create("mine", type="direct", target="one")
    with pytest.raises(errors.WrapperExists):
        factory.create(taken, type="direct", target="one")


def test_only_what_was_made_can_be_removed_and_is_then_gone(factory: LLMWrapperFactory) -> None:
    made = factory.create("mine", type="direct", target="one")
    factory.remove("mine")
    with pytest.raises(errors.WrapperExecution):
        made.generate("Hello")
    for look in (factory.get, factory.remove):
        with pytest.raises(errors.WrapperNotFound):
            look("mine")
    with pytest.raises(errors.WrapperError, match="take it out there"):
        factory.remove("group_wrapper")
    assert factory.create("mine", type="direct", target="two").generate("Hello").model == "two"


async def test_wrappers_follow_a_reload(upstream: MockApart, tmp_path: Path) -> None:
    file = tmp_path / "pyproxy.yaml"
    quiet = {"server": {"hot_reload": False}}

    def write(**wrappers: Any) -> None:
        file.write_text(json.dumps(configuration(upstream.provider, wrappers=wrappers, **quiet)))

    write(chat={"type": "task_group", "target": "fast_group"}, gone={"type": "direct", "target": "one"})
    async with Sidecar(file, environ={}) as sidecar:
        factory = LLMWrapperFactory(sidecar)
        chat, gone = factory.get("chat"), factory.get("gone")
        assert chat.generate("Hello").model == "one"
        write(chat={"type": "task_group", "target": "fast_group.echelon2"})
        await sidecar.reload()
        assert factory.get("chat") is chat
        assert chat.generate("Hello").model == "two"
        assert chat.get_metadata()["target"] == "fast_group.echelon2"
        with pytest.raises(errors.WrapperExecution, match="is gone"):
            gone.generate("Hello")
        with pytest.raises(errors.WrapperNotFound):
            factory.get("gone")
        write(chat={"type": "direct", "target": "one"})
        await sidecar.reload()
        with pytest.raises(errors.WrapperExecution):
            chat.generate("Hello")
        assert isinstance(factory.get("chat"), DirectWrapper)
        assert factory.get("chat").generate("Hello").model == "one"
