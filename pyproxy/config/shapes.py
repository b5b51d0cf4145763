"""What values a setting takes, taken out of its type: in plain words for people, and as the parts of a JSON Schema."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from pyproxy.config.quantities import Unit
from pyproxy.config.settings import Settings

_WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", SecretStr: "secret text"}


@dataclass(frozen=True, slots=True)
class Shape:
    """The values that a setting takes.

    Attributes:
        base: ``bool``, ``int``, ``float``, ``str``, ``SecretStr``, ``Literal``, ``tuple``, ``Mapping``, or a model of settings.
        choices: The texts of a ``Literal``.
        item: What a list holds, or a mapping under each name.
        bounds: ``gt``, ``ge``, ``le`` and ``min_length``, as far as they hold.
        unit: What a number counts; empty when that is not said.
        optional: Whether null is a value, too.
    """

    base: Any
    choices: tuple[str, ...] = ()
    item: "Shape | None" = None
    bounds: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    optional: bool = False

    @property
    def model(self) -> type[Settings] | None:
        """The settings of a table, if this is one."""
        return self.base if isinstance(self.base, type) and issubclass(self.base, Settings) else None

    @property
    def is_number(self) -> bool:
        """Whether it is a number, so that a unit belongs to it."""
        return self.base in (int, float)

    @property
    def words(self) -> str:
        """The type in plain words."""
        if self.choices:
            return "one of " + ", ".join(self.choices) if len(self.choices) > 1 else self.choices[0]
        if self.item is not None:
            return f"list of {self.item.plural}" if self.base is tuple else f"{self.item.plural} by name"
        return "table" if self.model else _WORDS[self.base]

    @property
    def plural(self) -> str:
        """The type in plain words, for many."""
        words = self.words
        return words if words.startswith(("one of", "true")) else f"{words}s"

    @property
    def range(self) -> str:
        """The bounds in plain words; empty when there are none."""
        least, above, most = self.bounds.get("ge"), self.bounds.get("gt"), self.bounds.get("le")
        low = f"at least {_number(least)}" if least is not None else f"above {_number(above)}" if above is not None else ""
        high = f"at most {_number(most)}" if most is not None else ""
        if least is not None and most is not None:
            return f"{_number(least)} to {_number(most)}"
        return ", ".join(part for part in (low, high) if part) or ("not empty" if self.bounds.get("min_length") else "")


def shape_of(annotation: Any, metadata: Iterable[Any] = ()) -> Shape:
    """Return the shape of a field's type.

    Args:
        annotation: The type, ``Annotated`` and ``| None`` included.
        metadata: What pydantic has already taken off the outside of it.
    """
    marks, optional = list(metadata), False
    while get_origin(annotation) in (Annotated, Union, UnionType):
        inside, *rest = (part for part in get_args(annotation) if part is not NoneType)
        optional = optional or get_origin(annotation) is not Annotated
        marks = [mark for part in rest for mark in (part.metadata if isinstance(part, FieldInfo) else [part])] + marks
        annotation = inside
    bounds: dict[str, Any] = {}
    for mark in marks:
        for kind, name in ((Gt, "gt"), (Ge, "ge"), (Le, "le"), (MinLen, "min_length")):
            if isinstance(mark, kind):
                bounds[name] = getattr(mark, name)
    unit = next((mark.name for mark in reversed(marks) if isinstance(mark, Unit)), "")
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Shape(Literal, choices=arguments, optional=optional)
    if origin is tuple:
        return Shape(tuple, item=shape_of(arguments[0]), bounds=bounds, optional=optional)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Shape(Mapping, item=shape_of(arguments[1]), bounds=bounds, optional=optional)
    return Shape(annotation, bounds=bounds, unit=unit, optional=optional)


def _number(value: float) -> str:
    return f"{value:,.15g}" if isinstance(value, float) else f"{value:,}"
