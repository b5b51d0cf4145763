"""The reference of every setting, as Markdown: made from the models, so that it cannot tell what they do not."""

from collections.abc import Iterator, Mapping

from pyproxy.config.described import Setting, named_within, settings_of, summary_of
from pyproxy.config.root import Config
from pyproxy.config.settings import Pending, Settings
from pyproxy.config.written import as_written

_HEAD = """\
# Configuration

<!-- Made by `make docs` from the models in pyproxy/config; a test fails when it is not current. Mend the models, not this file. -->

Every setting of the canonical form: what it means, its type, its default and an example. `pyproxy check` tells what is wrong with a
file, by line and column; `pyproxy explain KEY` tells where a value comes from; `pyproxy schema` prints a JSON Schema for editors.

- **Variables** stand in values, never in keys: `${NAME}` is a fault when NAME is not set, `${NAME:default}` takes the default when it is
  not set or empty, `${NAME:?text}` is a fault with that text then, `$${` is a literal `${`. What comes from a variable is converted to
  the type of its setting; no command shows its text.
- **Names** of your own stand in capitals here: in `models.NAME.rpm_limit`, NAME is what you call the model.
- **Not set** means that a limit does not limit, a timeout does not run, and a parameter is not sent.
- **A directory** may hold the same in many files: sections in any file, or one thing a file in a folder of its kind. Later layers lie over
  earlier ones: files outside the folders, `env/NAME.*` when PYPROXY_ENV=NAME, each thing's own file, variables such as
  `PYPROXY__SERVER__PORT`. `inherits_from` begins a thing as another, by its name or by the path of its file, and `key+` adds to a list.
  `_registry.toml` adds files and leaves files out. [configs/README.md](../configs/README.md) shows all of it.
- **Known providers** need no more than a key: [providers.md](providers.md).
"""
_TABLE = "| setting | meaning | type | unit | range | default | example | in effect |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
_NAMES = {"task_groups": "GROUP", "echelons": "ECHELON"}


def reference() -> str:
    """Return the whole reference."""
    sections = [f"## The sections\n\n{_rows(Config)}"]
    for setting in settings_of(Config):
        sections += _sections(setting.name, setting)
    return "\n".join([_HEAD, *sections])


def _sections(path: str, setting: Setting) -> Iterator[str]:
    """Yield the section of a setting that is a table, or holds tables by name, and of every table in it."""
    shape = setting.shape
    model, pending = shape.model, _without_effect(setting)
    if model is None and shape.item is not None and shape.item.model is not None:
        model, path = shape.item.model, f"{path}.{_NAMES.get(setting.name, 'NAME')}"
    if model is not None:
        yield from _section(path, model, pending)
    elif shape.base is Mapping:
        yield f"## `{path}`\n\n{setting.description}\n\nFor example `{path}: {as_written(setting.examples[0])}`.\n"


def _section(path: str, model: type[Settings], pending: Pending | None) -> Iterator[str]:
    level = "##" if path.count(".") <= 1 else "###"
    note = f" **Not in effect yet**: {pending.why}." if pending else ""
    yield f"{level} `{path}`\n\n{summary_of(model)}{note}\n\n{_rows(model, pending)}"
    within = named_within(model)
    if within is not None:
        yield from _section(f"{path}.{_NAMES['echelons']}", within, pending)
    for setting in settings_of(model):
        if setting.shape.model is not None:
            yield from _section(f"{path}.{setting.name}", setting.shape.model, pending or _without_effect(setting))


def _without_effect(setting: Setting) -> Pending | None:
    """Return what is missing for a table, when nothing in it has an effect."""
    return setting.pending if setting.pending and setting.pending.in_effect == (None,) else None


def _rows(model: type[Settings], pending: Pending | None = None) -> str:
    return _TABLE + "".join(_row(setting, pending) for setting in settings_of(model))


def _row(setting: Setting, pending: Pending | None) -> str:
    cells = (
        f"`{setting.name}`",
        setting.description,
        setting.shape.words,
        setting.shape.unit or "-",
        setting.shape.range or "-",
        default_words(setting),
        f"`{as_written(setting.examples[0])}`",
        in_effect_words(setting) if pending is None else "not yet",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def in_effect_words(setting: Setting) -> str:
    """Return whether this version acts on a setting: ``yes``, or what is missing."""
    if setting.pending is None:
        return "yes"
    values = ", ".join(f"`{value}`" for value in setting.pending.in_effect if value is not None)
    return f"{f'{values} only' if values else 'not yet'}: {setting.pending.why}"


def default_words(setting: Setting) -> str:
    """Return the default in words: ``required``, ``not set``, the value as a file would have it, or what holds instead."""
    if setting.otherwise:
        return setting.otherwise
    if setting.required:
        return "required"
    if setting.default is None:
        return "not set"
    if isinstance(setting.default, Settings):
        return "its defaults"
    return f"`{as_written(setting.default)}`"
