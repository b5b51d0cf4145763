"""The types of settings: each with its unit, its bounds, and nothing that a YAML surprise could slip through."""

from typing import Annotated

from pydantic import BeforeValidator, Field


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number, and this reads as true or false")  # noqa: TRY004 - pydantic takes ValueError
    return value


_Number = BeforeValidator(_no_truth_value)

Seconds = Annotated[float, _Number, Field(gt=0, le=86_400)]
"""A time in seconds, above 0, at most a day."""
Pause = Annotated[float, _Number, Field(ge=0, le=86_400)]
"""A time in seconds that may be 0, at most a day."""
Interval = Annotated[float, _Number, Field(ge=0.01, le=3_600)]
"""A time between two looks at something, in seconds: a hundredth at least, an hour at most."""
Count = Annotated[int, _Number, Field(ge=1, le=1_000_000)]
"""How many, at least 1."""
Retries = Annotated[int, _Number, Field(ge=0, le=100)]
"""How many more tries; may be 0."""
PerMinute = Annotated[int, _Number, Field(ge=1, le=1_000_000_000_000)]
"""Requests or tokens a minute, at least 1."""
Tokens = Annotated[int, _Number, Field(ge=1, le=1_000_000_000)]
"""A number of tokens, at least 1."""
Bytes = Annotated[int, _Number, Field(ge=1, le=1 << 40)]
"""A size in bytes, at least 1."""
Rate = Annotated[float, _Number, Field(gt=0, le=1e12)]
"""How many a second, above 0."""
Port = Annotated[int, _Number, Field(ge=0, le=65_535)]
"""A TCP port; 0 picks a free one."""
Priority = Annotated[int, _Number, Field(ge=-1_000_000, le=1_000_000)]
"""A place in an order; smaller comes first."""
Weight = Annotated[int, _Number, Field(ge=0, le=1_000_000)]
"""A share; 0 takes no part."""
Text = Annotated[str, Field(min_length=1)]
"""A text that is not empty."""
Temperature = Annotated[float, _Number, Field(ge=0, le=2)]
"""Sampling temperature, 0 to 2."""
Share = Annotated[float, _Number, Field(gt=0, le=1)]
"""A share of the whole, above 0, at most 1."""
Penalty = Annotated[float, _Number, Field(ge=-2, le=2)]
"""A sampling penalty, -2 to 2."""
