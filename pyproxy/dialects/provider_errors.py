"""Reads the errors of providers, so that they can be told in a client's API.

One reader serves all dialects: providers that are compatible with one of them borrow their errors from any, and Google's come in a
list now and then.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, NamedTuple

from pyproxy.rust_core import status_of_kind

__all__ = ["ReadError", "read_error", "read_plain_error"]

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_LINE_END = re.compile(r"[\r\n\t]")
_LONGEST_PLAIN = 1_000


class ReadError(NamedTuple):
    """A provider's error.

    Attributes:
        message: its words.
        type: its kind, such as ``overloaded_error`` or ``INVALID_ARGUMENT``.
        code: its name for programs, if it has one beside its kind.
        param: the field of the request at fault, if it says so.
        status: the HTTP status that it means, if it says so itself.
    """

    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None
    status: int | None = None


def read_error(body: bytes) -> ReadError | None:
    """Read an error answer, or the data of an error event; None if it is none that says what happened.

    Known are ``{"error": {type, message, code, status, param, details}}``, the same in a list, without the wrapping or within a
    failed ``response``, ``{"error": "text"}`` and ``{"detail": "text"}``.
    """
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(whole, list) and whole:
        whole = whole[0]
    if not isinstance(whole, dict):
        return None
    response = whole.get("response")
    outer = response if isinstance(response, dict) else whole
    error = outer.get("error") or outer
    if isinstance(error, str):
        return ReadError(error)
    if not isinstance(error, dict):
        return None
    message = _text(error.get("message")) or _text(error.get("detail"))
    return None if message is None else _read(error, message)


def read_plain_error(body: bytes) -> ReadError | None:
    """Read an error that is no JSON, as gateways before a provider write them: a short text, or a page, of which its title is told."""
    try:
        text = body.decode().strip()
    except UnicodeDecodeError:
        return None
    if text.startswith("<"):
        title = _TITLE.search(text)
        text = "" if title is None else html.unescape(title[1]).replace("\xa0", " ").strip()
    is_told = text and text[0] not in "[{" and len(text) <= _LONGEST_PLAIN and _LINE_END.sub(" ", text).isprintable()
    return ReadError(text) if is_told else None


def _read(error: dict[str, Any], message: str) -> ReadError:
    kind = _text(error.get("status")) or _text(error.get("type"))
    code = error.get("code")
    status = code if isinstance(code, int) and 400 <= code <= 599 else status_of_kind(kind or "")  # noqa: PLR2004 - HTTP's errors
    return ReadError(message, kind, _text(code) or _reason(error.get("details")), _text(error.get("param")), status)


def _reason(details: Any) -> str | None:
    """The name that Google gives an error among its details, such as ``API_KEY_INVALID``."""
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and (reason := _text(detail.get("reason"))):
            return reason
    return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
