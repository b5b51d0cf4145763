"""The format of an answer, from chat to messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_messages.schemas import held
from pyproxy.dialects.translation.reading import read_object
from pyproxy.dialects.translation.schemas import instruction
from pyproxy.dialects.translation.translator import UntranslatableError

if TYPE_CHECKING:
    from pyproxy.dialects.translation.losses import Losses
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["add_format"]


def add_format(given: Json, request: Json, system: list[Json], call: Call, losses: Losses) -> None:
    """Hold the answer to a format where the provider can; else ask for it in words, and tell that nobody holds it.

    Raises:
        UntranslatableError: it is no format.
    """
    asked = read_object(given.get("response_format", {"type": "text"}), "response_format")
    kind = asked.get("type")
    if kind == "text":
        return
    if kind not in ("json_schema", "json_object"):
        raise UntranslatableError("response_format.type is none of text, json_object and json_schema.", "response_format.type")
    schema: Json | None = None
    if kind == "json_schema":
        described = read_object(asked.get("json_schema"), "response_format.json_schema")
        if described.get("schema") is not None:
            schema = read_object(described["schema"], "response_format.json_schema.schema")
    taken = held(schema) if schema is not None and call.capabilities.json_schema else None
    if taken is None:
        losses.add("response_format")
        system.append({"type": "text", "text": instruction(schema)})
        return
    if not taken.exact:
        losses.add("response_format.json_schema.schema")
    request.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": taken.schema}
