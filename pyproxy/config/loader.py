"""Loads a configuration: read, substitute, interpret. Each step reports its faults, so that one run tells them all."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

from pyproxy.config.environment import process_environment, substitute
from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.files import read_text
from pyproxy.config.interpretation import interpret
from pyproxy.config.layers import Layers
from pyproxy.config.lenient import interpret_leniently
from pyproxy.config.mapping_reader import MAPPING, read_mapping
from pyproxy.config.paths import is_folder
from pyproxy.config.quiet import no_collections
from pyproxy.config.root import Config, Mode
from pyproxy.config.toml_reader import read_toml
from pyproxy.config.tree import Node, Table
from pyproxy.config.yaml_reader import read_yaml
from pyproxy.errors import ConfigError

Source = str | PathLike[str] | Mapping[str, Any]

_MOST_TOLD = 20
_log = logging.getLogger("pyproxy.config")


@dataclass(frozen=True, slots=True)
class Examined:
    """What one run found.

    Attributes:
        config: The configuration, or None when a fault is an error.
        tree: What it was made from, in the canonical form and with the place of every key; None when it could not be read.
        faults: All faults, errors and warnings, in the order of the lines.
        left_out: Those of them that say what was left out, in lenient mode.
        files: Every file that was looked for, and whether anything is in it; None where that is not known.
        unread: The faults of those of which nothing is known, as errors in either mode.
    """

    config: Config | None
    tree: Table | None
    faults: tuple[Fault, ...]
    left_out: tuple[Fault, ...] = ()
    files: Mapping[Path, bool | None] = field(default_factory=dict)
    unread: tuple[Fault, ...] = ()


def load_config(source: Source, environ: Mapping[str, str] | None = None, *, mode: Mode | None = None) -> Config:
    """Load a configuration in full, or not at all; leniently, without its broken parts, each of which is logged as a warning.

    Args:
        source: The path of a YAML or TOML file or of a directory of such, or the same keys as a mapping.
        environ: Environment variables, for ``${VAR}``, ``PYPROXY_ENV`` and ``PYPROXY__SECTION__KEY``; None means those of this process.
        mode: ``strict`` refuses what is broken anywhere, ``lenient`` leaves the broken parts out; None means as the configuration's
            own ``config_validation`` says, and that is ``strict`` by default.

    Returns:
        The checked configuration.

    Raises:
        ConfigError: It cannot be used. ``faults`` holds every `Fault`, warnings included, in the order of the lines; neither they
            nor the message hold a credential or a substituted value.
    """
    examined = examine_config(source, environ, mode=mode)
    if examined.config is None:
        raise ConfigError(_summary(source, examined.faults), examined.faults)
    for fault in examined.left_out:
        _log.warning("%s", fault)
    return examined.config


def check_config(
    source: Source, environ: Mapping[str, str] | None = None, *, mode: Mode | None = None
) -> tuple[Config | None, tuple[Fault, ...]]:
    """Check a configuration and say everything there is to say about it; no content makes it raise.

    Args:
        source: As for `load_config`.
        environ: As for `load_config`.
        mode: ``strict`` or ``lenient``, as for `load_config`.

    Returns:
        The configuration, or None when a fault is an error; and all faults, errors and warnings, in the order of the lines.
    """
    examined = examine_config(source, environ, mode=mode)
    return examined.config, examined.faults


def examine_config(source: Source, environ: Mapping[str, str] | None = None, *, mode: Mode | None = None) -> Examined:
    """Check a configuration as `check_config` does, and return with it the tree that says where each value stands."""
    with no_collections():
        return _examined(source, process_environment() if environ is None else environ, mode)


def _examined(source: Source, environ: Mapping[str, str], mode: Mode | None) -> Examined:
    log = FaultLog()
    files: dict[Path, bool | None] = {}
    try:
        root = substitute(_read(source, environ, log, files), environ, log)
    except UnreadableError as stop:
        log.add(stop.fault)
        examined = Examined(None, None, log.sorted())
    else:
        examined = _examine(root, _shown(source), mode or _own_mode(root), log)
    return replace(examined, files=files | dict.fromkeys(log.unread), unread=tuple(log.unread.values()))


def _examine(root: Table, shown: str, mode: Mode, log: FaultLog) -> Examined:
    if mode == "lenient":
        remainder = interpret_leniently(root, shown, log)
        config = None if remainder.log.has_errors else remainder.interpretation.config
        return Examined(config, remainder.interpretation.tree, remainder.log.sorted(), remainder.left_out)
    interpretation = interpret(root, shown, log)
    return Examined(None if log.has_errors else interpretation.config, interpretation.tree, log.sorted())


def _own_mode(root: Table) -> Mode:
    """Return what ``config_validation`` says; what it must not say is a fault, and so it is strict."""
    return "lenient" if any(text.value == "lenient" for text in root.texts("config_validation")) else "strict"


def _read(source: Source, environ: Mapping[str, str], log: FaultLog, files: dict[Path, bool | None]) -> Table:
    layers = Layers(lambda path: _read_file(path, log, files), environ, log)
    if isinstance(source, Mapping):
        return layers.of_mapping(read_mapping(source, log))
    path = Path(source)
    return layers.of_directory(path) if is_folder(path) else layers.of_file(path)


def _read_file(path: Path, log: FaultLog, files: dict[Path, bool | None]) -> Node | None:
    files[path] = None
    text = read_text(path, str(path))
    files[path] = bool(text)
    read = read_toml if path.suffix.lower() == ".toml" else read_yaml
    return read(text, str(path), log)


def _shown(source: Source) -> str:
    return MAPPING if isinstance(source, Mapping) else str(Path(source))


def _summary(source: Source, faults: tuple[Fault, ...]) -> str:
    errors = [fault for fault in faults if fault.severity == "error"]
    count = f"{len(errors)} errors" if len(errors) > 1 else "1 error"
    more = [f"… and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
    return "\n".join([f"{_shown(source)}: {count}", *map(str, errors[:_MOST_TOLD]), *more])
