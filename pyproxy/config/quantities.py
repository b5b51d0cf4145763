"""The types of settings: each with its unit, its bounds, and nothing that a YAML surprise could slip through."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field

_PERHAPS_OCTAL = re.compile(r"[-+]?0[0-9]")


@dataclass(frozen=True, slots=True)
class Unit:
    """What the number of a setting counts, for people; given to a field, it wins over that of the field's type.

    Attributes:
        name: Such as ``seconds`` or ``requests a minute``.
    """

    name: str


def _plainly_a_number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number, and this reads as true or false")  # noqa: TRY004 - pydantic takes ValueError
    if isinstance(value, str) and _PERHAPS_OCTAL.match(value):
        raise ValueError("must be a number that does not begin with 0: some would read it to the base of 8")
    return value


_Number = BeforeValidator(_plainly_a_number)

Seconds = Annotated[float, _Number, Field(gt=0, le=86_400), Unit("seconds")]
"""A time in seconds, above 0, at most a day."""
Pause = Annotated[float, _Number, Field(ge=0, le=86_400), Unit("seconds")]
"""A time in seconds that may be 0, at most a day."""
Interval = Annotated[float, _Number, Field(ge=0.01, le=3_600), Unit("seconds")]
"""A time between two looks at something, in seconds: a hundredth at least, an hour at most."""
Count = Annotated[int, _Number, Field(ge=1, le=1_000_000)]
"""How many, at least 1; of what, each field says by a `Unit`."""
Retries = Annotated[int, _Number, Field(ge=0, le=100), Unit("retries")]
"""How many more tries; may be 0."""
Percent = Annotated[int, _Number, Field(ge=1, le=100), Unit("percent")]
"""A share in hundredths, at least 1."""
QueueSize = Annotated[int, _Number, Field(ge=0, le=1_000_000)]
"""How many may wait; of what, each field says by a `Unit`."""
PerMinute = Annotated[int, _Number, Field(ge=1, le=1_000_000_000_000)]
"""Requests or tokens a minute, at least 1; which, each field says by a `Unit`."""
Tokens = Annotated[int, _Number, Field(ge=1, le=1_000_000_000), Unit("tokens")]
"""A number of tokens, at least 1."""
Bytes = Annotated[int, _Number, Field(ge=1, le=1 << 40), Unit("bytes")]
"""A size in bytes, at least 1."""
Rate = Annotated[float, _Number, Field(gt=0, le=1e12)]
"""How many a second, above 0; of what, each field says by a `Unit`."""
Port = Annotated[int, _Number, Field(ge=0, le=65_535), Unit("port number")]
"""A TCP port; 0 picks a free one."""
Priority = Annotated[int, _Number, Field(ge=-1_000_000, le=1_000_000), Unit("rank")]
"""A place in an order; smaller comes first."""
Weight = Annotated[int, _Number, Field(ge=0, le=1_000_000), Unit("shares")]
"""A share; 0 takes no part."""
Text = Annotated[str, Field(min_length=1)]
"""A text that is not empty."""
UrlPath = Annotated[str, Field(pattern=r"^/[!-~]{0,500}$")]
"""The path of an address, from its slash on."""
Temperature = Annotated[float, _Number, Field(ge=0, le=2), Unit("plain number")]
"""Sampling temperature, 0 to 2."""
Share = Annotated[float, _Number, Field(gt=0, le=1), Unit("share of 1")]
"""A share of the whole, above 0, at most 1."""
Penalty = Annotated[float, _Number, Field(ge=-2, le=2), Unit("plain number")]
"""A sampling penalty, -2 to 2."""
Price = Annotated[float, _Number, Field(ge=0, le=1_000_000), Unit("a million tokens")]
"""What a million tokens cost, in whatever currency: all prices in one."""
