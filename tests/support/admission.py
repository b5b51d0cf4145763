"""What an admission controller answered, seen to be of the kind it should be."""

from __future__ import annotations

from pyproxy.rust_core import AdmissionController, Grant, Refusal, Ticket


def granted(answer: Grant | Refusal) -> Grant:
    assert isinstance(answer, Grant), answer
    return answer


def waiting(answer: Ticket | Refusal) -> Ticket:
    assert isinstance(answer, Ticket), answer
    assert answer.state == "waiting"
    assert answer.grant is None
    return answer


def refused(answer: Ticket | Grant | Refusal) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def grant_of(ticket: Ticket) -> Grant:
    assert ticket.state == "granted"
    assert ticket.grant is not None
    return ticket.grant


def drain(controller: AdmissionController, grant: Grant, now_ns: int = 0) -> list[Ticket]:
    """Release whoever holds the only place until nobody waits; tell in which order they came."""
    order: list[Ticket] = []
    while let_in := controller.release(grant, now_ns=now_ns):
        assert len(let_in) == 1
        order += let_in
        grant = grant_of(let_in[0])
    return order
