"""The rules between messages and parameters, which no shape can express, with the API's words for each."""

from typing import Any, Final

from pyproxy.providers.mock.anthropic.shape import (
    CountTokens,
    Create,
    Document,
    Message,
    RedactedThinking,
    SearchResult,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from pyproxy.providers.mock.longest import longest_answer
from pyproxy.providers.mock.reply import BadRequestError
from pyproxy.providers.mock.signing import opened

_GUIDE: Final = "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
_CONSULT: Final = f"Please consult our documentation at {_GUIDE}"


def check_conversation(asked: CountTokens, *, latest: bool) -> None:
    """Check the messages of a request, and what they must agree on with its parameters.

    Args:
        asked: The request.
        latest: Whether by the rules of version 2026-10-21.

    Raises:
        BadRequestError: If the API would refuse them.
    """
    messages = asked.messages
    if not messages:
        raise BadRequestError("messages: at least one message is required")
    if messages[0].role != "user":
        raise BadRequestError('messages: first message must use the "user" role')
    for index, message in enumerate(messages):
        for place, block in enumerate(message.blocks()):
            where = f"messages.{index}.content.{place}"
            _check_block(where, block, written_out=isinstance(message.content, list))
            _check_place(index, message.role, block)
            if latest:
                _check_latest(where, message.role, block)
        _check_message(index, message, last=index + 1 == len(messages))
        following = messages[index + 1] if index + 1 < len(messages) else None
        if message.role == "system" and following is not None and following.role != "assistant":
            raise BadRequestError(f"messages.{index}: role 'system' must precede an 'assistant' message or end the array")
    _check_calls(messages)
    _check_thinking(asked)
    _check_tools(asked)


def _check_message(index: int, message: Message, *, last: bool) -> None:
    final = last and message.role == "assistant"
    if not message.content and not final:
        text = "all messages must have non-empty content except for the optional final assistant message"
        raise BadRequestError(f"messages.{index}: {text}")
    block = message.blocks()[-1] if message.content else None
    if final and isinstance(block, Text) and block.text != block.text.rstrip():
        raise BadRequestError("messages: final assistant content cannot end with trailing whitespace")


def _check_block(place: str, block: Any, *, written_out: bool) -> None:
    if isinstance(block, Text) and written_out:
        if not block.text:
            if block.cache_control is not None:
                raise BadRequestError(f"{place}.text: cache_control cannot be set for empty text blocks")
            raise BadRequestError("messages: text content blocks must be non-empty")
        if not block.text.strip():
            raise BadRequestError("messages: text content blocks must contain non-whitespace text")
    if isinstance(block, Thinking) and not _genuine(block):
        raise BadRequestError(f"{place}: Invalid `signature` in `thinking` block")
    if isinstance(block, RedactedThinking) and opened(block.data) is None:
        raise BadRequestError(f"{place}: Invalid `data` in `redacted_thinking` block")


def _check_place(index: int, role: str, block: Any) -> None:
    if isinstance(block, ToolUse | Thinking | RedactedThinking) and role != "assistant":
        raise BadRequestError(f"messages.{index}: `{block.type}` blocks can only be in `assistant` messages")
    if isinstance(block, ToolResult) and role != "user":
        raise BadRequestError(f"messages.{index}: `tool_result` blocks can only be in `user` messages")


def _check_latest(place: str, role: str, block: Any) -> None:
    if isinstance(block, Document) and role == "assistant":
        raise BadRequestError(f"{place}: `document` blocks are not permitted in `assistant` messages")
    texts = block.content if isinstance(block, SearchResult) else [block] if isinstance(block, Text) else []
    if role == "user" and any(text.citations for text in texts):
        raise BadRequestError(f"{place}.citations: `citations` are not permitted on `text` blocks in `user` messages")


def _genuine(block: Thinking) -> bool:
    # A thought that was not shown comes back empty, and only its signature says what it was.
    sealed = opened(block.signature)
    return sealed is not None and block.thinking in {"", sealed}


def _check_calls(messages: list[Message]) -> None:
    awaited: list[str] = []
    for index, message in enumerate(messages):
        results = [(place, block.tool_use_id) for place, block in enumerate(message.blocks()) if isinstance(block, ToolResult)]
        # The results come first: one behind a text is not "immediately after".
        first = next((place for place, block in enumerate(message.blocks()) if not isinstance(block, ToolResult)), len(results))
        given = [call for place, call in results if place < first]
        unanswered = [call for call in awaited if call not in given]
        if unanswered:
            raise _unanswered(index - 1, unanswered)
        for place, call in results:
            if call not in awaited:
                text = f"unexpected `tool_use_id` found in `tool_result` blocks: {call}."
                hint = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                raise BadRequestError(f"messages.{index}.content.{place}: {text} {hint}")
            if [each for _, each in results].count(call) > 1:
                text = f"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {call}"
                raise BadRequestError(f"messages.{index}.content.{place}: {text}")
        awaited = [block.id for block in message.blocks() if isinstance(block, ToolUse)]
        for place, block in enumerate(message.blocks()):
            if isinstance(block, ToolUse) and awaited.count(block.id) > 1:
                raise BadRequestError(f"messages.{index}.content.{place}: `tool_use` ids must be unique")
    if awaited:
        raise _unanswered(len(messages) - 1, awaited)


def _unanswered(index: int, calls: list[str]) -> BadRequestError:
    text = f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(calls)}."
    return BadRequestError(
        f"messages.{index}: {text} Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def _check_thinking(asked: CountTokens) -> None:
    thinking: Any = asked.thinking
    if thinking is None or thinking.type != "enabled":
        return
    limit = getattr(asked, "max_tokens", None)
    if limit is not None and limit <= thinking.budget_tokens:
        raise BadRequestError(f"`max_tokens` must be greater than `thinking.budget_tokens`. {_CONSULT}#max-tokens-and-context-window-size")
    if getattr(asked, "temperature", None) not in {None, 1.0}:
        anchor = "#important-considerations-when-using-extended-thinking"
        raise BadRequestError(f"`temperature` may only be set to 1 when thinking is enabled. {_CONSULT}{anchor}")
    if asked.tool_choice is not None and asked.tool_choice.type in {"any", "tool"}:
        raise BadRequestError("Thinking may not be enabled when tool_choice forces tool use.")
    spoken = [(index, each) for index, each in enumerate(asked.messages) if each.role == "assistant"]
    if not spoken:
        return
    index, final = spoken[-1]
    in_tools = any(isinstance(block, ToolUse) for block in final.blocks())
    begun = index + 1 == len(asked.messages)
    first = final.blocks()[0] if final.content else None
    if (in_tools or begun) and not isinstance(first, Thinking | RedactedThinking | None):
        text = (
            f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first.type}`. When `thinking` is "
            "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
            "`tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable "
            f"`thinking`. {_CONSULT}"
        )
        raise BadRequestError(text)


