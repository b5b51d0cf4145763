"""What every translation looks like, and the values it takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

from pyproxy.domain.capabilities import ALL_CAPABILITIES, Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.translation.events import Event

__all__ = ["Call", "Json", "PureTranslator", "StreamTranslator", "Translated", "Translator", "UntranslatableError"]

Json = dict[str, Any]


class UntranslatableError(ValueError):
    """A request that has no meaning in the provider's API, in words for its client; `param` is the member at fault."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class Translated(NamedTuple):
    """A body in another API, and the names of what is not in it any more, such as ``logit_bias`` or ``messages[].name``."""

    body: Json
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """What a translation knows of a call beside its body. Nothing else is looked up: the same call gives the same bytes.

    Attributes:
        model: the name the provider knows the model by.
        stream: whether the answer is to be a stream.
        id: the request's id, from which ids are made that the other API leaves out.
        created: the time, in seconds since the epoch.
        include_usage: whether the client wants the usage of a stream told, where its API leaves that open.
        capabilities: what the model takes.
        in_between: whether the provider's request is only a step on the way to a third API, so that it may say what providers of its
            own API would refuse: how hard a model that is told no effort is to think, and ``top_k``.
        asked: the client's request, for an API whose answers repeat it, or have the form that it asks for.
        continues: the response that the client went on with, where its request holds that conversation instead of its name.
        signer: who signs what the provider's models think; that goes back to nobody else.
    """

    model: str
    stream: bool = False
    id: str = "req"
    created: int = 0
    include_usage: bool = True
    capabilities: Capabilities = ALL_CAPABILITIES
    in_between: bool = False
    asked: Json = field(default_factory=dict)
    continues: str | None = None
    signer: str = ""


class StreamTranslator(Protocol):
    """Translates one stream, event by event, as they come."""

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be carried so far."""

    def feed(self, event: Event) -> list[Event]:
        """Take one whole event of the provider and return those of the client that it becomes; often one, or none.

        Raises:
            ValueError: it is no event of the provider's API.
        """

    def finish(self) -> list[Event]:
        """Return what ends the client's stream; called once, after the provider's stream has come to its proper end.

        Raises:
            ValueError: it has not, as far as can be told from what came.
        """


class Translator(Protocol):
    """Serves clients of one API from providers of another."""

    def request(self, body: Json, call: Call) -> Translated:
        """Return the provider's request for a client's.

        Raises:
            UntranslatableError: it cannot be asked of this provider.
        """

    def response(self, body: Json, call: Call) -> Translated:
        """Return the client's whole answer for a provider's.

        Raises:
            ValueError: it is no answer of the provider's API.
        """

    def stream(self, call: Call) -> StreamTranslator:
        """Begin to translate a stream."""


def _not_streamed(_call: Call) -> NoReturn:
    raise UntranslatableError("Embeddings are not streamed.", "stream")


class PureTranslator(NamedTuple):
    """A `Translator` of three functions, or of two for embeddings, of which there are no streams."""

    request: Callable[[Json, Call], Translated]
    response: Callable[[Json, Call], Translated]
    stream: Callable[[Call], StreamTranslator] = _not_streamed
