"""Polling pools as programs and operators see them: their instances and how each does, who is next, and the checks behind it."""

from pyproxy.pools.checks import HealthChecks
from pyproxy.pools.manager import PollingPoolManager
from pyproxy.pools.pool import Handout, HeldInstance, PollingPool, Pools
from pyproxy.pools.status import InstanceStatus, PoolStatus

__all__ = ["Handout", "HealthChecks", "HeldInstance", "InstanceStatus", "PollingPool", "PollingPoolManager", "PoolStatus", "Pools"]
