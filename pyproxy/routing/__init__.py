"""From a name to a plan: the resolver, and the compiler behind it; and looks into groups and pools for programs."""

from pyproxy.routing.resolver import Resolver
from pyproxy.routing.task_groups import TaskGroupManager

__all__ = ["Resolver", "TaskGroupManager"]
