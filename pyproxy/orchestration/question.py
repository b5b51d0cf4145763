"""What one request asks of an instance: the call in its provider's terms, and how the answer is to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.signatures import strip_signatures
from pyproxy.domain import NO_DEFAULTS
from pyproxy.orchestration.seam import Seam
from pyproxy.orchestration.stream_answer import Reading
from pyproxy.providers.transport import UpstreamCall
from pyproxy.rust_core import scan_envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.orchestration.actions import Attempt
    from pyproxy.orchestration.journey import Journey
    from pyproxy.orchestration.seam import Delivered
    from pyproxy.rust_core import Envelope

__all__ = ["Question"]

_PATHS = {"/v1/chat/completions": "/chat/completions"}


class Question:
    """One request, as each instance that it comes to is asked."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._request = journey.request
        self._stripped: tuple[bytes, Envelope] | None = None

    def call(self, attempt: Attempt, delivered: Delivered | None) -> UpstreamCall:
        """The call that an attempt makes; `delivered` is what a stream that it goes on with has come to."""
        return UpstreamCall(
            instance=attempt.lease.candidate.instance,
            path=_PATHS[self._request.route],
            query=self._request.query,
            headers=self._request.headers,
            body=self._body(attempt, delivered),
            connect_timeout=attempt.step.timeouts.connect,
        )

    def reading(self, attempt: Attempt, delivered: Delivered | None, content_came: Callable[[], None]) -> Reading | None:
        """How the stream is to be read, if one is wanted: what its target promises, and where it goes on."""
        if not self._request.stream:
            return None
        guarantee = self._journey.plan.stream_guarantee
        return Reading(
            hide_usage=attempt.lease.candidate.stream_usage and not self._request.envelope.include_usage,
            whole=guarantee == "complete",
            keeps_text=guarantee == "resume",
            choices=self._request.envelope.choices,
            seam=None if delivered is None else Seam(delivered, prefilled=attempt.goes_on == "prefill"),
            content_came=content_came,
        )

    def _body(self, attempt: Attempt, delivered: Delivered | None) -> bytes:
        """The client's body for one instance: what it leaves open filled in, every other byte as it came.

        But for reasoning that another provider signed: a conversation that moved would be refused for it.
        """
        step, candidate = attempt.step, attempt.lease.candidate
        node = NO_DEFAULTS if self._journey.node is None else self._journey.node.defaults
        body, envelope = self._request.body, self._request.envelope
        if self._journey.affinity is not None and self._journey.affinity.foreign_to(candidate.provider):
            body, envelope = self._unsigned()
        return envelope.rewrite(
            body,
            candidate.upstream_model,
            defaults=node.over(step.defaults),
            system=node.system,
            include_usage=candidate.stream_usage,
            prefill=None if attempt.goes_on != "prefill" or delivered is None else delivered.text or None,
        )

    def _unsigned(self) -> tuple[bytes, Envelope]:
        if self._stripped is None:
            body = strip_signatures(self._request.body)
            self._stripped = (self._request.body, self._request.envelope) if body is None else (body, scan_envelope(body))
        return self._stripped
