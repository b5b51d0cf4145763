"""pydantic-ai, over the APIs of OpenAI, Anthropic and Gemini."""

from checks import KEY, QUESTION, URL, V1, check, expect, main
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider


class City(BaseModel):
    name: str
    people: int


def models(name: str) -> list:
    openai = OpenAIProvider(base_url=V1, api_key=KEY)
    return [
        OpenAIChatModel(name, provider=openai),
        OpenAIResponsesModel(name, provider=openai),
        AnthropicModel(name, provider=AnthropicProvider(base_url=URL, api_key=KEY)),
        GoogleModel(name, provider=GoogleProvider(base_url=URL, api_key=KEY)),
    ]


@check
async def plain() -> None:
    for model in models("plain"):
        expect((await Agent(model).run(QUESTION)).output, f"This is plain, answering: {QUESTION}")


@check
async def stream() -> None:
    for model in models("plain"):
        async with Agent(model).run_stream(QUESTION) as run:
            expect([text async for text in run.stream_text()][-1], f"This is plain, answering: {QUESTION}")


@check
async def tools() -> None:
    for model in models("two-calls"):
        agent = Agent(model, instructions="be brief")

        @agent.tool_plain
        def weather(city: str) -> str:
            return f"rain in {city}"

        expect((await agent.run(QUESTION)).output, f"This is two-calls, answering: {QUESTION}")


@check
async def structured() -> None:
    for model in models("plain"):
        expect((await Agent(model, output_type=City).run(QUESTION)).output, City(name="text", people=1))


@check
async def errors() -> None:
    for model in models("refusing"):
        try:
            await Agent(model).run(QUESTION)
        except ModelHTTPError as error:
            expect(error.status_code, 400)
            continue
        raise AssertionError("nothing was raised")


main()
