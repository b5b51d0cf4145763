"""pyproxy: an LLM sidecar with exact limits, fallback that never multiplies a failure, and streams that are never cut in silence."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pyproxy import errors

if TYPE_CHECKING:
    from pyproxy.admission import ConcurrencyController
    from pyproxy.embedded import Completion, CompletionChunk, EnhancedFallbackManager
    from pyproxy.node import LLMNode
    from pyproxy.pools import PollingPoolManager
    from pyproxy.routing import TaskGroupManager
    from pyproxy.runtime import Sidecar
    from pyproxy.wrappers import LLMWrapperFactory

__all__ = [
    "Completion",
    "CompletionChunk",
    "ConcurrencyController",
    "EnhancedFallbackManager",
    "LLMNode",
    "LLMWrapperFactory",
    "PollingPoolManager",
    "Sidecar",
    "TaskGroupManager",
    "errors",
]

_HOMES = {
    "Completion": "pyproxy.embedded",
    "CompletionChunk": "pyproxy.embedded",
    "ConcurrencyController": "pyproxy.admission",
    "EnhancedFallbackManager": "pyproxy.embedded",
    "LLMNode": "pyproxy.node",
    "LLMWrapperFactory": "pyproxy.wrappers",
    "PollingPoolManager": "pyproxy.pools",
    "Sidecar": "pyproxy.runtime",
    "TaskGroupManager": "pyproxy.routing",
}


def __getattr__(name: str) -> object:
    """Load what is heavy when it is first used: `pyproxy check` needs neither a server nor a client."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pyproxy' has no attribute '{name}'")
