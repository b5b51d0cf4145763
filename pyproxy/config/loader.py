"""Loads a configuration: read, substitute, arrange, check, convert. Each step reports its faults, so that one run tells them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from pyproxy.config.conversion import to_config
from pyproxy.config.echelons import gather_echelons
from pyproxy.config.environment import process_environment, substitute
from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.files import read_text
from pyproxy.config.in_effect import warn_of_pending
from pyproxy.config.layers import Layers
from pyproxy.config.mapping_reader import MAPPING, read_mapping
from pyproxy.config.missing_echelons import drop_missing_echelons
from pyproxy.config.names import check_names
from pyproxy.config.references import add_implicit_models
from pyproxy.config.root import Config
from pyproxy.config.toml_reader import read_toml
from pyproxy.config.tree import Node, Place, Table
from pyproxy.config.yaml_reader import read_yaml
from pyproxy.errors import ConfigError

Source = str | PathLike[str] | Mapping[str, Any]

_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Examined:
    """What one run found.

    Attributes:
        config: The configuration, or None when a fault is an error.
        tree: What it was made from, in the canonical form and with the place of every key; None when it could not be read.
        faults: All faults, errors and warnings, in the order of the lines.
    """

    config: Config | None
    tree: Table | None
    faults: tuple[Fault, ...]


def load_config(source: Source, environ: Mapping[str, str] | None = None) -> Config:
    """Load a configuration in full, or not at all.

    Args:
        source: The path of a YAML or TOML file or of a directory of such, or the same keys as a mapping.
        environ: Environment variables for ``${VAR}``; None means those of this process.

    Returns:
        The checked configuration.

    Raises:
        ConfigError: It cannot be used. ``faults`` holds every `Fault`, warnings included, in the order of the lines; neither they
            nor the message hold a credential or a substituted value.
    """
    config, faults = check_config(source, environ)
    if config is None:
        raise ConfigError(_summary(source, faults), faults)
    return config


def check_config(source: Source, environ: Mapping[str, str] | None = None) -> tuple[Config | None, tuple[Fault, ...]]:
    """Check a configuration and say everything there is to say about it; no content makes it raise.

    Args:
        source: The path of a YAML or TOML file or of a directory of such, or the same keys as a mapping.
        environ: Environment variables for ``${VAR}``; None means those of this process.

    Returns:
        The configuration, or None when a fault is an error; and all faults, errors and warnings, in the order of the lines.
    """
    examined = examine_config(source, environ)
    return examined.config, examined.faults


def examine_config(source: Source, environ: Mapping[str, str] | None = None) -> Examined:
    """Check a configuration as `check_config` does, and return with it the tree that says where each value stands."""
    log = FaultLog()
    environ = process_environment() if environ is None else environ
    try:
        tree = _read(source, environ, log)
    except UnreadableError as stop:
        log.add(stop.fault)
        return Examined(None, None, log.sorted())
    root = substitute(tree, environ, log)
    root = drop_missing_echelons(add_implicit_models(gather_echelons(root, log)), log)
    check_names(root, log)
    config = to_config(root, _shown(source), log)
    if config is not None:
        _warn_of_silence(config, root.place, log)
        _warn_of_unreachable_attempts(config, root, log)
        warn_of_pending(config, root, log)
    return Examined(None if log.has_errors else config, root, log.sorted())


def _read(source: Source, environ: Mapping[str, str], log: FaultLog) -> Table:
    layers = Layers(lambda path: _read_file(path, log), environ, log)
    if isinstance(source, Mapping):
        return layers.of_mapping(read_mapping(source, log))
    path = Path(source)
    return layers.of_directory(path) if path.is_dir() else layers.of_file(path)


def _read_file(path: Path, log: FaultLog) -> Node | None:
    read = read_toml if path.suffix == ".toml" else read_yaml
    return read(read_text(path, str(path)), str(path), log)


def _warn_of_silence(config: Config, place: Place, log: FaultLog) -> None:
    if not config.models:
        hint = "add a model, or a task group with provider:name among its models"
        log.add(place.fault("there is no model: every request will be refused", hint, severity="warning"))


def _warn_of_unreachable_attempts(config: Config, root: Table, log: FaultLog) -> None:
    for name, _, group in root.tables("task_groups"):
        policy, written = config.task_groups[name].fallback_config, group.table("fallback_config")
        if written is not None and policy.max_attempts > policy.attempt_budget:
            place = next(written.entries[key].place for key in ("max_attempts", "attempt_budget") if key in written.entries)
            hint = "raise attempt_budget, or lower max_attempts"
            log.add(place.fault("attempt_budget ends a request before max_attempts targets were tried", hint, severity="warning"))


def _shown(source: Source) -> str:
    return MAPPING if isinstance(source, Mapping) else str(Path(source))


def _summary(source: Source, faults: tuple[Fault, ...]) -> str:
    errors = [fault for fault in faults if fault.severity == "error"]
    count = f"{len(errors)} errors" if len(errors) > 1 else "1 error"
    more = [f"… and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
    return "\n".join([f"{_shown(source)}: {count}", *map(str, errors[:_MOST_TOLD]), *more])
