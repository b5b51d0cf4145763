"""Events of the responses API held to openai-python's types, and read by its own accumulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import httpx2
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent

from pyproxy.dialects.translation.events import encode

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pyproxy.dialects.translation.events import Event

__all__ = ["accumulated", "checked", "ended"]


def _models() -> dict[str, type[BaseModel]]:
    union, *_ = get_args(ResponseStreamEvent)
    models: dict[str, type[BaseModel]] = {}
    for model in get_args(union):
        (kind,) = get_args(model.model_fields["type"].annotation)
        models[kind] = model
    return models


_MODELS = _models()


def checked(events: list[Event]) -> list[Event]:
    """The events, each of the type that it says, numbered from 0, and each item told from its beginning to its end."""
    opened: dict[int, str] = {}
    for number, event in enumerate(events):
        assert event.name == event.data["type"]
        assert event.data["sequence_number"] == number
        _MODELS[event.data["type"]].model_validate(event.data)
        place = event.data.get("output_index")
        if event.name == "response.output_item.added":
            assert place == len(opened)
            opened[place] = "open"
        elif event.name == "response.output_item.done":
            assert opened[place] == "open"
            opened[place] = "done"
        elif place is not None:
            assert opened[place] == "open"
    assert [event.name for event in events[:2]] == ["response.created", "response.in_progress"]
    assert all(state == "done" for state in opened.values())
    return events


def ended(events: list[Event]) -> dict[str, Any]:
    """The response that the last event tells, held to its type."""
    response: dict[str, Any] = events[-1].data["response"]
    Response.model_validate(response)
    return response


def accumulated(events: list[Event]) -> Response:
    """What openai-python makes of the bytes of a whole stream."""
    body = encode(events)

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        client = OpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=http)
        with client.responses.stream(model="m", input="hello") as stream:
            return stream.get_final_response()
