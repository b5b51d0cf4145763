"""The `llm` command, and the library that it is made of for asynchronous calls; its models, over two APIs, are in a file of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from checks import BREAKING, KEY, QUESTION, SAID, STALLING, V1, cancel, check, expect, main

HOME = Path(tempfile.mkdtemp(prefix="llm-"))
MODELS = ("plain", "two-calls", "limited", "broken", "refusing", STALLING, BREAKING)
APIS = {"chat": {}, "responses": {"responses": True}}
CAN = {"supports_schema": True, "supports_tools": True}
(HOME / "extra-openai-models.yaml").write_text(
    json.dumps(
        [
            {"model_id": f"{api}-{name}", "model_name": name, "api_base": V1, **CAN, **options}
            for name in MODELS
            for api, options in APIS.items()
        ]
    )
)
os.environ.update(LLM_USER_PATH=str(HOME), OPENAI_API_KEY=KEY)

import llm

COMMAND = str(Path(sys.executable).parent / "llm")
WEATHER = """
def weather(city: str) -> str:
    "Tell the weather of a city."
    return f"rain in {city}"
"""


def told(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([COMMAND, *arguments, QUESTION], capture_output=True, text=True, timeout=50, check=False)


@check
def plain() -> None:
    for api in APIS:
        expect(told("-m", f"{api}-plain", "--no-stream").stdout.strip(), SAID)


@check
def stream() -> None:
    for api in APIS:
        expect(told("-m", f"{api}-plain").stdout.strip(), SAID)


@check
def tools() -> None:
    for api in APIS:
        found = told("-m", f"{api}-two-calls", "--functions", WEATHER, "--td")
        expect((found.stderr.count("Tool call: weather("), found.stderr.count("rain in ")), (2, 2))
        expect(found.stdout.strip(), f"This is two-calls, answering: {QUESTION}")


@check
def structured() -> None:
    for api in APIS:
        found = told("-m", f"{api}-plain", "--schema", "name, people int")
        expect(json.loads(found.stdout), {"name": "text", "people": 1})


@check
def errors() -> None:
    for model, status in (("limited", 429), ("broken", 503), ("refusing", 400)):
        found = told("-m", f"chat-{model}")
        expect((found.returncode, found.stderr.partition(" - ")[0]), (1, f"Error: Error code: {status}"))


@check
def breaks_off() -> None:
    for api in APIS:
        found = told("-m", f"{api}-{BREAKING}")
        expect((found.returncode, found.stderr.startswith("Error: ")), (1, True))


@check
async def asynchronous() -> None:
    for api in APIS:
        model = llm.get_async_model(f"{api}-plain")
        expect(await asyncio.gather(*(model.prompt(QUESTION, stream=False).text() for _ in range(4))), [SAID] * 4)


@check
async def asynchronous_stream() -> None:
    for api in APIS:
        expect("".join([piece async for piece in llm.get_async_model(f"{api}-plain").prompt(QUESTION)]), SAID)


async def interrupted(*arguments: str) -> None:
    """Run the command, as someone at a keyboard who interrupts it."""
    process = await asyncio.create_subprocess_exec(COMMAND, *arguments, QUESTION, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await process.wait()
    except asyncio.CancelledError:
        process.send_signal(signal.SIGINT)
        await process.wait()
        raise


@check
async def cancelled() -> None:
    await cancel(interrupted("-m", f"chat-{STALLING}"))
    await cancel(interrupted("-m", f"chat-{STALLING}", "--no-stream"))
    for api in APIS:
        await cancel(llm.get_async_model(f"{api}-{STALLING}").prompt(QUESTION).text())


main()
