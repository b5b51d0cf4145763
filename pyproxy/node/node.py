"""One step of a workflow: a question made from the state, an answer put into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pyproxy.config.limits import Parameters
from pyproxy.errors import ConfigError
from pyproxy.node.prompts import turns, value_in
from pyproxy.node.settings import CLIENTS, LLMNodeSettings, node_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.config import NodeConfig
    from pyproxy.embedded import Completion, LLMClient
    from pyproxy.embedded.messages import Messages

__all__ = ["Answering", "LLMNode", "Wrappers"]


class Answering(Protocol):
    """What answers a node: a wrapper, or anything with its two calls."""

    def generate(self, messages: Messages, parameters: Mapping[str, Any] | None = None) -> Completion:
        """Ask, and block until the answer is there."""

    async def generate_async(self, messages: Messages, parameters: Mapping[str, Any] | None = None) -> Completion:
        """Ask, and wait for the answer."""


class Wrappers(Protocol):
    """`pyproxy.LLMWrapperFactory`, as far as a node needs it."""

    def get(self, name: str) -> Answering:
        """The wrapper of that name."""


class LLMNode:
    """Asks whom its settings name first: ``llm_wrapper``, ``llm_group``, ``polling_pool``, ``llm_client``; else the client it was given.

    Call it with a state, a mapping or an object, and it returns what is to be put into the state: LangGraph takes it as it is,
    ``graph.add_node("plan", node)``, and ``graph.add_node("plan", node.acall)`` in a graph that is awaited.

    Attributes:
        name: the node's name; its limits hold if the configuration has a node of that name.
    """

    def __init__(
        self,
        client: LLMClient,
        config: Mapping[str, Any] | None = None,
        *,
        name: str = "llm_node",
        wrapper_factory: Wrappers | None = None,
        llm_client: Answering | None = None,
    ) -> None:
        """Make a node.

        Args:
            client: the sidecar that is asked.
            config: the settings, see `get_config_schema`; left out, those of the node of that name in the configuration hold, and follow
                its reloads.
            name: the node's name.
            wrapper_factory: finds wrappers that a program has made; those of the configuration are found without.
            llm_client: answers if no setting names who does.

        Raises:
            ConfigError: the settings cannot be used, or nobody would answer.
        """
        self.name = name
        self._client = client
        self._wrappers = wrapper_factory
        self._llm_client = llm_client
        self._given = None if config is None else node_settings(name, config)
        self._answering(self.settings)

    @staticmethod
    def get_config_schema() -> dict[str, Any]:
        """The JSON Schema of the settings."""
        return LLMNodeSettings.model_json_schema()

    @property
    def settings(self) -> LLMNodeSettings:
        """The settings that hold now.

        Raises:
            ConfigError: they are the configuration's, and it has no node of that name.
        """
        if self._given is not None:
            return self._given
        configured = self._client.config.nodes.get(self.name)
        if configured is None:
            raise ConfigError(f"There is no node '{self.name}' in the configuration, and no settings were given.")
        return _settings_of(configured)

    def __call__(self, state: object) -> dict[str, Any]:
        """Ask, and return what is to be put into the state; blocks, with and without a running event loop.

        Raises:
            RequestError: the request could not be made or answered; see `pyproxy.errors`.
        """
        settings = self.settings
        answer = self._answering(settings).generate(turns(settings, state), self._fields(settings, state))
        return _update(settings, answer)

    async def acall(self, state: object) -> dict[str, Any]:
        """As the call itself, awaited."""
        settings = self.settings
        answer = await self._answering(settings).generate_async(turns(settings, state), self._fields(settings, state))
        return _update(settings, answer)

    def _answering(self, settings: LLMNodeSettings) -> Answering:
        """Whom to ask: names are targets of the sidecar, so that whatever they stand for, the request takes the one path."""
        if self._given is None:
            return _Target(self._client, self.name)
        kind, name = next(((kind, name) for kind in CLIENTS if (name := getattr(settings, kind)) is not None), ("", ""))
        if kind == "llm_wrapper" and self._wrappers is not None:
            return self._wrappers.get(name)
        if name:
            return _Target(self._client, name)
        if self._llm_client is not None:
            return self._llm_client
        raise ConfigError(f"Nobody answers the node '{self.name}': name one of {', '.join(CLIENTS)}.")

    def _fields(self, settings: LLMNodeSettings, state: object) -> dict[str, Any]:
        fields = {**settings.fields(), "node": self.name}
        if settings.session_key is not None:
            fields["session"] = value_in(state, settings.session_key)
        return fields


class _Target:
    """A target of the sidecar, as a node asks it."""

    def __init__(self, client: LLMClient, target: str) -> None:
        self._client = client
        self._target = target

    def generate(self, messages: Messages, parameters: Mapping[str, Any] | None = None) -> Completion:
        return self._client.generate_sync(self._target, messages, **(parameters or {}))

    async def generate_async(self, messages: Messages, parameters: Mapping[str, Any] | None = None) -> Completion:
        return await self._client.generate(self._target, messages, **(parameters or {}))


def _settings_of(node: NodeConfig) -> LLMNodeSettings:
    named = ("llm_group", "fallback_groups", "system_prompt", *Parameters.model_fields)
    return LLMNodeSettings(**{name: getattr(node, name) for name in named})


def _update(settings: LLMNodeSettings, answer: Completion) -> dict[str, Any]:
    update: dict[str, Any] = {settings.output_key: [_message(answer)] if settings.output_key == settings.messages_key else answer.text}
    if settings.info_key is not None:
        update[settings.info_key] = {
            "target": answer.target,
            "model": answer.model,
            "provider": answer.provider,
            "attempts": list(answer.attempts),
            "usage": dict(answer.usage),
        }
    return update


def _message(answer: Completion) -> dict[str, Any]:
    """The assistant's turn, with the tools it calls."""
    choices = answer.raw.get("choices") or [{}]
    calls = (choices[0].get("message") or {}).get("tool_calls")
    return {"role": "assistant", "content": answer.text, **({"tool_calls": calls} if calls else {})}
