"""Looks into the models: which settings stand at a place of the tree."""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pyproxy.config.settings import Settings

Location = tuple[str | int, ...]


def settings_at(root: type[Settings], location: Location) -> type[Settings] | None:
    """Return the model whose settings stand at ``location``, or None when no table of settings does."""
    here: Any = root
    for key in location:
        model = _model(here)
        if model is None:
            here = _item(here)
        else:
            field = model.model_fields.get(str(key))
            here = field.annotation if field else None
    return _model(here)


@cache
def _model(annotation: Any) -> type[Settings] | None:
    """Return the model of ``Model``, ``Model | None`` and ``Annotated[Model, …]``."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return annotation
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return next((found for part in get_args(annotation) if (found := _model(part)) is not None), None)
    return None


@cache
def _item(annotation: Any) -> Any:
    """Return the type of what a mapping or a tuple holds."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, Union, UnionType):
        return _item(arguments[0])
    if origin is tuple:
        return arguments[0]
    return arguments[1] if isinstance(origin, type) and issubclass(origin, Mapping) else None
