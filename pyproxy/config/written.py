"""Values as a file would have them, on one line: for the reference and for `pyproxy explain`."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pyproxy.config.yaml_scalars import plain_scalar

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def as_written(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_written(key)}: {as_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_written(item) for item in value) + "]"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, str) and _WORD.fullmatch(value) and plain_scalar(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
