"""Old single-model files: a model, its provider and its parameters in one table, without sections.

Such a file becomes a provider and a model. What it says of parameters and times belongs to an echelon; where the file is the whole
configuration, one is made for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pyproxy.config.faults import Fault, FaultLog
from pyproxy.config.forms.moving import lift, move
from pyproxy.config.groups import EchelonConfig
from pyproxy.config.kinds import MODEL, PROVIDER, SECTIONS, Kind
from pyproxy.config.known_providers import known_provider
from pyproxy.config.providers import ModelConfig, ProviderConfig
from pyproxy.config.tree import Entry, List, Place, Scalar, Table

_NAMES = {"model_name": "model", "api_base": "base_url", "model_type": "type"}
_AROUND = ("parameters", "config")
_OF_A_PROVIDER = frozenset(ProviderConfig.model_fields) - {"dialect"}
_OF_A_MODEL = frozenset(ModelConfig.model_fields) - {"provider"}
_OF_AN_ECHELON = frozenset(EchelonConfig.model_fields) - {"name", "models", "priority"} - _OF_A_MODEL
_READ = frozenset(("name", "provider", "type", "dialect"))
_ONLY_OLD = frozenset((*_NAMES, *_AROUND, "type")) | _OF_A_PROVIDER | _OF_AN_ECHELON

_DIALECTS = {"anthropic": "anthropic", "claude": "anthropic", "gemini": "gemini", "google": "gemini"}
_SYNONYMS = {"claude": "anthropic", "google": "gemini"}
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")

GROUP = "default"
ECHELON = "echelon1"


@dataclass(frozen=True, slots=True)
class SingleModel:
    """An old single-model file, read.

    Attributes:
        place: Where it says which model it is.
        provider: What its provider is called.
        provider_entry: The provider; without any setting of its own where the file says nothing of it.
        says_provider: Whether the file has settings of the provider.
        name: What the model is called.
        model: The model's settings, but for its provider.
        parameters: What belongs to an echelon.
        lost: What cannot be carried over in any case.
    """

    place: Place
    provider: str
    provider_entry: Entry
    says_provider: bool
    name: str
    model: Entry
    parameters: Mapping[str, Entry]
    lost: tuple[Fault, ...]

    def with_provider(self, provider: str) -> Entry:
        """Return the model as one of a provider."""
        table = self.model.value
        entries = table.entries if isinstance(table, Table) else {}
        name = Entry(self.provider_entry.place, Scalar(self.provider_entry.place, provider))
        return Entry(self.model.place, Table(self.model.place, {"provider": name, **entries}))

    @property
    def own_provider(self) -> str:
        """What its provider is called where another has the name."""
        return f"{self.provider}-{_NOT_IN_A_NAME.sub('-', self.name).strip('-')}"

    def losses(self) -> tuple[Fault, ...]:
        """Return what is lost where no echelon is made for it."""
        hint = f"write it into the echelons that have {self.name}"
        message = "is not carried over: a model has no parameters of its own"
        return (*self.lost, *(entry.place.fault(message, hint, severity="warning") for entry in self.parameters.values()))

    def alone(self) -> Table:
        """Return it as a whole configuration: with a group of its own, which answers whatever is asked for."""
        place = self.place
        models = List(place, (Scalar(place, self.name),))
        echelon = Table(place, {"models": Entry(place, models), **self.parameters})
        group = Table(place, {ECHELON: Entry(place, echelon)})
        return Table(
            Place(place.file, 1, 1),
            {
                "providers": _section(place, self.provider, self.provider_entry),
                "models": _section(place, self.name, self.with_provider(self.provider)),
                "task_groups": _section(place, GROUP, Entry(place, group)),
                "aliases": _section(place, "*", Entry(place, Scalar(place, GROUP))),
            },
        )


def is_single_model(table: Table, kind: Kind | None) -> bool:
    """Whether a file holds one model in the old form.

    Args:
        table: The file as it is written.
        kind: What its folder says that it holds; a model in a folder of models may be canonical.
    """
    named = [key for key in ("model", "model_name") if any(table.texts(key)) and not isinstance(table.entries[key].value, List)]
    if not named or not SECTIONS.isdisjoint(table.entries):
        return False
    if kind is MODEL:
        return not _ONLY_OLD.isdisjoint(table.entries)
    return kind in (None, PROVIDER)


def single_model(table: Table, stem: str, log: FaultLog) -> SingleModel:
    """Read an old single-model file.

    Args:
        table: Its content.
        stem: Its name without ending, which is the model's name unless it has one.
        log: Takes what is wrong with it.
    """
    for key in _AROUND:
        table = lift(table, key, _NAMES, log)
    table = move(table, _NAMES, log)
    place = table.entries["model"].place
    name = next((text for text in table.texts("name")), None)
    provider, where = _provider(table, log)
    settings = {key: entry for key, entry in table.entries.items() if key in _OF_A_PROVIDER}
    entries = dict(settings)
    known, dialect = known_provider(provider), table.entries.get("dialect")
    if "base_url" not in entries and known is not None and known.base_url:
        entries["base_url"] = Entry(where, Scalar(where, known.base_url))
        dialect = dialect or (None if known.dialect == "openai" else Entry(where, Scalar(where, known.dialect)))
    else:
        dialect = dialect or _spoken(table)
    entries = entries if dialect is None else {"dialect": dialect, **entries}
    told = _OF_A_PROVIDER | _OF_A_MODEL | _OF_AN_ECHELON | _READ
    model = {key: entry for key, entry in table.entries.items() if key in _OF_A_MODEL}
    called = stem if name is None else str(name.value)
    if called == GROUP:
        called = next((str(text.value) for text in table.texts("model")), GROUP)
    return SingleModel(
        place=place,
        provider=provider,
        provider_entry=Entry(where, Table(where, entries)),
        says_provider=bool(settings),
        name=called,
        model=Entry(place if name is None else name.place, Table(place, model)),
        parameters={key: entry for key, entry in table.entries.items() if key in _OF_AN_ECHELON},
        lost=tuple(
            entry.place.fault("is not carried over: neither a provider nor a model has such a setting", severity="warning")
            for key, entry in table.entries.items()
            if key not in told
        ),
    )


def _provider(table: Table, log: FaultLog) -> tuple[str, Place]:
    """Return what the provider is called, and where that stands; a file that does not say means OpenAI."""
    for key in ("provider", "type"):
        for text in table.texts(key):
            if "${" in str(text.value):
                log.add(text.place.fault("must be the provider's name itself, not a variable"))
            spoken = str(text.value).lower()
            known = _SYNONYMS.get(spoken, spoken)
            return known if known_provider(known) else _NOT_IN_A_NAME.sub("-", str(text.value)).strip("-") or "openai", text.place
    return "openai", table.entries["model"].place


def _spoken(table: Table) -> Entry | None:
    """The dialect of an API that is not OpenAI's, where the file says so by its type or its provider."""
    for key in ("type", "provider"):
        for text in table.texts(key):
            dialect = _DIALECTS.get(str(text.value).lower())
            if dialect is not None:
                return Entry(text.place, Scalar(text.place, dialect))
    return None


def _section(place: Place, name: str, entry: Entry) -> Entry:
    return Entry(place, Table(place, {name: entry}))
