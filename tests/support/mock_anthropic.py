"""Anthropic's API of the mock, as a client asks it."""

from typing import Any

import httpx2

LATEST = {"anthropic-version": "2026-10-21"}
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "say hello to everyone here"}]
WEATHER: dict[str, Any] = {
    "name": "weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK: dict[str, Any] = {"name": "clock", "input_schema": {"type": "object"}}
THINKING = {"type": "enabled", "budget_tokens": 1024}


def body(**more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 2000, "messages": HELLO, **more}


async def said(http: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await http.post("/v1/messages", json=body(**more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(http: httpx2.AsyncClient, **more: Any) -> str:
    answer = await http.post("/v1/messages", json=body(**more))
    assert answer.status_code == 400, answer.text
    document = answer.json()
    assert document["type"] == "error"
    assert document["error"]["type"] == "invalid_request_error"
    assert document["request_id"] == answer.headers["request-id"]
    return str(document["error"]["message"])
