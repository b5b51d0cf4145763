"""Credentials that a provider refused, or that are out of funds: not used for a while, and reported.

A refusal may concern one model alone (a key may lack the right to it), so that it counts for the instance that met it. Once the
same credential is refused for two models, it is used for none; but for a model's own quota, which says nothing of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.observe.alerts import Alert, log_alert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyproxy.domain import Candidate
    from pyproxy.observe.alerts import TellAlert

__all__ = ["Credentials", "Disabled"]

SECOND_NS = 1_000_000_000
FIRST_PAUSE_NS = 60 * SECOND_NS
LONGEST_PAUSE_NS = 3_600 * SECOND_NS
# So many models that a credential is refused for are all of them.
_ALL = 2
_OF_ONE_MODEL = "model_quota_exhausted"
_SPENT = frozenset(("quota_exhausted", _OF_ONE_MODEL))


@dataclass(frozen=True, slots=True)
class Disabled:
    """A credential that is not used, for one model.

    Attributes:
        reason: ``credential_refused``, ``quota_exhausted`` or ``model_quota_exhausted``.
        until_ns: monotonic nanoseconds at which it is tried again.
        times: how often it was disabled in a row; each time twice as long as before, up to an hour.
    """

    reason: str
    until_ns: int
    times: int

    @property
    def spent(self) -> bool:
        """Whether the credential is good, and only its funds or its quota are used up."""
        return self.reason in _SPENT


class Credentials:
    """What is known of the credentials of all providers, by the credential itself: one that is replaced begins anew.

    A credential is told by a fingerprint, so that none is kept here.
    """

    def __init__(self, alert: TellAlert = log_alert) -> None:
        """Know of none.

        Args:
            alert: is told of each that is used no more.
        """
        self._alert = alert
        self._refused: dict[str, dict[str, Disabled]] = {}
        self._fingerprints: Mapping[str, str] = {}
        self._on_disabled: list[Callable[[], None]] = []

    def on_disabled(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever a credential is found to be of no use for a while."""
        self._on_disabled.append(listener)

    def follow(self, fingerprints: Mapping[str, str]) -> None:
        """Know the credentials of a configuration, by their names; what is known of one that is gone is forgotten."""
        self._fingerprints = fingerprints
        kept = set(fingerprints.values())
        self._refused = {fingerprint: models for fingerprint, models in self._refused.items() if fingerprint in kept}

    def disabled(self, candidate: Candidate, now_ns: int) -> Disabled | None:
        """Tell why and for how long an instance's credential is not used, if it is not."""
        if not self._refused:
            return None
        models = self._refused.get(self._fingerprints.get(candidate.credential, ""), {})
        return _in_force(models, now_ns).get(candidate.model) or _whole(models, now_ns)

    def disable(self, candidate: Candidate, reason: str, now_ns: int) -> None:
        """Use the credential no more for a while, twice as long as the last time if nothing has gone well with it since."""
        fingerprint = self._fingerprints.get(candidate.credential)
        if fingerprint is None:  # of a configuration that is not in force any more
            return
        models = self._refused.setdefault(fingerprint, {})
        before = models.get(candidate.model)
        if before is not None and now_ns < before.until_ns:  # by another call that was under way
            return
        times = 1 if before is None else before.times + 1
        pause_ns = min(FIRST_PAUSE_NS << min(times - 1, 16), LONGEST_PAUSE_NS)
        models[candidate.model] = Disabled(reason, now_ns + pause_ns, times)
        for listener in self._on_disabled:
            listener()
        whole, seconds = _whole(models, now_ns) is not None, pause_ns // SECOND_NS
        for_what = "any model" if whole else f"the model {candidate.model}"
        message = f"the credential {candidate.credential} is not used for {for_what} for {seconds} s: {_WORDS[reason]}"
        details = {"credential": candidate.credential, "model": None if whole else candidate.model, "reason": reason, "seconds": seconds}
        self._alert(Alert("credential_disabled", candidate.credential, message, details=details))

    def works(self, candidate: Candidate) -> None:
        """Note that the provider has taken the credential for a model."""
        if self._refused:
            self._refused.get(self._fingerprints.get(candidate.credential, ""), {}).pop(candidate.model, None)

    def names(self) -> tuple[str, ...]:
        """Tell the names of all credentials, those that are used among them."""
        return tuple(self._fingerprints)

    def states(self, now_ns: int) -> dict[str, dict[str, Disabled]]:
        """Tell which credentials are not used now, by their names, and for which models."""
        found = {name: _in_force(self._refused.get(fingerprint, {}), now_ns) for name, fingerprint in self._fingerprints.items()}
        return {name: models for name, models in found.items() if models}


def _in_force(models: Mapping[str, Disabled], now_ns: int) -> dict[str, Disabled]:
    return {model: disabled for model, disabled in models.items() if now_ns < disabled.until_ns}


def _whole(models: Mapping[str, Disabled], now_ns: int) -> Disabled | None:
    """What disables a credential for every model: the first refusal of those in force to end, if there are enough of them."""
    in_force = [disabled for disabled in _in_force(models, now_ns).values() if disabled.reason != _OF_ONE_MODEL]
    return min(in_force, key=lambda disabled: disabled.until_ns) if len(in_force) >= _ALL else None


_WORDS = {
    "credential_refused": "its provider refused it; check the provider's api_key",
    "quota_exhausted": "its account is out of funds or quota",
    "model_quota_exhausted": "its quota of this model is used up for today, or for longer",
}
