"""Gemini's parts as the content of chat messages."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pyproxy.dialects.translation.data_urls import Data, data_url
from pyproxy.dialects.translation.gemini.media_types import media_type_of

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json
    from pyproxy.domain.capabilities import Capabilities

__all__ = ["content_of", "media_of"]

_AUDIO = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mp3": "mp3", "audio/mpeg": "mp3"}
_TO_STANDARD = str.maketrans("-_", "+/")
_OWN_FILES = "generativelanguage.googleapis.com/"


def content_of(parts: list[Json]) -> str | list[Json]:
    """Return a message's content: a plain string where one text is all of it, which every provider takes."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0]["type"] == "text":
        return str(parts[0]["text"])
    return parts


def media_of(part: Fields, capabilities: Capabilities) -> Json | None:
    """Return an image, a sound or a file as a part of the chat API's; None if the part is none.

    Raises:
        UntranslatableError: the chat API does not know this kind of it.
    """
    inline, reference = part.object("inlineData"), part.object("fileData")
    if inline is not None:
        made = _inline(inline, capabilities)
        inline.done()
        return made
    if reference is not None:
        made = _by_reference(reference, capabilities)
        reference.done()
        return made
    return None


def _inline(media: Fields, capabilities: Capabilities) -> Json:
    kind, data = media.needed("mimeType").lower(), _standard(media.needed("data"))
    name = media.text("displayName")
    if kind.startswith("image/"):
        return _image(media, data_url(Data(kind, data)), capabilities)
    if kind in _AUDIO:
        return {"type": "input_audio", "input_audio": {"data": data, "format": _AUDIO[kind]}}
    if kind == "text/plain":
        return _text(media, data)
    if kind.startswith(("audio/", "video/")):
        raise media.fault("mimeType", f"This provider takes no {kind}.")
    return {"type": "file", "file": {"filename": name or f"file.{kind.rpartition('/')[2]}", "file_data": data_url(Data(kind, data))}}


def _text(media: Fields, data: str) -> Json:
    try:
        return {"type": "text", "text": base64.b64decode(data).decode()}
    except ValueError:
        raise media.fault("data", f"{media.at('data')} is not the text that it is said to be.") from None


def _by_reference(media: Fields, capabilities: Capabilities) -> Json:
    url = media.needed("fileUri")
    kind = (media.text("mimeType") or media_type_of(url) or "").lower()
    if not url.lower().startswith(("https://", "http://")) or _OWN_FILES in url:
        raise media.fault("fileUri", "A file in Google's storage cannot be read by this provider.")
    if not kind.startswith("image/"):
        raise media.fault("fileUri", "This provider takes no files by their URL but images.")
    return _image(media, url, capabilities)


def _image(media: Fields, url: str, capabilities: Capabilities) -> Json:
    if not capabilities.vision:
        raise media.fault("", "The model takes no images.")
    return {"type": "image_url", "image_url": {"url": url}}


def _standard(data: str) -> str:
    """Return base64 in the alphabet of data URLs: Google's SDK writes the one for URLs, at times without its padding."""
    standard = data.translate(_TO_STANDARD).rstrip("=")
    return standard + "=" * (-len(standard) % 4)
