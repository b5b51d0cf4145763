"""litellm as a client, over the APIs of OpenAI, Anthropic and Gemini."""

import asyncio
import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from checks import BREAKING, KEY, QUESTION, SAID, STALLING, URL, V1, cancel, check, drain, expect, expect_error, main
from litellm.exceptions import MidStreamFallbackError
from pydantic import BaseModel

# It writes schemas into the prompt for those of Gemini's models that it does not know to take them.
litellm.register_model({"gemini/plain": {"litellm_provider": "gemini", "mode": "chat", "supports_response_schema": True}})

HELLO = [{"role": "user", "content": QUESTION}]
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
]
WAYS = (("openai", V1), ("anthropic", URL), ("gemini", f"{URL}/v1beta"))


class City(BaseModel):
    name: str
    people: int


def asked(model: str, **more: object) -> list[dict]:
    """What is asked of a model over each of the APIs."""
    common = {"api_key": KEY, "messages": HELLO, "num_retries": 0, "max_retries": 0, **more}
    return [{"model": f"{api}/{model}", "api_base": base, **common} for api, base in WAYS]


@check
def plain() -> None:
    for each in asked("plain"):
        expect(litellm.completion(**each).choices[0].message.content, SAID)


@check
def stream() -> None:
    for each in asked("plain", stream=True):
        expect("".join(chunk.choices[0].delta.content or "" for chunk in litellm.completion(**each)), SAID)


@check
def tools() -> None:
    for each in asked("two-calls", tools=TOOLS):
        said = litellm.completion(**each).choices[0].message
        expect([call.function.name for call in said.tool_calls], ["weather", "weather"])
        results = [{"role": "tool", "tool_call_id": call.id, "name": "weather", "content": "rain"} for call in said.tool_calls]
        again = litellm.completion(**{**each, "messages": [*HELLO, said, *results]})
        expect(again.choices[0].finish_reason, "stop")


@check
def structured() -> None:
    for each in asked("plain", response_format=City):
        expect(json.loads(litellm.completion(**each).choices[0].message.content), {"name": "text", "people": 1})


@check
def errors() -> None:
    kinds = {
        "limited": litellm.RateLimitError,
        "broken": (litellm.ServiceUnavailableError, litellm.InternalServerError),  # each API has its own
        "refusing": litellm.BadRequestError,
    }
    for model, kind in kinds.items():
        for each in asked(model):
            try:
                litellm.completion(**each)
            except kind:
                continue
            raise AssertionError(f"{each['model']} raised nothing")


@check
def breaks_off() -> None:
    for each in asked(BREAKING, stream=True):
        expect_error((litellm.APIError, MidStreamFallbackError), lambda each=each: list(litellm.completion(**each)))


@check
async def asynchronous() -> None:
    for each in asked("plain"):
        answers = await asyncio.gather(*(litellm.acompletion(**each) for _ in range(4)))
        expect({answer.choices[0].message.content for answer in answers}, {SAID})


@check
async def asynchronous_stream() -> None:
    for each in asked("plain", stream=True):
        expect("".join([chunk.choices[0].delta.content or "" async for chunk in await litellm.acompletion(**each)]), SAID)


@check
async def cancelled() -> None:
    for each in asked(STALLING):
        await cancel(litellm.acompletion(**each))
    for each in asked(STALLING, stream=True):
        await cancel(drain(litellm.acompletion(**each)))


main()
