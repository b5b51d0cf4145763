"""What a call will probably cost in tokens, learned for each model from what calls to it have cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.rust_core import TokenEstimator

if TYPE_CHECKING:
    from pyproxy.domain import Usage

__all__ = ["Prompt", "TokenEstimates"]


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


class TokenEstimates:
    """The estimators of all models, by their names."""

    def __init__(self) -> None:
        self._models: dict[str, TokenEstimator] = {}

    def reservation(self, model: str, prompt: Prompt, most: int | None) -> int:
        """The tokens to reserve for a call: its prompt, and as much of an answer as is usual. See `TokenEstimator.reservation`.

        Args:
            model: the model's key in the configuration.
            prompt: what is sent.
            most: the smallest limit that the reservation has to pass, if there is one.
        """
        return self.of(model).reservation(prompt.text_bytes, prompt.images, prompt.max_tokens, most)

    def of_prompt(self, model: str, prompt: Prompt) -> int:
        """The tokens that a prompt probably has."""
        return self.of(model).estimate(prompt.text_bytes, prompt.images, 0)[0]

    def learn(self, model: str, prompt: Prompt, usage: Usage) -> None:
        """Take in what a call has cost: tokens of the prompt and of the answer."""
        self.of(model).record(prompt.text_bytes, prompt.images, usage.prompt, usage.completion)

    def keep(self, models: frozenset[str]) -> None:
        """Forget the models that no configuration names any more."""
        self._models = {model: known for model, known in self._models.items() if model in models}

    def of(self, model: str) -> TokenEstimator:
        """The estimator of a model."""
        known = self._models.get(model)
        if known is None:
            known = self._models[model] = TokenEstimator()
        return known
