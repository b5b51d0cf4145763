"""openai-agents, over responses and over chat completions."""

import openai
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from agents.exceptions import ModelBehaviorError
from checks import BREAKING, KEY, QUESTION, SAID, STALLING, V1, cancel, check, expect, main
from pydantic import BaseModel

set_tracing_disabled(disabled=True)


class City(BaseModel):
    name: str
    people: int


@function_tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"rain in {city}"


def agents(name: str, **more: object) -> list[Agent]:
    client = openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0)
    kinds = (OpenAIResponsesModel, OpenAIChatCompletionsModel)
    return [Agent(name="a", model=kind(model=name, openai_client=client), **more) for kind in kinds]


async def streamed(agent: Agent) -> object:
    run = Runner.run_streamed(agent, QUESTION)
    async for _ in run.stream_events():
        pass
    return run.final_output


@check
def plain() -> None:
    for agent in agents("plain"):
        expect(Runner.run_sync(agent, QUESTION).final_output, SAID)


@check
async def asynchronous() -> None:
    for agent in agents("plain"):
        expect((await Runner.run(agent, QUESTION)).final_output, SAID)


@check
async def asynchronous_stream() -> None:
    for agent in agents("plain"):
        expect(await streamed(agent), SAID)


@check
async def tools() -> None:
    for agent in agents("two-calls", instructions="be brief", tools=[weather]):
        expect((await Runner.run(agent, QUESTION)).final_output, f"This is two-calls, answering: {QUESTION}")
        expect(await streamed(agent), f"This is two-calls, answering: {QUESTION}")


@check
async def structured() -> None:
    for agent in agents("plain", output_type=City):
        expect((await Runner.run(agent, QUESTION)).final_output, City(name="text", people=1))


@check
async def errors() -> None:
    for model, kind in (("limited", openai.RateLimitError), ("broken", openai.InternalServerError), ("refusing", openai.BadRequestError)):
        for agent in agents(model):
            try:
                await Runner.run(agent, QUESTION)
            except kind:
                continue
            raise AssertionError(f"{model} raised nothing")


@check
async def breaks_off() -> None:
    for agent in agents(BREAKING):
        try:
            found = await streamed(agent)
        except (openai.APIError, ModelBehaviorError):
            continue
        raise AssertionError(f"it raised nothing but gave {found!r}")


@check
async def cancelled() -> None:
    for agent in agents(STALLING):
        await cancel(Runner.run(agent, QUESTION))
        await cancel(streamed(agent))


main()
