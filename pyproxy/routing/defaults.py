"""What echelons and nodes put into requests that leave it open, as it is written into a body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyproxy.config.limits import Parameters
from pyproxy.domain import Defaults

if TYPE_CHECKING:
    from pyproxy.config import EchelonConfig, NodeConfig

__all__ = ["defaults_of"]


def defaults_of(settings: EchelonConfig | NodeConfig, system: str | None = None) -> Defaults:
    """The defaults that an echelon or a node sets; `system` is a node's system prompt."""
    given = {name: getattr(settings, name) for name in Parameters.model_fields}
    parameters = tuple((name, json.dumps(value, ensure_ascii=False).encode()) for name, value in given.items() if value is not None)
    return Defaults(parameters, system, settings.max_tokens)
