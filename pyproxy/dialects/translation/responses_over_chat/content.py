"""The parts of which messages and the results of tools consist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.dialects.translation.reading import read_list, read_object, read_text
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Json

__all__ = ["TEXTS", "chat_content", "chat_parts", "is_text", "text_of", "text_part"]

TEXTS = frozenset(("input_text", "output_text", "text", "summary_text", "reasoning_text"))


def chat_parts(content: Any, where: str, losses: Losses) -> list[Json]:
    """Return content, a string or a list of parts, as the parts of a chat message.

    Raises:
        UntranslatableError: a part has no place in chat, such as an image that only its provider holds.
    """
    if content is None:
        return []
    if isinstance(content, str):
        return [text_part(content)]
    return [_chat_part(part, f"{where}[{index}]", losses) for index, part in enumerate(read_list(content, where))]


def chat_content(parts: list[Json]) -> str | list[Json]:
    """Return parts as a message's content: a string where there is but one text, which is all that some providers take."""
    if not parts:
        return ""
    return str(parts[0]["text"]) if len(parts) == 1 and is_text(parts[0]) else parts


def is_text(part: Json) -> bool:
    """Whether a part of a chat message is text."""
    return bool(part["type"] == "text")


def text_of(parts: Any, where: str) -> str:
    """Return the text of parts that are nothing but text, such as those of reasoning."""
    if parts is None:
        return ""
    return "".join(read_text(read_object(part, where).get("text"), f"{where}.text") for part in read_list(parts, where))


def _chat_part(given: Any, where: str, losses: Losses) -> Json:
    part = losses.watch(read_object(given, where), where)
    kind = part.get("type")
    if isinstance(kind, str) and kind in TEXTS:
        return text_part(read_text(part.get("text"), f"{where}.text"))
    if kind == "refusal":
        return {"type": "refusal", "refusal": read_text(part.get("refusal"), f"{where}.refusal")}
    if kind == "input_image":
        return _image(part, where)
    if kind == "input_file":
        return _file(part, where)
    if kind == "input_audio":
        return {"type": "input_audio", "input_audio": read_object(part.get("input_audio"), f"{where}.input_audio")}
    raise UntranslatableError(f"{where} is of a type that the model of this target is not given: it takes text, images and files.", where)


def text_part(text: str) -> Json:
    """Return a text as a part."""
    return {"type": "text", "text": text}


def _image(part: Json, where: str) -> Json:
    url = part.get("image_url")
    if url is None:
        raise UntranslatableError(f"{where} names an image that another provider holds: send it as a URL or as a data URL.", where)
    image: Json = {"url": read_text(url, f"{where}.image_url")}
    if part.get("detail") is not None:
        image["detail"] = part["detail"]
    return {"type": "image_url", "image_url": image}


def _file(part: Json, where: str) -> Json:
    file = {name: read_text(part[name], f"{where}.{name}") for name in ("file_data", "file_id", "filename") if part.get(name) is not None}
    if "file_data" not in file and "file_id" not in file:
        raise UntranslatableError(f"{where} names a file by its URL, which is not fetched here: send it as file_data.", where)
    return {"type": "file", "file": file}
