"""The content of a chat message as blocks of the messages API."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.data_urls import Data, read_data_url
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["TEXTS", "keep_cache_control", "read_blocks", "text_block"]

# Of system messages and of the assistant's.
TEXTS = frozenset({"text", "refusal"})

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_PDF = "application/pdf"


def read_blocks(content: Any, where: str, call: Call, losses: Losses, only: frozenset[str] | None = None) -> list[Json]:
    """Return blocks for a content that is a string, a list of parts or nothing; texts without a word are left out, as they are refused.

    Args:
        content: what the message holds.
        where: which member that is, for errors.
        call: what is known of the call.
        losses: told what is left out.
        only: the types of parts that the message may hold; None for all.
    """
    if content is None:
        return []
    if isinstance(content, str):
        return text_block(content)
    blocks: list[Json] = []
    for index, part in enumerate(read_list(content, where)):
        blocks += (
            text_block(part)
            if isinstance(part, str)
            else _part(read_object(part, f"{where}[{index}]"), f"{where}[{index}]", call, losses, only)
        )
    return blocks


def text_block(text: str) -> list[Json]:
    """Return a text as a block, or none if there is no word in it."""
    return [{"type": "text", "text": text}] if text.strip() else []


def keep_cache_control(source: Json, blocks: list[Json]) -> None:
    """Keep a mark for the cache, which clients put on chat messages, parts and tools as if these were the provider's."""
    if blocks and isinstance(mark := source.get("cache_control"), dict):
        blocks[-1]["cache_control"] = mark


def _part(part: Json, where: str, call: Call, losses: Losses, only: frozenset[str] | None) -> list[Json]:
    kind = part.get("type")
    read = _PARTS.get(kind) if isinstance(kind, str) else None
    if kind == "input_audio":
        raise UntranslatableError("This model takes no audio: send text, images or PDF files.", f"{where}.type")
    if read is None or (only is not None and kind not in only):
        raise UntranslatableError(f"{where} is of a type that this model does not take there.", f"{where}.type")
    part = losses.watch(part, where, ("type",))
    blocks = read(part, where, call, losses)
    keep_cache_control(part, blocks)
    return blocks


def _text(part: Json, where: str, _call: Call, _losses: Losses) -> list[Json]:
    return text_block(read_text(part.get("text"), f"{where}.text"))


def _refusal(part: Json, where: str, _call: Call, _losses: Losses) -> list[Json]:
    return text_block(read_text(part.get("refusal"), f"{where}.refusal"))


def _image(part: Json, where: str, call: Call, losses: Losses) -> list[Json]:
    if not call.capabilities.vision:
        raise UntranslatableError(f"The model {call.model} takes no images.", where)
    image = part.get("image_url")
    if isinstance(image, str):
        image = {"url": image}
    image = read_object(image, f"{where}.image_url")
    image = losses.watch(image, f"{where}.image_url", ("detail",) if image.get("detail") == "auto" else ())
    return [{"type": "image", "source": _image_source(read_text(image.get("url"), f"{where}.image_url.url"), f"{where}.image_url.url")}]


def _image_source(url: str, where: str) -> Json:
    if url[:8].lower().startswith(("http://", "https://")):
        return {"type": "url", "url": url}  # it is the provider that fetches it
    data = read_data_url(url)
    if data is None:
        raise UntranslatableError(f"{where} is neither an http URL nor a data URL.", where)
    media_type = "image/jpeg" if data.media_type == "image/jpg" else data.media_type
    if media_type not in _IMAGES:
        raise UntranslatableError(f"{where} is not a JPEG, PNG, GIF or WebP image, which is what this model takes.", where)
    return _base64_source(Data(media_type, data.base64))


def _file(part: Json, where: str, _call: Call, losses: Losses) -> list[Json]:
    file = losses.watch(read_object(part.get("file"), f"{where}.file"), f"{where}.file")
    if file.get("file_data") is None:
        raise UntranslatableError(
            "A file uploaded elsewhere cannot be read by this provider: send it as file_data.", f"{where}.file.file_id"
        )
    where = f"{where}.file.file_data"
    written = read_text(file["file_data"], where)
    # Without a head it is base64 of a PDF, the one kind of file that the chat API has always taken.
    data = read_data_url(written) or Data(_PDF, written)
    block: Json = {"type": "document", "source": _document_source(data, where)}
    if isinstance(name := file.get("filename"), str) and name.strip():
        block["title"] = name
    return [block]


def _document_source(data: Data, where: str) -> Json:
    if data.media_type == _PDF:
        return _base64_source(data)
    if not data.media_type.startswith("text/"):
        raise UntranslatableError(f"{where} is neither a PDF nor a text, which are the files that this model takes.", where)
    try:
        text = base64.b64decode(data.base64, validate=False).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise UntranslatableError(f"{where} is no text in UTF-8, written in base64.", where) from None
    return {"type": "text", "media_type": "text/plain", "data": text}


def _base64_source(data: Data) -> Json:
    return {"type": "base64", "media_type": data.media_type, "data": data.base64}


_PARTS: dict[str, Callable[[Json, str, Call, Losses], list[Json]]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image,
    "file": _file,
}
