"""What an echelon puts into requests is left out for a model that would refuse it; what the client asks for goes as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.virtual_sidecar import Plays, Providers, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually


def bodies_sent(monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, Any], *asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What is sent of requests to a model in an echelon that puts a temperature into them."""
    bodies: list[dict[str, Any]] = []
    opens = Providers.open

    async def open_and_note(self: Providers, call: Any) -> Any:
        bodies.append(json.loads(call.body))
        return await opens(self, call)

    monkeypatch.setattr(Providers, "open", open_and_note)
    loop = VirtualLoop()
    settings = config(e1={"models": ["a"], "temperature": 0.5, "max_tokens": 9}, a={"capabilities": capabilities})

    async def main() -> None:
        sidecar = VirtualSidecar(loop, settings, {"a": [Plays()], "b": [], "c": []})
        for more in asked:
            await sidecar.ask(more=more)

    run_virtually(main(), loop)
    return bodies


@pytest.mark.parametrize(("sampling", "sent"), [(True, {"temperature", "max_tokens"}), (False, {"max_tokens"})])
def test_sampling_defaults_go_to_models_that_take_them(sampling: bool, sent: set[str], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    first, second = bodies_sent(monkeypatch, {"sampling": sampling}, {}, {"temperature": 1})
    assert set(first) - {"model", "stream", "messages"} == sent
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
