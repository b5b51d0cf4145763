"""Task groups: models for one kind of task, in echelons that are tried from the first to the last."""

from typing import ClassVar, Literal

from pydantic import Field

from pyproxy.config.fallback import FallbackConfig
from pyproxy.config.limits import Limits, Parameters
from pyproxy.config.quantities import Pause, Priority, Retries, Seconds, Text
from pyproxy.config.settings import Settings

DEFAULT_MAX_RETRIES = 1
"""Of what may pass by itself, also at a model that is asked for by itself."""

StreamGuarantee = Literal["first_content", "complete", "resume"]


class Timeouts(Settings):
    """How long each phase of a request may take."""

    connect: Seconds = Field(default=5.0, description="Opening a connection to the provider, in seconds.", examples=[5])
    first_byte: Seconds = Field(default=60.0, description="From sending a call to the first byte of its answer, in seconds.", examples=[60])
    idle: Seconds = Field(default=60.0, description="Between two pieces of an answer, in seconds.", examples=[60])
    total: Seconds = Field(
        default=600.0, description="The whole request in seconds: waiting, every attempt, and the answer to its last byte.", examples=[600]
    )


class EchelonConfig(Limits, Parameters):
    """A tier of a task group: models that stand in for each other.

    ``name`` is the key of its table.
    """

    made_by_the_reader: ClassVar[frozenset[str]] = frozenset(("name",))

    name: Text = Field(description="The echelon's name: the key of its table.", examples=["echelon1"])
    models: tuple[Text, ...] = Field(
        min_length=1,
        description="Models that take turns: names from `models`, or provider:name for one without settings.",
        examples=[["openai-gpt4", "openai:gpt-4o-mini"]],
    )
    priority: Priority | None = Field(
        default=None,
        description="Place among the echelons, smaller first; echelons without one come after those that have one, as they appear.",
        examples=[1],
    )
    timeout: Seconds | None = Field(default=None, description="Longest time for one attempt, in seconds.", examples=[30])
    max_retries: Retries = Field(
        default=DEFAULT_MAX_RETRIES, description="Retries on the same model of what may pass by itself; 0 for none.", examples=[1]
    )


class TaskGroupConfig(Limits):
    """A task group; each table in it that is no setting is an echelon.

    ``name`` is the key of its table, ``echelons`` are its echelons in the order in which they are tried.
    """

    made_by_the_reader: ClassVar[frozenset[str]] = frozenset(("name", "echelons"))
    unknown_key_hint: ClassVar[str] = "an echelon is a table with models: echelon1: {models: [...]}"

    name: Text = Field(description="The group's name: the key of its table.", examples=["fast_group"])
    description: str = Field(default="", description="What the group is for, for people.", examples=["fast answers"])
    echelons: tuple[EchelonConfig, ...] = Field(
        description="The echelons in order; written as tables of the group, each with `models`.",
        examples=[[{"name": "echelon1", "models": ["openai-gpt4"]}]],
    )
    stream_guarantee: StreamGuarantee = Field(
        default="first_content",
        description="Up to where a failing stream is rescued by another attempt. first_content: up to its first content. complete: all of "
        "it, held back until it is whole (64 MiB at most; comments keep the connection alive), so that an echelon's timeout is for the "
        "whole answer. resume: all of it, by going on at the next model with what has been delivered; not after tool calls, nor with "
        "several choices.",
        examples=["complete"],
    )
    timeouts: Timeouts = Field(default=Timeouts(), description="Times for each phase of a request.", examples=[{"first_byte": 10}])
    max_queue_wait: Pause = Field(
        default=2.0, description="Longest wait for room in an echelon, in seconds, before going elsewhere; 0 does not wait.", examples=[2.0]
    )
    fallback_config: FallbackConfig = Field(
        default=FallbackConfig(), description="What happens when a call fails.", examples=[{"max_attempts": 3}]
    )
