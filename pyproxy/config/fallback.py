"""What happens when a call fails: where to go next, how often, and after what pause."""

from typing import Annotated, Literal

from pydantic import Field

from pyproxy.config.quantities import Count, Pause, Percent, Seconds, Text, Unit
from pyproxy.config.settings import Settings

Strategy = Literal["echelon_down", "model_rotate", "provider_failover", "task_group_switch", "plugin"]


class CircuitBreakerConfig(Settings):
    """When an instance that keeps failing is left alone, and for how long."""

    failure_threshold: Annotated[Count, Unit("failures")] = Field(
        default=5, description="Failures in a row that open the breaker.", examples=[5]
    )
    recovery_time: Seconds = Field(default=60.0, description="How long the breaker stays open, in seconds.", examples=[60])
    half_open_requests: Annotated[Count, Unit("probes")] = Field(
        default=1, description="Probes let through at one time before it closes.", examples=[1]
    )
    max_ejected_percent: Percent = Field(
        default=100,
        description="Share of a group's instances that breakers may keep out; beyond it those that failed longest ago are asked all the "
        "same. 100: all of them.",
        examples=[50],
    )


class FallbackConfig(Settings):
    """The fallback of one task group."""

    strategy: Strategy = Field(default="echelon_down", description="How the next target is chosen.", examples=["echelon_down"])
    strategy_plugin: Text | None = Field(
        default=None,
        description="With `strategy: plugin`, the name under which a module of `plugins` has registered its strategy.",
        examples=["cheapest_first"],
    )
    fallback_groups: tuple[Text, ...] | None = Field(
        default=None,
        description="Groups or echelons to try in turn, as group or group.echelon. Left out: the group's own echelons, going down. "
        "Empty: none.",
        examples=[["fast_group.echelon2", "thinking_group"]],
    )
    max_attempts: Annotated[Count, Unit("targets")] = Field(
        default=3, description="Targets tried for one request, the first included.", examples=[3]
    )
    attempt_budget: Annotated[Count, Unit("calls")] = Field(
        default=6, description="Upstream calls for one request in all, retries counted.", examples=[6]
    )
    retry_delay: Pause = Field(
        default=1.0, description="Base of the exponential back-off between calls, in seconds; 0 does not wait.", examples=[1.0]
    )
    retry_after_wait: Pause = Field(
        default=3.0,
        description="Longest Retry-After of a provider, in seconds, that is worth waiting for instead of falling back.",
        examples=[3],
    )
    content_filter_fallback: bool = Field(
        default=False, description="Whether a request that a content filter refused is tried on the next model.", examples=[True]
    )
    circuit_breaker: CircuitBreakerConfig | None = Field(
        default=None,
        description="When a failing instance is left alone; left out, it is asked each time.",
        examples=[{"failure_threshold": 5, "recovery_time": 60}],
    )
