"""Error answers of the control plane, in the dialect of its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from pyproxy.dialects import openai

if TYPE_CHECKING:
    from pyproxy.errors import RequestError

__all__ = ["error_reply"]


def error_reply(error: RequestError) -> Response:
    """An error as a whole response."""
    headers = {name.decode(): value.decode() for name, value in openai.error_headers(error)}
    return Response(openai.encode_error(error), status_code=error.http_status, headers=headers)
