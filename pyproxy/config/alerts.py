"""When operators are told that something is wrong."""

from typing import Annotated

from pydantic import Field

from pyproxy.config.quantities import Count, Seconds, Share, Unit
from pyproxy.config.settings import Settings


class AlertsConfig(Settings):
    """What is worth an alert, and how many are kept. Alerts go to the log, to `/metrics` and to `GET /admin/v1/alerts`."""

    fallback_rate: Share = Field(
        default=0.5,
        description="Share of a group's requests that go on to another instance than the first they asked, above which there is an alert; "
        "1 never has one.",
        examples=[0.25],
    )
    fallback_window: Seconds = Field(default=300.0, description="How far back that share looks, in seconds.", examples=[300])
    fallback_requests: Annotated[Count, Unit("requests")] = Field(
        default=20, description="Requests of a group within the window, below which its share says nothing.", examples=[20]
    )
    keep: Annotated[Count, Field(le=10_000), Unit("alerts")] = Field(
        default=100, description="Alerts that are kept to be asked for; older ones stay counted.", examples=[100]
    )
