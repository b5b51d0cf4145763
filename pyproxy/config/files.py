"""Reads a configuration file as text: bounded in size, UTF-8, and nothing in it that cannot be printed."""

import re
from pathlib import Path

from pyproxy.config.faults import Fault, UnreadableError

MAX_BYTES = 10 * 1024 * 1024
"""Largest configuration file."""
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_text(path: Path, file: str) -> str:
    """Return the text of a file.

    Args:
        path: The file.
        file: Its name in faults.

    Raises:
        UnreadableError: It cannot be opened, is larger than `MAX_BYTES`, is not UTF-8 or holds control characters.
    """
    data = _read_bytes(path, file)
    if len(data) > MAX_BYTES:
        raise UnreadableError(Fault(file=file, message=f"is larger than {MAX_BYTES // 1024 // 1024} MiB"))
    text, bad = _decode(data)
    if bad is not None:
        raise UnreadableError(_at(file, data[:bad].decode("utf-8", "replace"), "is not UTF-8 from here on", "save the file as UTF-8"))
    found = _NOT_PRINTABLE.search(text)
    if found:
        before, code = text[: found.start()], f"U+{ord(found[0]):04X}"
        raise UnreadableError(_at(file, before, f"holds the control character {code}", "write it as an escape in double quotes"))
    return text


def _read_bytes(path: Path, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        reason, hint = "is a directory", "name one YAML file"
    except FileNotFoundError:
        reason, hint = ("is a link that leads nowhere", "") if path.is_symlink() else ("there is no such file", "")
    except (OSError, ValueError) as error:
        reason, hint = f"cannot be read: {getattr(error, 'strerror', None) or 'not a usable path'}", ""
    raise UnreadableError(Fault(file=file, message=reason, hint=hint))


def _decode(data: bytes) -> tuple[str, int | None]:
    """Return the text, and where it stops being UTF-8."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff"), None
    except UnicodeDecodeError as error:
        return "", error.start


def _at(file: str, before: str, message: str, hint: str) -> Fault:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Fault(file=file, line=line, column=column, message=message, hint=hint)
