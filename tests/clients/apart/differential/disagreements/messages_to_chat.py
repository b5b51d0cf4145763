"""Messages requests as chat requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clients.apart.differential.comparison import rule

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json, Meaning

OLDER, NEWER, OPEN = "gpt-4o", "gpt-5", "glm-4.7"
HI: Final = {"role": "user", "content": "hi"}
LOOK: Final = {"name": "look", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
USE: Final = {"type": "tool_use", "id": "c1", "name": "look", "input": {}}
PICTURE: Final = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
SCHEMA: Final = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
THOUGHT: Final = {"type": "thinking", "thinking": "hm", "signature": "s"}


def ask(*messages: Json, model: str = OLDER, **members: Any) -> Json:
    """A messages request."""
    return {"model": model, "max_tokens": 100, "messages": list(messages) or [HI], **members}


def result(*content: Json) -> Json:
    """What came of a call."""
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": list(content)}]}


@rule("ours", messages_to_chat=ask(model=NEWER, temperature=0.5))
def sampling_for_models_that_refuse_it(body: Json, theirs: Meaning) -> None:
    """Models of OpenAI's that think refuse sampling parameters. litellm leaves that to a later step of its own."""
    if body["model"] == NEWER:
        theirs["sampling"] = {}


@rule("ours", messages_to_chat=ask(model=NEWER, stop_sequences=["."]))
def stops_for_models_that_refuse_them(body: Json, theirs: Meaning) -> None:
    """OpenAI's models that always think refuse `stop`: a 400. litellm leaves that to a later step of its own."""
    if body["model"] == NEWER:
        theirs["stop"] = []


@rule("ours", messages_to_chat=ask(thinking={"type": "enabled", "budget_tokens": 1_024}))
def efforts_for_models_that_do_not_think(body: Json, theirs: Meaning) -> None:
    """OpenAI refuses `reasoning_effort` for models that do not think, and others may not know it. litellm leaves that to a later step, if
    its table knows the model; ours tells an effort to models that are known to take one, or that are configured to.
    """
    if body["model"] != NEWER:
        theirs["thinking"] = None


@rule("ours", messages_to_chat=ask(model=NEWER, thinking={"type": "disabled"}))
def no_effort_at_all(_body: Json, theirs: Meaning) -> None:
    """The effort `none` came with GPT-5.1, and models before refuse it. Ours asks for the least that the model takes and tells the loss."""
    if theirs["thinking"] == "none":
        theirs["thinking"] = "minimal"


@rule("both", messages_to_chat=ask(model=NEWER, thinking={"type": "enabled", "budget_tokens": 5_000}))
def efforts_of_budgets(body: Json, theirs: Meaning) -> None:
    """Which effort a budget stands for is for each translation to say: ours takes up to 4,096 for low, up to 12,288 for medium."""
    budget = (body.get("thinking") or {}).get("budget_tokens")
    if theirs["thinking"] is not None and budget:
        theirs["thinking"] = "low" if budget <= 4_096 else "medium" if budget <= 12_288 else "high"


@rule("both", messages_to_chat=ask(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}))
def members_that_may_be_missing(body: Json, theirs: Meaning) -> None:
    """OpenAI is strict only with schemas that require all their members. litellm requires all then, ours keeps the schema and is not
    strict.
    """
    schema = (body.get("output_config") or {}).get("format", {}).get("schema", {})
    if schema and "required" not in schema:
        assert theirs["format"].pop("required") == list(schema["properties"])


@rule("ours", messages_to_chat=ask(tools=[LOOK], tool_choice={"type": "auto", "disable_parallel_tool_use": True}))
def one_call_at_a_time(body: Json, theirs: Meaning) -> None:
    """litellm forgets `disable_parallel_tool_use`, which is `parallel_tool_calls: false` in chat."""
    if body.get("tools") and (body.get("tool_choice") or {}).get("disable_parallel_tool_use"):
        theirs["parallel"] = False


@rule("ours", messages_to_chat=ask(HI, {"role": "assistant", "content": [THOUGHT, USE]}, result()))
def thoughts_for_providers_that_take_none(body: Json, theirs: Meaning) -> None:
    """OpenAI knows no `thinking_blocks`, and nobody has a use for what Anthropic signed. litellm sends them to whomever, ours the text of
    them to providers whose `reasoning_history` says that they take it.
    """
    for _, items in theirs["turns"]:
        text = "".join(item[1] for item in items if item[0] == "thought")
        items[:] = [item for item in items if item[0] not in ("thought", "sealed")]
        if text and body["model"] == OPEN:
            items.insert(0, ["thought", text, None])


@rule("both", messages_to_chat=ask(system=[{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}]))
def one_text_of_instructions(_body: Json, theirs: Meaning) -> None:
    """Chat takes a system message in parts or as a text; ours joins its parts with an empty line, since some servers take only a text."""
    if theirs["system"]:
        theirs["system"] = ["\n\n".join(theirs["system"])]


@rule("ours", messages_to_chat=ask(HI, {"role": "assistant", "content": [USE]}, result({"type": "text", "text": "this"}, PICTURE)))
def results_that_are_seen(_body: Json, theirs: Meaning) -> None:
    """OpenAI's messages of tools hold text alone. litellm puts images into them; ours shows them in a message of the user's behind it."""
    for _, items in theirs["turns"]:
        results = [item for item in items if item[0] == "result"]
        shown: list[Any] = []
        for _, identifier, content in results:
            seen = [item for item in content if item[0] == "image"]
            if seen:
                content.append(["text", "(The rest of this result is in the next message of the user.)"])
                shown += [["text", f"The result of the tool call {identifier}:"], *seen]
                content[:] = [item for item in content if item[0] == "text"]
        items[:] = [*results, *shown, *(item for item in items if item[0] != "result")]


@rule(
    "both",
    messages_to_chat=ask(
        HI, {"role": "assistant", "content": [USE]}, result({"type": "text", "text": "this"}, {"type": "text", "text": "that"})
    ),
)
def one_text_of_a_result(_body: Json, theirs: Meaning) -> None:
    """As with instructions: a tool's message holds parts or a text, and some servers take only a text."""
    for _, items in theirs["turns"]:
        for item in items:
            if item[0] == "result" and item[2]:
                item[2] = [["text", "\n\n".join(part[1] for part in item[2])]]
