"""Requests at the edge of HTTP/1.1 and beyond it, and what is answered; and how far h11, which reads for the portable pair, differs."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ODD_REQUESTS", "OddRequest"]

_LINE = b"GET /v1/models HTTP/1.1\r\n"
_GET = _LINE + b"Host: localhost\r\n"
_POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_CHUNKS = _POST + b"Transfer-Encoding: chunked\r\n\r\n"


class OddRequest(NamedTuple):
    """A request.

    Attributes:
        data: its bytes.
        status: the answer's status.
        closes: whether the connection ends with it: who wrote this may mean anything by what follows.
        by_h11: status and end of the connection in the portable pair, where h11 reads it otherwise.
    """

    data: bytes
    status: int
    closes: bool = True
    by_h11: tuple[int, bool] | None = None


def _framed(*headers: bytes, body: bytes = b"{}") -> bytes:
    return _POST + b"\r\n".join([*headers, b"", b""]) + body


def _to(target: bytes, method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    return method + b" " + target + b" HTTP/" + version + b"\r\nHost: localhost\r\n\r\n"


_LAX = (200, False)  # RFC 9112 lets a server read a bare LF as the end of a line, and a folded line as one
# What is read of a body is no request in JSON: its envelope is refused, which is 400 and keeps the connection.
_KEPT = (400, False)

ODD_REQUESTS: dict[str, OddRequest] = {
    # --- whom it is for
    "two hosts": OddRequest(_GET + b"Host: localhost\r\n\r\n", 400),
    "no host": OddRequest(_LINE + b"\r\n", 400),
    "an empty host": OddRequest(_LINE + b"Host:\r\n\r\n", 421, closes=False),
    "a URL": OddRequest(_to(b"http://LOCALHOST:80/v1/models"), 200, closes=False),
    "a URL of another host": OddRequest(_to(b"http://evil.example/v1/models"), 421, closes=False),
    "a URL without a path": OddRequest(_to(b"http://localhost"), 404, closes=False),
    "a URL with a password": OddRequest(_to(b"http://u:p@localhost/v1/models"), 400),
    "a URL of another scheme": OddRequest(_to(b"ftp://localhost/v1/models"), 400),
    "no path": OddRequest(_to(b"models"), 400),
    "everything": OddRequest(_to(b"*", b"OPTIONS"), 404, closes=False),
    "everything, but to look at": OddRequest(_to(b"*"), 400),
    "a tunnel": OddRequest(_to(b"localhost:80", b"CONNECT"), 501, by_h11=(400, True)),
    # --- how long it is
    "a length and chunks": OddRequest(_framed(b"Content-Length: 2", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    "two lengths": OddRequest(_framed(b"Content-Length: 2", b"Content-Length: 3"), 400),
    "the same length twice": OddRequest(_framed(b"Content-Length: 2", b"Content-Length: 2"), 400, by_h11=_KEPT),
    "a list of lengths": OddRequest(_framed(b"Content-Length: 2, 2"), 400, by_h11=_KEPT),
    **{
        f"a length of {length!r}": OddRequest(_framed(b"Content-Length: " + length), 400)
        for length in (b"", b"+2", b"-2", b"0x2", b"1_0", b"2 2", b"9" * 30)
    },
    **{
        f"a coding {coding!r}": OddRequest(_framed(b"Transfer-Encoding: " + coding, body=b"0\r\n\r\n"), 501)
        for coding in (b"gzip, chunked", b"chunked, chunked", b"xchunked", b"identity")
    },
    "a coding twice": OddRequest(_framed(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 501),
    "chunks in capitals": OddRequest(_framed(b"Transfer-Encoding:\tCHUNKED", body=b"0\r\n\r\n"), 400, closes=False),
    "chunks in HTTP/1.0": OddRequest(_CHUNKS.replace(b"/1.1", b"/1.0") + b"0\r\n\r\n", 400),
    # --- where its chunks end
    **{
        f"a chunk of size {size!r}": OddRequest(_CHUNKS + size + b"\r\n{}\r\n0\r\n\r\n", 400)
        for size in (b"", b"+2", b"-2", b"0x2", b" 2", b"1_0", b"2\n", b"0" * 27 + b"2")
    },
    "a chunk of size b'2 '": OddRequest(_CHUNKS + b"2 \r\n{}\r\n0\r\n\r\n", 400, by_h11=_KEPT),
    "a chunk of no size that there is": OddRequest(_CHUNKS + b"1" + b"0" * 16 + b"\r\n{}", 400, by_h11=(408, True)),
    "a chunk that ends with LF": OddRequest(_CHUNKS + b"2\r\n{}\n0\r\n\r\n", 400),
    "a chunk that does not end": OddRequest(_CHUNKS + b"2\r\n{}0\r\n\r\n", 400),
    "a chunk that is longer than it says": OddRequest(_CHUNKS + b"2\r\n{} \r\n0\r\n\r\n", 400),
    "a chunk with a line end in its extension": OddRequest(_CHUNKS + b"2;a\nb\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk with an extension": OddRequest(_CHUNKS + b'2;a="b;c"\r\n{}\r\n0\r\n\r\n', 400, closes=False),
    "a last chunk of many zeros": OddRequest(_CHUNKS + b"2\r\n{}\r\n000\r\n\r\n", 400, closes=False),
    "a trailer that is none": OddRequest(_CHUNKS + b"2\r\n{}\r\n0\r\nno colon\r\n\r\n", 400),
    "a long extension": OddRequest(_CHUNKS + b"2;" + b"a" * 20_000 + b"\r\n{}\r\n0\r\n\r\n", 400, by_h11=_KEPT),
    # --- where its lines end
    "bare LF": OddRequest((_GET + b"\r\n").replace(b"\r\n", b"\n"), 400, by_h11=_LAX),
    "bare LF within the head": OddRequest(_GET + b"X: a\nY: b\r\n\r\n", 400, by_h11=_LAX),
    "bare LF at the end of the head": OddRequest(_GET + b"\n", 400, by_h11=_LAX),
    "bare CR": OddRequest(_GET + b"X: a\rb\r\n\r\n", 400),
    "a folded line": OddRequest(_GET + b"X: a\r\n b\r\n\r\n", 400, by_h11=_LAX),
    "a folded first line": OddRequest(_LINE + b" Host: localhost\r\n\r\n", 400),
    "four empty lines before it": OddRequest(b"\r\n" * 4 + _GET + b"\r\n", 200, closes=False, by_h11=(400, True)),
    "half a million empty lines before it": OddRequest(b"\r\n" * 500_000 + _GET + b"\r\n", 400),
    # --- what its lines say
    "a zero byte": OddRequest(_GET + b"X: a\0b\r\n\r\n", 400),
    "a space before the colon": OddRequest(_GET + b"X : a\r\n\r\n", 400),
    "no colon": OddRequest(_GET + b"nonsense\r\n\r\n", 400),
    "no name": OddRequest(_GET + b": a\r\n\r\n", 400),
    "a name that is not ASCII": OddRequest(_GET + b"caf\xe9: a\r\n\r\n", 400),
    "HTTP/1.2": OddRequest(_to(b"/v1/models", version=b"1.2"), 505, by_h11=_LAX),
    "HTTP/2.0": OddRequest(_to(b"/v1/models", version=b"2.0"), 505, by_h11=_LAX),
    "no version": OddRequest(b"GET /v1/models\r\n\r\n", 400),
    "http in small letters": OddRequest((_GET + b"\r\n").replace(b"HTTP", b"http"), 400),
    "two spaces": OddRequest((_GET + b"\r\n").replace(b" /v1", b"  /v1"), 400),
    "a tab for a space": OddRequest((_GET + b"\r\n").replace(b" /v1", b"\t/v1"), 400),
    "a space in the path": OddRequest(_to(b"/v1/mod els"), 400),
    "a path that is not ASCII": OddRequest(_to(b"/v1/mod\xe9ls"), 400),
    "a fragment": OddRequest(_to(b"/v1/models#x"), 400, by_h11=(404, False)),
    "TLS": OddRequest(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
    "all bytes there are": OddRequest(bytes(range(256)) * 10, 400),
    "another protocol": OddRequest(b"SSH-2.0-OpenSSH_9\r\n", 400, by_h11=(408, True)),
    # --- how large it is
    "101 fields": OddRequest(_GET + b"X: a\r\n" * 100 + b"\r\n", 431, closes=False),
    "100,000 fields": OddRequest(_GET + b"X: a\r\n" * 100_000 + b"\r\n", 431),
    "a field of 70 kB": OddRequest(_GET + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 431, by_h11=(431, False)),
    "a field without an end": OddRequest(_GET + b"X: " + b"a" * 1_000_000, 431),
    "a name without an end": OddRequest(_GET + b"X" * 1_000_000, 431),
    "a path of 9 kB": OddRequest(_to(b"/" + b"m" * 9_000), 414, closes=False),
    "a path without an end": OddRequest(b"GET /" + b"m" * 1_000_000, 431),
}
