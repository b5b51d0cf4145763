"""One stream by what its target promises, on virtual time, and what makes it one to its client."""

from __future__ import annotations

import asyncio
from typing import Any

from support.virtual_sidecar import Client, Plays, VirtualSidecar, config
from support.virtual_time import VirtualLoop, run_virtually

WORDS = ("Once", " upon", " a", " time", " there", " was")
TEXT = "".join(WORDS)


def ask(scripts: dict[str, list[Plays]], *, more: dict[str, Any] | None = None, **group: Any) -> tuple[Client, VirtualSidecar, int]:
    """One stream, to its end: what the client got, and after how many nanoseconds."""
    loop = VirtualLoop()
    sidecar = VirtualSidecar(loop, config(**group), {"b": [Plays(503)], "c": [Plays(503)], **scripts})

    async def main() -> Client:
        client = await sidecar.ask(stream=True, more=more)
        assert sidecar.held() == {}
        assert sidecar.providers.under_way == 0
        assert len(asyncio.all_tasks()) == 1
        return client

    return run_virtually(main(), loop), sidecar, loop.now_ns()


def cut_after(words: int, **fields: Any) -> Plays:
    """A stream that breaks within the event after so many words."""
    begun = sum(map(len, Plays(says=WORDS).events("a")[: words + 1]))
    return Plays(says=WORDS, cut=begun + 3, **fields)


def coherent(client: Client) -> None:
    """One stream, as far as a client can tell."""
    events = client.events
    assert len({(event["id"], event["created"], event["model"]) for event in events if "error" not in event}) <= 1
    choices = [choice for event in events for choice in event.get("choices", ())]
    assert [choice for choice in choices if "role" in choice["delta"]] == choices[:1]
    assert all(choice["finish_reason"] is None for choice in choices[:-1])
    if client.ends == ["finished"]:
        assert choices[-1]["finish_reason"] == "stop"
        assert client.body.endswith(b"data: [DONE]\n\n")
        assert client.body.count(b"[DONE]") == 1
    else:
        assert client.ends == ["aborted"]
        assert "error" in events[-1]
        assert b"[DONE]" not in client.body
