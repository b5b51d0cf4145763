"""What of two plays must be the same, written so that it can be compared. All that may differ stands in `MAY_DIFFER`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.both import Seen
    from support.plans import Plan, Sent
    from support.talk import Reply

    from pyproxy.domain import RequestRecord
    from pyproxy.providers.mock import RecordedRequest

__all__ = ["MAY_DIFFER", "differences", "told"]

MAY_DIFFER = {
    "what is drawn": "ids and signatures are drawn, and times read, anew in each play; where the same one stands twice it must in both",
    "the provider's port": "each play has a provider of its own",
    "date": "each is read at its own moment",
    "x-pyproxy-queue-ms": "is measured",
    "the reason phrase": "of 413 and 422 the standards have had two, and nobody reads it",
    "connection, to HTTP/1.0": "h11 says close, which is what its silence means there",
    "100 Continue, to an empty body": "h11 says it as well: there is nothing that a client could hold back, and it need not be said",
    "a refusal, to a body that is sent unasked": "hyper closes with that unread, and the system may drop the answer; not played",
    "connection, upstream": "httpx says keep-alive, which is what its silence means in HTTP/1.1",
    "why a connection broke": "is told in the words of whoever saw it, and the lengths of what tells it differ by them",
    "a cut by FIN or by RST": "where further requests lie unread a FIN becomes an RST: the pairs read ahead by different pieces",
    "the order of the records": "of a request and of the next one, which was refused in the same step",
    "all, if one left whenever it liked": "what had happened by then; the limits are free in both, and each request is told of once",
}

# Each is known by its first appearance.
_DRAWN = re.compile(
    rb"[A-Za-z0-9+/]{60,}={0,2}|(?:chatcmpl|cmpl|msg|resp|req|call|toolu|rs|fc|item|event)_?-?[0-9a-f]{16,}"
    rb'|(?<="created": )\d+|(?<="created":)\d+|(?<="created_at":)\d+|(?<="created_at": )\d+|\d{4}-\d\d-\d\dT[\d:]+Z'
)
_WHY = re.compile(rb"(broke off|:reset) \((?:[^()]|\([^()]*\))*\)")


def told(plan: Plan, seen: Seen) -> dict[str, Any]:
    """All that must be the same, whatever moved the bytes."""
    if plan.leaving is not None and plan.leaving.when == "whenever":
        ids = [record.request_id for record in seen.records if record.request_id.startswith("req_")]
        return {"told more than once": len(ids) - len(set(ids)), "limits": [key for key, _ in seen.limits]}
    is_broken = any(_WHY.search(reply.body) for reply in seen.replies)
    return {
        "replies": [_reply(reply, seen, sent, pipelined=plan.pipelined) for reply, sent in zip(seen.replies, plan.requests, strict=False)],
        "behind": seen.behind,
        "upstream": [_call(each, seen) for each in seen.upstream],
        "records": sorted((_record(each, is_broken=is_broken) for each in seen.records), key=repr),
        "limits": seen.limits,
    }


def differences(native: Any, python: Any, place: str = "") -> list[str]:
    """Where two things that were told differ, in a line each."""
    if isinstance(native, dict):
        return [line for name in native for line in differences(native[name], python[name], f"{place}.{name}")]
    if isinstance(native, list) and isinstance(python, list) and len(native) == len(python):
        return [line for index in range(len(native)) for line in differences(native[index], python[index], f"{place}[{index}]")]
    if native == python:
        return []
    if isinstance(native, bytes) and isinstance(python, bytes):
        same = next((index for index, pair in enumerate(zip(native, python, strict=False)) if pair[0] != pair[1]), len(python))
        begin = max(0, same - 40)
        native, python = native[begin : begin + 160], python[begin : begin + 160]
    return [f"{place}: native {native!r}, python {python!r}"]


def _plain(data: bytes, seen: Seen) -> bytes:
    """Without what is another in each play."""
    numbers: dict[bytes, bytes] = {}
    data = _WHY.sub(rb"\1 (why)", data.replace(b":%d" % seen.port, b":PORT"))
    return _DRAWN.sub(lambda found: numbers.setdefault(found[0], b"<%d>" % len(numbers)), data)


def _reply(reply: Reply, seen: Seen, sent: Sent, *, pipelined: bool) -> dict[str, Any]:
    ignored = {"date", "x-pyproxy-queue-ms"}
    ignored |= {"content-length"} if _WHY.search(reply.body) else set()
    ignored |= {"connection"} if sent.is_old else set()
    return {
        "status": reply.status,
        "headers": sorted((name, _value(name, value, seen)) for name, value in reply.headers if name not in ignored),
        "body": _plain(reply.body, seen),
        "interim": [] if b"Content-Length: 0" in sent.data else reply.interim,
        "ended": "cut" if pipelined and reply.ended == "reset" else reply.ended,
    }


def _value(name: str, value: str, seen: Seen) -> bytes:
    if name == "retry-after-ms":  # the two are not asked in the same millisecond
        return b"%d s" % round(int(value) / 1000)
    return _plain(value.encode("latin-1"), seen)


def _call(call: RecordedRequest, seen: Seen) -> dict[str, Any]:
    headers = sorted((name.lower(), _plain(value, seen)) for name, value in call.headers if name.lower() != b"connection")
    return {"method": call.method, "path": call.path, "headers": headers, "body": _plain(call.body, seen)}


def _record(record: RequestRecord, *, is_broken: bool) -> dict[str, Any]:
    return {
        "id": "drawn" if record.request_id.startswith("req_") else record.request_id,
        "route": record.route,
        "status": record.status,
        "flag": record.flag,
        "target": record.target,
        "attempts": [(attempt.label, attempt.result) for attempt in record.attempts],
        "provider": record.provider,
        "model": record.model,
        "stream": record.stream,
        "has_begun": record.first_byte_ns is not None,
        "sent_bytes": None if is_broken else record.sent_bytes,
        "usage": record.usage,
        "node": record.node,
    }
