"""openai-agents, over responses and over chat completions."""

import openai
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from checks import KEY, QUESTION, V1, check, expect, main
from pydantic import BaseModel

set_tracing_disabled(disabled=True)


class City(BaseModel):
    name: str
    people: int


@function_tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"rain in {city}"


def models(name: str) -> list:
    client = openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0)
    return [kind(model=name, openai_client=client) for kind in (OpenAIResponsesModel, OpenAIChatCompletionsModel)]


@check
async def plain() -> None:
    for model in models("plain"):
        found = await Runner.run(Agent(name="a", model=model), QUESTION)
        expect(found.final_output, f"This is plain, answering: {QUESTION}")


@check
async def stream() -> None:
    for model in models("plain"):
        run = Runner.run_streamed(Agent(name="a", model=model), QUESTION)
        async for _ in run.stream_events():
            pass
        expect(run.final_output, f"This is plain, answering: {QUESTION}")


@check
async def tools() -> None:
    for model in models("two-calls"):
        found = await Runner.run(Agent(name="a", model=model, instructions="be brief", tools=[weather]), QUESTION)
        expect(found.final_output, f"This is two-calls, answering: {QUESTION}")


@check
async def structured() -> None:
    for model in models("plain"):
        found = await Runner.run(Agent(name="a", model=model, output_type=City), QUESTION)
        expect(found.final_output, City(name="text", people=1))


@check
async def errors() -> None:
    for model in models("limited"):
        try:
            await Runner.run(Agent(name="a", model=model), QUESTION)
        except openai.RateLimitError:
            continue
        raise AssertionError("nothing was raised")


main()
