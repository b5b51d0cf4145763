"""Names of chat, as clients of other APIs know them."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.client_names import ClientNames
from pyproxy.dialects.translation.translator import UntranslatableError

NAMES = ClientNames({"n": ("config.count",), "messages": ("turns",), "messages[].content": ("turns[].parts[]",), "how": ("a.b", "c[].d")})


@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [
        ("n", {}, "config.count"),
        ("nobody", {}, "nobody"),
        ("n_best", {}, "n_best"),
        ("messages", {}, "turns"),
        ("messages[3].role", {}, "turns"),
        ("messages[3].content[1].text", {}, "turns[].parts[]"),
        ("messages[].contents", {}, "turns"),
        ("tools[2].type", {}, "tools[2].type"),
        ("how", {}, "a.b"),
        ("how", {"a": {"b": 1}, "c": 1}, "a.b"),
        ("how", {"a": {}, "c": []}, "c[].d"),
        ("how", {"a": 5, "c": None}, "a.b"),
    ],
)
def test_a_name_is_the_client_s_for_what_stands_within_it_too(name: str, asked: dict[str, Any], told: str) -> None:
    assert NAMES.of(name, asked) == told


@pytest.mark.parametrize(
    ("message", "param", "told", "place"),
    [
        ("Ask with n = 1, not 2 or n.", "n", "Ask with config.count = 1, not 2 or config.count.", "config.count"),
        ("messages[1].content[0] is none. See messages.", "messages[1].content[0].type", "turns[].parts[] is none. See messages.", None),
        ("No.", "messages[1].content[0].type", "No.", "turns[].parts[]"),
        ("messages holds nothing.", "messages", "turns holds nothing.", "turns"),
        ("a.n is not n.", "n", "a.n is not config.count.", "config.count"),
        ("n is not n.a.", "n", "config.count is not n.a.", "config.count"),
    ],
)
def test_an_error_is_told_by_the_client_s_names(message: str, param: str, told: str, place: str | None) -> None:
    error = NAMES.error(UntranslatableError(message, param), {})
    assert error.message == told
    assert place is None or error.param == place


def test_an_error_of_no_member_stays_as_it_is() -> None:
    error = UntranslatableError("n is wrong.")
    assert NAMES.error(error, {}) is error
