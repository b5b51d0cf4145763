"""Data URLs, which carry images and files inside of a chat request."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

__all__ = ["Data", "data_url", "read_data_url"]

_URL = re.compile(r"data:(?P<type>[^;,]*)(?P<parameters>(?:;[^;,]*)*),(?P<data>.*)", re.DOTALL | re.IGNORECASE)


class Data(NamedTuple):
    """Data in base64, and its media type in small letters."""

    media_type: str
    base64: str


def read_data_url(url: str) -> Data | None:
    """Return what a data URL holds; None if it is another URL or none."""
    found = _URL.fullmatch(url)
    if found is None:
        return None
    media_type = found["type"].strip().lower()
    if ";base64" in found["parameters"].lower():
        return Data(media_type, found["data"].strip())
    return Data(media_type, base64.b64encode(unquote_to_bytes(found["data"].encode(errors="replace"))).decode())


def data_url(data: Data) -> str:
    """Write a data URL."""
    return f"data:{data.media_type};base64,{data.base64}"
