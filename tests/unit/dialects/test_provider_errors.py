"""What providers, and gateways before them, say of their failures."""

from __future__ import annotations

import pytest

from pyproxy.dialects.provider_errors import ReadError, read_plain_error

PAGE = b"<html>\r\n<head><title>413 Request&nbsp;Entity Too Large</title></head><body><center>nginx</center></body></html>"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"Payload too large\n", "Payload too large"),
        (b"two\nlines", "two\nlines"),
        (PAGE, "413 Request\xa0Entity Too Large"),
        (b"<!DOCTYPE html><TITLE lang='en'>\nBad gateway</TITLE>", "Bad gateway"),
    ],
)
def test_a_text_is_told_and_of_a_page_its_title(body: bytes, told: str) -> None:
    expected = told.replace("\xa0", " ")
    assert read_plain_error(body) == ReadError(expected)


@pytest.mark.parametrize("body", [b"", b" ", b"<html></html>", b"<title> </title>", b'{"a": 1', b"[]", b"\x00\x01", b"\xff", b"x" * 2_000])
def test_what_says_nothing_to_people_is_not_told(body: bytes) -> None:
    assert read_plain_error(body) is None
