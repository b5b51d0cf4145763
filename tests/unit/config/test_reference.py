"""The reference is made from the models, and leaves nothing out."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

import pyproxy.config
from pyproxy.config import CircuitBreakerConfig
from pyproxy.config.described import Setting, settings_of
from pyproxy.config.quantities import Count, Seconds, Text, Unit
from pyproxy.config.reference import _section, default_words, in_effect_words, reference
from pyproxy.config.settings import Pending, Settings

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"
MODELS = [kind for name in pyproxy.config.__all__ if isinstance(kind := getattr(pyproxy.config, name), type) and issubclass(kind, Settings)]


def lacks(setting: Setting) -> list[str]:
    """What a setting does not say about itself."""
    missing = {
        "description": not setting.description.endswith("."),
        "default": not default_words(setting),
        "unit": setting.shape.is_number and not setting.shape.unit,
        "example": not setting.examples,
    }
    return [part for part, is_missing in missing.items() if is_missing]


def test_the_committed_reference_is_current() -> None:
    assert DOCS.read_text(encoding="utf-8") == reference(), "run make docs"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_setting_has_a_description_a_default_a_unit_and_an_example(model: type[Settings]) -> None:
    assert {setting.name: lacks(setting) for setting in settings_of(model) if lacks(setting)} == {}


def test_a_setting_that_says_too_little_is_found() -> None:
    class Silent(Settings):
        """A table."""

        speed: Count = 1
        wait: Seconds = Field(default=1.0, description="A wait.", examples=[1])

    assert [lacks(setting) for setting in settings_of(Silent)] == [["description", "unit", "example"], []]


def test_every_setting_of_every_table_has_a_row() -> None:
    lines = reference().splitlines()
    for model in MODELS:
        for setting in settings_of(model):
            row = next(line for line in lines if line.startswith(f"| `{setting.name}` | {setting.description} |"))
            assert row.count(" | ") == 7, "a bar in a cell would break the table"


def test_a_setting_of_a_table_without_effect_is_not_said_to_have_one() -> None:
    class Outer(Settings):
        """A table."""

        breaker: Annotated[CircuitBreakerConfig, Pending("nobody is taken out")] = Field(
            default=CircuitBreakerConfig(), description="A breaker.", examples=[{}]
        )

    section = "".join(_section("outer", Outer, None)).partition("outer.breaker`\n")[2]
    assert "**Not in effect yet**: nobody is taken out." in section
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) == 4
    assert all(row.endswith("| not yet |") for row in rows)


def test_types_ranges_and_defaults_are_told_in_plain_words() -> None:
    class Told(Settings):
        """A table."""

        needed: Text = Field(description="A text.", examples=["a"])
        listed: tuple[Text, ...] = Field(default=("a", "b.c"), description="Texts.", examples=[["a"]])
        wait: Seconds | None = Field(default=None, description="A wait.", examples=[1])
        age: Annotated[Seconds, Unit("days")] = Field(default=1.0, description="An age.", examples=[1])

    needed, listed, wait, age = settings_of(Told)
    assert age.shape.unit == "days", "what a field says wins over its type"
    assert (needed.shape.words, needed.shape.range, default_words(needed)) == ("text", "not empty", "required")
    assert (listed.shape.words, listed.shape.range, default_words(listed)) == ("list of texts", "", '`[a, "b.c"]`')
    assert (wait.shape.words, wait.shape.unit, wait.shape.range) == ("number", "seconds", "above 0, at most 86,400")
    assert (default_words(wait), wait.shape.optional, in_effect_words(wait)) == ("not set", True, "yes")
