"""How much Gemini's models can be told to think, by their names: tokens those of 2.5, levels the later ones, and none before."""

import re
from typing import Any, Final

from pyproxy.providers.mock.gemini.errors import RefusedError

# The least budget above 0, the most, and whether they can be kept from thinking.
_BUDGETS: Final = (
    (re.compile(r"gemini-2\.5-pro"), (128, 32_768, False)),
    (re.compile(r"gemini-2\.5-flash-lite"), (512, 24_576, True)),
    (re.compile(r"gemini-2\.5-flash"), (1, 24_576, True)),
)
_LEVELS: Final = (
    (re.compile(r"gemini-3-pro"), ("LOW", "HIGH")),
    (re.compile(r"gemini-3.*-pro|gemini-3\.8"), ("LOW", "MEDIUM", "HIGH")),
    (re.compile(r"gemini-3"), ("MINIMAL", "LOW", "MEDIUM", "HIGH")),
)


def check_thinking(config: dict[str, Any], model: str) -> None:
    """Check the `thinkingConfig` of a request.

    Raises:
        RefusedError: If the model would refuse it.
    """
    budget, level = config.get("thinkingBudget"), config.get("thinkingLevel")
    if budget is not None and level is not None:
        raise RefusedError("You can only set only one of thinking budget and thinking level.")
    levels = next((taken for pattern, taken in _LEVELS if pattern.match(model)), None)
    if level is not None and levels is not None and level.upper() not in levels:
        raise RefusedError(f"Thinking level {level.upper()} is not supported for this model. Please retry with other thinking level.")
    if level is not None and re.match(r"gemini-[12]", model):
        raise RefusedError("Thinking level is not supported for this model.")
    if budget is not None and re.match(r"gemini-(?:1|2\.0)", model):
        raise RefusedError("Thinking is not supported for this model.")
    bounds = next((found for pattern, found in _BUDGETS if pattern.match(model)), None)
    if budget in (None, -1) or bounds is None:
        return
    least, most, can_be_kept = bounds
    if budget == 0 and not can_be_kept:
        raise RefusedError("Budget 0 is invalid. This model only works in thinking mode.")
    if budget != 0 and not least <= budget <= most:
        raise RefusedError(f"The thinking budget {budget} is invalid. Please choose a value between {least} and {most}.")
