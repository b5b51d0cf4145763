"""One call to one instance, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Attempt"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An upstream call as it is reported.

    Attributes:
        label: where it went, such as ``fast_group.echelon1/openai-gpt4``.
        result: the HTTP status, or the name of the failure (``connect_failed``, ``first_byte_timeout``, …); both, such as
            ``200+reset``, of a stream that broke off and was gone on with.
        started_ns: monotonic nanoseconds at which it started.
        ended_ns: monotonic nanoseconds at which its head was committed or it failed.
    """

    label: str
    result: str
    started_ns: int
    ended_ns: int

    def __str__(self) -> str:
        return f"{self.label}:{self.result}"
