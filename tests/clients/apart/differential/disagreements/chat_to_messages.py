"""Chat requests as messages requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clients.apart.differential.comparison import rule

from pyproxy.dialects.translation.schemas import instruction

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json, Meaning

OLDER, NEWER = "claude-sonnet-4-5", "claude-opus-4-7"
HI: Final = {"role": "user", "content": "hi"}
LOOK: Final = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
CALLED: Final[list[dict[str, Any]]] = [
    HI,
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "sun"},
]
BUDGETS: Final = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384}
SMALLEST_BUDGET: Final = 1_024
MOST: Final = 64_000
NOTED: Final = "Operator note (not from the user): the following was originally a mid-conversation system-role reminder."
DAYS: Final = {"type": "object", "properties": {"days": {"type": "integer", "minimum": 1}}, "additionalProperties": False}


def chat(*messages: Json, model: str = OLDER, **members: Any) -> Json:
    """A chat request."""
    return {"model": model, "messages": list(messages) or [HI], **members}


@rule("ours", chat_to_messages=chat(*CALLED))
def stand_in_for_tools_of_the_past(body: Json, theirs: Meaning) -> None:
    """A conversation with calls must tell tools. litellm tells a dummy that may be called; ours tells those that were, and lets none be."""
    if "dummy_tool" in theirs["tools"]:
        called = dict.fromkeys(call["function"]["name"] for message in body["messages"] for call in message.get("tool_calls") or ())
        theirs["tools"] = {name: {"description": None, "schema": {"type": "object"}, "strict": False} for name in called}
        theirs["choice"] = "none"


@rule("both", chat_to_messages=chat(HI, {"role": "assistant", "content": "yes"}, HI, {"role": "system", "content": "be brief"}))
def system_in_mid_conversation(_body: Json, theirs: Meaning) -> None:
    """Not every Claude takes a system message after the first turn. litellm makes a note in a user's turn of it, ours moves it to the
    front.
    """
    moved = []
    for _, items in theirs["turns"]:
        while ["text", NOTED] in items:
            place = items.index(["text", NOTED])
            moved.append(items[place + 1][1])
            del items[place : place + 2]
    theirs["system"] += moved
    theirs["turns"] = [turn for turn in theirs["turns"] if turn[1]]


@rule("ours", chat_to_messages=chat({"role": "assistant", "content": "What can I do for you?"}, HI))
def beginning_with_an_answer(_body: Json, theirs: Meaning) -> None:
    """Anthropic wants a conversation to begin with the user. litellm sees to that only if it is told to; ours puts a turn in front."""
    if theirs["turns"][0][0] == "assistant":
        theirs["turns"].insert(0, ["user", [["text", "(no text)"]]])


@rule("ours", chat_to_messages=chat(HI, {"role": "assistant", "content": "It"}, model=NEWER))
def ending_with_an_answer(body: Json, theirs: Meaning) -> None:
    """Newer Claudes refuse to go on with an answer that was begun: a 400, where ours asks for it as the user, and tells the loss."""
    if body["model"] == NEWER and theirs["turns"][-1][0] == "assistant":
        # What goes on behind it may end in a space, of which litellm has freed the end.
        last = theirs["turns"][-1][1][-1]
        last[1] += body["messages"][-1]["content"][len(last[1]) :]
        theirs["turns"].append(["user", [["text", "Continue."]]])


@rule("ours", chat_to_messages=chat(response_format={"type": "json_object"}))
def any_json_object(body: Json, theirs: Meaning) -> None:
    """The API holds answers to schemas alone. litellm asks for nothing then, ours for a JSON object in the system prompt."""
    if (body.get("response_format") or {}).get("type") == "json_object":
        theirs["system"].append(instruction(None))


@rule("both", chat_to_messages=chat(response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": DAYS}}), levels=True)
def words_for_constraints(_body: Json, meaning: Meaning) -> None:
    """Anthropic refuses constraints such as `minimum` in a schema; like its own SDKs both tell them in a description, in words of their
    own.
    """
    for described in _schemas(meaning["format"]):
        if str(described.get("description", "")).startswith(('{"', "Note: ")):
            described["description"] = "constraints"


@rule("both", chat_to_messages=chat(reasoning_effort="low"))
def bound_of_an_answer_with_thoughts(body: Json, theirs: Meaning) -> None:
    """Anthropic demands `max_tokens`. Where a client leaves it open, both tell the model's most; litellm only 4,096 more than a budget of
    thoughts, where there is one.
    """
    thinking = theirs["thinking"] or {}
    if _bound(body) is None and thinking.get("type") == "enabled" and theirs["most"] == 4_096 + thinking["budget_tokens"]:
        theirs["most"] = MOST


@rule("both", chat_to_messages=chat(reasoning_effort="low", max_tokens=5_000))
def budgets_of_efforts(body: Json, theirs: Meaning) -> None:
    """How many tokens an effort is worth is for each translation to say: Anthropic has no table of it. Ours leaves half of a bound to the
    answer.
    """
    if (theirs["thinking"] or {}).get("type") == "enabled":
        most = _bound(body)
        budget = BUDGETS[body["reasoning_effort"]]
        budget = budget if most is None or budget < most else most // 2
        theirs["thinking"] = {"type": "enabled", "budget_tokens": budget} if budget >= SMALLEST_BUDGET else None


@rule("both", chat_to_messages=chat(model=NEWER, reasoning_effort="low"))
def thoughts_in_summary(_body: Json, theirs: Meaning) -> None:
    """Newer Claudes keep their thoughts to themselves unless asked. litellm asks for a summary; a chat client's effort asks for none."""
    if theirs["thinking"]:
        theirs["thinking"].pop("display", None)


