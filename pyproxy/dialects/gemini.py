"""The face of Google's Gemini API, whose clients take nothing but ``data: {json}`` in a stream."""

from __future__ import annotations

from pyproxy.dialects.face import Face

__all__ = ["GEMINI", "GeminiFace"]


class GeminiFace(Face):
    """``{"error": {code, message, status, details[]}}``; no comments, no names of events, no signs of life."""

    name = "gemini"
    comments = False
    opening_sign = keep_alive = None


GEMINI = GeminiFace()
