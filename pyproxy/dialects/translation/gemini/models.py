"""What differs between Gemini's generations, by the model's name: the only thing that tells them apart before a call."""

from __future__ import annotations

import re

__all__ = ["calls_beside_json", "checks_signatures", "thinks_by_budget", "thinks_by_level"]

_GENERATION = re.compile(r"gemini-(\d+(?:\.\d+)?)")


def thinks_by_budget(model: str) -> bool:
    """Whether a model is told how much to think as a number of tokens."""
    return _generation(model) == 2.5  # noqa: PLR2004 - as it is called


def thinks_by_level(model: str) -> bool:
    """Whether a model is told in a word how much to think."""
    return _is_new(model)


def calls_beside_json(model: str) -> bool:
    """Whether a model that is held to JSON may be offered tools."""
    return _is_new(model)


def checks_signatures(model: str) -> bool:
    """Whether a model refuses a call of a tool that comes back without its signature: Gemini's do, the latest of each size among them."""
    generation = _generation(model)
    return "gemini" in model.lower() if generation is None else generation >= 3  # noqa: PLR2004


def _is_new(model: str) -> bool:
    """Whether it is of the third generation or later; a name without a number is taken for one of a new model."""
    generation = _generation(model)
    return generation is None or generation >= 3  # noqa: PLR2004


def _generation(model: str) -> float | None:
    found = _GENERATION.search(model.lower())
    return float(found[1]) if found else None
