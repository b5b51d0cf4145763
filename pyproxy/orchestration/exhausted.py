"""What the client is told when a request cannot be served: the truth, with the path taken and when to ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.faces import FACES
from pyproxy.dialects.provider_errors import read_error
from pyproxy.errors import (
    DeadlineExceeded,
    NoModelAvailable,
    OverEveryLimit,
    PreviousResponseNotFound,
    Saturated,
    StreamInterrupted,
    Untranslatable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.errors import RequestError
    from pyproxy.orchestration.actions import Broken, Failed, NotAdmitted
    from pyproxy.orchestration.journey import Journey

__all__ = ["deadline_exceeded", "exhausted", "interrupted"]

# Failures a provider did not put into words of its own that may be shown: a refused credential's text quotes the key.
_SILENT = {
    "credential_refused": "its provider refused the credential",
    "quota_exhausted": "its provider says that the credential is out of funds or quota",
    "model_quota_exhausted": "its provider says that the credential's quota of this model is used up",
}
_TIMEOUTS = frozenset(("connect_timeout", "first_byte_timeout", "idle_timeout", "attempt_timeout"))
# Refusals that are not for want of room.
_LEFT_ALONE = frozenset(("breaker_open", "credential_disabled", "credential_spent"))
_WORDS = {
    "breaker_open": "is left alone for a while after it failed too often",
    "credential_disabled": "has a credential that its provider refused",
    "credential_spent": "has a credential that is out of funds or quota",
    "queue_full": "has as many waiting as may",
    "deadline": "had no room for as long as may be waited",
}
# What a provider says of a failure is told in the story of all of them, as far as it is short.
_LONGEST_WORDS = 300
_NO_HINT_NS = 1_000_000_000
_NO_QUOTA = frozenset(("quota_exhausted", "model_quota_exhausted"))
# So long a credential without funds is left alone at least.
_NO_FUNDS_NS = 60_000_000_000


def exhausted(journey: Journey) -> RequestError | Failed:
    """The answer when no step is left, or no budget.

    What was the client's to hear from the first, and could not be had elsewhere: word for word. 429 if any attempt was
    refused for its rate or its quota, or a limit of ours left no room, with the earliest time at which asking again makes sense; a
    single failure word for word, where there is nothing to add; 413 if it is larger than any limit ever lets through;
    503 if everybody was left alone for earlier failures;
    else 502, or 504 if all attempts timed out.
    """
    failures, refusals = journey.failures, journey.refusals
    for failure in failures:
        if failure.outcome.to_client:
            return failure
    limited = [failure for failure in failures if _is_limited(failure)]
    full = [refusal for refusal in refusals if refusal.reason not in _LEFT_ALONE and not refusal.hopeless]
    spent = [refusal for refusal in refusals if refusal.reason == "credential_spent"]
    if limited or full or spent:
        # Where nobody knows when a permit comes free, a second is an honest guess and keeps callers from spinning.
        funds = not full and all(failure.outcome.name in _NO_QUOTA for failure in limited)
        wait_ns = _earliest([*limited, *full, *spent]) or (_NO_FUNDS_NS if funds else _NO_HINT_NS)
        message = f"{_asked(journey)} has no room now: {_story(journey)}."
        return Saturated(message, target=journey.plan.target, attempts=_labels(journey), retry_after_ns=wait_ns)
    if len(failures) == 1 and not refusals and _speaks_for_itself(failures[0]):
        return failures[0]
    if not failures and refusals and all(refusal.hopeless for refusal in refusals):
        message = f"{_asked(journey)} is never asked for so many tokens at once: {_story(journey)}. Send less, or raise the limit."
        return OverEveryLimit(message, target=journey.plan.target, attempts=_labels(journey))
    if failures and all(failure.outcome.name == "untranslatable" for failure in failures):
        told = "; ".join(dict.fromkeys(failure.detail for failure in failures))
        unknown = failures[0].param == "previous_response_id"
        kind = PreviousResponseNotFound if unknown else Untranslatable
        return kind(told, param=failures[0].param, target=journey.plan.target, attempts=_labels(journey))
    timed_out = bool(failures) and all(failure.outcome.name in _TIMEOUTS for failure in failures)
    face = FACES[journey.request.operation.wire]
    alone = not failures and any(refusal.reason == "breaker_open" for refusal in refusals)
    return NoModelAvailable(
        f"{_asked(journey)} could not be answered: {_story(journey)}.",
        target=journey.plan.target,
        attempts=_labels(journey),
        status=504 if timed_out else 503 if alone else face.status_of(_common_status(failures)),
        retry_after_ns=_earliest(refusals),
    )


def _is_limited(failure: Failed) -> bool:
    """Whether there was no room for it; funds and quotas are room as well, whatever the status that says so."""
    return failure.outcome.pause_limiter or failure.status == 429 or failure.outcome.name in _NO_QUOTA  # noqa: PLR2004


def _speaks_for_itself(failure: Failed) -> bool:
    return failure.status is not None and failure.status >= 400 and failure.outcome.name not in _SILENT  # noqa: PLR2004


def _earliest(told: Sequence[Failed | NotAdmitted]) -> int | None:
    return min((each.retry_after_ns for each in told if each.retry_after_ns is not None), default=None)


def deadline_exceeded(journey: Journey) -> RequestError:
    """The answer when the request's time is over."""
    seconds = (journey.deadline_ns - journey.request.arrived_ns) / 1e9
    return DeadlineExceeded(
        f"{_asked(journey)} could not be answered within {seconds:g} s: {_story(journey)}.",
        target=journey.plan.target,
        attempts=_labels(journey),
    )


