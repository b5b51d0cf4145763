from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyproxy.config import load_config
from pyproxy.config.changes import Changes, compare, needing_restart

BASE: dict[str, Any] = {
    "server": {"port": 1, "admin_token": "canary-token"},
    "providers": {"p": {"base_url": "http://h", "api_key": "canary-1", "headers": {"X-A": "canary-2"}}},
    "models": {"m": {"provider": "p", "model": "x"}, "n": {"provider": "p", "model": "y"}},
    "task_groups": {"g": {"one": {"models": ["m"]}, "two": {"models": ["n"]}}},
    "polling_pools": {"pool": {"task_groups": ["g"]}},
    "aliases": {"a*": "g", "*b": "m"},
}
VALUES: dict[str, list[Any]] = {
    "server.port": [1, 2],
    "server.admin_token": ["canary-token", "canary-other"],
    "providers.p.api_key": ["canary-1", "canary-3"],
    "providers.p.headers": [{"X-A": "canary-2"}, {"X-A": "canary-4"}, {"X-B": "canary-2"}, {}],
    "models.m.rpm_limit": [1, 2],
    "task_groups.g.two.models": [["n"], ["m"], ["n", "m"]],
    "task_groups.g.one.priority": [1, 9],
    "task_groups.g.timeouts": [{"total": 5}, {"total": 600}],
    "polling_pools": [BASE["polling_pools"], {}],
    "aliases": [BASE["aliases"], {"*b": "m", "a*": "g"}, {"*b": "m"}],
}


def changed(**values: Any) -> dict[str, Any]:
    config = copy.deepcopy(BASE)
    for path, value in values.items():
        *tables, key = path.split(".")
        table = config
        for name in tables:
            table = table[name]
        if value is None:
            del table[key]
        else:
            table[key] = value
    return config


def differences(old: dict[str, Any], new: dict[str, Any]) -> Changes:
    return compare(load_config(old, {}), load_config(new, {}))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("server.port", 2, Changes(changed=("server.port",))),
        ("server.admin_token", None, Changes(changed=("server.admin_token",))),
        ("providers.q", {"base_url": "http://q"}, Changes(added=("providers.q",))),
        ("providers.p.api_key", "canary-5", Changes(changed=("providers.p.api_key",))),
        ("providers.p.headers", {"X-A": "canary-6"}, Changes(changed=("providers.p.headers.X-A",))),
        ("models.m.rpm_limit", 5, Changes(changed=("models.m.rpm_limit",))),
        ("models.with.dot", {"provider": "p", "model": "z"}, None),
        ("task_groups.g.two", None, Changes(removed=("task_groups.g.two",))),
        ("task_groups.g.two.models", ["m", "n"], Changes(changed=("task_groups.g.two.models",))),
        ("task_groups.g.two.priority", 1, Changes(changed=("task_groups.g.two.priority", "task_groups.g"))),
        ("task_groups.g.timeouts", {"idle": 5}, Changes(changed=("task_groups.g.timeouts.idle",))),
        ("task_groups.g.fallback_config", {"circuit_breaker": {}}, Changes(added=("task_groups.g.fallback_config.circuit_breaker",))),
        ("polling_pools.pool", None, Changes(removed=("polling_pools.pool",))),
        ("aliases", {"*b": "m", "a*": "g"}, Changes(changed=("aliases",))),
    ],
)
def test_each_difference_is_told_by_its_key_path(path: str, value: Any, expected: Changes | None) -> None:
    if expected is None:
        config = copy.deepcopy(BASE)
        config["models"]["with.dot"] = value
        assert differences(BASE, config) == Changes(added=("models.with.dot",))
    else:
        assert differences(BASE, changed(**{path: value})) == expected


def test_nothing_is_told_of_the_same_content_in_another_layout() -> None:
    spelt_out = changed(**{"server.host": "127.0.0.1", "models.m.weight": 1})
    assert not differences(BASE, spelt_out)
    assert str(differences(BASE, spelt_out)) == "nothing changed"


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True))
    return changed(**{path: draw(st.sampled_from(VALUES[path])) for path in chosen})


@settings(max_examples=80, deadline=None)
@given(configurations(), configurations())
def test_differences_are_the_same_seen_from_both_sides_none_escapes_and_no_secret_is_in_them(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    there, back = differences(one, other), differences(other, one)
    assert (set(there.added), set(there.removed), set(there.changed)) == (set(back.removed), set(back.added), set(back.changed))
    assert not differences(one, copy.deepcopy(one))
    first, second = load_config(one, {}), load_config(other, {})
    assert bool(there) or first.revision == second.revision
    assert bool(there) == (first.model_dump() != second.model_dump() or list(first.aliases) != list(second.aliases))
    assert "canary" not in f"{there} {there!r}"


def test_only_the_address_needs_a_restart() -> None:
    old = load_config(BASE, {})
    new = load_config(changed(**{"server.port": 2, "server.host": "::1", "server.max_body_bytes": 5, "server.hot_reload": False}), {})
    assert needing_restart(old, new) == ("server.host", "server.port")
    assert needing_restart(old, old) == ()
