"""langchain-openai, with tools."""

import asyncio

import openai
from checks import KEY, QUESTION, V1, check, expect, main
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


def chat(model: str) -> ChatOpenAI:
    return ChatOpenAI(model=model, base_url=V1, api_key=KEY, max_retries=0)


@check
def plain() -> None:
    expect(chat("plain").invoke(QUESTION).content, f"This is plain, answering: {QUESTION}")


@check
def stream() -> None:
    expect("".join(chunk.content for chunk in chat("plain").stream(QUESTION)), f"This is plain, answering: {QUESTION}")


@check
def tools() -> None:
    model = chat("two-calls").bind_tools([weather])
    asked = HumanMessage(QUESTION)
    said = model.invoke([asked])
    expect([call["name"] for call in said.tool_calls], ["weather", "weather"])
    results = [ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"]) for call in said.tool_calls]
    expect(bool(model.invoke([asked, said, *results]).content), True)


@check
def structured() -> None:
    for method in ("json_schema", "function_calling"):
        expect(chat("plain").with_structured_output(City, method=method).invoke(QUESTION), City(name="text", people=1))


@check
def embeddings() -> None:
    made = OpenAIEmbeddings(model="plain", base_url=V1, api_key=KEY, check_embedding_ctx_length=False).embed_documents(["a", "b"])
    expect(len(made), 2)


@check
def errors() -> None:
    try:
        chat("limited").invoke(QUESTION)
    except openai.RateLimitError:
        return
    raise AssertionError("nothing was raised")


@check
async def asynchronous() -> None:
    answers = await asyncio.gather(*(chat("plain").ainvoke(QUESTION) for _ in range(4)))
    expect({answer.content for answer in answers}, {f"This is plain, answering: {QUESTION}"})


main()
