"""What of a configuration is written in files of old: they go on loading, each with a warning that says how to migrate them."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from pyproxy.config.conversion import plain
from pyproxy.config.faults import Fault, FaultLog
from pyproxy.config.forms.global_fallback import GLOBAL_FALLBACK, GlobalFallback, bare_groups, has_own_fallback
from pyproxy.config.forms.moving import without
from pyproxy.config.forms.single_model import SingleModel, single_model
from pyproxy.config.fragments import with_own_tables
from pyproxy.config.merging import merge
from pyproxy.config.sources import SourceFile
from pyproxy.config.tree import Entry, Place, Table


class FileLayers(NamedTuple):
    """The layers that come from files.

    Attributes:
        general: The files of sections.
        environment: The file of the environment, laid over them.
        special: The files of single things, laid over both.
    """

    general: Table
    environment: Table
    special: Table


@dataclass(frozen=True, slots=True)
class BareGroup:
    """A task group that the global fallback counts in.

    Attributes:
        name: Its name.
        entry: It, as its layer has it.
        policy: The ``fallback_config`` that it gets.
    """

    name: str
    entry: Entry
    policy: Entry


@dataclass(frozen=True, slots=True)
class OldModel:
    """An old single-model file, and what has become of it.

    Attributes:
        source: The file.
        single: What it says.
        provider: The name of the model's provider, which may be one that was there.
        makes_provider: Whether that provider is made from this file.
    """

    source: SourceFile
    single: SingleModel
    provider: str
    makes_provider: bool

    @property
    def sections(self) -> Table:
        """It as sections."""
        place = self.single.place
        named = {"models": (self.single.name, self.single.with_provider(self.provider))}
        if self.makes_provider:
            named = {"providers": (self.provider, self.single.provider_entry), **named}
        return Table(place, {section: Entry(place, Table(place, dict([pair]))) for section, pair in named.items()})


@dataclass(slots=True)
class OldFiles:
    """Collects the old parts of one configuration.

    Attributes:
        log: Takes the warnings.
        fallback: The global fallback.
        bare: The groups that it counts in.
        models: The old single-model files.
        lost: What of all this the canonical form cannot tell.
    """

    log: FaultLog
    fallback: GlobalFallback | None = None
    bare: list[BareGroup] = field(default_factory=list)
    models: list[OldModel] = field(default_factory=list)
    lost: list[Fault] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing old."""
        return self.fallback is None and not self.models

    def spread_fallback(self, layers: FileLayers, source: Path) -> FileLayers:
        """Return the layers with the global fallback in each group that has none, as if it were written where the group is.

        The environment may change a group's fallback as it may change whatever the group says. It is looked through for groups only
        that are nowhere else.
        """
        given = layers.general.entries.get(GLOBAL_FALLBACK)
        if given is None:
            return layers
        self._warn(given.place, "is an old global fallback: it counts in each task group that has no fallback_config", source)
        general, environment, special = layers._replace(general=without(layers.general, GLOBAL_FALLBACK))
        self.fallback = fallback = GlobalFallback(given, self.log)
        fallback.know(_names(layers, "task_groups"), _names(layers, "models"), _names(layers, "providers"))
        self._lose(fallback.lost)
        if not fallback.is_enabled:
            return FileLayers(general, environment, special)
        own = {name for layer in (general, special) for name, _, group in layer.tables("task_groups") if has_own_fallback(group)}
        return FileLayers(
            self._filled(general, fallback, own | _names([special], "task_groups").keys()),
            self._filled(environment, fallback, set(_names([general, special], "task_groups"))),
            self._filled(special, fallback, own),
        )

    def take_models(self, files: Iterable[tuple[SourceFile, Table]], general: Table, special: Table, source: Path) -> Iterator[Table]:
        """Yield each single-model file as sections; they share a provider where they say the same of it, or nothing."""
        known = {name: plain(table) for name, _, table in merge(general, special).tables("providers")}
        for file, table in files:
            single = single_model(table, file.path.stem, self.log)
            said, name = plain(single.provider_entry.value), single.provider
            is_new = name not in known or (single.says_provider and known[name] != said)
            if is_new and name in known:
                name = single.own_provider
            known.setdefault(name, said)
            old = OldModel(file, single, name, is_new)
            self._take_model(old, source, single.losses())
            yield old.sections

    def take_whole_file(self, file: SourceFile, table: Table) -> Table:
        """Return the configuration that a single-model file is by itself."""
        single = single_model(table, file.path.stem, self.log)
        self._take_model(OldModel(file, single, single.provider, makes_provider=True), file.path, single.lost)
        return single.alone()

    def _take_model(self, old: OldModel, source: Path, lost: Iterable[Fault]) -> None:
        self.models.append(old)
        self._warn(old.single.place, f"is an old single-model file: it is read as the model {old.single.name} of {old.provider}", source)
        self._lose(lost)

    def _filled(self, layer: Table, fallback: GlobalFallback, taken: set[str]) -> Table:
        layer = with_own_tables(layer)
        for name, entry in list(bare_groups(layer, taken)):
            bare = BareGroup(name, entry, fallback.policy(name))
            self.bare.append(bare)
            groups = layer.table("task_groups")
            if groups is not None and isinstance(entry.value, Table):
                group = entry.value.with_entries({**entry.value.entries, "fallback_config": bare.policy})
                groups.entries[name] = replace(entry, value=group)
        return layer

    def _lose(self, lost: Iterable[Fault]) -> None:
        for fault in lost:
            self.lost.append(fault)
            self.log.add(fault)

    def _warn(self, place: Place, message: str, source: Path) -> None:
        hint = f"deprecated: run pyproxy migrate {shlex.quote(str(source))}"
        self.log.add(Place(place.file, place.line, place.column).fault(message, hint, severity="warning"))


def _names(layers: Iterable[Table], section: str) -> dict[str, None]:
    """The names in a section, in any of the layers."""
    return {name: None for layer in layers for name, _, _ in layer.tables(section)}
