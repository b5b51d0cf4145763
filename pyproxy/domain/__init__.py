"""Frozen values that cross the layers: what was asked, where it can go, what happened."""

from pyproxy.domain.alike import AlikeRequests
from pyproxy.domain.attempt import Attempt
from pyproxy.domain.defaults import NO_DEFAULTS, Defaults, Node
from pyproxy.domain.plan import Candidate, FallbackPolicy, Plan, Step, StreamGuarantee, Timeouts
from pyproxy.domain.record import RequestRecord
from pyproxy.domain.request import PRIORITIES, Request
from pyproxy.domain.usage import Usage

__all__ = [
    "NO_DEFAULTS",
    "PRIORITIES",
    "AlikeRequests",
    "Attempt",
    "Candidate",
    "Defaults",
    "FallbackPolicy",
    "Node",
    "Plan",
    "Request",
    "RequestRecord",
    "Step",
    "StreamGuarantee",
    "Timeouts",
    "Usage",
]
