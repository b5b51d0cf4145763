"""Which words OpenAI's models take for how hard they are to think, by the beginnings of their names."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pyproxy.providers.mock.openai.checks import wrong_type
from pyproxy.providers.mock.reading import mapping
from pyproxy.providers.mock.reply import BadRequestError

# The first that fits holds; those that are not here take any word.
_TAKEN: Final = tuple(
    (re.compile(pattern), tuple(words.split()))
    for pattern, words in (
        (r"(?:gpt-[34]|chatgpt-|o1-(?:mini|preview))", ""),
        (r"gpt-5.*-chat", "medium"),
        (r"o[34](?:-mini)?-deep-research", "medium"),
        (r"o[134](?:-|$)", "low medium high"),
        (r"gpt-5-pro", "high"),
        (r"gpt-5\.\d-pro", "medium high xhigh"),
        (r"gpt-5(?:-codex|\.1-codex(?:-mini)?)(?:-\d|$)", "low medium high"),
        (r"gpt-5\.\d-codex", "low medium high xhigh"),
        (r"gpt-5(?:-(?:mini|nano))?(?:-\d|$)", "minimal low medium high"),
        (r"gpt-5\.1", "none low medium high"),
        (r"gpt-5\.[2-5]", "none low medium high xhigh"),
        (r"gpt-5\.6|gpt-6-(?:sol|luna)", "none low medium high xhigh max"),
        (r"gpt-6", "low medium high xhigh max"),
    )
)


def check_effort(document: Mapping[str, Any], model: str) -> None:
    """Check a request for a chat completion or a response.

    Raises:
        BadRequestError: If its model does not take the word.
    """
    taken = next((words for pattern, words in _TAKEN if pattern.match(model)), None)
    name, word = "reasoning_effort", document.get("reasoning_effort")
    if word is None:
        name, word = "reasoning.effort", mapping(document.get("reasoning")).get("effort")
    if word is None or taken is None:
        return
    if not isinstance(word, str):
        raise wrong_type(name, "a string", word)
    if not taken:
        text = f"Unsupported parameter: '{name}' is not supported with this model."
        raise BadRequestError(text, code="unsupported_parameter", param=name)
    if word not in taken:
        *most, last = (f"'{each}'" for each in taken)
        listed = f"{', '.join(most)}, and {last}" if most else last
        text = f"Unsupported value: '{word}' is not supported with the '{model}' model. Supported values are: {listed}."
        raise BadRequestError(text, code="unsupported_value", param=name)
