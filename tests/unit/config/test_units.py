import pytest

from pyproxy.config.units import unit_hint


@pytest.mark.parametrize(
    ("text", "description", "number"),
    [
        ("30s", "Longest time for one attempt, in seconds.", "30"),
        ("250 ms", "in seconds", "0.25"),
        ("1.5m", "in seconds", "90"),
        ("5 min", "in seconds", "300"),
        ("2h", "in seconds", "7200"),
        ("32MB", "Largest request body, in bytes", "33554432"),
        ("1 GiB", "in bytes", "1073741824"),
        ("64k", "in bytes", "65536"),
        ("10k", "Tokens a minute", "10000"),
        ("1.5M", "Tokens a minute", "1500000"),
        ("30,000", "Tokens a minute", "30000"),
        ("100/min", "Requests a minute.", "100"),
        ("100 requests per minute", "Requests a minute.", "100"),
        ("60 rpm", "Requests a minute.", "60"),
    ],
)
def test_a_number_with_a_unit_is_told_as_it_must_be_written(text: str, description: str, number: str) -> None:
    assert unit_hint(text, description).endswith(f"without a unit: {number}")


@pytest.mark.parametrize("text", ["", "many", "sk-123", "123abc", "12345", "1e5", "30 apples", "9" * 30 + "s", "s30", "3,0", "10/s"])
def test_anything_else_is_not_repeated(text: str) -> None:
    assert unit_hint(text, "in seconds") == ""
