"""claude-agent-sdk, and in it the bundled Claude Code."""

import asyncio
import os
import tempfile

from checks import KEY, QUESTION, URL, check, expect, main

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

from claude_agent_sdk import AssistantMessage, ClaudeAgentOptions, ResultMessage, TextBlock, query


async def run(model: str) -> tuple[str, ResultMessage | None]:
    options = ClaudeAgentOptions(model=model, max_turns=1, allowed_tools=[], cwd=HOME, setting_sources=[], tools=[])
    said, result = "", None
    async for message in query(prompt=QUESTION, options=options):
        if isinstance(message, AssistantMessage):
            said += "".join(block.text for block in message.content if isinstance(block, TextBlock))
        if isinstance(message, ResultMessage):
            result = message
    return said, result


@check
async def plain() -> None:
    said, result = await run("plain")
    expect(said.startswith("This is plain, answering: "), True)
    expect(result is not None and not result.is_error, True)


@check
async def errors() -> None:
    try:
        _, result = await run("refusing")
    except Exception:  # the process ends with an error code once it has told of it
        return
    expect(result is not None and result.is_error, True)


@check
async def cancelled() -> None:
    try:
        async with asyncio.timeout(5):
            await run("stalling")
    except TimeoutError:
        return
    raise AssertionError("the stream ended")


main()
