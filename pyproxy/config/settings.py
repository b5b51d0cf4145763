"""The base of every settings model: frozen, strict about unknown keys, silent about what came from the environment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    WrapSerializer,
    model_validator,
)

HIDDEN = "**********"


@dataclass(frozen=True, slots=True)
class Pending:
    """Marks a field whose setting is part of the format, but on which this version does not act yet.

    On a mapping of named tables it marks each of them.

    Attributes:
        why: What is missing, in a few words.
        in_effect: Values of the field that mean what they say already.
    """

    why: str
    in_effect: tuple[object, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Tells what holds where a field is left out, if its default does not say it.

    Attributes:
        words: Such as ``that of its preset``.
    """

    words: str


class Data(dict[str, Any]):
    """The plain values of a table, with the keys whose values came from the environment."""

    from_environment: frozenset[str] = frozenset()


class Settings(BaseModel):
    """A table of settings; ``repr`` hides each value that a ``${VAR}`` took part in."""

    # Built when it is first used, and then in one piece with what holds it: a command that asks for one model pays for no other.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True, defer_build=True)

    made_by_the_reader: ClassVar[frozenset[str]] = frozenset()
    """Fields that no key in a file sets."""
    unknown_key_hint: ClassVar[str] = ""
    """What to say of an unknown key that is like no known one."""

    _from_environment: frozenset[str] = PrivateAttr(default=frozenset())

    @model_validator(mode="wrap")
    @classmethod
    def _remember_environment(cls, data: Any, handler: ModelWrapValidatorHandler["Settings"]) -> "Settings":
        made = handler(data)
        if isinstance(data, Data):
            made._from_environment = data.from_environment  # noqa: SLF001 - still being made
        return made

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            hidden = name in self._from_environment and not _hides_for_itself(value)
            yield name, HIDDEN if hidden else value


def _hides_for_itself(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(item, Settings) for item in value.values())
    if isinstance(value, tuple):
        return all(isinstance(item, Settings) for item in value)
    return isinstance(value, Settings)


def _as_dict(value: Mapping[str, Any], handler: SerializerFunctionWrapHandler) -> Any:
    return handler(dict(value))


V = TypeVar("V")
Named = Annotated[Mapping[str, V], AfterValidator(MappingProxyType), WrapSerializer(_as_dict)]
"""A mapping by name that cannot be changed."""


def nothing() -> Mapping[str, Any]:
    """Return the mapping without any name, as a default."""
    return MappingProxyType({})
