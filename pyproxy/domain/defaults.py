"""What is put into a request that leaves it open."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NO_DEFAULTS", "Defaults", "Node"]


@dataclass(frozen=True, slots=True)
class Defaults:
    """Defaults of an echelon or a node.

    Attributes:
        parameters: members of the request's body and the JSON of their values.
        system: a system message for a request that has none.
        max_tokens: the longest answer in tokens, if it is among the parameters.
    """

    parameters: tuple[tuple[str, bytes], ...] = ()
    system: str | None = None
    max_tokens: int | None = None

    def over(self, other: Defaults) -> tuple[tuple[str, bytes], ...]:
        """The parameters of both; of those that both have, these."""
        if not other.parameters or not self.parameters:
            return self.parameters or other.parameters
        return tuple({**dict(other.parameters), **dict(self.parameters)}.items())


NO_DEFAULTS = Defaults()


@dataclass(frozen=True, slots=True)
class Node:
    """A caller that the configuration knows: the one that names itself, or the one whose name is the target.

    Attributes:
        name: its name.
        defaults: what it puts into its requests; they win over those of the echelon that answers.
    """

    name: str
    defaults: Defaults
