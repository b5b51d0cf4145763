"""Delivers a committed answer to its last byte, or tells why it broke off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyproxy.orchestration import response_headers
from pyproxy.orchestration.stream_answer import StreamAnswer
from pyproxy.orchestration.telling import broken_event
from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.orchestration.delivery import Delivery
    from pyproxy.orchestration.upstream import PlainAnswer

__all__ = ["Break", "relay"]


class Break(NamedTuple):
    """How an answer broke off; `event` is the provider's own error event, if it sent one."""

    signal: str
    detail: str
    event: bytes | None = None


async def relay(answer: PlainAnswer | StreamAnswer, delivery: Delivery, before_its_end: Callable[[], None]) -> Break | None:
    """Deliver an answer; None when it ended as it should.

    Args:
        answer: what is to be delivered.
        delivery: to whom.
        before_its_end: called when all of it is known, and before its client does: who has it all may ask again at once.
    """
    headers = response_headers.for_answer(answer.headers)
    if isinstance(answer, StreamAnswer):
        return await _relay_stream(answer, delivery, headers, before_its_end)
    before_its_end()
    await delivery.whole(answer.status, headers, answer.body)
    return None


async def _relay_stream(
    answer: StreamAnswer, delivery: Delivery, headers: list[tuple[bytes, bytes]], before_its_end: Callable[[], None]
) -> Break | None:
    """Pass events on as they become whole."""
    await delivery.start_stream(answer.status, headers, lambda: answer.next_number)
    try:
        await _pass_on(answer, delivery)
    except TransportFailure as failure:
        if not answer.is_whole_after(failure):
            return Break(failure.signal, failure.detail)
    if answer.fault is not None:
        told = answer.framer.error
        return Break(
            "malformed", answer.fault, None if told is None else broken_event(delivery.face, answer.wire, told, answer.next_number)
        )
    if not answer.is_whole:
        return Break("truncated", "the provider ended it without a finish_reason")
    try:
        ending = answer.ending()
    except TransportFailure as failure:
        return Break(failure.signal, failure.detail)
    before_its_end()
    if ending:
        await delivery.events(ending)
    await delivery.finish()
    return None


async def _pass_on(answer: StreamAnswer, delivery: Delivery) -> None:
    """Deliver events until the terminal one, the end of the body, or the first that must not be delivered."""
    events: bytes | None = answer.held
    while events is not None:
        if events:
            await delivery.events(events)
        if answer.framer.terminal or answer.fault is not None:
            return
        events = await answer.next_events()
    if last := answer.last_events():
        await delivery.events(last)
