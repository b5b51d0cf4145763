"""What a request asks for, where uvicorn leaves it as it was written: a path, or a URL with one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["as_path"]

# Who sends a name and a password with it is refused, as is what no client sends.
_URL = re.compile(rb"(?i:https?)://((?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(/.*)?", re.IGNORECASE)


def as_path(scope: Scope) -> bool:
    """Let the path be read where everybody reads it, and its host, which goes before the header's; false if there is no path to read."""
    raw: bytes = scope["raw_path"]
    if raw.startswith(b"/"):
        return True
    if raw == b"*":
        return bool(scope["method"] == "OPTIONS")
    url = _URL.fullmatch(raw)
    if url is None:
        return False
    host, path = url[1], url[2] or b"/"
    scope["raw_path"], scope["path"] = path, unquote(path.decode("ascii"))
    scope["headers"] = [*((name, value) for name, value in scope["headers"] if name != b"host"), (b"host", host)]
    return True
