"""Reads a configuration as it is and as it would be, once for each of its environments."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyproxy.config.conversion import plain
from pyproxy.config.faults import Fault, FaultLog, UnreadableError
from pyproxy.config.files import read_text
from pyproxy.config.layers import ENVIRONMENT, Layers
from pyproxy.config.paths import resolved
from pyproxy.config.sources import ENDINGS, ENVIRONMENTS, SourceFile, files_of, source_file
from pyproxy.config.toml_reader import read_toml
from pyproxy.config.tree import Node, Table
from pyproxy.config.yaml_reader import read_yaml

Texts = Mapping[Path, str | None]
"""Texts of files that differ from those on the disk, by their resolved paths; None for one that is not to be there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A configuration in one of its environments, its variables not substituted.

    Attributes:
        layers: What read it.
        tree: It, in the canonical form; None when it cannot be read.
        errors: What is wrong with it.
    """

    layers: Layers
    tree: Table | None
    errors: tuple[Fault, ...]

    @property
    def content(self) -> Any:
        """It as plain values."""
        return None if self.tree is None else plain(self.tree)


def read(source: Path, texts: Texts, environment: str = "") -> Reading:
    """Read a configuration, some of its files with other texts.

    Args:
        source: A file or a directory.
        texts: The other texts.
        environment: The name of the environment; empty for none.
    """

    def content(path: Path) -> Node | None:
        text = texts.get(resolved(path))
        as_tree = read_toml if path.suffix == ".toml" else read_yaml
        return as_tree(read_text(path, str(path)) if text is None else text, str(path), log)

    def files(directory: Path) -> list[SourceFile]:
        there = [file for file in files_of(directory) if texts.get(resolved(file.path), "") is not None]
        return [*there, *(source_file(directory, path) for path, text in texts.items() if text is not None and not path.exists())]

    log = FaultLog()
    layers = Layers(content, {ENVIRONMENT: environment} if environment else {}, log, files)
    try:
        tree = layers.of_directory(source) if source.is_dir() else layers.of_file(source)
    except UnreadableError as stop:
        log.add(stop.fault)
        tree = None
    return Reading(layers, tree, log.errors)


def environments_of(source: Path) -> list[str]:
    """Return the names of a configuration's environments, and the empty one for none of them."""
    folder = (source if source.is_dir() else source.parent) / ENVIRONMENTS
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return ["", *dict.fromkeys(path.stem for path in found if path.suffix in ENDINGS and path.is_file())]
