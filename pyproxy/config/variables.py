"""The layer of environment variables: ``PYPROXY__SERVER__PORT=9000`` sets ``server.port``.

Two underscores part the keys. Case does not count, nor does ``-`` against ``_``: a key that is there already is the one that is meant. A
value in brackets or braces is read as a list or a table, any other is text and takes the type of its setting.
"""

from collections.abc import Mapping

from pyproxy.config.faults import FaultLog, UnreadableError
from pyproxy.config.tree import Entry, KeyPath, Node, Place, Scalar, Table
from pyproxy.config.yaml_reader import read_yaml

PREFIX = "PYPROXY__"


def variables_layer(environ: Mapping[str, str], below: Table, log: FaultLog) -> Table:
    """Return what the variables say, as a tree to be laid over ``below``."""
    layer: dict[str, Entry] = {}
    for name in sorted(name for name in environ if name.upper().startswith(PREFIX)):
        place = Place(f"environment variable {name}")
        keys = name[len(PREFIX) :].split("__")
        if not all(keys):
            log.add(place.fault("names no setting", "write PYPROXY__SECTION__KEY, such as PYPROXY__SERVER__PORT"))
            continue
        _set(layer, keys, _value(environ[name], name, place, log), place, below)
    return Table(Place("environment variables"), layer)


def _set(layer: dict[str, Entry], keys: list[str], value: Node, place: Place, below: Table | None) -> None:
    key = _known(keys[0], (*layer, *(below.entries if below is not None else ())))
    here = Place(place.file, path=KeyPath(place.path, key))
    if len(keys) == 1:
        layer[key] = Entry(here, value)
        return
    given = layer.get(key)
    inner = dict(given.value.entries) if given is not None and isinstance(given.value, Table) else {}
    _set(inner, keys[1:], value, here, below.table(key) if below is not None else None)
    layer[key] = Entry(here, Table(here, inner))


def _known(key: str, known: tuple[str, ...]) -> str:
    def folded(name: str) -> str:
        return name.replace("-", "_").lower()

    return next((name for name in known if folded(name) == folded(key)), key.lower())


def _value(text: str, name: str, place: Place, log: FaultLog) -> Node:
    if text[:1] in ("[", "{"):
        try:
            node = read_yaml(text, place.file, FaultLog())
        except UnreadableError:
            node = None
        if node is not None and not isinstance(node, Scalar):
            return _as_from(node, name, place)
        log.add(place.fault("is no list or table in brackets", "write it as JSON, or as plain text"))
    return Scalar(place, text, (name,))


def _as_from(node: Node, name: str, place: Place) -> Node:
    """The value with the variable as its origin, so that no fault shows it."""
    if isinstance(node, Table):
        return Table(place, {key: Entry(place, _as_from(entry.value, name, place)) for key, entry in node.entries.items()})
    if isinstance(node, Scalar):
        return Scalar(place, node.value, (name,))
    return type(node)(place, tuple(_as_from(item, name, place) for item in node.items))
