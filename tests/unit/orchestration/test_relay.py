"""Who has a whole answer may ask again at once: what is to be known by then is noted before its end goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.virtual_sidecar import LAST, WORD, Client
from support.virtual_time import VirtualLoop, run_virtually

from pyproxy.dialects.openai import OPENAI
from pyproxy.orchestration.delivery import Delivery
from pyproxy.orchestration.relay import relay
from pyproxy.orchestration.stream_answer import Reading, StreamAnswer
from pyproxy.orchestration.upstream import PlainAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Response:
    status = 200
    headers = ((b"content-type", b"text/event-stream"),)

    async def aclose(self) -> None:
        """Nothing is open."""


async def pieces() -> AsyncGenerator[bytes]:
    yield LAST


def test_it_is_noted_before_the_end_of_an_answer_plain_or_streamed() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        stream = StreamAnswer(Response(), pieces(), 5.0, Reading())  # type: ignore[arg-type] # no body but the pieces
        await stream.begin(WORD)
        for answer in (PlainAnswer(200, [], b"{}", None), stream):
            client, noted = Client(), list[bool]()
            delivery = Delivery(client, "id", OPENAI, loop.now_ns)
            assert await relay(answer, delivery, lambda delivery=delivery, noted=noted: noted.append(delivery.finished)) is None  # type: ignore[misc]
            assert (noted, delivery.finished) == ([False], True)

    run_virtually(main(), loop)