def interrupted(journey: Journey, broken: Broken) -> RequestError:
    """The error that ends a stream which broke after its first content, whatever became of going on with it."""
    model = journey.served_by.label if journey.served_by is not None else journey.plan.target
    rescue = f" Nobody could go on with it: {_story(journey)}." if broken.resumable else ""
    return StreamInterrupted(
        f"The stream from {model} broke off ({broken.detail}); what came before is incomplete.{rescue} Ask again.",
        target=journey.plan.target,
        attempts=_labels(journey),
    )


def _common_status(failures: list[Failed]) -> int:
    """The status all failures share, where it is the provider's trouble and not our credential; else 502."""
    statuses = {failure.status for failure in failures}
    status = statuses.pop() if len(statuses) == 1 else None
    return status if status is not None and status >= 500 else 502  # noqa: PLR2004


def _asked(journey: Journey) -> str:
    return f"'{journey.plan.target}'"


def _labels(journey: Journey) -> list[str]:
    return [str(attempt) for attempt in journey.attempts]


def _story(journey: Journey) -> str:
    """Every failure and refusal, in words."""
    told = [_failure(str(attempt), failure) for attempt, failure in zip(journey.attempts, journey.failures, strict=False)]
    told += [_refusal(refusal) for refusal in dict.fromkeys(journey.refusals)]
    if journey.too_many:
        told.append("so many requests fail now that no further call was made for this one")
    return "; ".join(told) or "no attempt was possible"


def _failure(attempt: str, failure: Failed) -> str:
    """One call and what came of it: in its provider's words, if it may be told in those; a bare status not told twice."""
    if failure.outcome.name in _SILENT:
        return f"{attempt} ({_SILENT[failure.outcome.name]})"
    read = read_error(failure.body)
    if read is not None:
        return f"{attempt} ({read.message[:_LONGEST_WORDS].strip()})"
    return attempt if failure.detail == f"status {failure.status}" else f"{attempt} ({failure.detail})"


def _refusal(refusal: NotAdmitted) -> str:
    words = "never lets so many tokens through" if refusal.hopeless else _WORDS.get(refusal.reason, "is at its limit")
    told = f"{refusal.scope} {words} ({refusal.reason})"
    return f"{told}, and so for {', '.join(refusal.also)}" if refusal.also else told
