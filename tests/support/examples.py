"""The configurations in `configs/`, with variables to load them and the mock provider in place of the real ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyproxy.config import check_config

if TYPE_CHECKING:
    from pyproxy.config import Config, Fault

__all__ = ["CONFIGS", "EXAMPLES", "VARIABLES", "at_mock", "files_of", "loaded"]

CONFIGS = Path(__file__).parents[2] / "configs"
DIRECTORIES = ("full-toml", "full-yaml")
EXAMPLES = (*sorted(path.name for path in CONFIGS.iterdir() if path.suffix in (".yaml", ".toml")), *DIRECTORIES)
VARIABLES = {
    "ANTHROPIC_API_KEY": "key-of-anthropic",
    "GEMINI_API_KEY": "key-of-gemini",
    "OPENAI_API_KEY": "key-of-openai",
    "OPENAI_KEY_1": "key-1-of-openai",
    "OPENAI_KEY_2": "key-2-of-openai",
    "OPENAI_KEY_3": "key-3-of-openai",
    "VLLM_1": "http://127.0.0.1:1/v1",
    "VLLM_2": "http://127.0.0.1:2/v1",
    "VLLM_KEY": "key-of-vllm",
}
"""What the examples ask their users to set."""


def files_of(example: str) -> list[Path]:
    """Every file of an example."""
    path = CONFIGS / example
    return sorted(file for file in path.rglob("*.*") if file.is_file()) if path.is_dir() else [path]


def loaded(example: str, **variables: str) -> tuple[Config, tuple[Fault, ...]]:
    """An example as its users load it, and what they are told."""
    config, faults = check_config(CONFIGS / example, VARIABLES | variables, mode="strict")
    assert config is not None, "\n".join(map(str, faults))
    return config, faults


def at_mock(example: str, base_url: str, **variables: str) -> Config:
    """An example whose providers are all at one address, which variables put over those in its files."""
    providers = loaded(example, **variables)[0].providers
    addresses = {f"PYPROXY__PROVIDERS__{re.sub('-', '_', name).upper()}__BASE_URL": base_url for name in providers}
    config = loaded(example, **variables, **addresses)[0]
    assert {provider.base_url for provider in config.providers.values()} == {base_url}
    return config
