"""Files made to exhaust a reader end in a fault, and soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy.config import check_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from unit.config.conftest import Check


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < 5  # generous: a slow machine under load; each takes well under a second or two


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


def merge_bomb(levels: int) -> str:
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (bomb(12), "more than 60,000 keys and values"),
        (merge_bomb(12), "more than 60,000 keys and values"),
        ("[" * 1_000_000, "nested more than 64 levels"),
        ("{a: " * 1_000_000, "nested more than 64 levels"),
        ("- " * 1_000_000, "nested more than 64 levels"),
        ("a: [" + "1," * 1_000_000 + "]", "more than 60,000 keys and values"),
        ("#" * (10 * 1024 * 1024 + 1), "is larger than 10 MiB"),
        ("a: &a [" + "*a," * 10 + "]", "undefined alias"),
        ("server: {port: " + "9" * 1_000_000 + "}", "must be a whole number"),
        ("server: {port: 0x" + "f" * 300 + "}", "must be"),
        ("? " + "x" * 1_000_000 + "\n: 1", "is no setting here"),
        ("server: {" + ", ".join(f"prt{i}: {i}" for i in range(20_000)) + "}", "is no setting here"),
        ("aliases: {" + ", ".join(f"a{i}: b{i}" for i in range(10_000)) + "}", "there is no target"),
    ],
    ids=[
        "alias bomb", "merge bomb", "lists", "tables", "dashes", "wide", "huge", "cycle", "digits", "hex",
        "long key", "typos", "references",
    ],
)  # fmt: skip
def test_a_hostile_file_ends_in_a_fault(text: str, says: str, check: Check) -> None:
    config, faults = check(text)
    assert config is None
    assert any(says in fault.message for fault in faults), [str(fault) for fault in faults[:3]]
    assert all(len(str(fault)) < 2000 for fault in faults)


def test_deep_and_cyclic_mappings_end_in_a_fault() -> None:
    cycle: dict[str, Any] = {}
    cycle["server"] = cycle
    _, faults = check_config(cycle, {})
    assert [fault.message for fault in faults] == ["nested more than 64 levels deep"]
    shared: list[Any] = []
    for _ in range(30):
        shared = [shared, shared]
    _, faults = check_config({"server": shared}, {})
    assert [fault.message for fault in faults] == ["more than 60,000 keys and values, aliases expanded"]


def test_a_real_configuration_of_a_thousand_models_is_read_soon() -> None:
    config, faults = check_config(
        {
            "providers": {"p": {"base_url": "http://127.0.0.1:1"}},
            "models": {f"m{i}": {"provider": "p", "model": f"x{i}", "rpm_limit": 5} for i in range(1000)},
            "task_groups": {f"g{i}": {"e": {"models": [f"m{i}", "p:shared"]}} for i in range(1000)},
        },
        {},
    )
    assert faults == ()
    assert config is not None
    assert len(config.models) == 1001
