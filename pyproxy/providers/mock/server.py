"""The mock provider: a listening socket, the scripts behind it and the record of what it was asked."""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.connection import Connection
from pyproxy.providers.mock.control import PREFIX, Control
from pyproxy.providers.mock.recording import RecordedRequest, Recorder
from pyproxy.providers.mock.reply import Reply
from pyproxy.providers.mock.routes import Routes
from pyproxy.providers.mock.script import Scripts, load_script

_BACKLOG: Final = 2048


class _Service:
    """What every connection of a mock shares: the open connections, the record and the routes."""

    def __init__(self, scripts: Scripts, recorder: Recorder, api_keys: Collection[str] | None) -> None:
        self.recorder = recorder
        self.connections: set[Connection] = set()
        self.listening = False
        self._routes = Routes(scripts, api_keys)
        self._control = Control(scripts, recorder)

    def records(self, request: RecordedRequest) -> bool:
        return not request.path.startswith(PREFIX)

    def answer(self, request: RecordedRequest) -> Reply:
        return self._routes.answer(request) if self.records(request) else self._control.answer(request)


class MockProvider:
    """A provider that answers as scripted. It lives in one event loop; nothing of it may be called from another thread.

    As an async context manager it listens on a free port of 127.0.0.1.

    Args:
        scripts: Scripts to begin with, as `from_script` reads them. Default: none, every model gets a plain answer.
        api_keys: Keys that are let in, sent in the way of each API (`Authorization: Bearer`, `x-api-key`, `api-key`, `x-goog-api-key`);
            everyone else is refused. Default: the key is not looked at.
        on_request: Called in the event loop with each request that has ended.
        keep: Number of requests kept in `requests`.
    """

    def __init__(
        self,
        scripts: Scripts | None = None,
        *,
        api_keys: Collection[str] | None = None,
        on_request: Callable[[RecordedRequest], None] | None = None,
        keep: int = 10_000,
    ) -> None:
        self._scripts = scripts if scripts is not None else Scripts(Behaviour())
        self._recorder = Recorder(keep=keep, on_end=on_request)
        self._service = _Service(self._scripts, self._recorder, api_keys)
        self._server: asyncio.Server | None = None
        self._base_url: str | None = None

    @classmethod
    def from_script(
        cls,
        path: str | Path,
        *,
        api_keys: Collection[str] | None = None,
        on_request: Callable[[RecordedRequest], None] | None = None,
        keep: int = 10_000,
    ) -> Self:
        """Make a mock from a YAML script.

        ```yaml
        models:
          fast-model: [{status: 429, retry_after: 1}, {}]   # a sequence; its last one repeats
          slow-model: {latency: 2.5}
        default: {}
        ```

        Args:
            path: The file.
            api_keys: As for the class.
            on_request: As for the class.
            keep: As for the class.

        Raises:
            ScriptError: If the script holds unknown names or wrong values; the message lists the valid names.
            OSError: If the file cannot be read.
        """
        return cls(load_script(Path(path)), api_keys=api_keys, on_request=on_request, keep=keep)

    def script(self, model: str, *behaviours: Behaviour) -> None:
        """Set what the requests to a model get, one behaviour each; the last repeats. Replaces the model's former script.

        Raises:
            ScriptError: If no behaviour is given.
        """
        self._scripts.put(model, behaviours)

    @property
    def default(self) -> Behaviour:
        """Behaviour of models without a script."""
        return self._scripts.default

    @default.setter
    def default(self, behaviour: Behaviour) -> None:
        self._scripts.default = behaviour

    @property
    def open_connections(self) -> int:
        """Connections that clients hold now, idle ones included."""
        return len(self._service.connections)

    @property
    def base_url(self) -> str:
        """Where it listens, as clients of OpenAI's API want it: `http://127.0.0.1:PORT/v1`. Stays as it was after `stop`.

        Raises:
            RuntimeError: If it was never started.
        """
        if self._base_url is None:
            raise RuntimeError("the mock has no address before it is started")
        return self._base_url

    @property
    def url(self) -> str:
        """Where it listens, as clients of Anthropic's and Gemini's APIs want it: `http://127.0.0.1:PORT`.

        Raises:
            RuntimeError: If it was never started.
        """
        return self.base_url.removesuffix("/v1")

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last requests, oldest first; a copy of the list, with the live records in it. Control routes are not among them."""
        return list(self._recorder.requests)

    @property
    def arrived(self) -> int:
        """Number of requests so far, also of those no longer kept."""
        return self._recorder.arrived

    @property
    def in_flight(self) -> int:
        """Number of requests that arrived whole and are not answered to the end."""
        return self._recorder.in_flight

    @property
    def peak_in_flight(self) -> int:
        """Largest `in_flight` so far."""
        return self._recorder.peak_in_flight

    async def wait_for(self, predicate: Callable[[], object], timeout: float = 5.0) -> None:  # noqa: ASYNC109  # named as asyncio.wait_for does
        """Wait until a predicate holds: asked now, at each arrival, each chunk of a stream and each end of a request.

        Args:
            predicate: Looks at this mock, as in `lambda: mock.in_flight == 3`.
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: If it does not hold in time; the message says what did happen.
        """
        await self._recorder.wait_for(predicate, timeout)

    def clear(self) -> None:
        """Forget the requests and their counts; scripts stay where they are."""
        self._recorder.clear()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen.

        Args:
            host: Address to bind.
            port: Port to bind; 0 picks a free one.

        Raises:
            OSError: If the address cannot be bound.
            RuntimeError: If it listens already.
        """
        if self._server is not None:
            raise RuntimeError(f"the mock already listens on {self._base_url}")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self._service), host, port, backlog=_BACKLOG, reuse_address=True)
        self._service.listening = True
        bound = self._server.sockets[0].getsockname()[1]
        self._base_url = f"http://{f'[{host}]' if ':' in host else host}:{bound}/v1"

    async def stop(self) -> None:
        """Stop listening and abort every connection; requests in flight end as `stopped`. It can be started again."""
        server, self._server = self._server, None
        if server is None:
            return
        self._service.listening = False
        server.close()
        while self._service.connections:
            await asyncio.gather(*[connection.stop() for connection in self._service.connections])
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()
