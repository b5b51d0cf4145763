"""Loads a configuration: read, substitute, arrange, check, convert. Each step reports its faults, so that one run tells them all."""

import logging
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from pyproxy.config.environment import substitute
from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.files import read_text
from pyproxy.config.interpretation import interpret
from pyproxy.config.lenient import interpret_leniently
from pyproxy.config.mapping_reader import MAPPING, read_mapping
from pyproxy.config.root import Config, Mode
from pyproxy.config.tree import Node, Table
from pyproxy.config.yaml_reader import read_yaml
from pyproxy.errors import ConfigError

Source = str | PathLike[str] | Mapping[str, Any]

_MOST_TOLD = 20
_log = logging.getLogger("pyproxy.config")


class _Checked(NamedTuple):
    config: Config | None
    faults: tuple[Fault, ...]
    left_out: tuple[Fault, ...] = ()


def load_config(source: Source, environ: Mapping[str, str] | None = None, *, mode: Mode | None = None) -> Config:
    """Load a configuration in full, or not at all; leniently, without its broken parts, each of which is logged as a warning.

    Args:
        source: The path of a YAML file, or the same keys as a mapping.
        environ: Environment variables for ``${VAR}``; None means those of this process.
        mode: ``strict`` refuses what is broken anywhere, ``lenient`` leaves the broken parts out; None means as the configuration's
            own ``config_validation`` says, and that is ``strict`` by default.

    Returns:
        The checked configuration.

    Raises:
        ConfigError: It cannot be used. ``faults`` holds every `Fault`, warnings included, in the order of the lines; neither they
            nor the message hold a credential or a substituted value.
    """
    checked = _check(source, environ, mode)
    if checked.config is None:
        raise ConfigError(_summary(source, checked.faults), checked.faults)
    for fault in checked.left_out:
        _log.warning("%s", fault)
    return checked.config


def check_config(
    source: Source, environ: Mapping[str, str] | None = None, *, mode: Mode | None = None
) -> tuple[Config | None, tuple[Fault, ...]]:
    """Check a configuration and say everything there is to say about it; no content makes it raise.

    Args:
        source: The path of a YAML file, or the same keys as a mapping.
        environ: Environment variables for ``${VAR}``; None means those of this process.
        mode: ``strict`` or ``lenient``, as for `load_config`.

    Returns:
        The configuration, or None when a fault is an error; and all faults, errors and warnings, in the order of the lines.
    """
    checked = _check(source, environ, mode)
    return checked.config, checked.faults


def _check(source: Source, environ: Mapping[str, str] | None, mode: Mode | None) -> _Checked:
    log = FaultLog()
    try:
        tree = _read(source, log)
    except UnreadableError as stop:
        log.add(stop.fault)
        return _Checked(None, log.sorted())
    root = substitute(tree, environ, log)
    if not isinstance(root, Table):
        log.add(root.place.fault("must be a table of sections such as providers and task_groups"))
        return _Checked(None, log.sorted())
    if (mode or _own_mode(root)) == "lenient":
        remainder = interpret_leniently(root, _shown(source), log)
        config = None if remainder.log.has_errors else remainder.interpretation.config
        return _Checked(config, remainder.log.sorted(), remainder.left_out)
    config = interpret(root, _shown(source), log).config
    return _Checked(None if log.has_errors else config, log.sorted())


def _own_mode(root: Table) -> Mode:
    """Return what ``config_validation`` says; what it must not say is a fault, and so it is strict."""
    return "lenient" if any(text.value == "lenient" for text in root.texts("config_validation")) else "strict"


def _read(source: Source, log: FaultLog) -> Node:
    if isinstance(source, Mapping):
        return read_mapping(source, log)
    path, file = Path(source), _shown(source)
    if path.suffix == ".toml":
        raise UnreadableError(Fault(file=file, message="TOML is not read by this version", hint="write the same keys as YAML"))
    tree = read_yaml(read_text(path, file), file, log)
    if tree is None:
        raise UnreadableError(Fault(file=file, line=1, column=1, message="the file is empty", hint="begin with providers and task_groups"))
    return tree


def _shown(source: Source) -> str:
    return MAPPING if isinstance(source, Mapping) else str(Path(source))


def _summary(source: Source, faults: tuple[Fault, ...]) -> str:
    errors = [fault for fault in faults if fault.severity == "error"]
    count = f"{len(errors)} errors" if len(errors) > 1 else "1 error"
    more = [f"… and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
    return "\n".join([f"{_shown(source)}: {count}", *map(str, errors[:_MOST_TOLD]), *more])
