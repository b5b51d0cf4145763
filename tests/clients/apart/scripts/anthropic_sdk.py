"""anthropic-python."""

import asyncio

import anthropic
from checks import BREAKING, KEY, QUESTION, SAID, STALLING, URL, cancel, check, drain, expect, expect_error, leave, main

client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)
HELLO = [{"role": "user", "content": QUESTION}]
ASKED = {"model": "plain", "max_tokens": 2000, "messages": HELLO}
WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
THINKING = {"type": "enabled", "budget_tokens": 1024}


@check
def plain() -> None:
    message = client.messages.create(**ASKED)
    expect((message.content[0].text, message.stop_reason), (SAID, "end_turn"))


@check
def stream() -> None:
    with client.messages.stream(**ASKED) as events:
        expect("".join(events.text_stream), SAID)
        expect(events.get_final_message().usage.output_tokens, 7)


def called(asked: dict) -> list[str]:
    """Ask for tool calls, give their results, and tell of what kinds the blocks of the answer were."""
    with client.messages.stream(**asked) as events:
        message = events.get_final_message()
    expect(message.stop_reason, "tool_use")
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "rain"} for block in message.content if block.type == "tool_use"]
    turns = [*HELLO, {"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    expect(client.messages.create(**{**asked, "messages": turns}).stop_reason, "end_turn")
    return [block.type for block in message.content]


@check
def tools() -> None:
    expect(called({**ASKED, "model": "two-calls", "tools": [WEATHER]}), ["tool_use", "tool_use"])


@check
def tools_beside_thoughts() -> None:
    kinds = called({**ASKED, "model": "two-calls", "tools": [WEATHER], "thinking": THINKING})
    expect([kind for kind in kinds if "thinking" not in kind], ["tool_use", "tool_use"])


@check
def thoughts() -> None:
    kinds = called({**ASKED, "model": "two-calls", "tools": [WEATHER], "thinking": THINKING})
    expect([kind for kind in kinds if kind == "thinking"], ["thinking"])


@check
def structured() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": False}
    message = client.messages.create(**ASKED, output_config={"format": {"type": "json_schema", "schema": schema}})
    expect(message.content[0].text, '{"name": "text"}')


@check
def counted() -> None:
    expect(client.messages.count_tokens(model="plain", messages=HELLO).input_tokens, 3)


@check
def listed() -> None:
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
def breaks_off() -> None:
    with client.messages.stream(**{**ASKED, "model": BREAKING}) as events:
        expect_error(anthropic.APIError, lambda: list(events))


@check
async def cancelled() -> None:
    async with anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as client:
        await cancel(client.messages.create(**{**ASKED, "model": STALLING}))
        await cancel(drain(client.messages.create(**{**ASKED, "model": STALLING}, stream=True)))


@check
def left() -> None:
    events = client.messages.create(**{**ASKED, "model": STALLING}, stream=True)
    leave(events, events.close)


@check
async def asynchronous() -> None:
    async with anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as client:
        answers = await asyncio.gather(*(client.messages.create(**ASKED) for _ in range(4)))
        expect({answer.stop_reason for answer in answers}, {"end_turn"})


@check
async def asynchronous_stream() -> None:
    async with anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as client, client.messages.stream(**ASKED) as events:
        expect("".join([text async for text in events.text_stream]), SAID)


main()
