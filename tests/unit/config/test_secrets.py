"""Canaries: no fault, message or representation may show what came from the environment, or a credential."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyproxy.config import Config, ConfigError, Fault, check_config, load_config

if TYPE_CHECKING:
    from unit.config.conftest import Check

CANARY = "canary-7f3a"
CANONICAL = Path(__file__).with_name("canonical.yaml")


def shown(config: Config | None, faults: tuple[Fault, ...]) -> str:
    parts = [str(faults), repr(faults), *map(str, faults)]
    if config is not None:
        parts += [str(config), repr(config), config.model_dump_json(include={"providers": {"__all__": {"api_key", "api_keys", "headers"}}})]
        for section in (config.providers, config.models, config.task_groups, config.polling_pools, config.wrappers, config.nodes):
            parts += [repr(section), *(f"{value} {value!r}" for value in section.values())]
        parts += [repr(config.server), str(config.server)]
    return " ".join(parts)


def test_credentials_written_in_the_file_are_not_shown(check: Check) -> None:
    config, faults = check(
        f"""
providers:
  a: {{base_url: "http://127.0.0.1:1", api_key: {CANARY}-1}}
  b: {{base_url: "http://127.0.0.1:1", api_keys: [{CANARY}-2, {CANARY}-3], headers: {{X-Secret: {CANARY}-4}}}}
task_groups: {{g: {{e: {{models: ["a:x"]}}}}}}
"""
    )
    assert config is not None
    assert [key.get_secret_value() for key in config.providers["b"].credentials()] == [f"{CANARY}-2", f"{CANARY}-3"]
    assert CANARY not in shown(config, faults)


def test_substituted_values_of_a_good_configuration_are_not_shown() -> None:
    config, faults = check_config(
        {
            "server": {"allowed_hosts": ["${C}"], "port": "${NUMBER}"},
            "providers": {
                "p": {"base_url": "http://${C}", "api_key": "${C}", "headers": {"X-A": "${C}"}},
                "q": {"base_url": "http://h", "api_keys": ["${C}"]},
            },
            "models": {"m": {"provider": "p", "model": "x-${C}", "rpm_limit": "${NUMBER}"}},
            "task_groups": {
                "g": {
                    "description": "${C}",
                    "e": {"models": ["p:${C}", "m"], "stop": ["${C}"]},
                    "timeouts": {"total": "${NUMBER}"},
                    "fallback_config": {"max_attempts": "${NUMBER}"},
                }
            },
            "nodes": {"n": {"llm_group": "g", "system_prompt": "${C}"}},
            "aliases": {"a": "q:${C}"},
        },
        {"C": CANARY, "NUMBER": "48613"},
    )
    assert config is not None, faults
    text = shown(config, faults)
    assert CANARY in config.models["m"].model
    assert CANARY in next(iter(name for name in config.models if name.startswith("q:")))
    # The names of implicit models are keys that a program asked for; the configuration's own representation counts them only.
    assert CANARY not in text.replace(repr(config.models), "")
    assert "48613" not in text


BROKEN: list[dict[str, object]] = [
    {"server": {"host": "${C}", "port": "${C}", "drain_timeout": "${C}", "allowed_hosts": ["${C} "]}},
    {"providers": {"p": {"dialect": "${C}", "base_url": "${C}", "api_key": "${C}\n", "api_keys": ["${C}", "${C}"]}}},
    {"providers": {"p": {"base_url": "http://u:${C}@h", "headers": {"A": "${C}\n"}}}},
    {"providers": {"p": {"base_url": "http://h?${C}", "api_keys": "${C}", "api_key": ["${C}"]}}},
    {"providers": {"p": "${C}"}, "models": ["${C}"], "task_groups": "${C}", "aliases": "${C}", "nodes": {"n": "${C}"}},
    {"models": {"m": {"provider": "${C}", "model": ["${C}"], "rpm_limit": "${C}"}}},
    {"task_groups": {"g": {"e": {"models": ["${C}", "${C}:x"], "priority": "${C}", "stop": "${C}"}, "stream_guarantee": "${C}"}}},
    {"task_groups": {"g": {"e": {"models": ["x"]}, "fallback_config": {"strategy": "${C}", "fallback_groups": ["${C}", "g.${C}"]}}}},
    {"wrappers": {"w": {"type": "${C}", "target": "${C}"}, "v": {"type": "direct", "target": "${C}:${C}"}}},
    {"nodes": {"n": {"llm_group": "${C}", "temperature": "${C}", "unknown": "${C}"}}, "aliases": {"a": "${C}"}},
    {"providers": {"p": {"base_url": "http://h", "api_key": "${C"}, "q": {"base_url": "http://h", "api_key": "${C}${MISSING}"}}},
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_substituted_values_of_a_broken_configuration_are_not_shown(number: int) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(BROKEN[number], {"C": CANARY})
    error = caught.value
    text = " ".join([str(error), repr(error), repr(error.faults), *traceback.format_exception(error)])
    assert CANARY not in text
    assert error.__context__ is None


@pytest.mark.parametrize(
    "text",
    [
        f"api_key: {CANARY} {{", f"api_key: [{CANARY}", f"api_key: !{CANARY}", f"api_key: !{CANARY}!x", f"api_key: &{CANARY}",
        f"api_key: *{CANARY}", f"api_key: !!int {CANARY}",
        f"api_key: {{{CANARY}: 1}}", f"api_keys: {CANARY}", f"api_key: '{CANARY}", f'api_key: "{CANARY} \\q"', f"api_key: a: {CANARY}",
        f"api_key: '{CANARY} {CANARY}'", f"api_key: '{CANARY}${{'", f'headers: {{A: "{CANARY}\\n"}}', f"base_url: http://u:{CANARY}@h",
    ],
)  # fmt: skip
def test_a_credential_written_wrongly_is_not_shown(text: str, check: Check) -> None:
    config, faults = check(f"providers:\n  p:\n    {text}\n")
    assert config is None
    told = [str(fault).replace(f"api_key.{CANARY}", "") for fault in faults]
    assert not [line for line in told if CANARY in line]


def test_variables_that_no_text_names_do_not_appear() -> None:
    _, faults = check_config(CANONICAL, {"NORTH_KEY": CANARY, "OTHER": CANARY})
    assert any("SOUTH_KEY_1 is not set" in fault.message for fault in faults)
    assert CANARY not in shown(None, faults)
