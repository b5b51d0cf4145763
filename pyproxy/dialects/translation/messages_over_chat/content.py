"""Blocks of the messages API as parts of a chat message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.data_urls import Data, data_url
from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["as_content", "read_blocks", "read_parts", "text_part"]

_PDF = "application/pdf"


def read_blocks(content: Any, where: str) -> list[tuple[Json, str]]:
    """Return the blocks of a content, which may be a string, each with where it stands.

    Raises:
        UntranslatableError: it is no content.
    """
    if isinstance(content, str):
        return [({"type": "text", "text": content}, where)] if content else []
    blocks = read_list([] if content is None else content, where)
    return [(read_object(block, f"{where}[{index}]"), f"{where}[{index}]") for index, block in enumerate(blocks)]


def read_parts(block: Json, where: str, call: Call, losses: Losses) -> list[Json]:
    """Return the parts that a block of the user's becomes: one, but for a document that is itself made of blocks.

    Raises:
        UntranslatableError: chat has no such part.
    """
    kind = block.get("type")
    read = _KINDS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise UntranslatableError(f"{where} is of a type that this model does not take there.", f"{where}.type")
    return read(losses.watch(block, where, ("type",)), where, call, losses)


def as_content(parts: list[Json]) -> str | list[Json]:
    """Return parts as the simplest content that says the same: some providers take nothing but strings."""
    if not parts:
        return ""
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts


def text_part(text: str) -> Json:
    """Return a text as a part."""
    return {"type": "text", "text": text}


def _text(block: Json, where: str, _call: Call, _losses: Losses) -> list[Json]:
    text = read_text(block.get("text"), f"{where}.text")
    return [text_part(text)] if text else []


def _image(block: Json, where: str, call: Call, losses: Losses) -> list[Json]:
    if not call.capabilities.vision:
        raise UntranslatableError(f"The model {call.model} takes no images.", where)
    where = f"{where}.source"
    source = losses.watch(read_object(block.get("source"), where), where)
    if source.get("type") == "url":
        return [{"type": "image_url", "image_url": {"url": read_text(source.get("url"), f"{where}.url")}}]
    return [{"type": "image_url", "image_url": {"url": data_url(_base64(source, where))}}]


def _document(block: Json, where: str, call: Call, losses: Losses) -> list[Json]:
    where = f"{where}.source"
    source = losses.watch(read_object(block.get("source"), where), where, ("media_type",))
    kind = source.get("type")
    title = block.get("title")
    if kind == "text":
        return [_titled(title, read_text(source.get("data"), f"{where}.data"))]
    if kind == "content":
        inner = read_blocks(source.get("content"), f"{where}.content")
        return [part for item, place in inner for part in read_parts(item, place, call, losses)]
    if kind == "url":
        raise UntranslatableError("This provider does not fetch documents: send the document itself, in base64.", where)
    data = _base64(source, where)
    if data.media_type != _PDF:
        raise UntranslatableError(f"{where} is no PDF, which is the only document in base64 that this model takes.", f"{where}.media_type")
    name = title if isinstance(title, str) and title.strip() else "document.pdf"
    return [{"type": "file", "file": {"filename": name, "file_data": data_url(data)}}]


def _search_result(block: Json, where: str, _call: Call, losses: Losses) -> list[Json]:
    found = [(losses.watch(item, place, ("type",)), place) for item, place in read_blocks(block.get("content"), f"{where}.content")]
    texts = [read_text(item.get("text"), f"{place}.text") for item, place in found]
    return [_titled(f"{block.get('title', '')} ({block.get('source', '')})", "\n".join(texts))]


def _base64(source: Json, where: str) -> Data:
    if source.get("type") != "base64":
        raise UntranslatableError("A file uploaded elsewhere cannot be read by this provider: send it in base64.", f"{where}.type")
    return Data(read_text(source.get("media_type"), f"{where}.media_type"), read_text(source.get("data"), f"{where}.data"))


def _titled(title: Any, text: str) -> Json:
    return text_part(f"{title}\n\n{text}" if isinstance(title, str) and title.strip() else text)


_KINDS: dict[str, Callable[[Json, str, Call, Losses], list[Json]]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
}
