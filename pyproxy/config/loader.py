"""Loads a configuration: read, substitute, arrange, check, convert. Each step reports its faults, so that one run tells them all."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from pyproxy.config.conversion import to_config
from pyproxy.config.echelons import gather_echelons
from pyproxy.config.environment import substitute
from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.files import read_text
from pyproxy.config.in_effect import warn_of_pending
from pyproxy.config.mapping_reader import MAPPING, read_mapping
from pyproxy.config.names import check_names
from pyproxy.config.references import add_implicit_models
from pyproxy.config.root import Config
from pyproxy.config.toml_reader import read_toml
from pyproxy.config.tree import Node, Place, Table
from pyproxy.config.yaml_reader import read_yaml
from pyproxy.errors import ConfigError

Source = str | PathLike[str] | Mapping[str, Any]

_MOST_TOLD = 20


def load_config(source: Source, environ: Mapping[str, str] | None = None) -> Config:
    """Load a configuration in full, or not at all.

    Args:
        source: The path of a TOML (``.toml``) or YAML file, or the same keys as a mapping.
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
        source: The path of a TOML (``.toml``) or YAML file, or the same keys as a mapping.
        environ: Environment variables for ``${VAR}``; None means those of this process.

    Returns:
        The configuration, or None when a fault is an error; and all faults, errors and warnings, in the order of the lines.
    """
    log = FaultLog()
    try:
        root = substitute(_read(source, log), environ, log)
    except UnreadableError as stop:
        log.add(stop.fault)
        return None, log.sorted()
    if not isinstance(root, Table):
        log.add(root.place.fault("must be a table of sections such as providers and task_groups"))
        return None, log.sorted()
    root = add_implicit_models(gather_echelons(root, log))
    check_names(root, log)
    config = to_config(root, _shown(source), log)
    if config is not None:
        _warn_of_silence(config, root.place, log)
        _warn_of_unreachable_attempts(config, root, log)
        warn_of_pending(config, root, log)
    return None if log.has_errors else config, log.sorted()


def _read(source: Source, log: FaultLog) -> Node:
    if isinstance(source, Mapping):
        return read_mapping(source, log)
    path, file = Path(source), _shown(source)
    read = read_toml if path.suffix == ".toml" else read_yaml
    tree = read(read_text(path, file), file, log)
    if tree is None:
        raise UnreadableError(Fault(file=file, line=1, column=1, message="the file is empty", hint="begin with providers and task_groups"))
    return tree


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
