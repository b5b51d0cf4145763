"""How long the answers of well-known models may be: their providers refuse a request that asks for more."""

import re
from typing import Final

# The first that fits holds; the mock's models, and others that nobody knows, take any bound.
_LONGEST: Final = tuple(
    (re.compile(pattern), most)
    for pattern, most in (
        (r"gpt-3\.5|gpt-4-turbo|gpt-4-(?:1106|0125)|gpt-4o-2024-05-13", 4_096),
        (r"gpt-4o|gpt-4\.5|chatgpt-4o|gpt-5.*-chat", 16_384),
        (r"gpt-4\.1|o1-preview", 32_768),
        (r"gpt-4(?:-0|$)", 8_192),
        (r"o1-mini", 65_536),
        (r"o[134](?:-|$)", 100_000),
        (r"gpt-5-pro", 272_000),
        (r"gpt-[56]", 128_000),
        (r"deepseek-chat", 8_192),
        (r"deepseek-reasoner", 65_536),
        (r"gemini-(?:1|2\.0|pro$)", 8_192),
        (r"gemini-.*-image", 32_768),
        (r"gemini-(?:2\.5|3)", 65_536),
        (r"claude-3-(?:haiku|opus|sonnet)", 4_096),
        (r"claude-3-5", 8_192),
        (r"claude-opus-4-(?:[01](?:-|$)|2025)", 32_000),
        (r"claude-(?:3-7|sonnet-4-(?:0|2025)|(?:opus|sonnet|haiku)-4-5)", 64_000),
        (r"claude-(?:opus|sonnet)-(?:4-[678]|5)", 128_000),
    )
)


def longest_answer(model: str) -> int | None:
    """Give the most tokens that a request to a model may ask for, or None for any number."""
    return next((most for pattern, most in _LONGEST if pattern.match(model)), None)
