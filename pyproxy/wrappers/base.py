"""The one interface of all wrappers. A wrapper decides nothing: it asks its sidecar, on the path that every request takes."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pyproxy.errors import HealthCheckFailed, RequestError, TargetNotFound, WrapperExecution
from pyproxy.wrappers.health import health_of
from pyproxy.wrappers.statistics import CallStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyproxy.config import WrapperConfig
    from pyproxy.domain import Candidate
    from pyproxy.embedded import BlockingStream, Completion, CompletionStream, LLMClient
    from pyproxy.embedded.messages import Messages

__all__ = ["LLMWrapper"]

# What a probe sends: the shortest question, for the shortest answer.
_PROBE: dict[str, Any] = {"messages": "ping", "shortest": True}


class LLMWrapper(ABC):
    """A named target as one LLM client. Made by `LLMWrapperFactory`; safe to use from any thread and any event loop.

    ``parameters`` and keyword arguments are those of `pyproxy.Sidecar.generate`; of a name in both, the keyword argument holds.

    Attributes:
        name: the wrapper's name.
    """

    type: ClassVar[str]

    def __init__(self, name: str, client: LLMClient, config: WrapperConfig | None = None) -> None:
        """Wrap a target.

        Args:
            name: the wrapper's name.
            client: the sidecar that is asked.
            config: the settings of a wrapper that a program makes; left out, those of that name in the configuration in force hold.
        """
        self.name = name
        self._client = client
        self._given = config
        self._removed = False
        self._statistics = CallStatistics()

    # --- asking -------------------------------------------------------------------------------------------------------

    def generate(self, messages: Messages, parameters: Mapping[str, Any] | None = None, **more: Any) -> Completion:
        """Ask, and block until the whole answer is there; works with and without a running event loop.

        Raises:
            RequestError: the request could not be answered; see `pyproxy.errors`.
            WrapperExecution: the wrapper was removed.
        """
        target, fields = self._question(parameters, more)
        with self._counted() as answered:
            return answered(self._client.generate_sync(target, messages, **fields))

    async def generate_async(self, messages: Messages, parameters: Mapping[str, Any] | None = None, **more: Any) -> Completion:
        """Ask, and wait for the whole answer. Raises as `generate`."""
        target, fields = self._question(parameters, more)
        with self._counted() as answered:
            return answered(await self._client.generate(target, messages, **fields))

    def stream(self, messages: Messages, parameters: Mapping[str, Any] | None = None, **more: Any) -> BlockingStream:
        """Ask for a stream, to be read with ``for``; see `pyproxy.Sidecar.stream_sync`. Raises as `generate`, from the iteration."""
        target, fields = self._question(parameters, more)
        stream = self._client.stream_sync(target, messages, **fields)
        stream.on_end(self._stream_ended(self._statistics.begin()))
        return stream

    def stream_async(self, messages: Messages, parameters: Mapping[str, Any] | None = None, **more: Any) -> CompletionStream:
        """Ask for a stream, to be read with ``async for``; see `pyproxy.Sidecar.stream`. Raises as `generate`, from the iteration."""
        target, fields = self._question(parameters, more)
        stream = self._client.stream(target, messages, **fields)
        stream.on_end(self._stream_ended(self._statistics.begin()))
        return stream

    # --- what there is to know ----------------------------------------------------------------------------------------

    @abstractmethod
    def get_model_info(self) -> dict[str, Any]:
        """What stands behind the wrapper: its target, the models, and what its kind knows besides."""

    def health(self) -> dict[str, Any]:
        """How the instances behind it are, by what requests have seen of them; nothing is sent. See `probe`."""
        try:
            return health_of(self._client.plan(self._target()), self._client.limits())
        except TargetNotFound as error:
            return {"status": "unhealthy", "reason": error.message, "instances": {}}

    def probe(self, **fields: Any) -> None:
        """Send the shortest request there is, which costs a few tokens, and what a model that reasons thinks of it.

        Raises:
            HealthCheckFailed: it was not answered.
        """
        try:
            self.generate(**{**_PROBE, **fields})
        except RequestError as error:
            raise self._unhealthy(error) from error

    async def probe_async(self, **fields: Any) -> None:
        """As `probe`, awaited."""
        try:
            await self.generate_async(**{**_PROBE, **fields})
        except RequestError as error:
            raise self._unhealthy(error) from error

    def statistics(self) -> dict[str, Any]:
        """Counts of the calls through this wrapper, since it was made."""
        return self._statistics.read()

    def get_metadata(self) -> dict[str, Any]:
        """The wrapper's name, kind and settings."""
        config = self.config
        return {
            "name": self.name,
            "type": self.type,
            "target": config.target,
            "description": config.description,
            "fallback_groups": None if config.fallback_groups is None else list(config.fallback_groups),
            "request_timeout": config.request_timeout,
            "configured": self._given is None,
        }

    @property
    def config(self) -> WrapperConfig:
        """The settings that hold now.

        Raises:
            WrapperExecution: the wrapper is gone.
        """
        config = self._given or self._client.config.wrappers.get(self.name)
        if self._removed or config is None or config.type != self.type:
            raise WrapperExecution(f"The wrapper '{self.name}' is gone: get another from the factory.", target=self.name)
        return config

    def retire(self) -> None:
        """Refuse what is asked from now on; the factory has removed the wrapper."""
        self._removed = True

    # --- for the kinds ------------------------------------------------------------------------------------------------

    def _target(self) -> str:
        """What is asked for: a configured wrapper by its own name, which the resolver knows; any other by its target's."""
        return self.name if self._given is None else self._given.target

    def _models(self) -> list[dict[str, Any]]:
        """The models behind it, in the order in which they are tried, each once."""
        models = self._client.config.models
        found: dict[str, Candidate] = {}
        for step in self._client.plan(self._target()).steps:
            for candidate in step.candidates:
                found.setdefault(candidate.model, candidate)
        return [
            {"name": name, "provider": first.provider, "model": first.upstream_model, "context_window": models[name].context_window}
            for name, first in found.items()
        ]

    def _question(self, parameters: Mapping[str, Any] | None, more: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        config = self.config
        fields = {**(parameters or {}), **more}
        if self._given is not None and config.fallback_groups is not None:
            fields.setdefault("fallback_groups", config.fallback_groups)
        times = [seconds for seconds in (fields.get("timeout"), config.request_timeout) if seconds is not None]
        return self._target(), {**fields, "timeout": min(times)} if times else fields

    @contextlib.contextmanager
    def _counted(self) -> Iterator[Callable[[Completion], Completion]]:
        """Count a call by what it comes to; one that is cancelled comes to nothing."""
        began = self._statistics.begin()

        def answered(answer: Completion) -> Completion:
            self._statistics.answered(began, answer.attempts, answer.usage)
            return answer

        try:
            yield answered
        except RequestError as error:
            self._statistics.failed(began, error)
            raise

    def _stream_ended(self, began: float) -> Callable[[BlockingStream | CompletionStream, RequestError | None], None]:
        def ended(stream: BlockingStream | CompletionStream, error: RequestError | None) -> None:
            if error is not None:
                self._statistics.failed(began, error)
            elif stream.attempts:  # else it was left before anybody had answered
                self._statistics.answered(began, stream.attempts, stream.usage)

        return ended

    def _unhealthy(self, error: RequestError) -> HealthCheckFailed:
        return HealthCheckFailed(f"'{self.name}' did not answer: {error.message}", target=self.name, attempts=error.attempts)
