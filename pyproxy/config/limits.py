"""What every level (group, echelon, model, node) may carry: limits, and default parameters for a request that names none."""

from typing import Annotated

from pydantic import Field

from pyproxy.config.quantities import Count, Penalty, PerMinute, QueueSize, Share, Temperature, Text, Tokens, Unit
from pyproxy.config.settings import Settings


class Limits(Settings):
    """How much may pass a level; a limit that is left out does not limit."""

    concurrency_limit: Annotated[Count, Unit("calls")] | None = Field(
        default=None, description="Calls in flight at one time.", examples=[10]
    )
    rpm_limit: Annotated[PerMinute, Unit("requests a minute")] | None = Field(
        default=None, description="Requests a minute.", examples=[600]
    )
    tpm_limit: Annotated[PerMinute, Unit("tokens a minute")] | None = Field(
        default=None, description="Tokens a minute, prompt and answer together.", examples=[30_000]
    )
    queue_size: Annotated[QueueSize, Unit("requests")] = Field(
        default=1000, description="Requests that may wait for room here; 0 lets nobody wait.", examples=[100]
    )


class Parameters(Settings):
    """Parameters put into a request that does not name them itself."""

    temperature: Temperature | None = Field(default=None, description="Sampling temperature, 0 to 2.", examples=[0.7])
    top_p: Share | None = Field(default=None, description="Probability mass to sample from, above 0 and at most 1.", examples=[0.9])
    max_tokens: Tokens | None = Field(default=None, description="Longest answer, in tokens.", examples=[2000])
    frequency_penalty: Penalty | None = Field(
        default=None, description="Penalty for tokens by how often they occurred, -2 to 2.", examples=[0.5]
    )
    presence_penalty: Penalty | None = Field(default=None, description="Penalty for tokens that occurred at all, -2 to 2.", examples=[0.5])
    stop: tuple[Text, ...] | None = Field(default=None, description="Texts that end the answer.", examples=[["END"]])
