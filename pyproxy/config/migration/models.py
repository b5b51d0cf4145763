"""The files that old single-model files become."""

import re
from pathlib import Path
from typing import Any

from pyproxy.config.conversion import plain
from pyproxy.config.files import read_text
from pyproxy.config.kinds import MODEL, PROVIDER, Kind, kind_of_folder
from pyproxy.config.layers import Layers
from pyproxy.config.migration import toml_texts, yaml_texts
from pyproxy.config.migration.texts import Change
from pyproxy.config.old_files import OldModel
from pyproxy.config.tree import Entry

_NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9_.@+-]")


def new_files(source: Path, layers: Layers) -> list[Change]:
    """Return the files to be written for the old single-model files of a configuration.

    Args:
        source: It: a directory gets a file for each model and each provider; a file is written anew, as a whole configuration.
        layers: What read it.
    """
    if not source.is_dir():
        return [_change(source, old, plain(old.single.alone())) for old in layers.old.models]
    changes: list[Change] = []
    for old in layers.old.models:
        models = _folder(source, old, MODEL, layers)
        if old.makes_provider:
            folder = _folder(source, old, PROVIDER, layers)
            changes.append(_named(folder, old.provider, old.single.provider_entry, old, changes))
        is_in_place = old.source.kind is MODEL
        entry = old.single.with_provider(old.provider)
        changes.append(
            _change(old.source.path, old, _with_name(old.source.path.stem, old.single.name, entry))
            if is_in_place
            else _named(models, old.single.name, entry, old, changes)
        )
    return changes


def _folder(source: Path, old: OldModel, kind: Kind, layers: Layers) -> Path:
    """The folder of a kind: the one that the file lies in, the first that there is, or a new one beside that of the other kind."""
    around = [folder for folder in old.source.path.parents if folder.is_relative_to(source) and folder != source]
    there = (folder for file in layers.sources.values() for folder in reversed(file.path.parents) if folder.is_relative_to(source))
    for folder in (*around, *there):
        if folder != source and kind_of_folder(folder.name) is kind:
            return folder
    other = next((folder for folder in reversed(around) if kind_of_folder(folder.name) in (MODEL, PROVIDER)), None)
    return (source if other is None else other.parent) / kind.section


def _named(folder: Path, name: str, entry: Entry, old: OldModel, others: list[Change]) -> Change:
    stem = _NOT_IN_A_FILE_NAME.sub("_", name).lstrip(".") or "model"
    taken = {change.path for change in others}
    path = folder / f"{stem}{old.source.path.suffix}"
    number = 2
    while path in taken:
        path = folder / f"{stem}-{number}{old.source.path.suffix}"
        number += 1
    return _change(path, old, _with_name(path.stem, name, entry))


def _with_name(stem: str, name: str, entry: Entry) -> dict[str, Any]:
    content = dict(plain(entry.value))
    return content if stem.replace("-", "_") == name else {"name": name, **content}


def _change(path: Path, old: OldModel, content: dict[str, Any]) -> Change:
    form = toml_texts if path.suffix == ".toml" else yaml_texts
    before = read_text(path, str(path)) if path == old.source.path else None
    return Change(path, before, form.document(content), old.source.path)
