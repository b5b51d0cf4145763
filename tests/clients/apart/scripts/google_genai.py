"""google-genai."""

import asyncio

from checks import KEY, QUESTION, URL, check, expect, main
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
    expect(client.models.generate_content(model="plain", contents=QUESTION).text, f"This is plain, answering: {QUESTION}")


@check
def stream() -> None:
    chunks = list(client.models.generate_content_stream(model="plain", contents=QUESTION))
    expect("".join(chunk.text or "" for chunk in chunks), f"This is plain, answering: {QUESTION}")
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
def structured() -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=City)
    expect(client.models.generate_content(model="plain", contents=QUESTION, config=config).parsed, City(name="text", people=1))


@check
def counted_embedded_and_listed() -> None:
    expect(client.models.count_tokens(model="plain", contents=QUESTION).total_tokens, 3)
    expect(len(client.models.embed_content(model="plain", contents=["a", "b"]).embeddings), 2)
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
async def cancelled() -> None:
    try:
        async with asyncio.timeout(0.5):
            async for _ in await client.aio.models.generate_content_stream(model="stalling", contents=QUESTION):
                pass
    except TimeoutError:
        return
    raise AssertionError("the stream ended")


main()
