"""Gemini's API of the mock, as a client asks it."""

import json
from typing import Any

import httpx2

HELLO: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": "say hello to everyone here"}]}]
WEATHER: dict[str, Any] = {
    "name": "weather",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}
CLOCK: dict[str, Any] = {"name": "clock", "parametersJsonSchema": {"type": "object", "properties": {"zone": {"type": ["string", "null"]}}}}
TOOLS = [{"functionDeclarations": [WEATHER, CLOCK]}]


async def said(http: httpx2.AsyncClient, model: str = "m", version: str = "v1beta", **more: Any) -> dict[str, Any]:
    answer = await http.post(f"/{version}/models/{model}:generateContent", json={"contents": HELLO, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(http: httpx2.AsyncClient, model: str = "m", **more: Any) -> str:
    answer = await http.post(f"/v1beta/models/{model}:generateContent", json={"contents": HELLO, **more})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    return str(error["message"])


def parts(response: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = response["candidates"][0]["content"].get("parts", [])
    return found


async def chunks(http: httpx2.AsyncClient, *, events: bool, **more: Any) -> list[dict[str, Any]]:
    query = "?alt=sse" if events else ""
    answer = await http.post(f"/v1beta/models/m:streamGenerateContent{query}", json={"contents": HELLO, **more})
    if not events:
        assert answer.headers["content-type"].startswith("application/json")
        found: list[dict[str, Any]] = answer.json()
        return found
    assert answer.headers["content-type"] == "text/event-stream"
    frames = answer.text.split("\r\n\r\n")
    assert frames.pop() == ""
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]
