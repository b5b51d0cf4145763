"""What a call will probably cost in tokens, learned for each model from what calls to it have cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.rust_core import TokenEstimator

if TYPE_CHECKING:
    from pyproxy.domain import Usage

__all__ = ["Prompt", "TokenEstimates"]


# After so many calls the estimator goes by what it has seen, and by no guess of its own.
_ENOUGH = 10
_SHARE_OF_A_GUESS = 8


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is known of a request's size before it is sent.

    Attributes:
        text_bytes: bytes of text in it.
        images: images in it.
        max_tokens: the longest answer it allows, in tokens, if it bounds that.
    """

    text_bytes: int = 0
    images: int = 0
    max_tokens: int | None = None


class _Known:
    """What is known of one model, and from how many calls."""

    __slots__ = ("calls", "estimator")

    def __init__(self) -> None:
        self.calls = 0
        self.estimator = TokenEstimator()


class TokenEstimates:
    """The estimators of all models, by their names."""

    def __init__(self) -> None:
        self._models: dict[str, _Known] = {}

    def reservation(self, model: str, prompt: Prompt, most: int | None) -> int:
        """The tokens to reserve for a call: its prompt, and as much of an answer as is usual.

        A short answer may come of a call whose usual answer would not pass a limit, so that no more is reserved for the answer than
        leaves the whole within `most`; a prompt that is too long by itself is left as it is. And as long as nobody knows what is usual,
        the guess must not keep a small limit from being used: it takes an eighth of it at most. What a call really costs is charged in
        the end, whatever was reserved.

        Args:
            model: the model's key in the configuration.
            prompt: what is sent.
            most: the smallest limit that the reservation has to pass, if there is one.
        """
        known = self._of(model)
        asked, answered = known.estimator.estimate(prompt.text_bytes, prompt.images, prompt.max_tokens)
        if most is None:
            return asked + answered
        share = most if known.calls >= _ENOUGH else max(1, most // _SHARE_OF_A_GUESS)
        return asked + min(answered, share, max(0, most - asked))

    def learn(self, model: str, prompt: Prompt, usage: Usage) -> None:
        """Take in what a call has cost: tokens of the prompt and of the answer."""
        known = self._of(model)
        known.calls += 1
        known.estimator.record(prompt.text_bytes, prompt.images, usage.prompt, usage.completion)

    def keep(self, models: frozenset[str]) -> None:
        """Forget the models that no configuration names any more."""
        self._models = {model: known for model, known in self._models.items() if model in models}

    def _of(self, model: str) -> _Known:
        known = self._models.get(model)
        if known is None:
            known = self._models[model] = _Known()
        return known
