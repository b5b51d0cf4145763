"""How a program asks a sidecar: for answers and streams, with and without an event loop, and for what would happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.embedded.client import EmbeddedClient
    from pyproxy.embedded.completion import Completion
    from pyproxy.embedded.messages import Messages
    from pyproxy.embedded.streams import BlockingStream, CompletionStream
    from pyproxy.orchestration.dry_run import Route

__all__ = ["Asking"]


class Asking:
    """The calls of a sidecar; all of them go the way that every request takes."""

    def __init__(self, client: EmbeddedClient) -> None:
        self._client = client

    async def generate(
        self,
        target: str,
        messages: Messages,
        *,
        node: str | None = None,
        session: str | None = None,
        priority: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the request's own deadline, kept by the engine
        fallback_groups: Sequence[str] | None = None,
        shortest: bool = False,
        **parameters: Any,
    ) -> Completion:
        """Ask a target and wait for the whole answer, on the path that every request takes.

        Args:
            target: a group, ``group.echelon``, pool, model, node, wrapper or alias.
            messages: the turns as the OpenAI API writes them, or a text as the user's only turn.
            node: the caller's name; its limits apply if it is configured.
            session: the conversation this belongs to.
            priority: ``high``, ``normal`` or ``low``: who is next where there is no room for all.
            timeout: seconds for the whole request; the target's own total holds if it is shorter.
            fallback_groups: where to go if the target fails, instead of what is configured.
            shortest: whether the shortest answer does, as for who asks only whether anybody answers: its bound, unless it is among the
                parameters, is the least that each model takes, under the name that it takes.
            **parameters: further fields of the request, such as ``temperature`` or ``max_tokens``.

        Raises:
            RequestError: the request could not be answered; see `pyproxy.errors`.
        """
        own = {"node": node, "session": session, "priority": priority, "timeout": timeout, "fallback_groups": fallback_groups}
        own |= {"shortest": shortest}
        return await self._client.generate(target, messages, **own, **parameters)

    def route(self, target: str, messages: Messages = "Hello", *, fault: str = "connect_failed", **arguments: Any) -> Route:
        """Tell what would happen to a request now, without sending it: which calls it would lead to if each of them failed.

        Args:
            target: the name that is asked for.
            messages: the turns; their length counts where tokens are limited.
            fault: how each call fails: a status such as ``"503"``, or a signal such as ``"reset"``.
            **arguments: those of `generate`.

        Raises:
            RequestError: the request would be refused before any call.
            ValueError: there is no such fault.
        """
        return self._client.foresee(target, messages, fault, arguments)

    def generate_sync(self, target: str, messages: Messages, **arguments: Any) -> Completion:
        """As `generate`, blocking the calling thread until the answer is there.

        Works with and without a running event loop, and from several threads at once.

        Raises:
            RequestError: the request could not be answered; see `pyproxy.errors`.
            RuntimeError: called on the event loop that serves: it would have to answer what it waits for.
        """
        return self._client.generate_sync(target, messages, **arguments)

    def stream(
        self,
        target: str,
        messages: Messages,
        *,
        node: str | None = None,
        session: str | None = None,
        priority: str | None = None,
        timeout: float | None = None,
        fallback_groups: Sequence[str] | None = None,
        shortest: bool = False,
        **parameters: Any,
    ) -> CompletionStream:
        """Ask a target for a stream: ``async for chunk in sidecar.stream(target, messages)``.

        The request is made when the first chunk is asked for. What is not read stays with the provider, and a stream that is left early
        ends there at once. The arguments are those of `generate`.

        Raises:
            RequestError: from the iteration: before the first chunk, the request could not be answered; after it, `StreamInterrupted`:
                the answer is not whole.
        """
        own = {"node": node, "session": session, "priority": priority, "timeout": timeout, "fallback_groups": fallback_groups}
        own |= {"shortest": shortest}
        return self._client.stream(target, messages, **own, **parameters)

    def stream_sync(self, target: str, messages: Messages, **arguments: Any) -> BlockingStream:
        """As `stream`, for ``for``: blocks the calling thread until the next chunk has come. See `generate_sync`."""
        return self._client.stream_sync(target, messages, **arguments)
