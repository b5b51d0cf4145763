"""Fixtures of the configuration's tests."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pyproxy.config import Config, Fault, check_config

Check = Callable[..., tuple[Config | None, tuple[Fault, ...]]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(text: str, environ: Mapping[str, str] | None = None) -> tuple[Config | None, tuple[Fault, ...]]:
        path = tmp_path / "config.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return check_config(path, {} if environ is None else environ)

    return run
