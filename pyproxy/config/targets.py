"""Targets that stand for others: wrappers, and nodes with their own defaults and limits."""

from typing import Annotated, Literal

from pydantic import Field

from pyproxy.config.limits import Limits, Parameters
from pyproxy.config.quantities import Count, QueueSize, Seconds, Text, Unit
from pyproxy.config.settings import Pending, Settings

_CHECKS = Pending("wrappers have no checks of their own; those of a pool do")


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
    health_check: Annotated[bool | None, _CHECKS] = Field(default=None, description="Whether its target is checked.", examples=[True])
    health_check_interval: Annotated[Seconds | None, _CHECKS] = Field(
        default=None, description="Between two checks, in seconds.", examples=[30]
    )
    metrics: bool = Field(
        default=True, description="Whether requests through it are counted under its own name, instead of its target's.", examples=[True]
    )
    alerting: bool = Field(
        default=False,
        description="Whether there is an alert when three requests through it fail in a row, and when one is answered again.",
        examples=[True],
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
