"""What OpenAI and DeepSeek say of a bound that is beyond the longest answer of a model."""

from collections.abc import Mapping
from typing import Any

from pyproxy.providers.mock.longest import longest_answer
from pyproxy.providers.mock.reading import whole
from pyproxy.providers.mock.reply import BadRequestError


def check_bound(document: Mapping[str, Any], model: str) -> None:
    """Check the bound of a request for a chat completion or a response.

    Raises:
        BadRequestError: If its model gives no answer as long.
    """
    most = longest_answer(model)
    if most is None:
        return
    for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        asked = whole(document.get(name))
        if asked is None or asked <= most:
            continue
        if model.startswith("deepseek"):
            text = f"Invalid max_tokens value, the valid range of max_tokens is [1, {most}]"
            raise BadRequestError(text, code="invalid_request_error")
        if name == "max_output_tokens":
            text = f"Invalid '{name}': integer above maximum value. Expected a value <= {most}, but got {asked} instead."
            raise BadRequestError(text, code="integer_above_max_value", param=name)
        text = f"{name} is too large: {asked}. This model supports at most {most} completion tokens, whereas you provided {asked}."
        raise BadRequestError(text, code="invalid_value", param=name)
