"""Finds what a name means: a group, ``group.echelon``, a pool, a wrapper, a node, a model, or an alias of one of them."""

from __future__ import annotations

import difflib
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pyproxy.domain import Node
from pyproxy.domain.instances import wrapper_scope
from pyproxy.errors import InvalidRequest, SingleTurnOnly, TargetNotFound
from pyproxy.routing.compiler import PlanCompiler
from pyproxy.routing.defaults import defaults_of
from pyproxy.routing.rotas import Rotas

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyproxy.config import Config, WrapperConfig
    from pyproxy.domain import FallbackPolicy, Plan

__all__ = ["Resolver"]

MAX_TARGET_LENGTH = 256
# Strategies that do not go everywhere that fallback groups point.
_LEAVE_OUT = frozenset(("model_rotate", "task_group_switch"))


class Resolver:
    """The targets of one snapshot, each compiled in advance.

    Attributes:
        rotas: whose turn it is at each step.
        nodes: the callers that the configuration knows.
    """

    def __init__(self, config: Config, before: Resolver | None = None) -> None:
        self.rotas: Rotas = Rotas(None if before is None else before.rotas)
        self._compiler = PlanCompiler(config, self.rotas)
        self._pools = config.polling_pools
        self._plans: dict[str, Plan] = {}
        self._conversations: dict[str, Plan] = {}
        self._references_by_target: dict[str, str] = {}
        for name in self._references(config):
            self._add(name, name, None)
        self.nodes = {name: Node(name, defaults_of(node, node.system_prompt)) for name, node in config.nodes.items()}
        for name, node in config.nodes.items():
            self._add(name, node.llm_group, node.fallback_groups, self.nodes[name])
        for name, wrapper in config.wrappers.items():
            self._add(name, wrapper.target, wrapper.fallback_groups)
            self._plans[name] = _wrapped(self._plans[name], name, wrapper)
            if name in self._conversations:
                self._conversations[name] = _wrapped(self._conversations[name], name, wrapper)
        self._aliases: dict[str, str] = {}
        self._patterns: list[tuple[str, str]] = []
        for alias, target in config.aliases.items():
            if "*" in alias:
                self._patterns.append((alias, target))
            else:
                self._aliases[alias] = target
        # The most specific pattern wins, whatever the order of the file: the one with the most literal characters.
        self._patterns.sort(key=lambda pair: -len(pair[0].replace("*", "")))

    @staticmethod
    def _references(config: Config) -> Iterable[str]:
        for group in config.task_groups.values():
            yield group.name
            for echelon in group.echelons:
                yield f"{group.name}.{echelon.name}"
        yield from config.polling_pools
        yield from config.models

    def _add(self, name: str, reference: str, fallbacks: Sequence[str] | None, node: Node | None = None) -> None:
        self._references_by_target[name] = reference
        self._plans[name] = replace(self._compiler.plan(name, reference, fallbacks), node=node)
        pool = self._pools.get(reference)
        if pool is not None and pool.multi_turn_redirect is not None:
            self._conversations[name] = replace(self._compiler.plan(name, pool.multi_turn_redirect, fallbacks), node=node)

    def resolve(self, target: str, fallbacks: Sequence[str] | None = None, *, conversation: str | None = None) -> Plan:
        """The plan for a name.

        Args:
            target: the name in the request's ``model``.
            fallbacks: the caller's own list of fallback targets, instead of the configured one.
            conversation: by what the request is seen to belong to a conversation, if it does: a pool answers single turns only.

        Raises:
            SingleTurnOnly: a conversation is sent to a pool, which says of nobody that answers those in its place.
            TargetNotFound: no target has that name; the message names the nearest ones.
            InvalidRequest: one of `fallbacks` is not a target.
        """
        name = self._canonical(target)
        reference = self._reference(name, conversation)
        if fallbacks is None:
            plan = self._plans[name] if reference == self._references_by_target[name] else self._conversations[name]
            return plan if plan.target == target else replace(plan, target=target)
        for fallback in fallbacks:
            if fallback not in self._references_by_target:
                raise InvalidRequest(
                    f"x-pyproxy-fallback-groups names '{fallback}', which is not a target here.{self._nearest(fallback)}",
                    param="x-pyproxy-fallback-groups",
                )
        references = [self._reference(fallback, conversation) for fallback in fallbacks]
        plan, known = self._compiler.plan(target, reference, references), self._plans[name]
        return replace(
            plan,
            node=known.node,
            scopes=known.scopes,
            total_timeout=min(plan.total_timeout, known.total_timeout),
            policy=_heeding_the_list(plan.policy),
        )

    def plan_of_all(self, target: str) -> Plan | None:
        """The plan of every request for a name that lists no fallbacks; None where what a request says decides, and for patterns."""
        name = self._aliases.get(target, target)
        reference = self._references_by_target.get(name)
        return None if reference is None or reference in self._pools else self.resolve(target)

    def _reference(self, name: str, conversation: str | None) -> str:
        """Where a target leads; a conversation not to a pool, but to who answers in its place."""
        reference = self._references_by_target[name]
        pool = self._pools.get(reference)
        if pool is None or conversation is None:
            return reference
        if pool.multi_turn_redirect is not None:
            return pool.multi_turn_redirect
        instead = pool.task_groups[0]
        what = f"'{name}' is a polling pool" if name == reference else f"'{name}' leads to the polling pool '{reference}'"
        raise SingleTurnOnly(
            f"{what}, which answers single turns only, and this request belongs to a conversation ({conversation}). "
            f"Ask '{instead}' instead, or set multi_turn_redirect for the pool.",
            instead=instead,
            param="model",
        )

    def targets(self) -> list[str]:
        """Every name that can be asked for, patterns excepted, in the order of the configuration."""
        return [*self._plans, *self._aliases]

    def __contains__(self, target: object) -> bool:
        """Whether a request for `target` would find a plan."""
        try:
            self._canonical(str(target))
        except TargetNotFound:
            return False
        return True

    def _canonical(self, target: str) -> str:
        if len(target) > MAX_TARGET_LENGTH:  # it would be repeated in headers and log lines, whatever alias it matches
            raise TargetNotFound(f"A target's name has at most {MAX_TARGET_LENGTH} characters; this one has {len(target)}.", param="model")
        if target in self._plans:
            return target
        if target in self._aliases:
            return self._aliases[target]
        for pattern, name in self._patterns:
            if fnmatchcase(target, pattern):
                return name
        raise TargetNotFound(f"There is no target '{target[:200]}' here.{self._nearest(target)}", param="model", target=target)

    def _nearest(self, name: str) -> str:
        near = difflib.get_close_matches(name[:200], self.targets(), n=3, cutoff=0.5)
        if near:
            return " Did you mean " + " or ".join(f"'{candidate}'" for candidate in near) + "?"
        return " GET /v1/models lists the targets."


def _heeding_the_list(policy: FallbackPolicy) -> FallbackPolicy:
    """The policy for a caller's own list, which goes before a strategy that would leave part of it out."""
    return replace(policy, strategy="echelon_down") if policy.strategy in _LEAVE_OUT else policy


def _wrapped(plan: Plan, name: str, wrapper: WrapperConfig) -> Plan:
    """A plan under the wrapper's own limits."""
    total = plan.total_timeout if wrapper.request_timeout is None else min(plan.total_timeout, wrapper.request_timeout)
    return replace(plan, total_timeout=total, scopes=() if wrapper.concurrency_limit is None else (wrapper_scope(name),))
