"""Targets that stand for others: wrappers, and nodes with their own defaults and limits."""

from typing import Annotated, Literal

from pydantic import Field

from pyproxy.config.limits import Limits, Parameters
from pyproxy.config.quantities import Text
from pyproxy.config.settings import Pending, Settings


class WrapperConfig(Settings):
    """A name under which a group, a pool or a single model is used as one."""

    type: Annotated[Literal["task_group", "pool", "direct"], Pending("polling pools cannot be used", ("task_group", "direct"))] = Field(
        description="What the target is: a group or echelon, a pool, or a model.", examples=["task_group"]
    )
    target: Text = Field(description="Name of the target.", examples=["fast_group.echelon1", "fast_pool", "openai-gpt4"])
    description: str = Field(default="", description="What the wrapper is for, for people.", examples=["the chat window"])
    fallback_groups: tuple[Text, ...] | None = Field(
        default=None,
        description="Groups or echelons to try after the target, instead of those of the group.",
        examples=[["fast_group.echelon2"]],
    )


class NodeConfig(Limits, Parameters):
    """A caller with its own defaults and limits."""

    llm_group: Text = Field(description="The group or echelon that answers the node.", examples=["plan_group.echelon1"])
    description: str = Field(default="", description="What the node does, for people.", examples=["makes the plan"])
    fallback_groups: tuple[Text, ...] | None = Field(
        default=None,
        description="Groups or echelons to try after it, instead of those of the group.",
        examples=[["plan_group.echelon2"]],
    )
    system_prompt: Annotated[str | None, Pending("system prompts are not added to requests")] = Field(
        default=None, description="System prompt for a request that has none.", examples=["You plan the work of others."]
    )
