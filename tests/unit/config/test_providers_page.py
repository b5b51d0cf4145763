"""What docs/providers.md tells of providers is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pyproxy.config import check_config
from pyproxy.config.known_providers import KNOWN_PROVIDERS

PAGE = (Path(__file__).parents[3] / "docs" / "providers.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_table_has_every_preset_as_it_is() -> None:
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in PAGE.splitlines() if re.match(r"\| `\w+` \| ", line)]
    assert [row[:4] for row in rows] == [
        (
            f"`{known.name}`",
            " or ".join(f"`{name}`" for name in known.variables) or "-",
            f"`{known.base_url}`" if known.base_url else "your own",
            known.dialect,
        )
        for known in KNOWN_PROVIDERS
    ]
    for row, known in zip(rows, KNOWN_PROVIDERS, strict=True):
        assert ("has the responses API" in row[4]) == known.responses
        assert ("refuses `stream_options`" in row[4]) != known.stream_usage


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_loads_without_a_word(text: str) -> None:
    config, faults = check_config(yaml.safe_load(text), dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "key"))
    assert faults == ()
    assert config is not None


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3
