"""langchain-openai, with tools, over chat completions and over responses."""

import asyncio

import openai
from checks import BREAKING, KEY, QUESTION, SAID, STALLING, V1, cancel, check, expect, expect_error, leave, main
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel


class City(BaseModel):
    name: str
    people: int


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"rain in {city}"


def chats(model: str) -> list[ChatOpenAI]:
    return [
        ChatOpenAI(model=model, base_url=V1, api_key=KEY, max_retries=0, use_responses_api=use_responses) for use_responses in (False, True)
    ]


@check
def plain() -> None:
    for chat in chats("plain"):
        expect(chat.invoke(QUESTION).text, SAID)


@check
def stream() -> None:
    for chat in chats("plain"):
        expect("".join(chunk.text for chunk in chat.stream(QUESTION)), SAID)


@check
def tools() -> None:
    for chat in chats("two-calls"):
        model = chat.bind_tools([weather])
        asked = HumanMessage(QUESTION)
        said = model.invoke([asked])
        expect([call["name"] for call in said.tool_calls], ["weather", "weather"])
        results = [ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"]) for call in said.tool_calls]
        expect(model.invoke([asked, said, *results]).text, f"This is two-calls, answering: {QUESTION}")


@check
def structured() -> None:
    for chat in chats("plain"):
        for method in ("json_schema", "function_calling"):
            expect(chat.with_structured_output(City, method=method).invoke(QUESTION), City(name="text", people=1))


@check
def embeddings() -> None:
    made = OpenAIEmbeddings(model="plain", base_url=V1, api_key=KEY, check_embedding_ctx_length=False).embed_documents(["a", "b"])
    expect(len(made), 2)


@check
def errors() -> None:
    for model, kind in (("limited", openai.RateLimitError), ("broken", openai.InternalServerError), ("refusing", openai.BadRequestError)):
        for chat in chats(model):
            try:
                chat.invoke(QUESTION)
            except kind:
                continue
            raise AssertionError(f"{model} raised nothing")


@check
def breaks_off() -> None:
    for chat in chats(BREAKING):
        expect_error((openai.APIError, ValueError), lambda chat=chat: list(chat.stream(QUESTION)))


@check
async def asynchronous() -> None:
    for chat in chats("plain"):
        answers = await asyncio.gather(*(chat.ainvoke(QUESTION) for _ in range(4)))
        expect({answer.text for answer in answers}, {SAID})


@check
async def asynchronous_stream() -> None:
    for chat in chats("plain"):
        expect("".join([chunk.text async for chunk in chat.astream(QUESTION)]), SAID)


async def drained(chat: ChatOpenAI) -> None:
    async for _ in chat.astream(QUESTION):
        pass


@check
async def cancelled() -> None:
    for chat in chats(STALLING):
        await cancel(chat.ainvoke(QUESTION))
        await cancel(drained(chat))


@check
def left() -> None:
    for chat in chats(STALLING):
        chunks = chat.stream(QUESTION)
        leave(chunks, chunks.close)


main()
