"""From a provider that failed to another: whoever is next in line and is served by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.orchestration.strategies.echelon_down import EchelonDown

if TYPE_CHECKING:
    from pyproxy.domain import Candidate
    from pyproxy.orchestration.actions import Failed
    from pyproxy.orchestration.journey import Journey

__all__ = ["ProviderFailover"]


class ProviderFailover(EchelonDown):
    """Takes the plan's steps in their order, and in them nobody whose provider has failed this request."""

    def failed(self, journey: Journey, candidate: Candidate, failure: Failed) -> None:  # noqa: ARG002 - the interface's shape
        """Shun the provider."""
        journey.shunned.add(candidate.provider)
