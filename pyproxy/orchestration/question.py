"""What one request asks of an instance: the call in its provider's API, and how the answer is to be read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.dialects.bounds import Bounded, bounded
from pyproxy.dialects.signatures import strip_signatures
from pyproxy.dialects.translated_reasoning import strip_translated
from pyproxy.dialects.translation.translation import Translation
from pyproxy.dialects.translation.translator import Call, UntranslatableError
from pyproxy.dialects.translation.ways import way_to
from pyproxy.dialects.translation.writing import written
from pyproxy.domain import NO_DEFAULTS
from pyproxy.domain.operations import CHAT, COMPLETIONS
from pyproxy.orchestration.defaults_taken import defaults_taken
from pyproxy.orchestration.seam import Seam
from pyproxy.orchestration.stream_answer import Reading
from pyproxy.providers.paths import upstream_path, with_client_query
from pyproxy.providers.transport import UpstreamCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.face import Face
    from pyproxy.dialects.translation.ways import Way
    from pyproxy.domain import Candidate, Request
    from pyproxy.orchestration.actions import Attempt
    from pyproxy.orchestration.journey import Journey
    from pyproxy.orchestration.seam import Delivered

__all__ = ["Question", "Questions"]


@dataclass(frozen=True, slots=True)
class Question:
    """What one attempt asks.

    Attributes:
        call: the call.
        wire: the API that it is written in.
        translation: what makes the client's answer of the provider's, where they differ.
        hide_usage: whether the event that tells the usage was asked for by nobody but us.
        seam: where the answer goes on with a stream that broke off.
        lowered: what of a body that goes as it is asks for less than the client did.
    """

    call: UpstreamCall
    wire: str
    translation: Translation | None
    hide_usage: bool
    seam: Seam | None
    lowered: tuple[str, ...] = ()

    @property
    def lost(self) -> tuple[str, ...]:
        """What of the request, and of the answer as far as it has come, its client is told to be lost."""
        return self.lowered if self.translation is None else self.translation.lost


class Questions:
    """One request, as each instance that it comes to is asked."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._request = journey.request
        self._stripped: Request | None = None

    def ask(self, attempt: Attempt, delivered: Delivered | None) -> Question:
        """What an attempt asks; `delivered` is what a stream that it goes on with has come to.

        Raises:
            UntranslatableError: it cannot be asked in the API of this provider.
        """
        candidate, request = attempt.lease.candidate, self._request
        way = way_to(request.operation, candidate.dialect, responses=candidate.responses)
        assert way is not None  # noqa: S101 - others are not asked
        body, lowered = self._body(attempt, delivered, way)
        translation = None if way.translator is None else self._translation(way, candidate)
        if translation is not None:
            body = _written(translation.request(body), way, candidate, stream=request.stream)
        path, query = upstream_path(candidate.surface, way.operation.name, candidate.upstream_model, stream=request.stream)
        call = UpstreamCall(
            instance=candidate.instance,
            path=path,
            query=with_client_query(query, request.query) if translation is None else query,
            headers=request.headers if translation is None else (),
            body=body,
            connect_timeout=attempt.step.timeouts.connect,
        )
        asked_for = request.envelope.include_usage or way.operation not in (CHAT, COMPLETIONS)
        hide_usage = candidate.stream_usage and not asked_for and translation is None
        seam = None if delivered is None else Seam(delivered, prefilled=attempt.goes_on == "prefill")
        return Question(call, way.operation.wire, translation, hide_usage, seam, lowered)

    def reading(self, question: Question, face: Face, content_came: Callable[[], None]) -> Reading:
        """How its answer is to be read: what its target promises, and where it goes on."""
        guarantee = self._journey.plan.stream_guarantee
        return Reading(
            wire=question.wire,
            stream=self._request.stream,
            face=face,
            translation=question.translation,
            in_array=self._request.in_array,
            hide_usage=question.hide_usage,
            whole=guarantee == "complete",
            keeps_text=guarantee == "resume" and self._request.operation is CHAT,
            choices=self._request.envelope.choices,
            seam=question.seam,
            content_came=content_came,
        )

    def _translation(self, way: Way, candidate: Candidate) -> Translation:
        call = Call(
            model=candidate.upstream_model,
            stream=self._request.stream,
            id=self._request.id,
            created=int(time.time()),
            include_usage=self._request.envelope.include_usage,
            capabilities=candidate.capabilities,
            continues=self._request.continues,
            signer=candidate.signer,
        )
        return Translation(way, call, candidate.quirks)

    def _body(self, attempt: Attempt, delivered: Delivered | None, way: Way) -> Bounded:
        """The client's body for one instance: what it leaves open filled in, every other byte as it came.

        But for reasoning that another provider signed: a conversation that moved would be refused for it; and for a bound that was
        meant for another model of the target than the one that comes to serve it.
        """
        step, candidate = attempt.step, attempt.lease.candidate
        generates = self._request.operation.generates
        node = NO_DEFAULTS if self._journey.node is None or not generates else self._journey.node.defaults
        moved = self._journey.affinity is not None and self._journey.affinity.foreign_to(candidate.provider)
        request = self._unsigned() if moved else self._request
        if way.translator is None and (own := strip_translated(request.body, request.operation.wire)) is not None:
            request = request.with_body(own)
        lowered: tuple[str, ...] = ()
        if way.translator is None and self._asks_for_too_much(candidate):
            own, lowered = bounded(request.body, candidate.capabilities.max_output or 0)
            request = request.with_body(own)
        body = request.envelope.rewrite(
            request.body,
            candidate.upstream_model,
            defaults=defaults_taken(candidate, request, node.over(step.defaults)) if generates else (),
            system=node.system,
            include_usage=candidate.stream_usage and self._request.operation in (CHAT, COMPLETIONS),
            prefill=None if attempt.goes_on != "prefill" or delivered is None else delivered.text or None,
        )
        return Bounded(body, lowered)

    def _asks_for_too_much(self, candidate: Candidate) -> bool:
        """Whether a client that does not know which model of several will serve it asks for more than this one can give.

        Who asks for one model is told by its provider.
        """
        most, asked = candidate.capabilities.max_output, self._request.envelope.max_tokens
        if most is None or asked is None or asked <= most:
            return False
        return any(other.upstream_model != candidate.upstream_model for step in self._journey.plan.steps for other in step.candidates)

    def _unsigned(self) -> Request:
        if self._stripped is None:
            body = strip_signatures(self._request.body)
            self._stripped = self._request if body is None else self._request.with_body(body)
        return self._stripped


def _written(body: dict[str, object], way: Way, candidate: Candidate, *, stream: bool) -> bytes:
    if stream and way.operation is CHAT:
        body = {name: value for name, value in body.items() if name != "stream_options"}
        if candidate.stream_usage:
            body["stream_options"] = {"include_usage": True}
    try:
        return written(body)
    except ValueError as error:
        raise UntranslatableError(f"The request cannot be written for this provider: {error}.") from None
