"""anthropic-python."""

import asyncio

import anthropic
from checks import KEY, QUESTION, URL, check, expect, main

client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)
HELLO = [{"role": "user", "content": QUESTION}]
ASKED = {"model": "plain", "max_tokens": 2000, "messages": HELLO}
WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
THINKING = {"type": "enabled", "budget_tokens": 1024}


@check
def plain() -> None:
    message = client.messages.create(**ASKED)
    expect((message.content[0].text, message.stop_reason), (f"This is plain, answering: {QUESTION}", "end_turn"))


@check
def stream() -> None:
    with client.messages.stream(**ASKED) as events:
        expect("".join(events.text_stream), f"This is plain, answering: {QUESTION}")
        expect(events.get_final_message().usage.output_tokens, 7)


@check
def tools_and_thoughts() -> None:
    asked = {**ASKED, "model": "two-calls", "tools": [WEATHER], "thinking": THINKING}
    with client.messages.stream(**asked) as events:
        message = events.get_final_message()
    expect([block.type for block in message.content], ["thinking", "tool_use", "tool_use"])
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "rain"} for block in message.content if block.type == "tool_use"]
    turns = [*HELLO, {"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    expect(client.messages.create(**{**asked, "messages": turns}).stop_reason, "end_turn")


@check
def structured() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": False}
    message = client.messages.create(**ASKED, output_config={"format": {"type": "json_schema", "schema": schema}})
    expect(message.content[0].text, '{"name": "text"}')


@check
def counted_and_listed() -> None:
    expect(client.messages.count_tokens(model="plain", messages=HELLO).input_tokens, 3)
    expect("plain" in [model.id for model in client.models.list(limit=1000)], True)


@check
def errors() -> None:
    kinds = (("limited", anthropic.RateLimitError), ("broken", anthropic.InternalServerError), ("refusing", anthropic.BadRequestError))
    for model, kind in kinds:
        try:
            client.messages.create(**{**ASKED, "model": model})
        except kind:
            continue
        raise AssertionError(f"{model} raised nothing")


@check
async def cancelled() -> None:
    async with anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as client:
        try:
            async with asyncio.timeout(0.3), client.messages.stream(**{**ASKED, "model": "stalling"}) as events:
                async for _ in events:
                    pass
        except TimeoutError:
            return
        raise AssertionError("the stream ended")


@check
async def asynchronous() -> None:
    async with anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as client:
        answers = await asyncio.gather(*(client.messages.create(**ASKED) for _ in range(4)))
        expect({answer.stop_reason for answer in answers}, {"end_turn"})


main()
