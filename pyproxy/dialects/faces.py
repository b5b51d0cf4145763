"""The faces, by the names of their dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.anthropic import ANTHROPIC
from pyproxy.dialects.gemini import GEMINI
from pyproxy.dialects.openai import OPENAI
from pyproxy.dialects.responses import RESPONSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.dialects.face import Face

__all__ = ["FACES"]

FACES: Mapping[str, Face] = {face.name: face for face in (OPENAI, RESPONSES, ANTHROPIC, GEMINI)}
