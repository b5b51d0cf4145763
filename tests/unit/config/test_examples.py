from pathlib import Path

import pytest

from pyproxy.config import check_config

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_loads_without_variables_and_without_warnings(path: Path) -> None:
    config, faults = check_config(path, {})
    assert faults == ()
    assert config is not None
    assert config.task_groups


def test_the_demo_takes_the_addresses_of_its_providers_from_the_environment() -> None:
    config, _ = check_config(CONFIGS / "demo.yaml", {"PYPROXY_DEMO_ALPHA": "http://127.0.0.1:1234/v1"})
    assert config is not None
    assert config.providers["alpha"].base_url == "http://127.0.0.1:1234/v1"
    assert config.providers["beta"].base_url == "http://127.0.0.1:8492/v1"
    assert [echelon.models for echelon in config.task_groups["fast_group"].echelons] == [("alpha-fast",), ("beta-fast",)]
