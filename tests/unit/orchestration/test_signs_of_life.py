"""What keeps a client waiting, in the words of its API: before a stream's first event and after it, and nothing where nothing may come."""

from __future__ import annotations

import asyncio

import pytest
from support.virtual_sidecar import Client
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.dialects.faces import FACES
from pyproxy.orchestration.delivery import Delivery

COMMENT = b": keep-alive\n\n"


@pytest.mark.parametrize(
    ("api", "opening", "later"),
    [
        ("openai", COMMENT, COMMENT),
        ("responses", COMMENT, b'event: ping\ndata: {"type": "ping"}\n\n'),
        ("anthropic", b'event: ping\ndata: {"type": "ping"}\n\n', b'event: ping\ndata: {"type": "ping"}\n\n'),
    ],
)
def test_each_api_has_its_own(api: str, opening: bytes, later: bytes) -> None:
    loop, client = VirtualLoop(), Client()

    async def main() -> None:
        delivery = Delivery(client, "id", FACES[api], loop.now_ns)
        delivery.keep_alive()
        await asyncio.sleep(6)
        assert (client.status, client.body) == (200, opening)
        await delivery.start_stream(200, [])
        await delivery.events(b"data: {}\n\n")
        delivery.keep_alive()
        await asyncio.sleep(6)
        await delivery.leave()

    run_virtually(main(), loop)
    assert client.body == opening + b"data: {}\n\n" + later


def test_a_client_of_gemini_is_sent_neither_a_sign_nor_a_head_before_there_is_something_to_say() -> None:
    loop, client = VirtualLoop(), Client()

    async def main() -> None:
        delivery = Delivery(client, "id", FACES["gemini"], loop.now_ns)
        delivery.keep_alive()
        await asyncio.sleep(60)
        await delivery.leave()

    run_virtually(main(), loop)
    assert (client.status, client.body) == (None, b"")
