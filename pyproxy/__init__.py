"""pyproxy: an LLM sidecar with exact limits, fallback that never multiplies a failure, and streams that are never cut in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy import errors

if TYPE_CHECKING:
    from pyproxy.admission import ConcurrencyController
    from pyproxy.embedded import Completion
    from pyproxy.runtime import Sidecar

__all__ = ["Completion", "ConcurrencyController", "Sidecar", "errors"]


def __getattr__(name: str) -> object:
    """Load what is heavy when it is first used: `pyproxy check` needs neither a server nor a client."""
    if name == "Sidecar":
        from pyproxy.runtime import Sidecar

        return Sidecar
    if name == "Completion":
        from pyproxy.embedded import Completion

        return Completion
    if name == "ConcurrencyController":
        from pyproxy.admission import ConcurrencyController

        return ConcurrencyController
    raise AttributeError(f"module 'pyproxy' has no attribute '{name}'")
