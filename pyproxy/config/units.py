"""Numbers that were written with a unit, such as ``30s``, ``5 min``, ``32MB`` or ``10k``: what to write instead."""

import re

_NUMBER = re.compile(r"([-+]?\d{1,12}(?:\.\d{1,6})?|\d{1,3}(?:,\d{3}){1,3})\s*([A-Za-z]*)(\s*(?:/|per\s)\s*min(?:ute)?)?")
_SECONDS = {
    "ms": 0.001,
    "s": 1,
    "sec": 1,
    "secs": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "min": 60,
    "mins": 60,
    "minute": 60,
    "minutes": 60,
}
_SECONDS |= dict.fromkeys(("h", "hour", "hours"), 3600)
_BYTES = {"b": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20}
_BYTES |= dict.fromkeys(("g", "gb", "gib"), 1 << 30)
_COUNTS = {"k": 1000, "m": 1_000_000} | dict.fromkeys(("rpm", "tpm", "req", "requests", "tokens", "calls", "times", "x"), 1)


def unit_hint(text: str, description: str) -> str:
    """Return what to write for a number with a known unit; an empty text for anything else, which may be a secret in the wrong place.

    Args:
        text: What was written.
        description: Of the setting, which says ``in seconds`` or ``in bytes`` where it counts these.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return ""
    kind, factors = next(
        ((f"in {name} and ", factors) for name, factors in (("seconds", _SECONDS), ("bytes", _BYTES)) if name in description), ("", _COUNTS)
    )
    number, unit = found[1], found[2].lower()
    bare = not unit and (found[3] or "," in number)
    if unit not in factors and not bare:
        return ""
    return f"write it {kind}without a unit: {float(number.replace(',', '')) * factors.get(unit, 1):.12g}"
