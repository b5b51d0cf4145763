"""What an echelon puts into requests is left out for a model that would refuse it; what the client asks for goes as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.virtual_sidecar import Plays, Providers, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually


@pytest.mark.parametrize(("sampling", "sent"), [(True, {"temperature", "max_tokens"}), (False, {"max_tokens"})])
def test_sampling_defaults_go_to_models_that_take_them(sampling: bool, sent: set[str], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    bodies: list[dict[str, Any]] = []
    opens = Providers.open

    async def open_and_note(self: Providers, call: Any) -> Any:
        bodies.append(json.loads(call.body))
        return await opens(self, call)

    monkeypatch.setattr(Providers, "open", open_and_note)
    loop = VirtualLoop()
    settings = config(e1={"models": ["a"], "temperature": 0.5, "max_tokens": 9}, a={"capabilities": {"sampling": sampling}})

    async def main() -> None:
        sidecar = VirtualSidecar(loop, settings, {"a": [Plays()], "b": [], "c": []})
        await sidecar.ask()
        await sidecar.ask(more={"temperature": 1})

    run_virtually(main(), loop)
    assert set(bodies[0]) - {"model", "stream", "messages"} == sent
    assert bodies[1]["temperature"] == 1
