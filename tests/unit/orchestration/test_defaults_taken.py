"""What an echelon puts into requests is left out for a model that would refuse it; what the client asks for goes as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.virtual_sidecar import Plays, Providers, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

DEFAULTS = {"temperature": 0.5, "max_tokens": 9, "stop": ["X"], "frequency_penalty": 0.1, "presence_penalty": 0.2}
SENT_ALWAYS = {"model", "messages"}


def bodies_sent(monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, Any], *asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What is sent of requests to a model in an echelon that puts all of the defaults into them."""
    bodies: list[dict[str, Any]] = []
    opens = Providers.open

    async def open_and_note(self: Providers, call: Any) -> Any:
        bodies.append(json.loads(call.body))
        return await opens(self, call)

    monkeypatch.setattr(Providers, "open", open_and_note)
    loop = VirtualLoop()
    settings = config(e1={"models": ["a"], **DEFAULTS}, a={"capabilities": capabilities})

    async def main() -> None:
        sidecar = VirtualSidecar(loop, settings, {"a": [Plays()], "b": [], "c": []})
        for more in asked:
            await sidecar.ask(more=more)

    run_virtually(main(), loop)
    return bodies


@pytest.mark.parametrize(("sampling", "sent"), [(True, set(DEFAULTS)), (False, {*DEFAULTS} - {"temperature"})])
def test_sampling_defaults_go_to_models_that_take_them(sampling: bool, sent: set[str], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    first, second = bodies_sent(monkeypatch, {"sampling": sampling}, {}, {"temperature": 1})
    assert set(first) - {"stream"} == SENT_ALWAYS | sent
    assert second["temperature"] == 1


def test_they_are_left_out_where_a_model_is_to_think_that_takes_them_only_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: tuple[dict[str, Any], ...] = (
        {},
        {"reasoning_effort": "low"},
        {"user": 'I said "reasoning_effort"'},
        {"thinking": {"type": "enabled"}},
    )
    sent = bodies_sent(monkeypatch, {"sampling_while_thinking": False, "thinking": "effort"}, *asked)
    assert ["temperature" in body for body in sent] == [True, False, True, False]
    assert all("temperature" in body for body in bodies_sent(monkeypatch, {}, *asked))


@pytest.mark.parametrize(
    ("refuses", "temperature"), [({"sampling": False}, set()), ({"sampling_while_thinking": False}, {"temperature"})], ids=str
)
def test_a_reasoning_model_of_the_chat_api_gets_the_bound_that_it_knows_and_nothing_that_it_refuses(
    refuses: dict[str, bool], temperature: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: tuple[dict[str, Any], ...] = ({}, {"max_tokens": 7}, {"max_completion_tokens": 7}, {"stop": "Y", "max_tokens": None})
    sent = bodies_sent(monkeypatch, {**refuses, "thinking": "effort"}, *bounds)
    open_to_defaults, older, newer, with_stop = ({name: body[name] for name in {*body} - SENT_ALWAYS - {"stream"}} for body in sent)
    assert set(open_to_defaults) == {"max_completion_tokens"} | temperature
    assert open_to_defaults["max_completion_tokens"] == 9
    assert {name: older.get(name) for name in ("max_tokens", "max_completion_tokens")} == {"max_tokens": 7, "max_completion_tokens": None}
    assert {name: newer.get(name) for name in ("max_tokens", "max_completion_tokens")} == {"max_tokens": None, "max_completion_tokens": 7}
    assert (with_stop["stop"], with_stop["max_completion_tokens"]) == ("Y", 9)
