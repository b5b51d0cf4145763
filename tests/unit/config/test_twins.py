"""A configuration is the same one in YAML, in TOML and as a mapping, and survives being written and read again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import toml
from support.configs import canonical, canonical_configs

from pyproxy.config import Config, check_config
from pyproxy.config.yaml_scalars import plain_scalar

if TYPE_CHECKING:
    import random

    from pyproxy.config.loader import Source

CANONICAL = Path(__file__).with_name("canonical.yaml")
ENVIRON = {"NORTH_KEY": "n-key", "SOUTH_KEY_1": "s-key"}

LAYOUTS: list[dict[str, Any]] = [{"default_flow_style": flow} for flow in (False, True, None)]


class Dumper(yaml.SafeDumper):
    """Writes YAML and quotes a text that would not be read as one: PyYAML takes fewer forms for numbers than YAML 1.2."""

    def text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain_scalar(text) == text else '"')


Dumper.add_representer(str, Dumper.text)


def yaml_dump(mapping: dict[str, Any], **layout: Any) -> str:
    return str(yaml.dump(mapping, Dumper=Dumper, sort_keys=False, **layout))


slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def load(source: Source, environ: dict[str, str] | None = None) -> tuple[Config, list[tuple[str, str, str]]]:
    """The configuration, and what was warned of, without lines."""
    config, faults = check_config(source, environ or {})
    assert config is not None, [str(fault) for fault in faults]
    return config, sorted((fault.path, fault.message, fault.hint) for fault in faults)


def load_text(text: str, suffix: str, environ: dict[str, str] | None = None) -> tuple[Config, list[tuple[str, str, str]]]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, f"c{suffix}")
        path.write_bytes(text.encode())
        return load(path, environ)


def same(one: Config, other: Config) -> bool:
    return canonical(one) == canonical(other) and one.revision == other.revision


@slow
@given(canonical_configs(), st.randoms(use_true_random=False), st.sampled_from(LAYOUTS))
def test_yaml_toml_and_a_mapping_with_the_same_keys_load_the_same_configuration(
    mapping: dict[str, Any], style: random.Random, layout: dict[str, Any]
) -> None:
    writer = toml.Writer(choose=style.choice)
    as_mapping, warned = load(mapping)
    as_toml, warned_of_toml = load_text(writer.document(mapping), ".toml")
    as_yaml, warned_of_yaml = load_text(yaml_dump(mapping, **layout), ".yaml")
    assert same(as_mapping, as_toml)
    assert same(as_mapping, as_yaml)
    assert warned == warned_of_toml == warned_of_yaml


@slow
@given(canonical_configs())
def test_loading_dumping_and_loading_again_is_the_identity(mapping: dict[str, Any]) -> None:
    config, _ = load(mapping)
    dumped = canonical(config)
    for text, suffix in ((toml.dump(dumped), ".toml"), (yaml_dump(dumped), ".yaml")):
        again, _ = load_text(text, suffix)
        assert same(config, again)
        assert canonical(again) == dumped


def test_the_canonical_example_has_a_twin_in_toml() -> None:
    mapping = yaml.safe_load(CANONICAL.read_text(encoding="utf-8"))
    text = toml.dump(mapping)
    assert "[task_groups.quick_group.fallback_config.circuit_breaker]" in text or "circuit_breaker = {" in text
    from_yaml, warned = load(CANONICAL, ENVIRON)
    from_toml, warned_of_toml = load_text(text, ".toml", ENVIRON)
    assert same(from_yaml, from_toml)
    assert warned == warned_of_toml
    assert [key.get_secret_value() for key in from_toml.providers["north"].credentials()] == ["n-key"]
