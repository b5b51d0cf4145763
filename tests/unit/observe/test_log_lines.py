from __future__ import annotations

import logging
import sys

from pyproxy.observe.log_lines import LogLines


def line(message: str, level: int = logging.WARNING, **fields: object) -> str:
    record = logging.LogRecord("pyproxy", level, "file", 1, message, (), None)
    record.created = 1_795_272_548.1234
    for name, value in fields.items():
        setattr(record, name, value)
    return LogLines().format(record)


def test_a_line_has_the_form_of_an_access_line_with_its_time_first() -> None:
    assert line("a is back in g", logging.INFO) == 'time=2026-11-21T14:49:08.123Z level=info message="a is back in g"'


def test_no_message_forges_another_line_or_ends_its_own_early() -> None:
    assert line('it said "no"\ntime=2026 id=r status=200').splitlines() == [
        "time=2026-11-21T14:49:08.123Z level=warning message=\"it said 'no'\"",
        "  time=2026 id=r status=200",
    ]


def test_a_traceback_follows_its_line() -> None:
    try:
        int("no")
    except ValueError:
        first, second, *_, last = line("it failed", exc_info=sys.exc_info()).splitlines()
    assert first.endswith('message="it failed"')
    assert (second, last) == ("  Traceback (most recent call last):", "  ValueError: invalid literal for int() with base 10: 'no'")
