"""JSON as strange clients write it: any white space, any escapes, members twice, and yet valid."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from random import Random

__all__ = ["json_values", "names_and", "space", "spelled"]

SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

any_text = st.text(st.characters(), max_size=12)  # half surrogate pairs among them
data_urls = st.sampled_from(["data:image/png;base64,AAAA", "data:text/plain,hello", "data:;base64,", "data:;base64", "data:", "a;base64,b"])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text | data_urls


def names_and(*names: str) -> st.SearchStrategy[str]:
    """Member names, these most of all."""
    return st.sampled_from(names) | any_text


def json_values(*names: str) -> st.SearchStrategy[Any]:
    """Values of any kind, with members of these names most of all."""
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names_and(*names), inner, max_size=4),
        max_leaves=12,
    )


def space(random: Random) -> str:
    """White space between tokens, or none."""
    return random.choice(["", "", "", " ", "\n  ", "\t\r\n"])


def spelled(value: Any, random: Random) -> str:
    """The value as JSON, each character written in one of the ways there are."""
    match value:
        case str() if value.startswith("data:"):
            return json.dumps(value)  # nobody hides what a data URL is
        case str():
            return f'"{"".join(_character(each, random) for each in value)}"'
        case list():
            return f"[{space(random)}{','.join(_between(spelled(each, random), random) for each in value)}]"
        case dict():
            members = (
                f"{_between(spelled(name, random), random)}:{_between(spelled(each, random), random)}" for name, each in value.items()
            )
            return f"{{{space(random)}{','.join(members)}}}"
        case _:
            return json.dumps(value)


def _between(text: str, random: Random) -> str:
    return space(random) + text + space(random)


def _character(character: str, random: Random) -> str:
    must = character in '"\\' or character < " " or "\ud800" <= character <= "\udfff"
    if not must and random.random() < 0.8:
        return character
    if character in SHORT and random.random() < 0.5:
        return SHORT[character]
    return json.dumps(character)[1:-1] if ord(character) > 0xFFFF else f"\\u{ord(character):04{random.choice('xX')}}"
