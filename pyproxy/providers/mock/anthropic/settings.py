"""How an answer is to be made: thoughts, calls of tools, and its form; those of the beta API included."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """A part of a request that holds what the API knows, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _ThinkingEnabled(Shape):
    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=1024)]
    display: Literal["summarized", "omitted", "updates"] | None = None


class _ThinkingAdaptive(Shape):
    type: Literal["adaptive"]
    display: Literal["summarized", "omitted", "updates"] | None = None
    block_binding: dict[str, Any] | None = None


class _ThinkingDisabled(Shape):
    type: Literal["disabled"]


class _ThinkingBetweenTools(Shape):
    type: Literal["between_tools"]


ThinkingConfig: TypeAlias = Annotated[
    _ThinkingEnabled | _ThinkingAdaptive | _ThinkingDisabled | _ThinkingBetweenTools, Field(discriminator="type")
]


class _ChoiceAuto(Shape):
    type: Literal["auto"]
    disable_parallel_tool_use: bool | None = None


class _ChoiceAny(Shape):
    type: Literal["any"]
    disable_parallel_tool_use: bool | None = None


class _ChoiceTool(Shape):
    type: Literal["tool"]
    name: str
    disable_parallel_tool_use: bool | None = None


class _ChoiceNone(Shape):
    type: Literal["none"]


ToolChoice: TypeAlias = Annotated[_ChoiceAuto | _ChoiceAny | _ChoiceTool | _ChoiceNone, Field(discriminator="type")]


class JsonFormat(Shape):
    """A JSON Schema that the answer follows."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class _TaskBudget(Shape):
    type: Literal["tokens"]
    total: int
    remaining: int | None = None


class OutputConfig(Shape):
    """What the answer is to be like."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: JsonFormat | None = None
    task_budget: _TaskBudget | None = None