def _check_tools(asked: CountTokens) -> None:
    names = [getattr(tool, "name", tool.type) for tool in asked.tools]
    if len(set(names)) < len(names):
        raise BadRequestError("tools: Tool names must be unique.")
    choice = asked.tool_choice
    if choice is None or choice.type == "none":
        return
    if not names:
        raise BadRequestError("tool_choice may only be specified while providing tools.")
    if choice.type == "tool" and choice.name not in names:
        raise BadRequestError(f"Tool '{choice.name}' not found in provided tools")


def check_sampling(asked: Create) -> None:
    """Check what shapes the answer of a request for a message.

    Raises:
        BadRequestError: If the API would refuse it.
    """
    most = longest_answer(asked.model)
    if most is not None and asked.max_tokens > most:
        text = f"max_tokens: {asked.max_tokens} > {most}, which is the maximum allowed number of output tokens for {asked.model}"
        raise BadRequestError(text)
    values = {name: getattr(asked, name, None) for name in ("temperature", "top_p")}
    for name, value in values.items():
        if value is not None and not 0 <= value <= 1:
            raise BadRequestError(f"{name}: range: 0..1")
    if None not in values.values():
        raise BadRequestError("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    for index, stop in enumerate(asked.stop_sequences or ()):
        if not stop.strip():
            raise BadRequestError(f"stop_sequences.{index}: each stop sequence must contain non-whitespace")
