"""litellm as a client, over three APIs."""

import asyncio
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from checks import KEY, QUESTION, URL, V1, check, expect, main

HELLO = [{"role": "user", "content": QUESTION}]
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
]
WAYS = (("openai/plain", V1), ("anthropic/plain", URL))


@check
def plain() -> None:
    for model, base in WAYS:
        answer = litellm.completion(model=model, api_base=base, api_key=KEY, messages=HELLO)
        expect(answer.choices[0].message.content, f"This is plain, answering: {QUESTION}")


@check
def stream() -> None:
    for model, base in WAYS:
        chunks = litellm.completion(model=model, api_base=base, api_key=KEY, messages=HELLO, stream=True)
        expect("".join(chunk.choices[0].delta.content or "" for chunk in chunks), f"This is plain, answering: {QUESTION}")


@check
def tools() -> None:
    for model, base in WAYS:
        answer = litellm.completion(model=model, api_base=base, api_key=KEY, messages=HELLO, tools=TOOLS)
        expect(answer.choices[0].message.tool_calls[0].function.name, "weather")


@check
def errors() -> None:
    try:
        litellm.completion(model="openai/limited", api_base=V1, api_key=KEY, messages=HELLO, num_retries=0, max_retries=0)
    except litellm.RateLimitError:
        return
    raise AssertionError("nothing was raised")


@check
async def asynchronous() -> None:
    asked = [litellm.acompletion(model="openai/plain", api_base=V1, api_key=KEY, messages=HELLO) for _ in range(4)]
    expect({answer.choices[0].finish_reason for answer in await asyncio.gather(*asked)}, {"stop"})


main()
