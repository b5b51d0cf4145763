"""A step of a workflow: whom it asks, what it asks, and what it puts into the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from support.apart import MockApart, configuration

from pyproxy import Completion, LLMNode, LLMWrapperFactory, Sidecar, errors
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECTIONS: dict[str, Any] = {
    "wrappers": {"wrapper": {"type": "direct", "target": "wrapped"}},
    "nodes": {
        "planner": {
            "llm_group": "fast_group.echelon1",
            "fallback_groups": ["lone_group", "fast_group.echelon2"],
            "system_prompt": "You plan for {team}.",
            "max_tokens": 3000,
            "temperature": 0.1,
        },
    },
}
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def sidecar(upstream: MockApart) -> Iterator[Sidecar]:
    config = configuration(upstream.provider, **SECTIONS)
    config["models"]["wrapped"] = {"provider": "mock", "model": "wrapped"}
    with Sidecar(config, environ={}) as running:
        yield running


def sent(upstream: MockApart) -> dict[str, Any]:
    body: dict[str, Any] = upstream.provider.requests[-1].json()
    return body


class Given:
    """A client of a program's own."""

    def generate(self, messages: Any, parameters: Mapping[str, Any] | None = None) -> Completion:
        return Completion("from the given client", "", "own", "", (), {}, {"messages": messages, "parameters": parameters})

    async def generate_async(self, messages: Any, parameters: Mapping[str, Any] | None = None) -> Completion:
        return self.generate(messages, parameters)


CLIENTS = {"llm_wrapper": "wrapper", "llm_group": "fast_group", "polling_pool": "lone_group", "llm_client": "two"}
ANSWERS = {"llm_wrapper": "wrapped", "llm_group": "one", "polling_pool": "one", "llm_client": "two"}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_of_several_clients_the_first_in_order_is_asked(sidecar: Sidecar, count: int) -> None:
    # A group stands in for the pool: the node asks for a name, and what it means is the resolver's.
    names = list(CLIENTS)[-count:]
    node = LLMNode(sidecar, {**{name: CLIENTS[name] for name in reversed(names)}, "info_key": "info"}, llm_client=Given())
    assert node(HELLO)["info"]["target"] == CLIENTS[names[0]]
    assert node(HELLO)["info"]["model"] == ANSWERS[names[0]]


def test_the_client_that_was_given_answers_where_none_is_named(sidecar: Sidecar) -> None:
    node = LLMNode(sidecar, {"output_key": "answer"}, llm_client=Given())
    assert node(HELLO) == {"answer": "from the given client"}


def test_a_node_that_nobody_answers_is_not_made(sidecar: Sidecar) -> None:
    with pytest.raises(errors.ConfigError, match="llm_wrapper, llm_group, polling_pool, llm_client"):
        LLMNode(sidecar, {"system_prompt": "x"})


def test_a_wrapper_that_a_program_made_is_found_by_its_factory(sidecar: Sidecar) -> None:
    factory = LLMWrapperFactory(sidecar)
    made = factory.create("mine", type="direct", target="two")
    node = LLMNode(sidecar, {"llm_wrapper": "mine", "info_key": "info"}, wrapper_factory=factory)
    assert node(HELLO)["info"]["model"] == "two"
    assert made.statistics()["requests"] == 1
    with pytest.raises(errors.WrapperNotFound):
        LLMNode(sidecar, {"llm_wrapper": "other"}, wrapper_factory=factory)


async def test_the_answer_is_a_message_or_a_text_blocking_and_awaited(sidecar: Sidecar) -> None:
    text = "This is one, answering: Hello"
    node = LLMNode(sidecar, {"llm_group": "fast_group"})
    assert node(HELLO) == await node.acall(HELLO) == {"messages": [{"role": "assistant", "content": text}]}
    other = LLMNode(sidecar, {"llm_group": "fast_group", "output_key": "plan", "info_key": "info"})
    update = other(HELLO)
    assert update["plan"] == text
    assert update["info"]["attempts"] == ["fast_group.echelon1/one:200"]
    assert update["info"]["usage"]["total_tokens"] > 0


def test_tools_that_the_model_calls_are_in_the_message(sidecar: Sidecar) -> None:
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
    (message,) = LLMNode(sidecar, {"llm_client": "one", "parameters": {"tools": tools}})(HELLO)["messages"]
    assert (message["content"], message["tool_calls"][0]["function"]["name"]) == ("", "weather")


