"""Which texts of a configuration name something else in it, and the models that such a name alone brings into being."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyproxy.config.tree import Entry, List, Scalar, Table

_GROUP = ("task group or echelon", ("groups",))
_MODEL = ("model", ("models",))
_ANSWERS = ("task group, echelon or polling pool", ("groups", "polling_pools"))
TARGET_SECTIONS = ("groups", "polling_pools", "wrappers", "nodes", "models")
"""The sections whose names an alias may stand for."""
_TARGET = ("target", TARGET_SECTIONS)
_WRAPPED = {"task_group": _GROUP, "pool": ("polling pool", ("polling_pools",)), "direct": _MODEL}
_GROUP_LISTS = {"polling_pools": "task_groups", "wrappers": "fallback_groups", "nodes": "fallback_groups"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A text that names something.

    Attributes:
        scalar: The text.
        kind: What it must name, for people.
        sections: The sections that may hold it; ``groups`` stands for groups and their echelons.
    """

    scalar: Scalar
    kind: str
    sections: tuple[str, ...]


def add_implicit_models(root: Table) -> Table:
    """Return the tree with a model for each ``provider:name`` that stands where a model can, unless it has settings of its own."""
    providers = root.table("providers")
    given = root.entries.get("models")
    models = Table(root.place, {}) if given is None else given.value
    if providers is None or not isinstance(models, Table):
        return root
    added: dict[str, Entry] = {}
    for reference in references(root):
        scalar, name = reference.scalar, str(reference.scalar.value)
        provider, _, upstream = name.partition(":")
        if "models" in reference.sections and name not in models.entries and upstream and provider in providers.entries:
            where = scalar.place
            made = {
                "provider": Entry(where, Scalar(where, provider, scalar.variables)),
                "model": Entry(where, Scalar(where, upstream, scalar.variables)),
            }
            added.setdefault(name, Entry(where, Table(where, made)))
    return root.with_value("models", models.with_entries({**models.entries, **added})) if added else root


def references(root: Table) -> Iterator[Reference]:
    """Yield every reference of a configuration whose echelons were gathered.

    A text where a list must be, and a list where a text must be, are left to the typed models.
    """
    for _, _, model in root.tables("models"):
        yield from (Reference(text, "provider", ("providers",)) for text in _one(model, "provider"))
    yield from _of_groups(root)
    for section, key in _GROUP_LISTS.items():
        for _, _, table in root.tables(section):
            yield from (Reference(text, *_GROUP) for text in _listed(table, key))
    for _, _, node in root.tables("nodes"):
        yield from (Reference(text, *_ANSWERS) for text in _one(node, "llm_group"))
    for _, _, pool in root.tables("polling_pools"):
        yield from (Reference(text, *_GROUP) for text in _one(pool, "multi_turn_redirect"))
    for _, _, wrapper in root.tables("wrappers"):
        meaning = _WRAPPED.get(_only(wrapper, "type"))
        yield from (Reference(text, *meaning) for text in _one(wrapper, "target") if meaning)
    aliases = root.table("aliases") or Table(root.place, {})
    for alias in aliases.entries:
        yield from (Reference(text, *_TARGET) for text in _one(aliases, alias))


def _of_groups(root: Table) -> Iterator[Reference]:
    for _, _, group in root.tables("task_groups"):
        for echelon in echelons(group):
            yield from (Reference(text, *_MODEL) for text in _listed(echelon, "models"))
        fallback = group.table("fallback_config") or Table(root.place, {})
        yield from (Reference(text, *_GROUP) for text in _listed(fallback, "fallback_groups"))


def _one(table: Table, key: str) -> Iterator[Scalar]:
    entry = table.entries.get(key)
    return table.texts(key) if entry is not None and isinstance(entry.value, Scalar) else iter(())


def _listed(table: Table, key: str) -> Iterator[Scalar]:
    entry = table.entries.get(key)
    return table.texts(key) if entry is not None and isinstance(entry.value, List) else iter(())


def echelons(group: Table) -> tuple[Table, ...]:
    """Return the gathered echelons of a group."""
    gathered = group.entries.get("echelons")
    items = gathered.value.items if gathered and isinstance(gathered.value, List) else ()
    return tuple(item for item in items if isinstance(item, Table))


def echelon_name(echelon: Table) -> str:
    """Return the name that gathering gave to an echelon."""
    return _only(echelon, "name")


def _only(table: Table, key: str) -> str:
    return next((str(text.value) for text in table.texts(key)), "")
