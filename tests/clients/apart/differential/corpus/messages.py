"""Messages requests as clients write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clients.apart.differential.corpus.shared import (
    PICTURES,
    SAMPLING,
    SCHEMAS,
    called_tools,
    declared,
    perhaps,
    thinking_blocks,
    together,
    words,
)
from hypothesis import strategies as st
from support.conversations import names

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json

__all__ = ["messages_requests"]


def _messages_tool(name: str, description: str | None, schema: Any) -> Json:
    described = {} if description is None else {"description": description}
    return {"name": name, **described, "input_schema": schema or {"type": "object", "properties": {}}}


_messages_texts = words | st.lists(words.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=2)
_messages_pictures = PICTURES.map(
    lambda url: {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "aGk="} if url.startswith("data:") else {"type": "url", "url": url},
    }
)


@st.composite
def _messages_turns(draw: st.DrawFn) -> list[Json]:
    said = st.lists(words.map(lambda text: {"type": "text", "text": text}) | _messages_pictures, min_size=1, max_size=3)
    turns: list[Json] = [{"role": "user", "content": draw(words | said)}]
    for number in range(draw(st.integers(0, 2))):
        calls = [{"type": "tool_use", "id": f"{id_}_{number}", "name": name, "input": value} for id_, name, value in draw(called_tools)]
        thinking = draw(st.lists(thinking_blocks, max_size=1))
        texts = draw(st.lists(words, min_size=0 if calls else 1, max_size=2))
        turns.append({"role": "assistant", "content": [*thinking, *({"type": "text", "text": text} for text in texts), *calls]})
        results = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": draw(words | said)} for call in draw(st.permutations(calls))
        ]
        turns.append({"role": "user", "content": [*results, *(draw(said) if not calls or draw(st.booleans()) else [])]})
    return turns


messages_requests = together(
    st.fixed_dictionaries(
        {"model": st.sampled_from(["gpt-4o", "gpt-5", "glm-4.7"]), "max_tokens": st.integers(1, 9_000), "messages": _messages_turns()},
        optional={
            "system": _messages_texts,
            "stop_sequences": st.lists(words, min_size=1, max_size=2),
            "thinking": st.sampled_from(
                [{"type": "disabled"}, *({"type": "enabled", "budget_tokens": most} for most in (1_024, 5_000, 20_000))]
            ),
            "metadata": st.fixed_dictionaries({"user_id": names}),
            # Anthropic takes closed schemas alone.
            "output_config": SCHEMAS.map(
                lambda schema: {"format": {"type": "json_schema", "schema": schema | {"additionalProperties": False}}}
            ),
            **SAMPLING,
        },
    ),
    perhaps(
        st.fixed_dictionaries(
            {"tools": declared(_messages_tool)},
            optional={
                "tool_choice": st.just({"type": "tool", "name": "look"})
                | st.fixed_dictionaries({"type": st.sampled_from(["auto", "any"])}, optional={"disable_parallel_tool_use": st.booleans()})
                | st.just({"type": "none"})
            },
        )
    ),
)
