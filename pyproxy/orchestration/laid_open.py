"""A target as it is laid open natively: whether that can be, and what is known of it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.admission import Caller
from pyproxy.dialects.faces import FACES
from pyproxy.dialects.translation.ways import way_to
from pyproxy.domain import NO_DEFAULTS
from pyproxy.domain.instances import node_scope
from pyproxy.domain.operations import CHAT, COMPLETIONS, EMBEDDINGS, MESSAGES
from pyproxy.orchestration.strategies import OWN_STRATEGIES
from pyproxy.providers.native_transport import NativeTransport
from pyproxy.providers.paths import upstream_path
from pyproxy.rust_core import NativeCandidate

if TYPE_CHECKING:
    from pyproxy.domain import Candidate, Node, Plan, Request, Step
    from pyproxy.domain.operations import Operation
    from pyproxy.orchestration.snapshots import Snapshot
    from pyproxy.rust_core import NativeLane, NativeLanes

__all__ = ["Lane", "lane_of", "lay_open"]

_ROUTES = {"/v1/chat/completions": CHAT, "/v1/completions": COMPLETIONS, "/v1/embeddings": EMBEDDINGS, "/v1/messages": MESSAGES}
# Bodies of messages in which one of these stands may have reasoning in them that a translation made, and that goes back to nobody.
_MARKS = {MESSAGES: (b"pyproxy.", b'"signature"')}
_MOST_CANDIDATES = 64


@dataclass(frozen=True, slots=True)
class Lane:
    """A target that was laid open.

    Attributes:
        route: the path that is asked.
        target: the name that requests have for it.
        node: who asks, if the configuration knows it.
        plan: where they go.
        step: its first step.
        operation: what is asked.
        transport: who asks it.
        snapshot: the configuration that it belongs to.
    """

    route: str
    target: str
    node: Node | None
    plan: Plan
    step: Step
    operation: Operation
    transport: NativeTransport
    snapshot: Snapshot

    @property
    def caller(self) -> str:
        """Who asks, as it is told."""
        return "-" if self.node is None else self.node.name


def lane_of(request: Request, snapshot: Snapshot, now_ns: int) -> Lane | None:
    """The lane for requests like this one; None where there is something to decide of them even if all goes well."""
    nodes, operation = snapshot.resolver.nodes, _ROUTES.get(request.route)
    transport, plan = snapshot.transport, snapshot.resolver.plan_of_all(request.target)
    if operation is None or operation is not request.operation or plan is None or not isinstance(transport, NativeTransport):
        return None
    if request.node is not None and request.node not in nodes:
        return None  # there is no end of names that nobody knows
    if plan.policy.strategy not in OWN_STRATEGIES or not plan.steps:
        return None  # a plug-in's may decide at each request
    step = plan.steps[0]
    node = nodes.get(request.node or "", plan.node)
    lane = Lane(request.route, request.target, node, plan, step, operation, transport, snapshot)
    return lane if _is_ordinary(lane, now_ns) else None


def _is_ordinary(lane: Lane, now_ns: int) -> bool:
    """Whether there is nothing to decide of the requests for a target, as long as all goes well."""
    desk, step = lane.snapshot.desk, lane.step
    ways = {way_to(lane.operation, candidate.dialect, responses=candidate.responses) for candidate in step.candidates}
    return (
        step.scheduler.is_native  # one that a program brought with it cannot be asked natively
        and lane.plan.stream_guarantee == "first_content"
        and len(step.candidates) <= _MOST_CANDIDATES
        and all(way is not None and way.translator is None for way in ways)
        and step.defaults == NO_DEFAULTS
        and (lane.node is None or lane.node.defaults == NO_DEFAULTS)
        and not desk.standing.credentials.states(now_ns)
    )


def lay_open(native: NativeLanes, number: int, node: str | None, lane: Lane, now_ns: int) -> NativeLane:
    """Lay a target open, for who says to be this node or for those who say nothing; `number` stands for it in what is told."""
    plan, step, desk, operation = lane.plan, lane.step, lane.snapshot.desk, lane.operation
    face, caller, timeouts = FACES[operation.wire], _caller(lane), step.timeouts

    def native_candidate(candidate: Candidate) -> NativeCandidate:
        health, statistics = desk.standing.instances.shared(candidate.instance, now_ns)
        endpoint, pool = lane.transport.native(candidate.instance)
        plain, stream = (
            upstream_path(candidate.surface, operation.name, candidate.upstream_model, stream=wanted) for wanted in (False, True)
        )
        return NativeCandidate(
            endpoint,
            pool,
            desk.path(candidate, caller),
            candidate.instance,
            candidate.upstream_model,
            candidate.label,
            name=candidate.model,
            provider=candidate.provider,
            breaker=desk.standing.breakers.of(step, candidate),
            plain=(plain[0].encode(), plain[1]),
            stream=(stream[0].encode(), stream[1]),
            tells_usage=candidate.stream_usage,
            rated=desk.rated(candidate.instance),
            estimator=desk.standing.tokens.of(candidate.model),
            health=health,
            statistics=statistics,
            most_tokens=desk.most_tokens(candidate, caller),
            counts_cached=candidate.dialect != "anthropic",
            longest_answer=candidate.capabilities.max_output,
            headers=[
                (b"x-pyproxy-target", lane.target.encode()),
                (b"x-pyproxy-model", candidate.model.encode()),
                (b"x-pyproxy-provider", candidate.provider.encode()),
            ],
        )

    return native.open(
        lane.route,
        lane.target,
        node,
        number,
        operation.wire,
        [native_candidate(candidate) for candidate in step.candidates],
        step.scheduler,
        desk.core,
        (timeouts.connect, timeouts.first_byte, timeouts.idle, step.attempt_timeout, plan.total_timeout),
        revision=lane.snapshot.config.revision,
        asks_for_usage=operation in (CHAT, COMPLETIONS),
        id_headers=face.id_headers,
        last_event=face.last_event,
        marks=_MARKS.get(operation, ()),
    )


def _caller(lane: Lane) -> Caller:
    """On whose behalf room is asked for: as `pyproxy.orchestration.caller` has it."""
    scopes = lane.plan.scopes
    return Caller(scopes if lane.node is None else (*scopes, node_scope(lane.node.name)))
