"""Leave to make a call, and the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from types import TracebackType

    from pyproxy.admission.controller import ConcurrencyController
    from pyproxy.rust_core import Grant

__all__ = ["Acquisition", "Permit"]


class Permit:
    """Leave to go through every scope of a path; given back once, however often it is asked."""

    __slots__ = ("_controller", "grant")

    def __init__(self, controller: ConcurrencyController, grant: Grant) -> None:
        self._controller = controller
        self.grant = grant

    def settle(self, tokens: int, *, exact: bool = True) -> None:
        """Charge the tokens really used in place of those reserved; where not `exact`, nothing is given back. Once."""
        self._controller.settle(self.grant, tokens, exact=exact)

    def refund(self) -> None:
        """Give back what was charged: the call was not made, or is not counted. Once, and not after a settlement."""
        self._controller.refund(self.grant)

    def release(self) -> None:
        """Give the permits back at every level; what was charged stays charged."""
        self._controller.release(self.grant)


class Acquisition:
    """A permit to be had: ``async with`` it, or await it and release it yourself.

    Raises:
        AdmissionRefused: the queue is full, the deadline cannot be met or has passed, no wait can help, or all is closed.
    """

    __slots__ = ("_acquire", "_entered", "_permit")

    def __init__(self, acquire: Callable[[], Coroutine[object, None, Permit]]) -> None:
        self._acquire = acquire
        self._entered = False
        self._permit: Permit | None = None

    def __await__(self) -> Generator[object, None, Permit]:
        """Wait for the permit."""
        return self._acquire().__await__()

    async def __aenter__(self) -> Permit:
        if self._entered:
            raise RuntimeError("this acquisition has been entered before: call acquire() for each")
        self._entered = True
        self._permit = await self._acquire()
        return self._permit

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._permit is not None:
            self._permit.release()
