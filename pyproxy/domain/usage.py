"""What an answer cost, in tokens."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Usage"]


class Usage(NamedTuple):
    """Tokens as the provider counted them.

    Attributes:
        prompt: those of the prompt, those read from a cache included.
        completion: those of the answer.
        cached: those of the prompt that were read from a cache.
    """

    prompt: int
    completion: int
    cached: int = 0

    def counted(self, *, with_cached: bool) -> int:
        """The tokens that count against a limit: some providers count those read from a cache, some do not."""
        return self.prompt + self.completion - (0 if with_cached else self.cached)
