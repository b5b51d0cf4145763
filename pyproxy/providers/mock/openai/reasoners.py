"""What OpenAI's reasoning models refuse that its others take, by the beginnings of their names."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from pyproxy.providers.mock.reading import mapping
from pyproxy.providers.mock.reply import BadRequestError

_REASONERS: Final = re.compile(r"(?:gpt-5|o[134](?:-|$))(?!.*-chat)")
# They reason only when asked to, and are sampled as one likes else.
_WHEN_ASKED: Final = re.compile(r"gpt-5\.[1-4](?:-(?:mini|nano))?(?:-\d{4}-\d\d-\d\d)?$")
_NEVER: Final = ("stop", "presence_penalty", "frequency_penalty", "logit_bias")
_WHILE_REASONING: Final = ("top_p", "logprobs", "top_logprobs")


def check_reasoning(document: Mapping[str, Any], model: str) -> None:
    """Check a request for a chat completion or a response.

    Raises:
        BadRequestError: If its model reasons, and has no such parameter.
    """
    if _REASONERS.match(model) is None:
        return
    given = {name for name, value in document.items() if value is not None}
    if "max_tokens" in given:
        raise _unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
    _refuse(_NEVER, given)
    effort = document.get("reasoning_effort", mapping(document.get("reasoning")).get("effort"))
    if _WHEN_ASKED.match(model) is not None and effort in (None, "none"):
        return
    if "temperature" in given and document["temperature"] != 1:
        text = f"Unsupported value: 'temperature' does not support {document['temperature']} with this model."
        text += " Only the default (1) value is supported."
        raise BadRequestError(text, code="unsupported_value", param="temperature")
    _refuse(_WHILE_REASONING, given)


def _refuse(names: Iterable[str], given: Collection[str]) -> None:
    for name in names:
        if name in given:
            raise _unsupported(name)


def _unsupported(name: str, instead: str = "") -> BadRequestError:
    text = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
    return BadRequestError(text, code="unsupported_parameter", param=name)
