"""What a YAML scalar means, without the surprises of YAML 1.1 that no configuration wants.

Read as YAML 1.1 does: null, the booleans with ``yes``, ``no``, ``on`` and ``off``, decimal, hexadecimal and binary whole numbers, and
floats. Left as text, although YAML 1.1 sees more in them: ``12:30`` (a number to the base of 60), ``010`` (an octal number) and
``2024-05-13`` (a date).
"""

import re

from pyproxy.config.tree import Value

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, bool | None] = dict.fromkeys(("", "~", "null", "Null", "NULL")) | {
    form: truth
    for word, truth in (("yes", True), ("true", True), ("on", True), ("no", False), ("false", False), ("off", False))
    for form in (word, word.capitalize(), word.upper())
}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]*[0-9a-fA-F]|0b[01_]*[01])")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
LONGEST_NUMBER = 400


class ScalarError(ValueError):
    """A scalar that does not mean what its tag says; the text is safe to show."""


def plain_scalar(text: str) -> Value:
    """Return the value of an unquoted scalar without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    return text if len(text) > LONGEST_NUMBER else _number(text)


def tagged_scalar(tag: str, text: str) -> Value:
    """Return the value of a scalar with an explicit tag.

    Raises:
        ScalarError: The tag is none of YAML's safe ones, or the text does not fit it.
    """
    if tag in ("!", f"{_TAG}str"):
        return text
    read = plain_scalar(text)
    if tag == f"{_TAG}null" and read is None:
        return None
    if tag == f"{_TAG}bool" and isinstance(read, bool):
        return read
    if tag == f"{_TAG}int" and isinstance(read, int) and not isinstance(read, bool):
        return read
    if tag == f"{_TAG}float" and isinstance(read, int | float) and not isinstance(read, bool):
        return float(read)
    if tag in {f"{_TAG}{kind}" for kind in ("null", "bool", "int", "float")}:
        raise ScalarError(f"is not what its tag !!{tag.removeprefix(_TAG)} says")
    raise ScalarError("has a tag that is not allowed: only !!str, !!int, !!float, !!bool and !!null are")


def _number(text: str) -> Value:
    if _INT.fullmatch(text):
        return _whole(text)
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _whole(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").replace("_", "")
    return sign * int(digits, 0)
