"""The real langgraph: LLM nodes in graphs that are invoked, awaited, branched and fed back their own answers."""

from __future__ import annotations

import asyncio
import operator
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from support.apart import MockApart, configuration, mock_apart

from pyproxy import LLMNode, Sidecar, errors
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

PLANNER: dict[str, Any] = {"llm_group": "fast_group", "system_prompt": "You make plans.", "output_key": "plan", "info_key": "info"}


class Work(TypedDict, total=False):
    """What two nodes hand on."""

    messages: list[Any]
    plan: str
    review: str
    info: dict[str, Any]


@pytest.fixture
def upstream() -> Iterator[MockApart]:
    with mock_apart() as apart:
        yield apart


@pytest.fixture
def sidecar(upstream: MockApart) -> Iterator[Sidecar]:
    with Sidecar(configuration(upstream.provider, nodes={"reviewer": {"llm_group": "lone_group", "max_tokens": 7}}), environ={}) as running:
        yield running


def two_steps(sidecar: Sidecar, *, awaited: bool) -> Any:
    reviewer = {"llm_client": "two", "messages_key": "nothing", "user_prompt": "Check: {plan}", "output_key": "review"}
    nodes = {"planner": LLMNode(sidecar, PLANNER), "reviewer": LLMNode(sidecar, reviewer)}
    graph = StateGraph(Work)
    for name, node in nodes.items():
        graph.add_node(name, node.acall if awaited else node)
    graph.add_edge(START, "planner")
    graph.add_edge("planner", "reviewer")
    graph.add_edge("reviewer", END)
    return graph.compile()


def test_a_graph_that_is_invoked_runs_its_nodes(sidecar: Sidecar, upstream: MockApart) -> None:
    state = two_steps(sidecar, awaited=False).invoke({"messages": [HumanMessage("Hello")]})
    assert state["plan"] == "This is one, answering: Hello"
    assert state["review"].startswith("This is two, answering: Check: This is one")
    assert state["info"]["attempts"] == ["fast_group.echelon1/one:200"]
    first = upstream.provider.requests[0].json()
    assert first["messages"] == [{"role": "system", "content": "You make plans."}, {"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("awaited", [True, False])
async def test_a_graph_that_is_awaited_takes_either_call(sidecar: Sidecar, awaited: bool) -> None:  # noqa: FBT001
    state = await two_steps(sidecar, awaited=awaited).ainvoke({"messages": [HumanMessage("Hello")]})
    assert state["review"].startswith("This is two")


async def test_a_graph_that_is_invoked_inside_a_loop_does_not_hang(sidecar: Sidecar) -> None:
    assert asyncio.get_running_loop().is_running()
    assert two_steps(sidecar, awaited=False).invoke({"messages": [HumanMessage("Hello")]})["review"]


def conversation(node: LLMNode) -> Any:
    graph = StateGraph(MessagesState)
    graph.add_node("model", node)
    graph.add_edge(START, "model")
    graph.add_edge("model", END)
    return graph.compile()


def test_answers_become_messages_of_the_conversation(sidecar: Sidecar) -> None:
    state = conversation(LLMNode(sidecar, name="reviewer")).invoke({"messages": [HumanMessage("Hello")]})
    asked, answered = state["messages"]
    assert isinstance(answered, AIMessage)
    assert (asked.content, answered.content) == ("Hello", "This is one, answering: Hello")


def test_tool_calls_and_their_results_go_round(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(tool_arguments='{"city": "Ulm"}')
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
    graph = conversation(LLMNode(sidecar, {"llm_client": "one", "parameters": {"tools": tools}}))
    state = graph.invoke({"messages": [HumanMessage("Weather in Ulm?")]})
    (call,) = state["messages"][-1].tool_calls
    assert (call["name"], call["args"]) == ("weather", {"city": "Ulm"})
    graph.invoke({"messages": [*state["messages"], ToolMessage("rain", tool_call_id=call["id"])]})
    user, assistant, tool = upstream.provider.requests[-1].json()["messages"]
    assert assistant["tool_calls"][0]["id"] == tool["tool_call_id"] == call["id"]
    assert assistant["tool_calls"][0]["function"]["name"] == "weather"
    assert (user["role"], tool["role"], tool["content"]) == ("user", "tool", "rain")


class Gathered(TypedDict):
    """What branches add to."""

    messages: list[Any]
    found: Annotated[list[str], operator.add]


def test_branches_ask_at_the_same_time(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(latency=0.2)
    graph = StateGraph(Gathered)
    for number in range(4):
        node = LLMNode(sidecar, {"llm_client": "one", "output_key": "text"})
        graph.add_node(f"n{number}", lambda state, node=node: {"found": [node(state)["text"]]})
        graph.add_edge(START, f"n{number}")
        graph.add_edge(f"n{number}", END)
    state = graph.compile().invoke({"messages": [HumanMessage("Hello")], "found": []})
    assert state["found"] == ["This is one, answering: Hello"] * 4
    assert upstream.provider.peak_in_flight > 1


async def test_an_error_comes_out_of_the_graph_as_it_is(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(status=429, retry_after="30")
    for ask in (two_steps(sidecar, awaited=True).ainvoke, lambda state: asyncio.to_thread(two_steps(sidecar, awaited=False).invoke, state)):
        with pytest.raises(errors.Saturated):
            await ask({"messages": [HumanMessage("Hello")]})


async def test_cancelling_a_graph_ends_the_call_upstream(sidecar: Sidecar, upstream: MockApart) -> None:
    upstream.provider.default = Behaviour(stall_before_head=True)
    running = asyncio.create_task(two_steps(sidecar, awaited=True).ainvoke({"messages": [HumanMessage("Hello")]}))
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.provider.in_flight)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.to_thread(upstream.wait_for, lambda: upstream.outcomes() == ["client_gone"])
