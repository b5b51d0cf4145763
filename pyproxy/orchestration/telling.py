"""A provider's failure in the client's API: word for word where they speak the same, else its message in the client's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.provider_errors import ReadError, read_error, read_plain_error
from pyproxy.orchestration import response_headers
from pyproxy.orchestration.actions import Failed

if TYPE_CHECKING:
    from pyproxy.dialects.face import Face, Headers
    from pyproxy.errors import RequestError

__all__ = ["broken_event", "told_answer", "told_event"]

_NO_REPEATING = (b"x-should-retry", b"false")


def told_answer(face: Face, failed: Failed, request_id: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body of the answer that tells of a failure which was a provider's answer."""
    status = failed.status or 502
    headers = [*response_headers.for_answer(failed.headers), _NO_REPEATING]
    if failed.wire == face.name:
        return status, headers, failed.body
    status = face.status_of(status)
    read = _read(failed)
    headers = [(b"content-type", b"application/json"), *response_headers.delays(failed.headers), _NO_REPEATING]
    return status, headers, face.tell(status, read, request_id, failed.retry_after_ns)


def told_event(face: Face, error: RequestError | Failed, number: int) -> bytes:
    """The event that ends a stream for an error, with its number: a provider's in its own words, if they can be read."""
    if not isinstance(error, Failed):
        return face.error_event(error, number)
    told = broken_event(face, error.wire, error.body, number, error.status)
    return told or face.tell_event(error.status or 502, _read(error), number)


def broken_event(face: Face, wire: str, payload: bytes, number: int, status: int | None = None) -> bytes | None:
    """A provider's error as the client's event; None if it is none that says what happened."""
    if wire == face.name:
        return face.passed_error_event(payload)
    read = read_error(payload)
    return None if read is None else face.tell_event(status or read.status or 502, read, number)


def _read(failed: Failed) -> ReadError:
    """What the provider says of its failure; where it has no words of its own, what is known of it."""
    return read_error(failed.body) or read_plain_error(failed.body) or ReadError(f"The provider failed: {failed.detail}.")
