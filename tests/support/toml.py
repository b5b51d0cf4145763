"""Writes TOML in every style there is, and notes where each key and each value was put."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
Path = tuple[str | int, ...]
Position = tuple[int, int]


def plainest(choices: Sequence[T]) -> T:
    return choices[0]


def dump(mapping: Mapping[str, Any]) -> str:
    return Writer().document(mapping)


@dataclass
class Writer:
    """``choose`` picks one of several styles; ``keys`` and ``values`` hold line and column by path, of an own key only."""

    choose: Callable[[Sequence[Any]], Any] = plainest
    text: str = ""
    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)

    def document(self, mapping: Mapping[str, Any]) -> str:
        self._table((), (), mapping)
        return self.text

    def _table(self, path: Path, header: tuple[str, ...], table: Mapping[str, Any]) -> None:
        """Pairs first, then headers: what stands under a header belongs to it. The order of tables among each other is kept."""
        tables = [key for key, value in table.items() if isinstance(value, dict) or _is_list_of_tables(value)]
        headed = tables[self.choose(range(len(tables) + 1)) :]
        for key, value in table.items():
            if key not in headed:
                self._pair(path, key, value)
                self._write(self.choose(["\n", ' # é, with "quotes" and [brackets]\n', "\r\n", "\n\n\t"]))
        for key in headed:
            self._headed((*path, key), (*header, key), table[key])

    def _headed(self, path: Path, header: tuple[str, ...], value: Any) -> None:
        for index, table in enumerate(value) if isinstance(value, list) else [(None, value)]:
            self._write("[[" if index is not None else "[")
            self._write(self.choose(["", " "]))
            for place, key in enumerate(header):
                self._write("." if place else "")
                if place == len(header) - 1 and not index:
                    self.keys[path] = self._here()
                self._write(self._key(key))
            self._write(self.choose(["", "\t"]))
            self._write("]]\n" if index is not None else "]\n")
            self._table(path if index is None else (*path, index), header, table)

    def _pair(self, path: Path, key: str, value: Any) -> None:
        """One pair; or several with dotted keys, for a table."""
        if isinstance(value, dict) and value and self.choose([True, False]):
            for number, (child, inner) in enumerate(value.items()):
                self._write("\n" if number else "")
                if not number:
                    self.keys[*path, key] = self._here()
                self._write(self._key(key))
                self._space()
                self._write(".")
                self._space()
                self._single(path, (key,), child, inner)
        else:
            self._single(path, (), key, value)

    def _single(self, path: Path, above: tuple[str, ...], key: str, value: Any) -> None:
        self.keys[*path, *above, key] = self._here()
        self._write(self._key(key))
        self._space()
        self._write("=")
        self._space()
        self._value((*path, *above, key), value)

    def _value(self, path: Path, value: Any) -> None:
        self.values[path] = self._here()
        if isinstance(value, dict):
            self._write("{")
            for number, (key, inner) in enumerate(value.items()):
                self._write(", " if number else "")
                self._single(path, (), key, inner)
            self._write("}")
        elif isinstance(value, list):
            self._write("[")
            for number, inner in enumerate(value):
                self._write(self.choose([", ", ",\n  # é\n", " ,"]) if number else self.choose(["", "\n\n"]))
                self._value((*path, number), inner)
            self._write(self.choose(["", ",", "\n"]) if value else "")
            self._write("]")
        else:
            self._write(self._scalar(value))

    def _scalar(self, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(self.choose([str(value), f"0x{value:x}", f"0b{value:b}", f"{value:_}"] if value >= 0 else [str(value)]))
        if isinstance(value, float):
            return repr(value) if math.isfinite(value) else str(value)
        return self._text(value)

    def _text(self, text: str) -> str:
        styles = [_basic(text)]
        if text.isprintable():
            styles.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
            styles.append('"""\n' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""')
            styles += [f"'{text}'", f"'''{text}'''"] if "'" not in text else []
        return str(self.choose(styles))

    def _key(self, key: str) -> str:
        bare = [key] if re.fullmatch("[A-Za-z0-9_-]+", key) else []
        quoted = [style for style in (self._text(key),) if not style.startswith(('"""', "'''"))]
        return str(self.choose([*bare, *quoted] or [_basic(key)]))

    def _space(self) -> None:
        self._write(self.choose([" ", "", "\t "]))

    def _write(self, text: str) -> None:
        self.text += text

    def _here(self) -> Position:
        before = self.text.rpartition("\n")[2]
        return self.text.count("\n") + 1, len(before) + 1


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _basic(text: str) -> str:
    """The text in double quotes, with an escape for whatever is not plain."""
    plain = (sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text)
    return '"' + "".join(plain) + '"'
