"""What holds at a key path, why, and since which line: the answers of `pyproxy explain`.

No answer shows a credential, nor a text that a variable took part in, but how the file writes it. Numbers, truth values and choices from
variables are shown: they were checked, and what they are is what people ask for.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from pyproxy.config.described import Setting, settings_of
from pyproxy.config.faults import printable
from pyproxy.config.groups import TaskGroupConfig
from pyproxy.config.nearest import Suggestions
from pyproxy.config.origins import Origin, origin_of
from pyproxy.config.root import Config
from pyproxy.config.schema import Location
from pyproxy.config.settings import HIDDEN, Settings
from pyproxy.config.tree import KeyPath, Table
from pyproxy.config.written import as_written

_LIKE_A_KEY = re.compile(r"(?:sk-|gsk_|xai-|AIza|ghp_)[A-Za-z0-9_-]{6,}")
_INDEX = re.compile(r"\[(\d{1,9})\]")
_QUOTED = re.compile(r'"([^"]*)"')
_MOST_SHOWN = 5


class UnknownKeyError(LookupError):
    """Nothing stands at a key path; the text says where the path leaves the known ones, and what is near."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What holds at one key path.

    Attributes:
        path: The key path, as faults write it.
        key: Its last key.
        value: The effective value on one line, secrets masked; empty for a table.
        setting: What the models say about it; None for a name of the file's own, and for an item of a list.
        origin: Where it stands; None when its default holds.
        children: What stands in it, when it is a table.
    """

    path: str
    key: str
    value: str
    setting: Setting | None
    origin: Origin | None
    children: "tuple[Explanation, ...]" = ()


def explain(config: Config, tree: Table, key_path: str) -> Explanation:
    """Return what holds at a key path.

    Args:
        config: The configuration.
        tree: The tree that it was made from, in the canonical form.
        key_path: Keys with dots between them, such as ``task_groups.fast_group.echelon1.models[0]``; a key may stand in double quotes.
            Empty for all of it.

    Raises:
        UnknownKeyError: Nothing stands there.
    """
    return _Explainer(config, tree).explain(key_path.strip())


class _Explainer:
    def __init__(self, config: Config, tree: Table) -> None:
        self._config = config
        self._tree = tree
        self._unnamed = frozenset(_named_by_variables(tree))

    def explain(self, key_path: str) -> Explanation:
        location, value, setting = self._find(key_path)
        return self._explained(location, value, setting, depth=1)

    def _explained(self, location: Location, value: Any, setting: Setting | None, *, depth: int) -> Explanation:
        below = tuple(self._children(location, value)) if depth else ()
        return Explanation(
            path=_written(location),
            key=_written(location[-1:]),
            value=self._shown(location, value),
            setting=setting,
            origin=origin_of(self._tree, location) if location else None,
            children=tuple(self._explained((*location, key), child, known, depth=depth - 1) for key, child, known in below),
        )

    def _children(self, location: Location, value: Any) -> Iterator[tuple[str | int, Any, Setting | None]]:
        """Yield key, value and description of each thing in a table or a list, an echelon under its name."""
        if isinstance(value, Settings):
            for setting in settings_of(type(value)):
                yield setting.name, getattr(value, setting.name), setting
            if isinstance(value, TaskGroupConfig):
                yield from ((echelon.name, echelon, None) for echelon in value.echelons)
        elif isinstance(value, Mapping):
            left_out = self._unnamed if location == ("models",) else ()
            yield from ((key, item, None) for key, item in value.items() if key not in left_out)
        elif isinstance(value, tuple):
            yield from ((number, item, None) for number, item in enumerate(value))

    def _find(self, rest: str) -> tuple[Location, Any, Setting | None]:
        location: Location = ()
        value: Any = self._config
        setting: Setting | None = None
        while rest:
            known = {key: (child, described) for key, child, described in self._children(location, value)}
            key, after = _next_key(rest, known)
            if key is None:
                raise UnknownKeyError(self._unknown(location, value, rest, known))
            location, (value, setting), rest = (*location, key), known[key], after
        return location, value, setting

    def _unknown(self, location: Location, value: Any, rest: str, known: Collection[str | int]) -> str:
        key = printable(re.split(r"[.\[]", rest.lstrip(".["))[0] or rest)
        what = f"there is no '{key}' in {_written(location) or 'the configuration'}"
        if not known:
            return f"{what}: {'it is not set' if value is None else 'it is empty' if value in ((), {}) else 'it is a single value'}"
        near = Suggestions().nearest(key, (name for name in known if isinstance(name, str)))
        if near is not None:
            return f"{what} (did you mean '{_written((*location, near))}'?)"
        elsewhere = [path for path in self._paths((), self._config) if path.endswith(f".{rest}")]
        return f"{what} (there is {_some(elsewhere or [_written((name,)) for name in known])})"

    def _paths(self, location: Location, value: Any) -> Iterator[str]:
        for key, child, _ in self._children(location, value):
            yield _written((*location, key))
            yield from self._paths((*location, key), child)

    def _shown(self, location: Location, value: Any) -> str:
        """Return a value on one line: of a table what its files say, of a list its items, and never a secret."""
        if value is None:
            return "not set"
        origin = origin_of(self._tree, location)
        if isinstance(value, tuple):
            return "[" + ", ".join(self._shown((*location, number), item) for number, item in enumerate(value)) + "]"
        if isinstance(value, Settings | Mapping):
            children = [(key, child) for key, child, _ in self._children(location, value)]
            said = [(key, child) for key, child in children if origin_of(self._tree, (*location, key)) is not None]
            inside = ", ".join(f"{_written((key,))}: {self._shown((*location, key), child)}" for key, child in said)
            return f"{{{inside}}}" if said else "all defaults" if isinstance(value, Settings) else "none"
        if isinstance(value, SecretStr):
            return HIDDEN
        if isinstance(value, str) and origin is not None and origin.variables:
            return _LIKE_A_KEY.sub(HIDDEN, as_written(origin.written)) if origin.written else HIDDEN
        return _LIKE_A_KEY.sub(HIDDEN, as_written(value))


def _named_by_variables(tree: Table) -> Iterator[str]:
    """Yield the models whose very names a variable took part in: those that stand nowhere but as ``provider:${NAME}``."""
    for name, entry, model in tree.tables("models"):
        if any(text.variables and text.place == entry.place for text in model.texts("model")):
            yield name


def _next_key(rest: str, known: Collection[str | int]) -> tuple[str | int | None, str]:
    """Return the longest known key that ``rest`` begins with, and what follows it: names may have dots in them."""
    index, quoted = _INDEX.match(rest), _QUOTED.match(rest)
    if index and int(index[1]) in known:
        return int(index[1]), rest[index.end() :].removeprefix(".")
    if quoted and quoted[1] in known:
        return quoted[1], rest[quoted.end() :].removeprefix(".")
    for key in sorted((key for key in known if isinstance(key, str) and key), key=len, reverse=True):
        after = rest.removeprefix(key)
        if rest.startswith(key) and (not after or after[0] in ".["):
            return key, after.removeprefix(".")
    return None, rest


def _some(names: list[str]) -> str:
    return ", ".join(names[:_MOST_SHOWN]) + (", …" if len(names) > _MOST_SHOWN else "")


def _written(location: Location) -> str:
    path = KeyPath()
    for key in location:
        path = path.child(key)
    return str(path)
