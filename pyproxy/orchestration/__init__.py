"""The one path of a request: an engine without I/O, a driver that performs what it asks for, two ports."""

from pyproxy.orchestration.lanes import Lanes
from pyproxy.orchestration.orchestrator import Orchestrator
from pyproxy.orchestration.snapshots import Snapshot, Snapshots

__all__ = ["Lanes", "Orchestrator", "Snapshot", "Snapshots"]
