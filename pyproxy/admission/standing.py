"""What is known of instances, whatever room there is: who may be asked at all, what it will cost, and how each does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyproxy.admission.instances import Instances

if TYPE_CHECKING:
    from pyproxy.admission.breakers import Breakers
    from pyproxy.admission.credentials import Credentials
    from pyproxy.admission.tokens import TokenEstimates

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of every instance of one configuration; what it is made of outlives that.

    Attributes:
        breakers: who is left alone after failures.
        credentials: which credentials are of no use for a while.
        tokens: what a call to each model will probably cost.
        instances: how each instance does, and what became of the calls to it.
    """

    breakers: Breakers
    credentials: Credentials
    tokens: TokenEstimates
    instances: Instances = field(default_factory=Instances)
