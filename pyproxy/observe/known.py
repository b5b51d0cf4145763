"""The names that a configuration knows. What is counted goes by them alone, so that no client can make up more to count."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyproxy.config import Config, PriceConfig

__all__ = ["NOBODY", "OTHER", "Known", "Place", "known_of"]

OTHER = "(other)"
"""Every target that the configuration does not name: unknown ones, and those that a pattern takes."""
NOBODY = "-"


class Place(NamedTuple):
    """Where a call goes.

    Attributes:
        group: the group or pool it is made for; of a model that is asked by itself, the model's instance.
        instance: who is called.
    """

    group: str
    instance: str


@dataclass(frozen=True, slots=True)
class Known:
    """What observers know of the configuration in force.

    Attributes:
        targets: under which name each target is counted.
        places: where calls go, by the label of an attempt.
        prices: what models cost, of those that say so.
    """

    targets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    places: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}))
    prices: Mapping[str, PriceConfig] = field(default_factory=lambda: MappingProxyType({}))

    def place(self, label: str) -> Place:
        """Where an attempt went; one under a configuration of before, as far as its label tells."""
        found = self.places.get(label)
        if found is not None:
            return found
        step, _, instance = label.rpartition("/")
        return Place(step.partition(".")[0] or label, instance)


def known_of(config: Config, targets: Iterable[str]) -> Known:
    """The names of a configuration whose requests may ask for these targets."""
    wrappers = config.wrappers
    counted = {name: name if name not in wrappers or wrappers[name].metrics else wrappers[name].target for name in targets}
    places = {instance: Place(instance, instance) for model in config.models for instance in config.instances_of(model)}
    for group in config.task_groups.values():
        for echelon in group.echelons:
            for instance in _instances(config, echelon.models):
                places[f"{group.name}.{echelon.name}/{instance}"] = Place(group.name, instance)
    for name, pool in config.polling_pools.items():
        for _, echelon in config.echelons_of(pool.task_groups):
            for instance in _instances(config, echelon.models):
                places[f"{name}/{instance}"] = Place(name, instance)
    prices = {name: model.price for name, model in config.models.items() if model.price is not None}
    return Known(MappingProxyType({NOBODY: NOBODY, **counted}), MappingProxyType(places), MappingProxyType(prices))


def _instances(config: Config, models: Iterable[str]) -> list[str]:
    return [instance for model in models for instance in config.instances_of(model)]
