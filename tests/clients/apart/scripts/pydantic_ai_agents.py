"""pydantic-ai, over the APIs of OpenAI, Anthropic and Gemini."""

from collections.abc import Iterator

from checks import BREAKING, KEY, QUESTION, SAID, STALLING, URL, V1, cancel, check, expect, main
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider


class City(BaseModel):
    name: str
    people: int


def agents(name: str, **more: object) -> Iterator[Agent]:
    openai = OpenAIProvider(base_url=V1, api_key=KEY)
    models = (
        OpenAIChatModel(name, provider=openai),
        OpenAIResponsesModel(name, provider=openai),
        AnthropicModel(name, provider=AnthropicProvider(base_url=URL, api_key=KEY)),
        GoogleModel(name, provider=GoogleProvider(base_url=URL, api_key=KEY)),
    )
    return (Agent(model, **more) for model in models)


async def streamed(agent: Agent) -> str:
    async with agent.run_stream(QUESTION) as run:
        return [text async for text in run.stream_text()][-1]


@check
def plain() -> None:
    for agent in agents("plain"):
        expect(agent.run_sync(QUESTION).output, SAID)


@check
async def asynchronous() -> None:
    for agent in agents("plain"):
        expect((await agent.run(QUESTION)).output, SAID)


@check
def stream() -> None:
    for agent in agents("plain"):
        expect(list(agent.run_stream_sync(QUESTION).stream_text())[-1], SAID)


@check
async def asynchronous_stream() -> None:
    for agent in agents("plain"):
        expect(await streamed(agent), SAID)


@check
async def tools() -> None:
    for agent in agents("two-calls", instructions="be brief"):

        @agent.tool_plain
        def weather(city: str) -> str:
            return f"rain in {city}"

        expect((await agent.run(QUESTION)).output, f"This is two-calls, answering: {QUESTION}")


@check
async def structured() -> None:
    for agent in agents("plain"):
        expect((await agent.run(QUESTION, output_type=City)).output, City(name="text", people=1))
        if not isinstance(agent.model, AnthropicModel):  # of Anthropic's it knows by their names which models can
            expect((await agent.run(QUESTION, output_type=NativeOutput(City))).output, City(name="text", people=1))


@check
async def errors() -> None:
    for agent in agents("refusing"):
        try:
            await agent.run(QUESTION)
        except ModelHTTPError as error:
            expect(error.status_code, 400)
            continue
        raise AssertionError("nothing was raised")


@check
async def breaks_off() -> None:
    for agent in agents(BREAKING):
        try:
            found = await streamed(agent)
        except ModelAPIError:
            continue
        raise AssertionError(f"it raised nothing but gave {found!r}")


@check
async def cancelled() -> None:
    for agent in agents(STALLING):
        await cancel(agent.run(QUESTION))
        await cancel(streamed(agent))


main()
