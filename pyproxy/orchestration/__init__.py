"""The one path of a request: an engine without I/O, a driver that performs what it asks for, two ports."""

from pyproxy.orchestration.orchestrator import Orchestrator

__all__ = ["Orchestrator"]
