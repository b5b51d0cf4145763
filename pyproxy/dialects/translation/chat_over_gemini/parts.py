"""The content of chat messages as Gemini's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyproxy.dialects.translation.data_urls import read_data_url
from pyproxy.dialects.translation.gemini.media_types import media_type_of

if TYPE_CHECKING:
    from pyproxy.dialects.translation.fields import Fields
    from pyproxy.dialects.translation.translator import Json
    from pyproxy.domain.capabilities import Capabilities

__all__ = ["parts_of", "texts_of"]

_AUDIO = {"wav": "audio/wav", "mp3": "audio/mp3", "flac": "audio/flac", "aac": "audio/aac", "ogg": "audio/ogg", "opus": "audio/ogg"}
_SCHEMES = frozenset({"http", "https", "gs"})
_PDF = "application/pdf"


def texts_of(message: Fields) -> list[str]:
    """Return the texts of a message that can hold nothing else; those without a character are left out."""
    return [part["text"] for part in _parts(message, None)]


def parts_of(message: Fields, capabilities: Capabilities) -> list[Json]:
    """Return the parts of a message, of whatever kind; texts without a character are left out."""
    return _parts(message, capabilities)


def _parts(message: Fields, capabilities: Capabilities | None) -> list[Json]:
    content = message.get("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [{"text": content}] if content else []
    parts = [_part(part, capabilities) for part in message.objects("content")]
    return [part for part in parts if part != {"text": ""}]


def _part(part: Fields, capabilities: Capabilities | None) -> Json:
    kind = part.text("type")
    if kind in ("text", "refusal"):
        made: Json = {"text": part.text(kind) or ""}
    elif capabilities is None or kind not in _MEDIA:
        raise part.fault("type", f"{part.where} is of a type that cannot be sent to this provider here: {kind!r}.")
    else:
        if kind == "image_url" and not capabilities.vision:
            raise part.fault("", "The model takes no images.")
        inner = part.object(kind)
        if inner is None:
            raise part.fault(kind, f"{part.at(kind)} is missing.")
        made = _MEDIA[kind](inner)
        inner.done()
    part.done()
    return made


def _by_url(media: Fields) -> Json:
    """An image or a film: data as data, a URL as a URL. Where its ending says nothing the type is left to whoever fetches it."""
    if media.text("detail") not in (None, "auto"):
        media.lose("detail")
    url = media.needed("url")
    data = read_data_url(url)
    if data is not None:
        return _inline(media, "url", data.media_type, data.base64)
    return _by_reference(media, "url", url)


def _audio(media: Fields) -> Json:
    named = media.needed("format")
    return _inline(media, "data", _AUDIO.get(named.lower(), f"audio/{named.lower()}"), media.needed("data"))


def _file(media: Fields) -> Json:
    name, data = media.text("filename") or "", media.text("file_data")
    if not data:
        # A file that was uploaded elsewhere is not there for Gemini, but what a URL says it can look up.
        return _by_reference(media, "file_id", media.needed("file_id"))
    url = read_data_url(data)
    if url is not None:
        return _inline(media, "file_data", url.media_type or media_type_of(name) or "", url.base64)
    return _inline(media, "file_data", media_type_of(name) or _PDF, data)


def _inline(media: Fields, name: str, media_type: str, data: str) -> Json:
    if not media_type:
        raise media.fault(name, f"{media.at(name)} does not say its media type.")
    return {"inlineData": {"mimeType": media_type, "data": data}}


def _by_reference(media: Fields, name: str, url: str) -> Json:
    try:
        known = urlsplit(url).scheme.lower() in _SCHEMES
    except ValueError:
        known = False
    if not known:
        raise media.fault(name, f"{media.at(name)} is neither a data URL nor a URL that this provider could fetch.")
    media_type = media_type_of(url)
    return {"fileData": {"fileUri": url} if media_type is None else {"mimeType": media_type, "fileUri": url}}


_MEDIA = {"image_url": _by_url, "video_url": _by_url, "input_audio": _audio, "file": _file}
