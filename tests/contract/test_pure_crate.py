"""The pure crate stays pure: no Python, no async runtime, no I/O library in its tree."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FORBIDDEN = {"pyo3", "pyo3-ffi", "tokio", "mio", "hyper", "libc", "async-std", "smol", "futures", "rustix", "socket2"}


def locked() -> dict[str, dict[str, Any]]:
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    return {package["name"]: package for package in packages}


def tree_of(crate: str) -> set[str]:
    """Every crate that the normal dependencies of this one lead to, those for its tests left out."""
    packages, seen = locked(), set[str]()
    manifest = tomllib.loads((ROOT / "rust_core" / "Cargo.toml").read_text())
    assert manifest["package"]["name"] == crate
    found = list(manifest["dependencies"])
    while found:
        name = found.pop()
        if name not in seen:
            seen.add(name)
            found += [dependency.split()[0] for dependency in packages[name].get("dependencies", [])]
    return seen


def test_the_pure_crate_has_neither_python_nor_a_runtime_in_its_tree() -> None:
    tree = tree_of("rust_core")
    assert "serde_json" in tree
    assert not tree & FORBIDDEN


def test_only_the_bindings_know_python() -> None:
    knowing = {name for name, package in locked().items() if "pyo3" in package.get("dependencies", [])}
    assert knowing == {"pyproxy_rust_core"}


def test_the_pure_crate_forbids_unsafe_code_and_reads_no_clock() -> None:
    sources = {path: path.read_text() for path in (ROOT / "rust_core" / "src").rglob("*.rs")}
    assert "#![forbid(unsafe_code)]" in sources[ROOT / "rust_core" / "src" / "lib.rs"]
    for path, source in sources.items():
        assert "Instant" not in source, path
        assert "SystemTime::now" not in source, path
