"""What differs between Gemini's generations, by the model's name: the only thing that tells them apart before a call."""

from __future__ import annotations

import re

__all__ = ["calls_beside_json", "checks_signatures"]

_GENERATION = re.compile(r"gemini-(\d+(?:\.\d+)?)")


def calls_beside_json(model: str) -> bool:
    """Whether a model that is held to JSON may be offered tools: those of the third generation or later, and those without a number."""
    generation = _generation(model)
    return generation is None or generation >= 3  # noqa: PLR2004


def checks_signatures(model: str) -> bool:
    """Whether a model refuses a call of a tool that comes back without its signature: Gemini's do, the latest of each size among them."""
    generation = _generation(model)
    return "gemini" in model.lower() if generation is None else generation >= 3  # noqa: PLR2004


def _generation(model: str) -> float | None:
    found = _GENERATION.search(model.lower())
    return float(found[1]) if found else None
