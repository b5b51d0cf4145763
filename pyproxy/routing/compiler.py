"""Compiles targets into plans, once for each snapshot of the configuration.

Schedulers are shared: every plan that offers an echelon takes turns with every other plan that does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.config import FallbackConfig
from pyproxy.config import Timeouts as TimeoutsConfig
from pyproxy.config.groups import DEFAULT_MAX_RETRIES
from pyproxy.domain import Candidate, FallbackPolicy, Plan, Step, Timeouts
from pyproxy.domain.instances import credential_names, pool_scope
from pyproxy.routing.capabilities import capabilities_of, quirks_of
from pyproxy.routing.defaults import defaults_of
from pyproxy.routing.pools import patience, pool_attempt_timeout, pool_policy, pool_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproxy.config import Config, EchelonConfig, PollingPoolConfig, TaskGroupConfig
    from pyproxy.routing.rotas import Rotas
    from pyproxy.rust_core import Scheduler

__all__ = ["PlanCompiler"]

# A model that is asked for by itself has no group whose timeouts would hold.
_DEFAULT_TIMEOUTS = TimeoutsConfig()
_DEFAULT_QUEUE_WAIT = 2.0


class PlanCompiler:
    """Turns references (a group, ``group.echelon``, a pool, a model) into plans."""

    def __init__(self, config: Config, rotas: Rotas) -> None:
        self._config = config
        self._rotas = rotas
        self._steps: dict[str, Step] = {}
        for group in config.task_groups.values():
            for echelon in group.echelons:
                self._steps[f"{group.name}.{echelon.name}"] = self._echelon_step(group, echelon)
        for model in config.models:
            self._steps[model] = self._model_step(model)
        for name, pool in config.polling_pools.items():
            self._steps[name] = self._pool_step(name, pool)

    def plan(self, target: str, reference: str, fallbacks: Sequence[str] | None = None) -> Plan:
        """The plan for `reference`, reported as `target`.

        Args:
            target: the name the client used.
            reference: a group, ``group.echelon``, pool or model of the configuration.
            fallbacks: where to go when it fails, instead of what its group says.
        """
        if reference in self._config.polling_pools:
            return self._pool_plan(target, reference, fallbacks)
        group = self._group_of(reference)
        if group is None:
            steps = [self._steps[reference], *self._expand(fallbacks or ())]
            return Plan(target=target, steps=_unique(steps), total_timeout=_DEFAULT_TIMEOUTS.total, policy=_policy(FallbackConfig()))
        policy = group.fallback_config
        listed = fallbacks if fallbacks is not None else policy.fallback_groups
        own = self._own_steps(group, reference)
        steps = own if listed is None else [own[0], *self._expand(listed)]
        return Plan(target, _unique(steps), group.timeouts.total, _policy(policy), group.stream_guarantee)

    def _pool_plan(self, target: str, name: str, fallbacks: Sequence[str] | None) -> Plan:
        pool, step = self._config.polling_pools[name], self._steps[name]
        members = self._config.echelons_of(pool.task_groups)
        policy = pool_policy(pool, members, len(step.candidates), _policy(FallbackConfig()) if fallbacks else None)
        steps = [step, *self._expand(fallbacks or ())]
        return Plan(target=target, steps=_unique(steps), total_timeout=step.timeouts.total, policy=policy)

    def _group_of(self, reference: str) -> TaskGroupConfig | None:
        groups = self._config.task_groups
        if reference in groups:
            return groups[reference]
        if reference in self._config.models:
            return None
        return groups[reference.partition(".")[0]]

    def _own_steps(self, group: TaskGroupConfig, reference: str) -> list[Step]:
        """The group's echelons in their order; from the one that `reference` names, if it names one."""
        steps = [self._steps[f"{group.name}.{echelon.name}"] for echelon in group.echelons]
        if reference == group.name:
            return steps
        return steps[steps.index(self._steps[reference]) :]

    def _expand(self, references: Sequence[str]) -> list[Step]:
        """A group among the references stands for its echelons in their order."""
        steps: list[Step] = []
        for reference in references:
            group = self._config.task_groups.get(reference)
            steps += [self._steps[reference]] if group is None else self._own_steps(group, reference)
        return steps

    def _echelon_step(self, group: TaskGroupConfig, echelon: EchelonConfig) -> Step:
        name = f"{group.name}.{echelon.name}"
        candidates = tuple(candidate for model in echelon.models for candidate in self._candidates(model, (group.name, name), name))
        return Step(
            name=name,
            candidates=candidates,
            scheduler=self._scheduler(name, candidates),
            even=len({self._config.models[candidate.model].weight for candidate in candidates}) == 1,
            max_retries=echelon.max_retries,
            timeouts=_timeouts(group.timeouts),
            attempt_timeout=echelon.timeout,
            group=group.name,
            max_queue_wait=group.max_queue_wait,
            defaults=defaults_of(echelon),
        )

    def _model_step(self, model: str) -> Step:
        candidates = self._candidates(model, (), "")
        return Step(
            name=model,
            candidates=candidates,
            scheduler=self._scheduler(model, candidates),
            max_retries=DEFAULT_MAX_RETRIES,
            timeouts=_timeouts(_DEFAULT_TIMEOUTS),
            max_queue_wait=_DEFAULT_QUEUE_WAIT,
        )

    def _pool_step(self, name: str, pool: PollingPoolConfig) -> Step:
        """Each instance once, where it first stands; its limits are those of its echelon and group, within the pool's own."""
        members = self._config.echelons_of(pool.task_groups)
        by_instance: dict[str, Candidate] = {}
        for group, echelon in members:
            scopes = (pool_scope(name), group.name, f"{group.name}.{echelon.name}")
            for model in echelon.models:
                for candidate in self._candidates(model, scopes, name):
                    by_instance.setdefault(candidate.instance, candidate)
        candidates = tuple(by_instance.values())
        instances, weights = list(by_instance), pool_weights(pool, candidates)
        rotates = pool.fallback_strategy == "instance_rotation"
        return Step(
            name=name,
            candidates=candidates,
            scheduler=self._rotas.scheduler(name, pool.rotation_strategy, instances, weights if any(weights) else [1] * len(weights)),
            max_retries=0 if rotates else pool.max_instance_attempts - 1,
            timeouts=_timeouts(patience(members)),
            attempt_timeout=pool_attempt_timeout(members),
            group=name,
            max_queue_wait=max(group.max_queue_wait for group, _ in members),
            even=False,
            rounds=pool.max_instance_attempts if rotates else 1,
            calls_each=pool.max_instance_attempts,
            retries_everything=not rotates,
        )

    def _scheduler(self, step: str, candidates: Sequence[Candidate]) -> Scheduler:
        weights = [self._config.models[candidate.model].weight for candidate in candidates]
        if not any(weights):  # a model that is asked for by itself takes all there is, whatever its share among others
            weights = [1] * len(candidates)
        strategy = "round_robin" if len(set(weights)) == 1 else "weighted"
        return self._rotas.scheduler(step, strategy, [candidate.instance for candidate in candidates], weights)

    def _candidates(self, model: str, scopes: tuple[str, ...], step: str) -> tuple[Candidate, ...]:
        entry = self._config.models[model]
        provider = self._config.providers[entry.provider]
        capabilities, quirks = capabilities_of(provider, entry), quirks_of(provider)
        instances = self._config.instances_of(model)
        return tuple(
            Candidate(
                instance=instance,
                model=model,
                provider=entry.provider,
                upstream_model=entry.model,
                path=(*scopes, instance),
                label=f"{step}/{instance}" if step else instance,
                credential=credential,
                context_window=entry.context_window,
                stream_usage=provider.stream_usage,
                dialect=provider.dialect,
                surface=provider.surface,
                responses=provider.responses and provider.dialect == "openai",
                capabilities=capabilities,
                quirks=quirks,
            )
            for instance, credential in zip(instances, credential_names(entry.provider, len(instances)), strict=True)
        )


def _timeouts(timeouts: TimeoutsConfig) -> Timeouts:
    return Timeouts(connect=timeouts.connect, first_byte=timeouts.first_byte, idle=timeouts.idle, total=timeouts.total)


def _policy(config: FallbackConfig) -> FallbackPolicy:
    return FallbackPolicy(
        strategy=config.strategy_plugin or "" if config.strategy == "plugin" else config.strategy,
        max_attempts=config.max_attempts,
        attempt_budget=config.attempt_budget,
        retry_delay=config.retry_delay,
        retry_after_wait=config.retry_after_wait,
        content_filter_fallback=config.content_filter_fallback,
    )


def _unique(steps: list[Step]) -> tuple[Step, ...]:
    """Each step once, where it first stands."""
    return tuple({step.name: step for step in steps}.values())
