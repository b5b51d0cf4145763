"""Callers as there are many: each asks once and tells what it would take the answer for."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import openai

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openai.types.chat import ChatCompletionMessageParam

__all__ = ["CALLERS", "STREAMING", "Caller", "Seen"]

QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say it in sixty words."}]


@dataclass
class Seen:
    """What a caller was given.

    Attributes:
        text: the words, as far as they came.
        error: what went wrong, in words; None if the caller takes the text for the whole answer.
        status: the HTTP status, if an error had one.
        code: the error's code, if it had one.
        model: who is said to have answered.
        usage: whether the tokens were told.
        seconds: how long it took.
    """

    text: str = ""
    error: str | None = None
    status: int | None = None
    code: str | None = None
    model: str | None = None
    usage: bool = False
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """The text with its words a space apart."""
        return " ".join(self.text.split())

    def take(self, chunk: dict[str, Any]) -> None:
        """Take in an answer or a piece of one."""
        self.model = chunk.get("model") or self.model
        self.usage = self.usage or bool(chunk.get("usage"))
        for choice in chunk.get("choices") or ():
            self.text += (choice.get("delta") or choice.get("message") or {}).get("content") or ""


@dataclass(frozen=True)
class Caller:
    """A client that makes its requests in one way."""

    name: str
    streams: bool
    _ask: Callable[[str, str, Seen], Awaitable[None]]

    async def ask(self, address: str, model: str) -> Seen:
        """Ask once; the client's own retries are part of it."""
        seen, began = Seen(), time.monotonic()
        await self._ask(address, model, seen)
        seen.seconds = time.monotonic() - began
        return seen


async def _by_httpx2(address: str, model: str, seen: Seen) -> None:
    """A client that reads what the wire says and retries nothing: a clean end of the body is the end of the answer."""
    body = {"model": model, "messages": QUESTION, "stream": True, "stream_options": {"include_usage": True}}
    try:
        async with (
            httpx2.AsyncClient(base_url=address, trust_env=False, timeout=120) as http,
            http.stream("POST", "/v1/chat/completions", json=body) as response,
        ):
            if response.status_code != 200:
                told = json.loads(await response.aread())["error"]
                seen.error, seen.status, seen.code = told["message"], response.status_code, told["code"]
                return
            async for line in response.aiter_lines():
                data = line.removeprefix("data: ")
                if data in {line, "[DONE]"}:
                    continue
                chunk = json.loads(data)
                if "error" in chunk:
                    seen.error, seen.code = chunk["error"]["message"], chunk["error"]["code"]
                    return
                seen.take(chunk)
    except (httpx2.TransportError, json.JSONDecodeError) as error:
        seen.error = f"{type(error).__name__}: {error}"


async def _by_sdk(address: str, model: str, seen: Seen, *, streams: bool) -> None:
    """The official SDK with its own retries."""
    async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="of-the-caller", timeout=120) as client:
        try:
            if not streams:
                seen.take((await client.chat.completions.create(model=model, messages=QUESTION)).model_dump())
                return
            async with await client.chat.completions.create(
                model=model, messages=QUESTION, stream=True, stream_options={"include_usage": True}
            ) as stream:
                async for chunk in stream:
                    seen.take(chunk.model_dump())
        except openai.APIError as error:
            seen.error, seen.code = f"{type(error).__name__}: {error}", error.code
            seen.status = error.status_code if isinstance(error, openai.APIStatusError) else None
        except httpx2.TransportError as error:  # the SDK lets a connection that breaks in mid-stream through as it is
            seen.error = f"{type(error).__name__}: {error}"


async def _by_sdk_streaming(address: str, model: str, seen: Seen) -> None:
    await _by_sdk(address, model, seen, streams=True)


async def _by_sdk_plainly(address: str, model: str, seen: Seen) -> None:
    await _by_sdk(address, model, seen, streams=False)


CALLERS = {
    "httpx2": Caller("httpx2", streams=True, _ask=_by_httpx2),
    "the SDK": Caller("the SDK", streams=True, _ask=_by_sdk_streaming),
    "the SDK without a stream": Caller("the SDK without a stream", streams=False, _ask=_by_sdk_plainly),
}
STREAMING = [name for name, caller in CALLERS.items() if caller.streams]