def test_the_node_of_the_configuration_has_its_prompt_its_parameters_and_its_fallback(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.script("one", Behaviour(status=503))
    node = LLMNode(sidecar, name="planner")
    assert node({**HELLO, "team": "the crew"})["messages"][0]["content"] == "This is two, answering: Hello"
    assert sent(upstream)["messages"] == [{"role": "system", "content": "You plan for the crew."}, *HELLO["messages"]]
    assert (sent(upstream)["max_tokens"], sent(upstream)["temperature"]) == (3000, 0.1)
    assert "node" not in sent(upstream)


def test_a_node_that_is_not_configured_is_not_found(sidecar: Sidecar) -> None:
    with pytest.raises(errors.ConfigError, match="no node 'plannar'"):
        LLMNode(sidecar, name="plannar")


def test_a_node_asks_under_its_own_name_so_that_its_limits_hold(upstream: MockApart) -> None:
    config = configuration(upstream.provider, nodes={"planner": {"llm_group": "fast_group", "rpm_limit": 1}})
    with Sidecar(config, environ={}) as sidecar:
        node = LLMNode(sidecar, {"llm_client": "two"}, name="planner")
        node(HELLO)
        with pytest.raises(errors.Saturated, match="planner"):
            node(HELLO)


def test_prompts_take_values_of_the_state_and_leave_other_braces(sidecar: Sidecar, upstream: MockApart) -> None:
    settings = {
        "llm_client": "one",
        "system_prompt": 'Answer {user.name} as {"a": {{x}}}.',
        "user_prompt": "Sum up {document}",
    }
    LLMNode(sidecar, settings)({"user": {"name": "Ada"}, "document": "{user.name} and {secret}"})
    assert [turn["content"] for turn in sent(upstream)["messages"]] == ['Answer Ada as {"a": {x}}.', "Sum up {user.name} and {secret}"]


@pytest.mark.parametrize("place", ["{missing}", "{user.missing}", "{user.name.__class__}", "{user._hidden}"])
def test_a_prompt_that_wants_what_is_not_there_is_refused(sidecar: Sidecar, upstream: MockApart, place: str) -> None:
    node = LLMNode(sidecar, {"llm_client": "one", "system_prompt": place})
    with pytest.raises(errors.InvalidRequest, match="system_prompt wants") as caught:
        node({**HELLO, "user": SimpleNamespace(name="Ada", _hidden="x")})
    assert caught.value.param == "system_prompt"
    assert upstream.provider.arrived == 0


def test_a_conversation_that_has_a_system_prompt_keeps_it(sidecar: Sidecar, upstream: MockApart) -> None:
    for role in ("system", "developer"):
        turns = [{"role": role, "content": "own"}, *HELLO["messages"]]
        LLMNode(sidecar, {"llm_client": "one", "system_prompt": "mine"})({"messages": turns})
        assert sent(upstream)["messages"] == turns


def test_a_state_may_be_an_object_and_the_conversation_elsewhere(sidecar: Sidecar, upstream: MockApart) -> None:
    @dataclass
    class State:
        topic: str = "rain"
        talk: list[Any] = field(default_factory=lambda: [SimpleNamespace(type="human", content="Hello")])

    node = LLMNode(sidecar, {"llm_client": "one", "messages_key": "talk", "user_prompt": "About {topic}?", "output_key": "talk"})
    assert node(State())["talk"][0]["role"] == "assistant"
    assert sent(upstream)["messages"] == [{"role": "user", "content": "Hello"}, {"role": "user", "content": "About rain?"}]


@pytest.mark.parametrize("state", [{}, {"messages": []}, {"messages": [{"role": "system", "content": "x"}]}])
def test_nothing_to_ask_is_an_error_and_not_a_request(sidecar: Sidecar, upstream: MockApart, state: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidRequest, match="nothing to ask"):
        LLMNode(sidecar, {"llm_client": "one"})(state)
    assert upstream.provider.arrived == 0


def test_what_goes_beside_the_messages_is_named_by_the_settings(sidecar: Sidecar) -> None:
    settings = {
        "session_key": "thread",
        "priority": "low",
        "timeout": 7,
        "fallback_groups": ["two"],
        "max_tokens": 9,
        "parameters": {"n": 1},
    }
    seen: list[Mapping[str, Any]] = []

    class Seeing(Given):
        def generate(self, messages: Any, parameters: Mapping[str, Any] | None = None) -> Completion:
            seen.append(parameters or {})
            return super().generate(messages, parameters)

    LLMNode(sidecar, settings, name="me", llm_client=Seeing())({**HELLO, "thread": "t-1"})
    assert seen == [{"session": "t-1", "priority": "low", "timeout": 7, "fallback_groups": ("two",), "max_tokens": 9, "n": 1, "node": "me"}]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"temperature": 9}, "temperature"),
        ({"llm_gruop": "x"}, "llm_gruop"),
        ({"priority": "now"}, "priority"),
        ({"llm_group": ""}, "llm_group"),
    ],
)
def test_settings_that_mean_nothing_are_named(sidecar: Sidecar, settings: dict[str, Any], told: str) -> None:
    with pytest.raises(errors.ConfigError, match=f"'me' cannot be used: {told}"):
        LLMNode(sidecar, settings, name="me", llm_client=Given())


def test_an_entry_of_a_workflow_s_file_is_taken_whole(sidecar: Sidecar) -> None:
    entry = {"type": "llm_node", "config": {"llm_group": "fast_group", "system_prompt": "x"}}
    assert LLMNode(sidecar, entry).settings.llm_group == "fast_group"
    assert LLMNode(sidecar, {"type": "llm_node", "llm_group": "fast_group"}).settings.llm_group == "fast_group"


def test_the_schema_describes_every_setting() -> None:
    schema = LLMNode.get_config_schema()
    assert {"llm_wrapper", "llm_group", "polling_pool", "llm_client", "system_prompt", "max_tokens"} <= schema["properties"].keys()
    assert all(setting["description"] for setting in schema["properties"].values())
    assert schema["additionalProperties"] is False
