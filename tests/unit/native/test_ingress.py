"""What native threads refuse is answered and noted here like anything else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from support.front import front

from pyproxy import runtime

if TYPE_CHECKING:
    import pytest

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
STATUS_400 = b"\x8c"  # as HPACK writes it


def get(path: bytes) -> bytes:
    fields = ((b":method", b"GET"), (b":scheme", b"http"), (b":path", path), (b":authority", b"localhost"))
    block = b"".join(bytes([0, len(name)]) + name + bytes([len(value)]) + value for name, value in fields)
    return len(block).to_bytes(3) + bytes([1, 5, 0, 0, 0, 1]) + block


async def next_head(reader: asyncio.StreamReader) -> bytes:
    while True:
        length, kind = int.from_bytes(await reader.readexactly(3)), (await reader.readexactly(6))[0]
        payload = await reader.readexactly(length)
        if kind == 1:
            return payload


async def test_a_path_of_http2_that_is_not_ascii_is_refused_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "DEFAULT_IO", "native")
    async with front() as on, on.client() as (reader, writer):
        writer.write(PREFACE + get("/\u00e9".encode()))
        async with asyncio.timeout(5):
            assert (await next_head(reader)).startswith(STATUS_400)
        assert [(record.status, record.route) for record in on.records] == [(400, "-")]
