"""What the bodies of all APIs are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from support.conversations import names

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json

__all__ = [
    "PICTURES",
    "SAMPLING",
    "SCHEMAS",
    "TOOLS",
    "called_tools",
    "declared",
    "ids",
    "objects",
    "perhaps",
    "thinking_blocks",
    "together",
    "words",
]

SCHEMAS: Final[st.SearchStrategy[dict[str, Any]]] = st.sampled_from(
    [
        {"type": "object", "properties": {"city": {"type": "string", "description": "where"}}, "required": ["city"]},
        {
            "type": "object",
            "properties": {"days": {"type": "array", "items": {"type": "integer", "minimum": 1}}},
            "additionalProperties": False,
        },
        {"type": "object", "properties": {"unit": {"anyOf": [{"type": "string", "enum": ["c", "f"]}, {"type": "null"}]}}},
    ]
)
# Read by people where two translations disagree; what odd characters do is for the properties of our own to find.
words = st.text("abé字 \n", min_size=1, max_size=6).filter(str.strip)
objects = st.dictionaries(st.sampled_from(["city", "days"]), st.sampled_from(["Rome", 3, 0.5, True, None, ["a", {"b": ""}]]), max_size=2)
thinking_blocks = st.one_of(
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": words, "signature": names}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": names}),
)
PICTURES: Final = st.sampled_from(["https://example.com/a.png", "data:image/png;base64,aGk="])
TOOLS: Final = ("look", "read_file", "send-mail")
ids = st.integers(0, 999).map(lambda number: f"call_{number}")
called_tools = st.lists(st.tuples(ids, st.sampled_from(TOOLS), objects), max_size=3, unique_by=lambda call: call[0])
SAMPLING: Final = {"temperature": st.sampled_from([0, 0.5, 1, 1.5]), "top_p": st.sampled_from([0.25, 1])}


def declared(made: Any) -> Any:
    """Some of the tools, in a dialect."""
    return st.integers(1, 3).flatmap(
        lambda many: st.tuples(*(st.builds(made, st.just(name), st.none() | words, st.none() | SCHEMAS) for name in TOOLS[:many])).map(list)
    )


def together(*groups: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Groups of members in one body."""
    return st.tuples(*groups).map(lambda drawn: {name: value for group in drawn for name, value in group.items()})


def perhaps(group: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.just({}) | group
