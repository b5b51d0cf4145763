"""The settings of each model as its fields describe them: what the reference, the JSON Schema and `pyproxy explain` are made from."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic.fields import FieldInfo

from pyproxy.config.groups import EchelonConfig, TaskGroupConfig
from pyproxy.config.settings import Otherwise, Pending, Settings
from pyproxy.config.shapes import Shape, shape_of

_NAMED_WITHIN: dict[type[Settings], type[Settings]] = {TaskGroupConfig: EchelonConfig}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a table.

    Attributes:
        name: Its key.
        description: What it means, in sentences.
        shape: The values it takes.
        required: Whether it has no default.
        default: The default, if there is one.
        examples: Values that it could have.
        pending: What is missing, when this version does not act on it in full.
        otherwise: What holds where it is left out, if its default does not say it.
    """

    name: str
    description: str
    shape: Shape
    required: bool
    default: Any
    examples: tuple[Any, ...]
    pending: Pending | None
    otherwise: str = ""


@cache
def settings_of(model: type[Settings]) -> tuple[Setting, ...]:
    """Return the settings that a file can give, the model's own before those that it shares with others."""
    order: dict[str, None] = {}
    for kind in model.__mro__:
        order.update(dict.fromkeys(name for name in vars(kind).get("__annotations__", ()) if name in model.model_fields))
    return tuple(_setting(name, model.model_fields[name]) for name in order if name not in model.made_by_the_reader)


def named_within(model: type[Settings]) -> type[Settings] | None:
    """Return the model of the tables that stand among the settings of ``model`` under names of their own."""
    return _NAMED_WITHIN.get(model)


def summary_of(model: type[Settings]) -> str:
    """Return what a table of these settings is, in one sentence."""
    return " ".join((model.__doc__ or "").partition("\n\n")[0].split())


def _setting(name: str, field: FieldInfo) -> Setting:
    otherwise = next((mark.words for mark in field.metadata if isinstance(mark, Otherwise)), "")
    return Setting(
        name=name,
        description=field.description or "",
        shape=shape_of(field.annotation, field.metadata),
        required=field.is_required() and not otherwise,
        default=None if field.is_required() else field.get_default(call_default_factory=True, validated_data={}),
        examples=tuple(field.examples or ()),
        pending=next((mark for mark in field.metadata if isinstance(mark, Pending)), None),
        otherwise=otherwise,
    )
