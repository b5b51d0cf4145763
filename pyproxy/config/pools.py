"""Polling pools: instances of task groups under a rotation strategy, for requests of a single turn."""

from typing import Annotated, Literal

from pydantic import Field

from pyproxy.config.quantities import Count, Rate, Seconds, Text, Unit, Weight
from pyproxy.config.settings import Named, Settings, nothing


class TokenBucketConfig(Settings):
    """A token bucket over the requests of a pool."""

    bucket_size: Annotated[Count, Unit("requests")] = Field(description="Largest burst, in requests.", examples=[1000])
    refill_rate: Annotated[Rate, Unit("requests a second")] = Field(description="Requests regained a second.", examples=[16.67])


class SlidingWindowConfig(Settings):
    """A sliding window over the requests of a pool."""

    window_size: Seconds = Field(description="Length of the window, in seconds.", examples=[60])
    max_requests: Annotated[Count, Unit("requests")] = Field(description="Requests in any one window.", examples=[1000])


class RateLimitingConfig(Settings):
    """The rate limit of a pool."""

    enabled: bool = Field(default=True, description="Whether the limit holds.", examples=[True])
    algorithm: Literal["token_bucket", "sliding_window"] = Field(
        default="token_bucket", description="How requests are counted.", examples=["token_bucket"]
    )
    token_bucket: TokenBucketConfig | None = Field(
        default=None, description="Settings of the token bucket.", examples=[{"bucket_size": 1000, "refill_rate": 16.67}]
    )
    sliding_window: SlidingWindowConfig | None = Field(
        default=None, description="Settings of the sliding window.", examples=[{"window_size": 60, "max_requests": 1000}]
    )


class PollingPoolConfig(Settings):
    """A pool of instances."""

    description: str = Field(default="", description="What the pool is for, for people.", examples=["short questions"])
    task_groups: tuple[Text, ...] = Field(
        min_length=1, description="Groups or echelons whose models are the instances.", examples=[["fast_group"]]
    )
    rotation_strategy: Literal[
        "round_robin",
        "random",
        "weighted",
        "weighted_random",
        "weighted_round_robin",
        "least_used",
        "least_recently_used",
        "least_connections",
        "response_time",
    ] = Field(default="round_robin", description="Who is next.", examples=["round_robin"])
    weights: Named[Weight] = Field(
        default_factory=nothing,
        description="Shares of the traffic, by model or by group.echelon, for a weighted strategy; what is not named counts as 1.",
        examples=[{"openai-gpt4": 2, "fast_group.echelon2": 1}],
    )
    health_check_interval: Seconds = Field(default=30.0, description="Between two checks of an instance, in seconds.", examples=[30])
    failure_threshold: Annotated[Count, Unit("failures")] = Field(
        default=3, description="Failures in a row that take an instance out.", examples=[3]
    )
    recovery_time: Seconds = Field(default=60.0, description="How long an instance stays out, in seconds.", examples=[60])
    fallback_strategy: Literal["instance_rotation", "simple_retry"] = Field(
        default="instance_rotation", description="On failure: another instance, or the same again.", examples=["instance_rotation"]
    )
    max_instance_attempts: Annotated[Count, Unit("calls")] = Field(
        default=2, description="Calls of one request to the same instance.", examples=[2]
    )
    rate_limiting: RateLimitingConfig | None = Field(
        default=None, description="Rate limit of the pool.", examples=[{"algorithm": "token_bucket"}]
    )
