"""instructor, by tools and by JSON schema."""

import asyncio

import instructor
import openai
from checks import KEY, QUESTION, V1, check, expect, main
from pydantic import BaseModel

CITY = {"name": "text", "people": 1}
HELLO = [{"role": "user", "content": QUESTION}]


class City(BaseModel):
    name: str
    people: int


@check
def structured() -> None:
    for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):
        client = instructor.from_openai(openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0), mode=mode)
        made = client.chat.completions.create(model="plain", messages=HELLO, response_model=City)
        expect(made.model_dump(), CITY)


@check
def stream() -> None:
    client = instructor.from_openai(openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0))
    partial = list(client.chat.completions.create_partial(model="plain", messages=HELLO, response_model=City))
    expect(partial[-1].model_dump(), CITY)


@check
async def asynchronous() -> None:
    client = instructor.from_openai(openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0))
    asked = [client.chat.completions.create(model="plain", messages=HELLO, response_model=City) for _ in range(4)]
    expect([made.model_dump() for made in await asyncio.gather(*asked)], [CITY] * 4)


main()
