"""Configurations in files of old: written, loaded, and migrated with a look at what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.config import Config, check_config
from pyproxy.config.migration import Migration, plan_migration, write_migration

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """\
providers: {p: {base_url: "http://127.0.0.1:1/v1"}}
models: {a: {provider: p, model: a}, b: {provider: p, model: b}}
"""
GROUP = "one:\n  models: [a]\ntwo:\n  models: [b]\n"
GROUP_TOML = '[one]\nmodels = ["a"]\n\n[two]\nmodels = ["b"]\n'
FALLBACK = "strategy: echelon_down\ntargets: [fast]\nmax_attempts: 4\nretry_delay: 0.5\ncircuit_breaker:\n  failure_threshold: 3\n"
USUAL = ("accepted, not in effect", "no request for", "is never tried")
SINGLE = "model: gpt-4\nprovider: openai\napi_key: ${KEY:none}\n"


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def load(path: Path, environ: dict[str, str] | None = None) -> tuple[dict[str, Any], list[str]]:
    """What a configuration means, and what was warned of besides settings without effect and echelons that no request reaches."""
    config, faults = check_config(path, environ or {})
    assert config is not None, "\n".join(map(str, faults))
    told = [str(fault).replace(f"{path}/", "") for fault in faults if not fault.message.startswith(USUAL)]
    return config.model_dump(), told


def config_of(path: Path) -> Config:
    config, faults = check_config(path, {})
    assert config is not None, "\n".join(map(str, faults))
    return config


def errors_of(path: Path) -> str:
    return "\n".join(str(fault) for fault in check_config(path, {})[1] if fault.severity == "error")


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_bytes().decode() for path in sorted(folder.rglob("*")) if path.is_file()}


def migrate(path: Path, environments: tuple[str, ...] = ("",), **variables: str) -> Migration:
    """Migrate, and hold what came of it against what was there."""
    environs = [{**variables, **({"PYPROXY_ENV": name} if name else {})} for name in environments]
    before = [load(path, environ)[0] for environ in environs]
    migration = plan_migration(path)
    assert migration.faults == ()
    write_migration(migration)
    for environ, content in zip(environs, before, strict=True):
        after, told = load(path, environ)
        assert after == content
        assert migration.by_hand or not [warning for warning in told if "deprecated" in warning]
    assert migration.by_hand or plan_migration(path) == Migration(path)
    return migration
