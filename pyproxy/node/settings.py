"""The settings of one LLM node, as a workflow's file has them under ``config``."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from pyproxy.config.limits import Parameters
from pyproxy.config.quantities import Seconds, Text  # noqa: TC001 - pydantic reads the annotations
from pyproxy.errors import ConfigError

__all__ = ["CLIENTS", "LLMNodeSettings", "node_settings"]

CLIENTS = ("llm_wrapper", "llm_group", "polling_pool", "llm_client")
"""What may answer a node; of several the first in this order does."""


class LLMNodeSettings(Parameters):
    """What an LLM node asks, whom, and where it puts the answer."""

    llm_wrapper: Text | None = Field(default=None, description="The wrapper that answers the node.", examples=["fast_group_wrapper"])
    llm_group: Text | None = Field(default=None, description="The group or echelon that answers it.", examples=["plan_group.echelon1"])
    polling_pool: Text | None = Field(default=None, description="The polling pool that answers it.", examples=["fast_pool"])
    llm_client: Text | None = Field(default=None, description="The model that answers it.", examples=["openai-gpt4"])
    fallback_groups: tuple[Text, ...] | None = Field(
        default=None,
        description="Groups or echelons to try after it, instead of what is configured.",
        examples=[["plan_group.echelon2"]],
    )
    system_prompt: str | None = Field(
        default=None,
        description="System prompt for a conversation that has none; `{name}` stands for a value of the state.",
        examples=["You plan the work of {team}."],
    )
    user_prompt: str | None = Field(
        default=None, description="The user's turn after those of the state; `{name}` as above.", examples=["Summarise {document}."]
    )
    messages_key: Text = Field(default="messages", description="Where the state keeps the conversation.", examples=["messages"])
    output_key: Text = Field(
        default="messages",
        description="Where the answer goes: as a message if this is `messages_key`, else as a text.",
        examples=["messages", "plan"],
    )
    info_key: Text | None = Field(
        default=None, description="Where to put model, provider, attempts and usage, if anywhere.", examples=["plan_info"]
    )
    session_key: Text | None = Field(
        default=None, description="Where the state keeps the name of the session, if anywhere.", examples=["thread"]
    )
    priority: Literal["high", "normal", "low"] | None = Field(
        default=None, description="Who is next where there is no room for all.", examples=["high"]
    )
    timeout: Seconds | None = Field(default=None, description="Longest time for the whole request, in seconds.", examples=[30])
    parameters: Mapping[str, Any] = Field(
        default_factory=dict, description="Further fields of the request.", examples=[{"response_format": {"type": "json_object"}}]
    )

    @model_validator(mode="before")
    @classmethod
    def _without_type(cls, data: Any) -> Any:
        """Take a whole entry of a workflow's file, too: ``{type: llm_node, config: {…}}``."""
        if isinstance(data, dict) and data.get("type") == "llm_node":
            return data.get("config", {key: value for key, value in data.items() if key != "type"})
        return data

    def fields(self) -> dict[str, Any]:
        """What goes with each request beside its messages."""
        named = (*Parameters.model_fields, "fallback_groups", "priority", "timeout")
        own = {name: getattr(self, name) for name in named}
        return {**self.parameters, **{name: value for name, value in own.items() if value is not None}}


def node_settings(name: str, given: Mapping[str, Any]) -> LLMNodeSettings:
    """Check the settings of a node.

    Raises:
        ConfigError: they cannot be used.
    """
    try:
        return LLMNodeSettings.model_validate(dict(given))
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'config'}: {each['msg']}" for each in error.errors())
        raise ConfigError(f"The node '{name}' cannot be used: {told}.") from None
