"""instructor, by tools and by JSON schema."""

import asyncio
from collections.abc import Iterable

import instructor
import openai
from checks import BREAKING, KEY, QUESTION, SAID, STALLING, V1, cancel, check, expect, expect_error, main
from instructor.core.exceptions import InstructorRetryException
from pydantic import BaseModel

CITY = {"name": "text", "people": 1}
HELLO = [{"role": "user", "content": QUESTION}]
MODES = (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA)


class City(BaseModel):
    name: str
    people: int


class River(BaseModel):
    name: str


def client(mode: instructor.Mode = instructor.Mode.TOOLS) -> instructor.Instructor:
    return instructor.from_openai(openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0), mode=mode)


def asynchronous_client(mode: instructor.Mode = instructor.Mode.TOOLS) -> instructor.AsyncInstructor:
    return instructor.from_openai(openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0), mode=mode)


@check
def plain() -> None:
    expect(client().chat.completions.create(model="plain", messages=HELLO, response_model=None).choices[0].message.content, SAID)


@check
def structured() -> None:
    for mode in MODES:
        expect(client(mode).chat.completions.create(model="plain", messages=HELLO, response_model=City).model_dump(), CITY)


@check
def tools() -> None:
    called = client(instructor.Mode.PARALLEL_TOOLS)
    made = called.chat.completions.create(model="two-calls", messages=HELLO, response_model=Iterable[City | River])
    expect(list(made), [City(**CITY), River(name="text")])


@check
def stream() -> None:
    for mode in MODES:
        partial = list(client(mode).chat.completions.create_partial(model="plain", messages=HELLO, response_model=City))
        expect(partial[-1].model_dump(), CITY)


@check
def errors() -> None:
    kinds = (("limited", openai.RateLimitError), ("broken", openai.InternalServerError), ("refusing", openai.BadRequestError))
    for model, kind in kinds:
        for mode in MODES:
            try:
                client(mode).chat.completions.create(model=model, messages=HELLO, response_model=City, max_retries=1)
            except (InstructorRetryException, openai.APIStatusError) as error:
                cause = error
                while cause is not None and not isinstance(cause, kind):
                    cause = cause.__cause__ or cause.__context__
                expect(type(cause), kind)
                continue
            raise AssertionError(f"{model} raised nothing")


@check
def breaks_off() -> None:
    for mode in MODES:
        made = client(mode).chat.completions
        asked = {"model": BREAKING, "messages": HELLO, "response_model": City, "max_retries": 1}
        expect_error(InstructorRetryException, lambda made=made, asked=asked: list(made.create_partial(**asked)))


@check
async def asynchronous() -> None:
    asked = asynchronous_client().chat.completions
    made = await asyncio.gather(*(asked.create(model="plain", messages=HELLO, response_model=City) for _ in range(4)))
    expect([each.model_dump() for each in made], [CITY] * 4)


@check
async def asynchronous_stream() -> None:
    for mode in MODES:
        partial = asynchronous_client(mode).chat.completions.create_partial(model="plain", messages=HELLO, response_model=City)
        expect([each async for each in partial][-1].model_dump(), CITY)


async def drained(mode: instructor.Mode) -> None:
    async for _ in asynchronous_client(mode).chat.completions.create_partial(model=STALLING, messages=HELLO, response_model=City):
        pass


@check
async def cancelled() -> None:
    for mode in MODES:
        await cancel(asynchronous_client(mode).chat.completions.create(model=STALLING, messages=HELLO, response_model=City))
        await cancel(drained(mode))


main()
