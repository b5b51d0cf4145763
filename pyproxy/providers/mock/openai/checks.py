"""The checks of single parameters, with OpenAI's words for what it refuses: wrong types, ranges, lengths and unknown names."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

from pyproxy.providers.mock.reply import BadRequestError

Check: TypeAlias = Callable[[str, Any], None]


class PedanticError(BadRequestError):
    """A value that OpenAI's API refuses, and that many of those that imitate it do not look at."""


_KINDS: Final = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
}
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST_NAME: Final = 64


def kind_of(value: Any) -> str:
    """Name a JSON value's type as the API's messages do."""
    return "null" if value is None else _KINDS[type(value)]


def wrong_type(name: str, expected: str, value: Any) -> BadRequestError:
    """Make the error for a value of another type."""
    got = f"got {kind_of(value)} instead."
    return BadRequestError(f"Invalid type for '{name}': expected {expected}, but {got}", code="invalid_type", param=name)


def missing(name: str) -> BadRequestError:
    """Make the error for a parameter that is not there."""
    return BadRequestError(f"Missing required parameter: '{name}'.", code="missing_required_parameter", param=name)


def wrong_value(name: str, value: Any, supported: Collection[str]) -> BadRequestError:
    """Make the error for a value that is not one of those supported."""
    *most, last = (f"'{each}'" for each in supported)
    listed = f"{', '.join(most)}{',' if len(most) > 1 else ''} and {last}"
    return BadRequestError(f"Invalid value: '{value}'. Supported values are: {listed}.", code="invalid_value", param=name)


def decimal(name: str, value: Any, *, least: float, most: float) -> None:
    """Check a decimal in a range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(name, "a decimal", value)
    for beyond, side, sign, edge in ((value < least, "below_min", ">=", least), (value > most, "above_max", "<=", most)):
        if beyond:
            words = "below minimum" if side == "below_min" else "above maximum"
            text = f"Invalid '{name}': decimal {words} value. Expected a value {sign} {edge:g}, but got {value} instead."
            raise PedanticError(text, code=f"decimal_{side}_value", param=name)


def integer(name: str, value: Any, *, least: int, most: int | None = None) -> None:
    """Check an integer with a least value, and perhaps a largest."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "an integer", value)
    if value < least:
        text = f"Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {value} instead."
        raise PedanticError(text, code="integer_below_min_value", param=name)
    if most is not None and value > most:
        text = f"Invalid '{name}': integer above maximum value. Expected a value <= {most}, but got {value} instead."
        raise PedanticError(text, code="integer_above_max_value", param=name)


def boolean(name: str, value: Any) -> None:
    """Check a boolean."""
    if not isinstance(value, bool):
        raise wrong_type(name, "a boolean", value)


def string(name: str, value: Any) -> None:
    """Check a string."""
    if not isinstance(value, str):
        raise wrong_type(name, "a string", value)


def function_name(name: str, value: Any) -> None:
    """Check the name of a function or a schema."""
    if value is None:
        raise missing(name)
    string(name, value)
    if not _NAME.fullmatch(value):
        text = f"Invalid '{name}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        raise BadRequestError(text, code="invalid_value", param=name)
    if len(value) > _LONGEST_NAME:
        text = f"Invalid '{name}': string too long. Expected a string with maximum length {_LONGEST_NAME}, but got a string with length "
        raise BadRequestError(f"{text}{len(value)} instead.", code="string_above_max_length", param=name)


def filled(name: str, value: Any) -> None:
    """Check an array that may not be empty."""
    if not isinstance(value, list):
        raise wrong_type(name, "an array of objects", value)
    if not value:
        text = f"Invalid '{name}': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise BadRequestError(text, code="empty_array", param=name)


def stops(name: str, value: Any, *, most: int = 4) -> None:
    """Check stop strings: one, or a list of a few."""
    if isinstance(value, list):
        if len(value) > most:
            text = f"Invalid '{name}': array too long. Expected an array with maximum length {most}, but got an array with length"
            raise BadRequestError(f"{text} {len(value)} instead.", code="array_above_max_length", param=name)
        for index, each in enumerate(value):
            string(f"{name}[{index}]", each)
    elif not isinstance(value, str):
        raise wrong_type(name, "one of an array of strings or string", value)


def anything(name: str, value: Any) -> None:
    """Check nothing: the API knows the parameter, and the mock does not act on it."""


SAMPLING: Final[Mapping[str, Check]] = {
    "temperature": partial(decimal, least=0, most=2),
    "top_p": partial(decimal, least=0, most=1),
    "frequency_penalty": partial(decimal, least=-2, most=2),
    "presence_penalty": partial(decimal, least=-2, most=2),
}
"""The parameters that chat completions and completions share, and responses in part."""


def overlooked(document: Mapping[str, Any], known: Mapping[str, Check]) -> dict[str, Any]:
    """Give what a lenient model looks at of a request: no pedantic faults, and no options of a stream where there is none."""
    looked_at = {name: value for name, value in document.items() if not _is_pedantic(name, value, known)}
    if looked_at.get("stream") is not True:
        looked_at.pop("stream_options", None)
    return looked_at


def _is_pedantic(name: str, value: Any, known: Mapping[str, Check]) -> bool:
    try:
        parameters({name: value}, known)
    except PedanticError:
        return True
    except BadRequestError:
        return False
    return False


def parameters(document: Mapping[str, Any], known: Mapping[str, Check]) -> str | None:
    """Check each parameter that is known, where it is not null.

    Returns:
        The first one that is not known, or None.

    Raises:
        BadRequestError: At the first that the API refuses.
    """
    unknown = None
    for name, value in document.items():
        check = known.get(name)
        if check is None:
            unknown = unknown or name
        elif value is not None:
            check(name, value)
    return unknown
