"""openai-python, of either major version."""

import asyncio

import openai
from checks import BREAKING, KEY, QUESTION, SAID, STALLING, V1, cancel, check, drain, expect, expect_error, leave, main
from pydantic import BaseModel

client = openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0)
HELLO = [{"role": "user", "content": QUESTION}]
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}


class City(BaseModel):
    name: str
    people: int


@check
def plain() -> None:
    answer = client.chat.completions.create(model="plain", messages=HELLO)
    expect(answer.choices[0].message.content, SAID)


@check
def stream() -> None:
    chunks = list(client.chat.completions.create(model="plain", messages=HELLO, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    expect(text, SAID)
    expect(chunks[-1].usage.completion_tokens, 7)


@check
def tools() -> None:
    with client.chat.completions.stream(model="two-calls", messages=HELLO, tools=[WEATHER]) as events:
        for _ in events:
            pass
        message = events.get_final_completion().choices[0].message
    expect([call.function.name for call in message.tool_calls], ["weather", "weather"])
    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in message.tool_calls]
    calls = [
        {"id": each.id, "type": "function", "function": {"name": each.function.name, "arguments": each.function.arguments}}
        for each in message.tool_calls
    ]
    again = [*HELLO, {"role": "assistant", "tool_calls": calls}, *results]
    answer = client.chat.completions.create(model="two-calls", messages=again, tools=[WEATHER])
    expect(answer.choices[0].finish_reason, "stop")


@check
def structured() -> None:
    answer = client.chat.completions.parse(model="plain", messages=HELLO, response_format=City)
    expect(answer.choices[0].message.parsed, City(name="text", people=1))


@check
def responses() -> None:
    expect(client.responses.create(model="plain", input=QUESTION).output_text, SAID)
    kinds = [event.type for event in client.responses.create(model="plain", input=QUESTION, stream=True)]
    expect((kinds[0], kinds[-1]), ("response.created", "response.completed"))
    first = client.responses.create(model="plain", input=QUESTION)
    expect(client.responses.create(model="plain", input="more", previous_response_id=first.id).status, "completed")
    expect(client.responses.parse(model="plain", input=QUESTION, text_format=City).output_parsed, City(name="text", people=1))


@check
def embeddings() -> None:
    expect(len(client.embeddings.create(model="plain", input=["a", "b"]).data), 2)


@check
def errors() -> None:
    for model, kind in (("limited", openai.RateLimitError), ("broken", openai.InternalServerError), ("refusing", openai.BadRequestError)):
        try:
            client.chat.completions.create(model=model, messages=HELLO)
        except kind:
            continue
        raise AssertionError(f"{model} raised nothing")


@check
def breaks_off() -> None:
    expect_error(openai.APIError, lambda: list(client.chat.completions.create(model=BREAKING, messages=HELLO, stream=True)))
    try:
        kinds = [event.type for event in client.responses.create(model=BREAKING, input=QUESTION, stream=True)]
    except openai.APIError:
        return
    expect(kinds[-1], "error")  # OpenAI's own event, which the SDK hands on as it is


@check
async def cancelled() -> None:
    async with openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0) as client:
        await cancel(client.chat.completions.create(model=STALLING, messages=HELLO))
        await cancel(drain(client.chat.completions.create(model=STALLING, messages=HELLO, stream=True)))
        await cancel(client.responses.create(model=STALLING, input=QUESTION))
        await cancel(drain(client.responses.create(model=STALLING, input=QUESTION, stream=True)))


@check
def left() -> None:
    chunks = client.chat.completions.create(model=STALLING, messages=HELLO, stream=True)
    leave(chunks, chunks.close)
    events = client.responses.create(model=STALLING, input=QUESTION, stream=True)
    leave(events, events.close)


@check
async def asynchronous() -> None:
    async with openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0) as client:
        answers = await asyncio.gather(*(client.chat.completions.create(model="plain", messages=HELLO) for _ in range(4)))
        expect({answer.choices[0].finish_reason for answer in answers}, {"stop"})


@check
async def asynchronous_stream() -> None:
    async with openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0) as client:
        chunks = await client.chat.completions.create(model="plain", messages=HELLO, stream=True)
        expect("".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices]), SAID)
        async with client.responses.stream(model="plain", input=QUESTION) as events:
            expect((await events.get_final_response()).output_text, SAID)


main()
