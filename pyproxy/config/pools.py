"""Polling pools: instances of task groups under a rotation strategy, for requests of a single turn."""

from typing import Annotated, Literal

from pydantic import Field

from pyproxy.config.quantities import Count, Pause, Rate, Seconds, Text, Unit, UrlPath, Weight
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
    """The rate limit of a pool: how its algorithm counts is set in the table of that name; without it nothing is limited."""

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
    health_check: bool = Field(default=True, description="Whether instances are checked while nobody asks them.", examples=[False])
    health_check_interval: Seconds = Field(default=30.0, description="Between two checks of an instance, in seconds.", examples=[30])
    health_check_path: UrlPath = Field(
        default="/models", description="What a check gets, below the provider's base_url; it costs no tokens.", examples=["/models"]
    )
    health_check_prompt: Text | None = Field(
        default=None,
        description="Left out, no check costs a token. Set, a check asks each model this instead, for an answer of one token.",
        examples=["ping"],
    )
    health_check_timeout: Seconds = Field(default=5.0, description="Longest time for one check, in seconds.", examples=[5])
    failure_threshold: Annotated[Count, Unit("failures")] = Field(
        default=3, description="Failures in a row, of calls or checks, that take an instance out.", examples=[3]
    )
    recovery_time: Seconds = Field(
        default=60.0,
        description="How long an instance stays out, in seconds, before one call finds out whether it is back; longer each time it is not.",
        examples=[60],
    )
    slow_start: Pause = Field(
        default=10.0,
        description="Time in seconds in which the traffic of an instance that is back grows to its share, where others can take the "
        "rest; 0: at once.",
        examples=[10],
    )
    fallback_strategy: Literal["instance_rotation", "simple_retry"] = Field(
        default="instance_rotation", description="On failure: another instance, or the same again.", examples=["instance_rotation"]
    )
    max_instance_attempts: Annotated[Count, Unit("calls")] = Field(
        default=2, description="Calls of one request to the same instance.", examples=[2]
    )
    multi_turn_redirect: Text | None = Field(
        default=None,
        description="Group or echelon that answers a request with a conversation (assistant or tool turns, a session) in the pool's "
        "place. Left out, such a request gets a 409 that names a group to ask.",
        examples=["fast_group"],
    )
    rate_limiting: RateLimitingConfig | None = Field(
        default=None, description="Rate limit of the pool.", examples=[{"algorithm": "token_bucket"}]
    )
