"""Reading JSON that a client sent: what is not of the expected kind reads as empty, for the checks have their own words for it."""

import json
from typing import Any


def parse(body: bytes) -> Any:
    """Give the parsed body, or None if it is not JSON."""
    try:
        return json.loads(body)
    except ValueError:  # UnicodeDecodeError is one too
        return None


def model_of(body: bytes) -> str | None:
    """Give the model that a body names, or None if it is not JSON or names none."""
    document = parse(body)
    model = document.get("model") if isinstance(document, dict) else None
    return model if isinstance(model, str) else None


def mapping(value: Any) -> dict[str, Any]:
    """Give a JSON object as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Give a JSON array as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def words(text: str) -> int:
    """Count tokens the way the mock does: by the spaces."""
    return text.count(" ") + 1 if text else 0


def text_of(content: Any) -> str:
    """Give the text of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in sequence(content) if isinstance(part, dict) and isinstance(part.get("text"), str))


def whole(value: Any) -> int | None:
    """Give an integer as it is, and None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
