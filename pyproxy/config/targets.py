"""Targets that stand for others: wrappers, and nodes with their own defaults and limits."""

from typing import Annotated, Literal

from pydantic import Field

from pyproxy.config.limits import Limits, Parameters
from pyproxy.config.quantities import Count, QueueSize, Seconds, Text, Unit
from pyproxy.config.settings import Pending, Settings

_WRAPPER = Pending("wrappers have no checks or metrics of their own")


class WrapperConfig(Settings):
    """A name under which a group, a pool or a single model is used as one."""

    type: Literal["task_group", "pool", "direct"] = Field(
        description="What the target is: a group or echelon, a pool, or a model.", examples=["task_group"]
    )
    target: Text = Field(description="Name of the target.", examples=["fast_group.echelon1", "fast_pool", "openai-gpt4"])
    description: str = Field(default="", description="What the wrapper is for, for people.", examples=["the chat window"])
    fallback_groups: tuple[Text, ...] | None = Field(
        default=None,
        description="Groups or echelons to try after the target, instead of those of the group.",
        examples=[["fast_group.echelon2"]],
    )
    request_timeout: Seconds | None = Field(
        default=None, description="Longest time for one request through the wrapper, in seconds.", examples=[30]
    )
    concurrency_limit: Annotated[Count, Unit("calls")] | None = Field(
        default=None, description="Requests through the wrapper at one time.", examples=[100]
    )
    queue_size: Annotated[QueueSize, Unit("requests")] = Field(
        default=1000,
        description="Requests that may wait for room, where there is a concurrency_limit; 0 lets nobody wait.",
        examples=[1000],
    )
    health_check: Annotated[bool | None, _WRAPPER] = Field(default=None, description="Whether its target is checked.", examples=[True])
    health_check_interval: Annotated[Seconds | None, _WRAPPER] = Field(
        default=None, description="Between two checks, in seconds.", examples=[30]
    )
    metrics: Annotated[bool | None, _WRAPPER] = Field(default=None, description="Whether it is counted for itself.", examples=[True])
    alerting: Annotated[bool | None, _WRAPPER] = Field(
        default=None, description="Whether a failing target raises an alert.", examples=[True]
    )


class NodeConfig(Limits, Parameters):
    """A caller with its own defaults and limits."""

    llm_group: Text = Field(description="The group, echelon or pool that answers the node.", examples=["plan_group.echelon1"])
    description: str = Field(default="", description="What the node does, for people.", examples=["makes the plan"])
    fallback_groups: tuple[Text, ...] | None = Field(
        default=None,
        description="Groups or echelons to try after it, instead of those of the group.",
        examples=[["plan_group.echelon2"]],
    )
    weight: Annotated[Count, Unit("shares")] = Field(
        default=1, description="Share of this node beside others that wait for the same room.", examples=[2]
    )
    system_prompt: str | None = Field(
        default=None, description="System prompt for a request that has none.", examples=["You plan the work of others."]
    )
