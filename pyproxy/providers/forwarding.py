"""Which of a client's headers travel upstream.

Everything does, so that beta features work, but what belongs to one connection, to the client's own
credential, to the browser, or to the sidecar.
"""

from __future__ import annotations

__all__ = ["forwarded_headers"]

_HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect", b"http2-settings")
)
# An organization or a project goes with the client's key, and a provider refuses it beside another.
_CREDENTIALS = frozenset(
    (
        b"authorization",
        b"proxy-authorization",
        b"x-api-key",
        b"api-key",
        b"x-goog-api-key",
        b"cookie",
        b"openai-organization",
        b"openai-project",
        b"x-goog-user-project",
    )
)
_REWRITTEN = frozenset((b"host", b"content-length", b"content-encoding", b"accept-encoding", b"content-type"))
_LOCAL = frozenset((b"origin", b"referer", b"forwarded", b"x-real-ip", b"x-request-id"))
_LOCAL_PREFIXES = (b"x-pyproxy-", b"sec-", b"proxy-", b"x-forwarded-")
_DROPPED = _HOP_BY_HOP | _CREDENTIALS | _REWRITTEN | _LOCAL


def forwarded_headers(headers: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    """The client's headers that may go upstream, in their order. Names are expected in lower case."""
    named_by_connection = {
        token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b",") if token.strip()
    }
    return [
        (name, value)
        for name, value in headers
        if name not in _DROPPED and name not in named_by_connection and not name.startswith(_LOCAL_PREFIXES)
    ]
