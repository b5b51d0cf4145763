"""A streamed answer, as a program iterates over it: with ``async for``, or with ``for`` in a thread that may wait."""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from pyproxy.errors import RequestError, ShuttingDown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from pyproxy.embedded.completion import CompletionChunk
    from pyproxy.embedded.home import Home
    from pyproxy.embedded.source import StreamSource

__all__ = ["BlockingStream", "CompletionStream"]


class _Stream:
    """What both kinds share. The request is made when the first chunk is asked for.

    Attributes:
        usage: the provider's token counts, once it has told them.
    """

    def __init__(self, home: Home, source: StreamSource) -> None:
        self._home = home
        self._source = source
        self._ready: deque[CompletionChunk] = deque()
        self._over = False
        self._busy = False
        self._listeners: list[Callable[[Any, RequestError | None], object]] = []  # each called with the stream itself
        self.usage: Mapping[str, Any] = {}

    @property
    def target(self) -> str:
        """The target asked for; empty before the first chunk, as are the others."""
        return self._source.head.target if self._source.head is not None else ""

    @property
    def model(self) -> str:
        """The model that answers, by its name in the configuration."""
        return self._source.head.model if self._source.head is not None else ""

    @property
    def provider(self) -> str:
        """The provider that answers."""
        return self._source.head.provider if self._source.head is not None else ""

    @property
    def attempts(self) -> tuple[str, ...]:
        """Every upstream call, as ``scope/model:outcome``."""
        return self._source.head.attempts if self._source.head is not None else ()

    def on_end(self, listener: Callable[[Self, RequestError | None], object]) -> None:
        """Call `listener` once when the stream is over: with the stream, and the error that ended it; None if it was read, or left."""
        self._listeners.append(listener)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """One reads at a time; and once reading has raised, nothing follows."""
        if self._busy:
            raise RuntimeError("this stream is being read by another task or thread")
        self._busy, went_well = True, False
        try:
            yield
            went_well = True
        except RequestError as error:
            self._ended(error)
            raise
        finally:
            self._busy = False
            self._over = self._over or not went_well

    def _take(self, chunks: list[CompletionChunk]) -> None:
        self._ready.extend(chunks)
        self._over = self._over or not chunks
        self.usage = next((chunk.usage for chunk in reversed(chunks) if chunk.usage is not None), self.usage)
        if not chunks:
            self._ended(None)

    def _ended(self, error: RequestError | None) -> None:
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener(self, error)

    def __del__(self) -> None:
        """End the request of a stream that was left before its end: whoever breaks out of a loop wants no more of it."""
        if not self._over:
            self._home.post(self._source.cancel)
            self._ended(None)


class CompletionStream(_Stream):
    """An asynchronous iterator of chunks. Nothing is read from the provider before it is asked for, but what is under way.

    To end it early, leave ``async with``, call `aclose`, or let go of it: the call upstream ends at once.
    """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CompletionChunk:
        if not self._ready and not self._over:
            with self._reading():
                self._take(await self._home.run(self._source.next_chunks))
        if not self._ready:
            raise StopAsyncIteration
        return self._ready.popleft()

    async def aclose(self) -> None:
        """End the stream, also while another task reads it; what it held has been given back when this returns."""
        self._ready.clear()
        if not self._over:
            self._over = True
            with contextlib.suppress(ShuttingDown):  # which has ended it
                await self._home.run(self._source.aclose)
            self._ended(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()


class BlockingStream(_Stream):
    """An iterator of chunks that blocks its thread until the next has come; otherwise as `CompletionStream`."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> CompletionChunk:
        if not self._ready and not self._over:
            with self._reading():
                self._take(self._home.wait(self._source.next_chunks))
        if not self._ready:
            raise StopIteration
        return self._ready.popleft()

    def close(self) -> None:
        """End the stream, also while another thread reads it; what it held has been given back when this returns."""
        self._ready.clear()
        if not self._over:
            self._over = True
            with contextlib.suppress(ShuttingDown):
                self._home.wait(self._source.aclose)
            self._ended(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
