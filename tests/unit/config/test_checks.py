"""What cannot be meant is told; what can be meant is not."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.config import Fault, check_config

if TYPE_CHECKING:
    from unit.config.conftest import Check

BASE = """\
providers: {p: {base_url: "http://127.0.0.1:1"}}
models: {a: {provider: p, model: x}, b: {provider: p, model: y}}
task_groups:
"""


def told(faults: tuple[Fault, ...]) -> list[str]:
    return [fault.message for fault in faults if not fault.message.startswith("accepted, not in effect yet")]


@pytest.mark.parametrize(
    "text",
    [
        # its own echelons below, or one above, are no circle
        "  g: {e: {models: [a]}, f: {models: [b]}, fallback_config: {fallback_groups: [g.f]}}\n",
        "  g: {e: {models: [a]}, f: {models: [b]}, fallback_config: {fallback_groups: [g.e, g.f]}}\n",
        # two ways to one group are no circle
        """\
  g: {e: {models: [a]}, fallback_config: {fallback_groups: [h, i]}}
  h: {e: {models: [b]}, fallback_config: {fallback_groups: [i]}}
  i: {e: {models: ['p:z']}}
""",
        # an echelon that fallback_groups leaves out, but something else names
        "  g: {e: {models: [a]}, f: {models: [b]}, fallback_config: {fallback_groups: []}}\naliases: {chat: g.f}\n",
        "  g: {e: {models: [a]}, f: {models: [b]}, fallback_config: {fallback_groups: []}}\nnodes: {n: {llm_group: g.f}}\n",
        """\
  g: {e: {models: [a]}, f: {models: [b]}, fallback_config: {fallback_groups: []}}
  h: {e: {models: ['p:z']}, fallback_config: {fallback_groups: [g]}}
""",
        # as many echelons as attempts
        "  g: {e: {models: [a]}, f: {models: [b]}, h: {models: ['p:z']}}\n",
        # one more than attempts, which something else names
        """\
  g: {e: {models: [a]}, f: {models: [b]}, fallback_config: {max_attempts: 1}}
nodes: {n: {llm_group: g.f}}
""",
        # instances that two echelons share are called once
        "  g: {e: {models: [a, b]}, f: {models: [a, b]}, h: {models: ['p:z']}, fallback_config: {attempt_budget: 3}}\n",
        # a part of a group of fallbacks is within reach
        """\
  g: {e: {models: [a]}, fallback_config: {fallback_groups: [h], max_attempts: 2}}
  h: {e: {models: [b]}, f: {models: ['p:z']}}
""",
        # limits that are equal, and limits of models, which other groups use, too
        "  g: {rpm_limit: 5, e: {models: [a], rpm_limit: 5}}\n",
        "  g: {e: {models: [a], max_tokens: 100, tpm_limit: 100}}\n",
        # a node may have more than its group when it goes on elsewhere
        "  g: {rpm_limit: 5, e: {models: [a]}}\n  h: {e: {models: [b]}}\nnodes: {n: {llm_group: g, rpm_limit: 9, fallback_groups: [h]}}\n",
        # a total that is shorter than the default of a phase
        "  g: {e: {models: [a], timeout: 20}, timeouts: {total: 20}}\n",
        # a model in two echelons
        "  g: {e: {models: [a, b]}, f: {models: [b, a]}}\n",
        # one kind of task, and names that say nothing of one
        """\
  fast_group: {e: {models: [a]}}
  fast_small_group: {translation: {models: [b]}}
polling_pools: {pool: {task_groups: [fast_group, fast_small_group]}}
""",
        """\
  alpha: {e: {models: [a]}}
  thinking_group: {e: {models: [b]}}
