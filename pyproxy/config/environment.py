"""Substitutes environment variables in the texts of a value tree: the only place in the package that reads the environment.

The forms, in values only and never in keys, any number of them in one text:

- ``${NAME}``: the value of NAME; a fault when it is not set.
- ``${NAME:default}`` and ``${NAME:-default}``: the default when NAME is not set or empty. A default ends at the first ``}``.
- ``${NAME:?text}``: the value of NAME; a fault with that text when it is not set or empty.
- ``$${``: a literal ``${``.

Shells also have ``${NAME:=text}`` and ``${NAME:+text}``; both are faults here, for read as a default they would mean something else.

A substituted value is text and is converted to its field's type later; it is not looked through for variables again.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import overload

from pyproxy.config.faults import FaultLog, UnreadableError, printable
from pyproxy.config.tree import List, Node, Scalar, Table

MAX_FORMS = 10_000
"""Variables in one configuration."""
_FORMS = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<given>:-?(?P<default>[^}]*))?\})?")

_REQUIRED = ":?"
_OF_SHELLS = (":=", ":+")
_OPENED = re.compile(r"\$?\$\{")


def process_environment() -> Mapping[str, str]:
    """Return the environment variables of this process."""
    return os.environ


@overload
def substitute(tree: Table, environ: Mapping[str, str], log: FaultLog) -> Table: ...
@overload
def substitute(tree: Node, environ: Mapping[str, str], log: FaultLog) -> Node: ...
def substitute(tree: Node, environ: Mapping[str, str], log: FaultLog) -> Node:
    """Return the tree with its variables replaced.

    A text with a missing variable or a malformed form is marked as broken, and the fault in ``log`` names the variable and never
    a value.

    Args:
        tree: What a reader produced.
        environ: Variables by name.
        log: Takes the faults.

    Raises:
        UnreadableError: There are more than `MAX_FORMS`.
    """
    return _Substitution(environ, log).node(tree)


class _Substitution:
    def __init__(self, environ: Mapping[str, str], log: FaultLog) -> None:
        self._environ = environ
        self._log = log
        self._forms_left = MAX_FORMS

    def node(self, node: Node) -> Node:
        if isinstance(node, Table):
            return self.table(node)
        if isinstance(node, List):
            return List(node.place, tuple(self.node(item) for item in node.items))
        if isinstance(node.value, str) and "${" in node.value and not node.variables:
            return self._text(node, node.value)
        return node

    def table(self, table: Table) -> Table:
        """Return the table itself where nothing in it changes: most of a configuration has no variables."""
        changed = {}
        for key, entry in table.entries.items():
            value = self.node(entry.value)
            if value is not entry.value:
                changed[key] = replace(entry, value=value)
        return table.with_entries({**table.entries, **changed}) if changed else table

    def _text(self, node: Scalar, text: str) -> Scalar:
        self._forms_left -= text.count("${")
        if self._forms_left < 0:
            raise UnreadableError(node.place.fault(f"more than {MAX_FORMS:,} variables in one configuration"))
        variables: list[str] = []
        broken = False

        def replaced(form: re.Match[str]) -> str:
            nonlocal broken
            if form[0] == "$${":
                return "${"
            if form[0] != "${":
                variables.append(form["name"])
            try:
                return self._value(form)
            except _BrokenFormError as error:
                self._log.add(node.place.fault(error.message, error.hint))
                broken = True
                return ""

        end = text.rfind("}") + 1  # behind it no form is closed: to look for the end of each there would take the square of the time
        made = _FORMS.sub(replaced, text[:end]) + _OPENED.sub(replaced, text[end:])
        return Scalar(node.place, made, tuple(variables), broken, text)

    def _value(self, form: re.Match[str]) -> str:
        if form[0] == "${":
            raise _BrokenFormError("holds a '${' that is no variable", "write ${NAME} or ${NAME:default}, or $${ for a literal ${")
        name, given = form["name"], form["given"]
        value = self._environ.get(name)
        if given is None:
            if value is None:
                raise _BrokenFormError(f"the environment variable {name} is not set", f"set it, or give a default: ${{{name}:default}}")
            return value
        if given[:2] in _OF_SHELLS:
            raise _BrokenFormError(f"holds '${{{name}{given[:2]}', which only a shell knows", f"write ${{{name}:-…}} for a default")
        if given[:2] == _REQUIRED and not value:
            said = printable(given.removeprefix(_REQUIRED).strip())
            raise _BrokenFormError(f"the environment variable {name} is not set{': ' if said else ''}{said}", "set it")
        return value or str(form["default"])


class _BrokenFormError(Exception):
    """A form that has no value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
