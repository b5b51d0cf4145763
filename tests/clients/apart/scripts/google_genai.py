"""google-genai."""

import asyncio

from checks import BREAKING, KEY, QUESTION, SAID, STALLING, URL, cancel, check, drain, expect, expect_error, leave, main
from google import genai
from google.genai import errors as genai_errors
from google.genai import types
from pydantic import BaseModel

client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))
WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="weather", parameters=types.Schema(type="OBJECT", properties={"city": types.Schema(type="STRING")}, required=["city"])
        )
    ]
)


class City(BaseModel):
    name: str
    people: int


@check
def plain() -> None:
    expect(client.models.generate_content(model="plain", contents=QUESTION).text, SAID)


@check
def stream() -> None:
    chunks = list(client.models.generate_content_stream(model="plain", contents=QUESTION))
    expect("".join(chunk.text or "" for chunk in chunks), SAID)
    expect(chunks[-1].candidates[0].finish_reason, types.FinishReason.STOP)


@check
def tools() -> None:
    config = types.GenerateContentConfig(tools=[WEATHER], system_instruction="be brief", temperature=0.5)
    content = client.models.generate_content(model="two-calls", contents=QUESTION, config=config).candidates[0].content
    expect([part.function_call.name for part in content.parts], ["weather", "weather"])
    results = [types.Part.from_function_response(name=part.function_call.name, response={"sky": "rain"}) for part in content.parts]
    asked = types.Content(role="user", parts=[types.Part(text=QUESTION)])
    again = [asked, content, types.Content(role="user", parts=results)]
    expect(bool(client.models.generate_content(model="two-calls", contents=again, config=config).text), True)


@check
def streamed_tools() -> None:
    config = types.GenerateContentConfig(tools=[WEATHER])
    chunks = list(client.models.generate_content_stream(model="two-calls", contents=QUESTION, config=config))
    expect([call.name for chunk in chunks for call in chunk.function_calls or ()], ["weather", "weather"])
    expect(chunks[-1].candidates[0].finish_reason, types.FinishReason.STOP)


@check
def streamed_tools_that_the_client_calls() -> None:
    asked_for: list[str] = []

    def weather(city: str) -> str:
        """Tell the weather of a city."""
        asked_for.append(city)
        return "rain"

    config = types.GenerateContentConfig(tools=[weather])
    chunks = list(client.models.generate_content_stream(model="two-calls", contents=QUESTION, config=config))
    expect(len(asked_for), 2)
    expect("".join(chunk.text or "" for chunk in chunks), f"This is two-calls, answering: {QUESTION}")


@check
def structured() -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=City)
    expect(client.models.generate_content(model="plain", contents=QUESTION, config=config).parsed, City(name="text", people=1))


@check
def counted() -> None:
    expect(client.models.count_tokens(model="plain", contents=QUESTION).total_tokens, 3)


@check
def embeddings() -> None:
    expect(len(client.models.embed_content(model="plain", contents=["a", "b"]).embeddings), 2)


@check
def listed() -> None:
    expect(any(model.name.endswith("plain") for model in client.models.list()), True)


@check
def errors() -> None:
    for model, code in (("limited", 429), ("broken", 503), ("refusing", 400)):
        try:
            client.models.generate_content(model=model, contents=QUESTION)
        except genai_errors.APIError as error:
            expect(error.code, code)
            continue
        raise AssertionError(f"{model} raised nothing")


@check
def breaks_off() -> None:
    expect_error(genai_errors.APIError, lambda: list(client.models.generate_content_stream(model=BREAKING, contents=QUESTION)))


@check
async def cancelled() -> None:
    await cancel(client.aio.models.generate_content(model=STALLING, contents=QUESTION))
    await cancel(drain(client.aio.models.generate_content_stream(model=STALLING, contents=QUESTION)))


@check
def left() -> None:
    chunks = client.models.generate_content_stream(model=STALLING, contents=QUESTION)
    leave(chunks, chunks.close)


@check
async def asynchronous() -> None:
    answers = await asyncio.gather(*(client.aio.models.generate_content(model="plain", contents=QUESTION) for _ in range(4)))
    expect({answer.text for answer in answers}, {SAID})


@check
async def asynchronous_stream() -> None:
    chunks = await client.aio.models.generate_content_stream(model="plain", contents=QUESTION)
    expect("".join([chunk.text or "" async for chunk in chunks]), SAID)


main()