polling_pools: {pool: {task_groups: [alpha, thinking_group]}}
""",
    ],
)
def test_what_can_be_meant_is_not_told(text: str, check: Check) -> None:
    config, faults = check(BASE + text)
    assert config is not None
    assert told(faults) == []


def test_one_who_takes_part_is_enough(check: Check) -> None:
    text = BASE.replace("model: x", "model: x, weight: 0") + "  g: {e: {models: [a, b]}}\n"
    assert told(check(text)[1]) == []
    assert told(check(text.replace("[a, b]", "[a]"))[1]) == ["has only models of the weight 0, so that none would ever be asked"]


def test_credentials_make_instances_that_the_budget_counts(check: Check) -> None:
    text = (
        BASE.replace('1"}', '1", api_keys: [k1, k2, k3]}')
        + "  g: {e: {models: [a]}, f: {models: [b]}, fallback_config: {attempt_budget: 3}}\n"
    )
    assert told(check(text)[1]) == ["may never be tried after failures: the 3 instances before it use up attempt_budget (3)"]


def test_a_fallback_is_told_where_it_is_listed_too_late(check: Check) -> None:
    text = BASE + "  g: {e: {models: [a]}, fallback_config: {max_attempts: 2, fallback_groups: [h, i]}}\n"
    _, faults = check(text + "  h: {e: {models: [b]}}\n  i: {e: {models: ['p:z']}}\n")
    assert [(fault.path, fault.severity) for fault in faults] == [("task_groups.g.fallback_config.fallback_groups[1]", "warning")]
    assert faults[0].message == "is never tried after failures: the targets before it use up max_attempts (2)"


def test_an_echelon_of_a_pool_may_speak_of_another_task_than_its_group(check: Check) -> None:
    groups = "  small_group: {translation: {models: [a]}, analysis: {models: [b]}}\n"
    one = "polling_pools: {pool: {task_groups: [small_group.translation]}}\n"
    two = "polling_pools: {pool: {task_groups: [small_group.translation, small_group.analysis]}}\n"
    assert told(check(BASE + groups + one)[1]) == []
    assert told(check(BASE + groups + two)[1]) == [
        "mixes task types: translation (small_group.translation), analysis (small_group.analysis)"
    ]


def test_values_from_the_environment_are_named_and_not_shown(check: Check) -> None:
    text = (
        BASE + "  g: {rpm_limit: '${LOW}', e: {models: [a, '${MODEL}'], rpm_limit: '${HIGH}', max_tokens: 9, tpm_limit: '${LOW}'},"
        " fallback_config: {fallback_groups: ['${GROUP}']}}\naliases: {x: '${ALIAS}'}\n"
    )
    _, faults = check(text, {"LOW": "7", "HIGH": "4321", "MODEL": "a", "GROUP": "g", "ALIAS": "x"})
    assert told(faults) == [
        "'${MODEL}' stands in this list already",
        "${HIGH} is never reached: the rpm_limit of the task group 'g' around it is ${LOW}",
        "9 tokens would never pass: the tpm_limit of the echelon 'g.e' is ${LOW}",
        "closes a circle of fallback groups",
        "names an alias, and an alias stands for a target",
    ]


names = st.sampled_from("abcdef")


@given(st.dictionaries(names, st.lists(names, max_size=3, unique=True), min_size=1))
def test_a_circle_is_told_exactly_when_there_is_one(graph: dict[str, list[str]]) -> None:
    graph = {name: [other for other in others if other in graph] for name, others in graph.items()}
    groups = {
        name: {"e": {"models": [f"p:{name}"]}, "fallback_config": {"fallback_groups": others, "max_attempts": 100, "attempt_budget": 100}}
        for name, others in graph.items()
    }
    _, faults = check_config({"providers": {"p": {"base_url": "http://127.0.0.1:1"}}, "task_groups": groups}, {})
    chains = [message.removeprefix("falls back in a circle: ").split(" → ") for message in told(faults)]
    assert bool(chains) == any(name in reached(name, graph) for name in graph)
    for chain in chains:
        assert chain[0] == chain[-1]
        assert all(there in graph[here] for here, there in pairwise(chain))


def reached(start: str, graph: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    for _ in graph:
        found |= {other for name in (start, *found) for other in graph[name]}
    return found


@given(st.dictionaries(names, st.sampled_from("abcdefg"), min_size=1))
def test_a_circle_of_aliases_is_told_once_and_every_other_alias_of_an_alias_for_itself(aliases: dict[str, str]) -> None:
    groups = {"g": {"e": {"models": ["p:m"]}}}
    _, faults = check_config({"providers": {"p": {"base_url": "http://127.0.0.1:1"}}, "task_groups": groups, "aliases": aliases}, {})
    in_circle = {
        alias for alias in aliases if alias in reached(alias, {name: [to] if to in aliases else [] for name, to in aliases.items()})
    }
    circles = [message for message in told(faults) if "circle" in message or message == "stands for itself"]
    by_circle = {frozenset(walk(alias, aliases)) for alias in in_circle}
    assert len(circles) == len(by_circle)
    others = {alias for alias, to in aliases.items() if to in aliases} - in_circle
    assert sum("is an alias itself" in message for message in told(faults)) == len(others)


def walk(alias: str, aliases: dict[str, str]) -> list[str]:
    way = [alias]
    while aliases[way[-1]] not in way:
        way.append(aliases[way[-1]])
    return way


POOL = BASE + "  g: {e: {models: [a]}, f: {models: [b]}}\npolling_pools: {q: {task_groups: [g], rotation_strategy: "


@pytest.mark.parametrize("weights", ["{a: 2, g.f: 3}", "{}", "{b: 0}"])
def test_weights_of_models_and_echelons_of_the_pool_are_in_order(check: Check, weights: str) -> None:
    _, faults = check(f"{POOL}weighted, weights: {weights}}}}}\n")
    assert told(faults) == []


@pytest.mark.parametrize(
    ("groups", "weights"), [("[g]", "{c: 2}"), ("[g]", "{g: 2}"), ("[g]", "{g.x: 2}"), ("[g.e]", "{b: 2}"), ("[g.e]", "{g.f: 2}")]
)
def test_a_weight_of_what_is_not_in_the_pool_is_an_error_at_its_place(check: Check, groups: str, weights: str) -> None:
    config, faults = check(f"{POOL}weighted,\n  weights: {weights}}}}}\n".replace("[g]", groups))
    assert config is None
    errors = [fault for fault in faults if fault.severity == "error"]
    assert [(fault.line, fault.column, fault.message) for fault in errors] == [(6, 13, "is no instance of the pool 'q'")]


@pytest.mark.parametrize("groups", ["[g, nowhere]", '[g, "${NOWHERE}"]', "[]", "3"])
def test_weights_of_a_pool_that_is_not_known_in_full_are_not_judged(check: Check, groups: str) -> None:
    _, faults = check(f"{POOL}weighted, weights: {{c: 2}}}}}}\n".replace("[g]", groups))
    assert faults
    assert not any("no instance" in message for message in told(faults))


def test_weights_that_the_strategy_does_not_look_at_are_told(check: Check) -> None:
    config, faults = check(f"{POOL}random, weights: {{a: 2}}}}}}\n")
    assert config is not None
    assert told(faults) == ["changes nothing: the rotation_strategy is random"]
