"""Where a request can go: a target compiled into ordered steps of candidates.

A plan is immutable and belongs to one snapshot of the configuration; requests share it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from pyproxy.domain.capabilities import PLAIN_CAPABILITIES, Capabilities
from pyproxy.domain.defaults import NO_DEFAULTS, Defaults, Node
from pyproxy.domain.quirks import NO_QUIRKS, ChatQuirks

if TYPE_CHECKING:
    from pyproxy.domain.surfaces import Dialect, Surface
    from pyproxy.rust_core import Scheduler

__all__ = ["Candidate", "FallbackPolicy", "Plan", "Step", "StreamGuarantee", "Timeouts"]

StreamGuarantee: TypeAlias = Literal["first_content", "complete", "resume"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits in seconds on the phases of one attempt (`connect`, `first_byte`, `idle`) and on the whole request (`total`)."""

    connect: float
    first_byte: float
    idle: float
    total: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One instance (a model with one credential) as one step offers it.

    Attributes:
        instance: the instance's name, which is also its scope: ``openai-gpt4``, or ``openai-gpt4#2`` for a second key.
        model: the model's key in the configuration.
        provider: the provider's name.
        upstream_model: the name the provider knows the model by.
        path: the scopes an attempt takes, in order: group, echelon, instance.
        label: how attempts are reported: ``fast_group.echelon1/openai-gpt4``.
        credential: the credential it is called with: ``openai``, or ``openai#2`` for a second key.
        context_window: the most tokens of prompt and answer together, if the configuration says so.
        stream_usage: whether its provider can be asked for the usage of a stream.
        dialect: the API its provider speaks.
        surface: how its provider's paths look.
        responses: whether its provider has the responses API.
        capabilities: what the model takes.
        quirks: how its provider differs from others that speak OpenAI's API.
    """

    instance: str
    model: str
    provider: str
    upstream_model: str
    path: tuple[str, ...]
    label: str
    credential: str = ""
    context_window: int | None = None
    stream_usage: bool = True
    dialect: Dialect = "openai"
    surface: Surface = "openai"
    responses: bool = False
    capabilities: Capabilities = PLAIN_CAPABILITIES
    quirks: ChatQuirks = NO_QUIRKS

    @property
    def signer(self) -> str:
        """Who signs what its models think: the makers of an API for themselves, of those that speak chat each provider for its own."""
        return self.dialect if self.dialect != "openai" else f"openai/{self.provider}"

    @property
    def prefill(self) -> bool:
        """Whether the model goes on with a last message of the assistant."""
        return self.capabilities.prefill


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One echelon (or a single model, or a pool) to try: its candidates and who of them is next.

    Attributes:
        name: the target this step stands for, such as ``fast_group.echelon1``.
        candidates: the instances, in the order of the configuration.
        scheduler: the core's scheduler over them; shared by all requests of the snapshot.
        max_retries: retries on the same instance for what may pass by itself.
        timeouts: limits on the phases of an attempt, in seconds.
        attempt_timeout: seconds one attempt may take until its answer is committed, or None.
        group: the group or pool it belongs to, which keeps the breakers of its instances; None for a single model.
        max_queue_wait: seconds worth waiting for room before going elsewhere.
        defaults: what it puts into requests that leave it open.
        rounds: how often all its instances may be asked in turn; in one round none is asked twice.
        calls_each: calls of one request to the same instance at most, whatever they are made for; None for no such bound.
        even: whether its candidates are equals, so that who speaks a client's own API goes first among them.
        retries_everything: whether `max_retries` holds for whatever failed, and nobody but the first instance is asked.
    """

    name: str
    candidates: tuple[Candidate, ...]
    scheduler: Scheduler
    max_retries: int
    timeouts: Timeouts
    attempt_timeout: float | None = None
    group: str | None = None
    max_queue_wait: float = 0.0
    defaults: Defaults = NO_DEFAULTS
    rounds: int = 1
    calls_each: int | None = None
    retries_everything: bool = False
    even: bool = True


@dataclass(frozen=True, slots=True)
class FallbackPolicy:
    """How far a request may go, as one budget over all its steps.

    Attributes:
        strategy: the name of the strategy that orders the steps.
        max_attempts: steps that may be tried, the first included.
        attempt_budget: upstream calls in all, retries counted.
        retry_delay: seconds, the base of the exponential back-off.
        retry_after_wait: seconds worth waiting for a step when a provider says so.
        content_filter_fallback: whether what a content filter refused is asked for elsewhere.
    """

    strategy: str
    max_attempts: int
    attempt_budget: int
    retry_delay: float
    retry_after_wait: float
    content_filter_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A target, compiled.

    Attributes:
        target: the name asked for.
        steps: what to try, in the order the strategy starts from.
        policy: the budget and the pace of fallback.
        total_timeout: seconds for the whole request.
        stream_guarantee: up to where a stream that fails is rescued: what the target promises, wherever fallback leads.
        node: the node that the target is, if it is one.
        scopes: what its requests pass beside the scopes of whom they ask: that of the wrapper that the target is.
        apis: what its candidates speak: their dialects, and whether they have the responses API.
    """

    target: str
    steps: tuple[Step, ...]
    total_timeout: float
    policy: FallbackPolicy
    stream_guarantee: StreamGuarantee = "first_content"
    node: Node | None = None
    scopes: tuple[str, ...] = ()
    apis: frozenset[tuple[Dialect, bool]] = field(init=False)

    def __post_init__(self) -> None:
        apis = frozenset((candidate.dialect, candidate.responses) for step in self.steps for candidate in step.candidates)
        object.__setattr__(self, "apis", apis)
