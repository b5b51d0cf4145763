"""Texts of files: their lines, edits of them, and how a value is quoted in YAML and TOML alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file.

    Attributes:
        path: The file.
        before: Its text; None when it is new.
        after: Its text afterwards; None when it is removed.
        like: The file that a new one, or one written anew, is made from; its permissions are kept.
    """

    path: Path
    before: str | None
    after: str | None
    like: Path | None = None

    @property
    def is_rewritten(self) -> bool:
        """Whether nothing of an old text is kept."""
        return self.before is not None and self.like == self.path


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines in place of others.

    Attributes:
        start: Index of the first line that goes.
        end: Index of the first line behind it that stays; the same as ``start`` where none goes.
        lines: What comes in their place, without line ends.
    """

    start: int
    end: int
    lines: tuple[str, ...] = ()


def edited(text: str, lines: list[str], edits: Iterable[Edit]) -> str:
    """Return a text with edits made, in the line ends it has.

    Args:
        text: The text.
        lines: The same in lines with their ends, as those count them who made the edits.
        edits: The edits, none of which may touch the lines of another.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    made = list(lines)
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        if edit.lines and edit.start == len(made) > 0 and not made[-1].endswith(("\n", "\r")):
            made[-1] += end
        made[edit.start : edit.end] = [line + end for line in edit.lines]
        if not edit.lines:
            _close_gap(made, edit.start)
    return "".join(made)


def is_comment(line: str) -> bool:
    """Whether a line holds nothing but a comment."""
    return line.lstrip().startswith("#")


def has_comments(text: str) -> bool:
    """Whether there seem to be comments; a ``#`` in quotes may look like one."""
    return any(is_comment(line) or " #" in line for line in text.splitlines())


def quoted(text: str) -> str:
    """Return a text in double quotes, as both formats read it."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _close_gap(lines: list[str], index: int) -> None:
    """Leave one of the blank lines out that now meet, and all at the start."""
    if index < len(lines) and not lines[index].strip() and (index == 0 or not lines[index - 1].strip()):
        del lines[index]
