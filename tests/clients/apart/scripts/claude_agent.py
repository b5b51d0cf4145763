"""claude-agent-sdk, and in it the bundled Claude Code."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator

from checks import BREAKING, KEY, QUESTION, SAID, STALLING, URL, cancel, check, expect, main

HOME = tempfile.mkdtemp(prefix="claude-")
os.environ.update(
    HOME=HOME,
    CLAUDE_CONFIG_DIR=HOME,
    ANTHROPIC_BASE_URL=URL,
    ANTHROPIC_API_KEY=KEY,
    ANTHROPIC_MODEL="plain",
    ANTHROPIC_SMALL_FAST_MODEL="plain",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
    DISABLE_AUTOUPDATER="1",
    CLAUDE_CODE_MAX_RETRIES="0",
)

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ProcessError,
    ResultMessage,
    StreamEvent,
    TextBlock,
    ToolUseBlock,
    create_sdk_mcp_server,
    query,
    tool,
)

WEATHER = "mcp__sky__weather"
asked_for: list[str] = []


@tool("weather", "Tell the weather of a city.", {"city": str})
async def weather(arguments: dict) -> dict:
    asked_for.append(arguments["city"])
    return {"content": [{"type": "text", "text": "rain"}]}


def run(model: str, **more: object) -> AsyncIterator:
    bare = {"max_turns": 1, "allowed_tools": [], "tools": []}
    return query(prompt=QUESTION, options=ClaudeAgentOptions(model=model, cwd=HOME, setting_sources=[], **{**bare, **more}))


def blocks(messages: list, kind: type) -> list:
    return [block for message in messages if isinstance(message, AssistantMessage) for block in message.content if isinstance(block, kind)]


def result(messages: list) -> ResultMessage:
    (found,) = [message for message in messages if isinstance(message, ResultMessage)]
    return found


@check
async def asynchronous() -> None:
    messages = [message async for message in run("plain")]
    expect("".join(block.text for block in blocks(messages, TextBlock)), SAID)
    expect(result(messages).is_error, False)


@check
async def asynchronous_stream() -> None:
    messages = [message async for message in run("plain", include_partial_messages=True)]
    deltas = [message.event["delta"] for message in messages if isinstance(message, StreamEvent) and "delta" in message.event]
    pieces = [delta["text"] for delta in deltas if delta.get("type") == "text_delta"]
    expect(("".join(pieces), len(pieces) > 1), (SAID, True))


@check
async def tools() -> None:
    server = create_sdk_mcp_server("sky", tools=[weather])
    # All of Claude Code's own tools are offered, too: their schemas are what real requests have.
    more = {"mcp_servers": {"sky": server}, "allowed_tools": [WEATHER], "tools": {"type": "preset", "preset": "claude_code"}}
    messages = [message async for message in run("weather-caller", max_turns=3, **more)]
    expect([(call.name, call.input) for call in blocks(messages, ToolUseBlock)], [(WEATHER, {"city": "Ulm"})])
    expect(asked_for, ["Ulm"])
    expect((result(messages).is_error, result(messages).num_turns), (False, 2))


@check
async def structured() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
        "required": ["name", "people"],
        "additionalProperties": False,
    }
    messages = [message async for message in run("structured-caller", max_turns=3, output_format={"type": "json_schema", "schema": schema})]
    expect(result(messages).structured_output, {"name": "text", "people": 1})


@check
async def errors() -> None:
    for model, statuses in (("refusing", {400}), ("limited", {429}), ("broken", {503, 529})):
        messages = []
        with contextlib.suppress(ProcessError):  # the process ends with an error code once it has told of it
            async for message in run(model):
                messages.append(message)  # noqa: PERF401 - what came before the error counts
        expect((result(messages).is_error, result(messages).api_error_status in statuses), (True, True))


@check
async def breaks_off() -> None:
    # It sees the stream break, and asks once more without one: that the provider is asked twice is held against direct calls.
    messages = [message async for message in run(BREAKING)]
    expect((result(messages).is_error, result(messages).num_turns), (False, 1))


async def drained() -> None:
    async for _ in run(STALLING):
        pass


@check
async def cancelled() -> None:
    await cancel(drained())


main()
