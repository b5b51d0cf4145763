"""What operators ask a running sidecar: how its groups, models, wrappers, nodes and sessions do, as plain values and as gauges."""

from pyproxy.status.route import foreseen, route_view
from pyproxy.status.status import Status

__all__ = ["Status", "foreseen", "route_view"]
