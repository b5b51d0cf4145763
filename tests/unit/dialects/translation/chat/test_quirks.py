"""Chat requests for providers that are not quite OpenAI."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.config.known_providers import known_provider
from pyproxy.dialects.translation.chat.quirks import fit_quirks
from pyproxy.domain.quirks import NO_QUIRKS, ChatQuirks

NINE = re.compile(r"[A-Za-z0-9]{9}")


def called(*ids: str) -> dict[str, Any]:
    """A conversation in which a call with each of the ids is made, and has its result."""
    calls = [{"id": each, "type": "function", "function": {"name": "f", "arguments": "{}"}} for each in ids]
    return {
        "messages": [{"role": "assistant", "tool_calls": calls}, *({"role": "tool", "tool_call_id": each, "content": ""} for each in ids)]
    }


def ids_of(request: dict[str, Any]) -> tuple[list[str], list[str]]:
    assistant, *results = request["messages"]
    return [call["id"] for call in assistant["tool_calls"]], [result["tool_call_id"] for result in results]


def test_nothing_changes_for_a_provider_without_quirks() -> None:
    request = {"seed": 1, "anything": 2, **called("toolu_01")}
    before = copy.deepcopy(request)
    assert fit_quirks(request, NO_QUIRKS) == []
    assert request == before


def test_what_has_another_name_goes_under_it_and_what_is_not_known_is_told() -> None:
    quirks = ChatQuirks(renames=(("seed", "random_seed"),), takes=frozenset({"random_seed", "messages"}), refuses=("messages[].name",))
    request: dict[str, Any] = {"seed": 7, "user": "u", "messages": [{"role": "user", "name": "n"}, {"role": "user", "name": None}]}
    assert fit_quirks(request, quirks) == ["user", "messages[].name"]
    assert request == {"random_seed": 7, "messages": [{"role": "user"}, {"role": "user", "name": None}]}


def test_how_a_stream_is_told_is_no_loss() -> None:
    request = {"stream_options": {"include_usage": True}, "messages": []}
    assert fit_quirks(request, ChatQuirks(takes=frozenset({"messages"}))) == []


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True), st.integers(1, 9))
def test_calls_and_results_go_on_belonging_together_by_ids_of_the_form_that_is_wanted(ids: list[str], length: int) -> None:
    request = called(*ids)
    fit_quirks(request, ChatQuirks(call_ids=length))
    calls, results = ids_of(request)
    assert calls == results
    assert len(set(calls)) == len(ids)
    assert all(re.fullmatch(rf"[A-Za-z0-9]{{{length}}}", each) for each in calls)


def test_two_calls_never_come_to_have_one_id() -> None:
    request = called(*(f"call_{number}" for number in range(40)))
    fit_quirks(request, ChatQuirks(call_ids=1))
    calls, results = ids_of(request)
    assert calls == results
    assert len(set(calls)) == 40


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True))
def test_an_id_is_the_same_in_every_turn(ids: list[str]) -> None:
    first, later = called(*ids[:1]), called(*ids)
    for request in (first, later):
        fit_quirks(request, ChatQuirks(call_ids=9))
    assert ids_of(first)[0][0] == ids_of(later)[0][0]


def test_an_id_that_fits_stays_and_no_other_becomes_the_same() -> None:
    request = called("abcDEF123")
    fit_quirks(request, ChatQuirks(call_ids=9))
    assert ids_of(request)[0] == ["abcDEF123"]
    made = called("toolu_01")
    fit_quirks(made, ChatQuirks(call_ids=9))
    both = called(ids_of(made)[0][0], "toolu_01")
    fit_quirks(both, ChatQuirks(call_ids=9))
    assert ids_of(both)[0][0] == ids_of(made)[0][0]
    assert len(set(ids_of(both)[0])) == 2


@pytest.mark.parametrize(("name", "refuses"), [("mistral", "user"), ("groq", "service_tier"), ("cerebras", "parallel_tool_calls")])
def test_what_well_known_providers_refuse_is_left_out(name: str, refuses: str) -> None:
    known = known_provider(name)
    assert known is not None
    request: dict[str, Any] = {"model": "m", "messages": [], refuses: "x", "temperature": 1}
    assert fit_quirks(request, known.chat) == [refuses]
    assert request == {"model": "m", "messages": [], "temperature": 1}