@rule("both", chat_to_messages=chat(model=NEWER, reasoning_effort="none"))
def no_thinking_said_in_words(body: Json, theirs: Meaning) -> None:
    """A Claude that decides for itself how much to think may be told not to, or be told nothing, since thinking is off until asked for."""
    if body["model"] == NEWER and body.get("reasoning_effort") == "none":
        theirs["thinking"] = {"type": "disabled"}


@rule("ours", chat_to_messages=chat(tools=[LOOK], tool_choice="required", reasoning_effort="low"))
def thinking_where_it_is_refused(_body: Json, theirs: Meaning) -> None:
    """Thinking goes with no forced call, no answer that was begun, and by budget with no call that came without its thoughts: a 400."""
    if (theirs["thinking"] or {}).get("type") not in ("enabled", "adaptive"):
        return
    forced = theirs["choice"] not in (None, "auto", "none")
    last: list[Any] = next((items for role, items in reversed(theirs["turns"]) if role == "assistant"), [])
    unsigned = (
        theirs["thinking"]["type"] == "enabled" and any(item[0] == "call" for item in last) and last[0][0] not in ("thought", "sealed")
    )
    if forced or unsigned or theirs["turns"][-1][0] == "assistant":
        effort = theirs["thinking"].get("effort")
        theirs["thinking"] = {"effort": effort} if effort else None


@rule("ours", chat_to_messages=chat(temperature=1.5))
def temperature_above_one(_body: Json, theirs: Meaning) -> None:
    """OpenAI's temperatures reach to 2, Anthropic's to 1, and above is a 400: ours lowers it, and says so."""
    if theirs["sampling"].get("temperature", 0) > 1:
        theirs["sampling"]["temperature"] = 1


@rule("both", chat_to_messages=chat(temperature=1))
def sampling_by_default(body: Json, theirs: Meaning) -> None:
    """A temperature or a top_p of 1 asks for what is so anyway: ours leaves it out, since some models refuse even that."""
    for name in ("temperature", "top_p"):
        if body.get(name) == 1:
            theirs["sampling"].pop(name, None)


@rule("ours", chat_to_messages=chat(temperature=0.5, top_p=0.25))
def two_ways_of_sampling_at_once(_body: Json, theirs: Meaning) -> None:
    """Claude 4.5 and later refuse temperature and top_p in one request; ours keeps the first and tells the loss."""
    if "temperature" in theirs["sampling"]:
        theirs["sampling"].pop("top_p", None)


@rule("ours", chat_to_messages=chat(reasoning_effort="low", temperature=0.5, max_tokens=5_000))
def sampling_while_thinking(_body: Json, theirs: Meaning) -> None:
    """A Claude that thinks refuses any temperature but 1, and a low top_p; ours leaves both out and tells the loss."""
    if (theirs["thinking"] or {}).get("type") == "enabled":
        theirs["sampling"] = {}


def _bound(body: Json) -> int | None:
    most: int | None = body.get("max_completion_tokens", body.get("max_tokens"))
    return most


def _schemas(schema: Any) -> list[Json]:
    if not isinstance(schema, dict):
        return []
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items")]
    return [schema, *(found for part in inner for found in _schemas(part))]
