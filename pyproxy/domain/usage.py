"""What an answer cost, in tokens."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Usage"]


class Usage(NamedTuple):
    """Tokens as the provider counted them.

    Attributes:
        prompt: all of the prompt, those that a cache had a part in included.
        completion: those of the answer.
        cached: those of the prompt that were read from a cache.
        cache_write: those of the prompt that were written to a cache, for minutes or for as long as the provider does not say.
        cache_write_1h: those of the prompt that were written to a cache for an hour.
    """

    prompt: int
    completion: int
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0

    def counted(self, *, with_cached: bool) -> int:
        """The tokens that count against a limit: some providers count those read from a cache, some do not.

        Those written to one count with all of them.
        """
        return self.prompt + self.completion - (0 if with_cached else self.cached)
