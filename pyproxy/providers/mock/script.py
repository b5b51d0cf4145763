"""Scripts: which behaviour comes next for a model, and reading behaviours from YAML, JSON and model names.

`Scripts` owns each model's place in its sequence. Parsing happens when a script is set, never while a request is answered, except for
behaviours written in a model name, which are parsed once and kept.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import yaml
from pydantic import TypeAdapter, ValidationError

from pyproxy.providers.mock.behaviour import FIELDS, Behaviour

_BEHAVIOUR: Final = TypeAdapter(Behaviour)
_NOT_IN_NAMES: Final = frozenset({"headers", "error", "refuses"})
_NAME_FIELDS: Final = tuple(name for name in FIELDS if name not in _NOT_IN_NAMES)
_FLAGS: Final = frozenset(name for name, kind in Behaviour.__annotations__.items() if kind is bool)


class ScriptError(ValueError):
    """A script cannot be played; the message names the place and the names that are valid there."""


class Scripts:
    """The behaviours of each model and how far each sequence has come.

    Attributes:
        default: Behaviour of models without a script.
    """

    def __init__(self, default: Behaviour) -> None:
        self.default = default
        self._sequences: dict[str, tuple[Behaviour, ...]] = {}
        self._positions: dict[str, int] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the scripted models, in the order in which they were first scripted."""
        return tuple(self._sequences)

    def put(self, model: str, behaviours: Sequence[Behaviour]) -> None:
        """Replace a model's script; it starts from its beginning.

        Raises:
            ScriptError: If the sequence is empty.
        """
        if not behaviours:
            raise ScriptError(f"the script of model {model!r} is empty: give at least one behaviour")
        self._sequences[model] = tuple(behaviours)
        self._positions[model] = 0

    def upcoming(self, model: str) -> Behaviour:
        """Give the behaviour for the next request to a model, and leave it the next.

        A name with a script is looked up whole; else what follows `?` in it is a behaviour; else the default holds.

        Raises:
            ScriptError: If the name holds a behaviour that cannot be read.
        """
        sequence = self._sequences.get(model)
        if sequence is not None:
            return sequence[self._positions[model]]
        _, mark, query = model.partition("?")
        return behaviour_from_query(query) if mark else self.default

    def next_for(self, model: str) -> Behaviour:
        """Give the behaviour for the next request to a model, and go on; the last one of a sequence repeats.

        Raises:
            ScriptError: If the name holds a behaviour that cannot be read.
        """
        behaviour = self.upcoming(model)
        if model in self._sequences:
            self._positions[model] = min(self._positions[model] + 1, len(self._sequences[model]) - 1)
        return behaviour


@lru_cache(maxsize=1024)
def behaviour_from_query(query: str) -> Behaviour:
    """Read a behaviour from `status=503&latency=0.2`; a flag may stand without a value, as in `omit_done`.

    Raises:
        ScriptError: If a field is unknown, not of a simple type or has a wrong value.
    """
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = "true" if name in _FLAGS and not value else value
    return _read(values, place="the model name", valid=_NAME_FIELDS)


def behaviours_from_json(value: object, *, place: str) -> tuple[Behaviour, ...]:
    """Read one behaviour or a list of them from parsed JSON or YAML.

    Args:
        value: A mapping of `Behaviour`'s fields, or a list of such mappings.
        place: Where the value stands, for messages.

    Raises:
        ScriptError: If it is neither, or a behaviour cannot be read.
    """
    if isinstance(value, list):
        return tuple(_read(each, place=f"{place}[{index}]", valid=FIELDS) for index, each in enumerate(value))
    return (_read(value, place=place, valid=FIELDS),)


def load_script(path: Path) -> Scripts:
    """Read a YAML script: `models:` maps names to a behaviour or a list of them, `default:` is a behaviour.

    Raises:
        ScriptError: If the file is not YAML or holds something else.
        OSError: If the file cannot be read.
    """
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ScriptError(f"{path} is not YAML: {error}") from error
    document = {} if document is None else _mapping(document, place=str(path), valid=("models", "default"))
    scripts = Scripts(_read(document.get("default") or {}, place="default", valid=FIELDS))
    models = document.get("models") or {}
    if not isinstance(models, dict):
        raise ScriptError(f"models must map model names to behaviours, not be a {type(models).__name__}")
    for name, value in models.items():
        scripts.put(str(name), behaviours_from_json(value, place=f"models.{name}"))
    return scripts


def _mapping(value: object, *, place: str, valid: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ScriptError(f"{place} must be a mapping, not a {type(value).__name__}; valid names: {', '.join(valid)}")
    unknown = [str(name) for name in value if name not in valid]
    if unknown:
        raise ScriptError(f"unknown in {place}: {', '.join(unknown)}; valid names: {', '.join(valid)}")
    return dict(value)


def _read(value: object, *, place: str, valid: tuple[str, ...]) -> Behaviour:
    values = _mapping(value, place=place, valid=valid)
    # A number is the natural way to write seconds, a mapping to write arguments; on the wire both are text.
    if isinstance(values.get("retry_after"), int | float):
        values["retry_after"] = str(values["retry_after"])
    if isinstance(values.get("tool_arguments"), Mapping):
        values["tool_arguments"] = json.dumps(values["tool_arguments"])
    try:
        return _BEHAVIOUR.validate_python(values)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}".removeprefix(": ") for each in error.errors())
        raise ScriptError(f"{place}: {problems}") from error
