"""A file of certificates that is not one stops a start, and a reload, before anything has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyproxy.config import load_config
from pyproxy.errors import ConfigError
from pyproxy.providers.httpx_transport import HttpxTransports
from pyproxy.reloading import Assembly

CA_FILE = Path(__file__).parents[2] / "corpus" / "tls" / "ca.pem"


def assemble(ca_file: Path) -> Assembly:
    return Assembly(load_config({"providers": {"p": {"base_url": "https://r.example", "ca_file": str(ca_file)}}}, {}), HttpxTransports())


def test_a_file_with_certificates_is_taken() -> None:
    assert assemble(CA_FILE).snapshots.current.config.providers["p"].ca_file == str(CA_FILE)


@pytest.mark.parametrize("name", ["nothing.pem", "server.key", ""])
def test_another_is_refused_and_named(name: str) -> None:
    with pytest.raises(ConfigError, match=r"providers\.p\.ca_file: no certificates can be read from .*tls"):
        assemble(CA_FILE.parent / name)


def test_a_path_must_not_depend_on_where_the_sidecar_was_started() -> None:
    with pytest.raises(ConfigError, match="absolute path"):
        assemble(Path("ca.pem"))
