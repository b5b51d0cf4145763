from pathlib import Path

import pytest

from pyproxy.config import check_config, load_config
from pyproxy.config.environment import substitute
from pyproxy.config.faults import FaultLog
from pyproxy.config.tree import Place, Scalar


def substituted(text: str, **environ: str) -> tuple[object, tuple[str, ...]]:
    log = FaultLog()
    node = substitute(Scalar(Place("f", 3, 7), text), environ, log)
    assert isinstance(node, Scalar)
    return node.value, tuple(str(fault) for fault in log.sorted())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${A}", "one"),
        ("x${A}y${B}z", "xoneytwoz"),
        ("${A:default}", "one"),
        ("${MISSING:default}", "default"),
        ("${MISSING:-default}", "default"),
        ("${MISSING:}", ""),
        ("${MISSING:-}", ""),
        ("${MISSING:http://127.0.0.1:1/v1}", "http://127.0.0.1:1/v1"),
        ("${EMPTY:default}", "default"),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY}", ""),
        ("${A:?must be set}", "one"),
        ("${MISSING:-?}", "?"),
        ("${MISSING:-=x}", "=x"),
        ("${MISSING:-+x}", "+x"),
        ("$${A}", "${A}"),
        ("$$${A}", "$${A}"),
        ("$A and $ and }", "$A and $ and }"),
        ("${NESTED}", "${A}"),
    ],
)
def test_a_text_is_substituted(text: str, value: str) -> None:
    assert substituted(text, A="one", B="two", EMPTY="", NESTED="${A}") == (value, ())


def test_a_missing_variable_is_named_with_its_place() -> None:
    _, faults = substituted("${ABSENT}")
    assert faults == ("f:3:7: the environment variable ABSENT is not set (set it, or give a default: ${ABSENT:default})",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${ABSENT:?}", "is not set (set it)"),
        ("${ABSENT:?the key of the team's account}", "is not set: the key of the team's account (set it)"),
        ("${EMPTY:?ask Ann}", "is not set: ask Ann (set it)"),
    ],
)
def test_a_variable_that_must_be_set_is_told_with_its_text(text: str, told: str) -> None:
    value, faults = substituted(text, EMPTY="")
    assert (value, len(faults)) == ("", 1)
    assert faults[0].endswith(told)


@pytest.mark.parametrize("text", ["${A:=canary}", "${A:+canary}", "${ABSENT:=canary}"])
def test_a_form_of_shells_alone_is_no_default(text: str) -> None:
    _, faults = substituted(text, A="secret")
    assert len(faults) == 1
    assert "which only a shell knows" in faults[0]
    assert "canary" not in faults[0]


@pytest.mark.parametrize("text", ["${", "${}", "${1X}", "${A-b}", "${A B}", "${A", "${:x}", "a ${ b"])
def test_a_form_that_is_no_variable_is_a_fault(text: str) -> None:
    _, faults = substituted(text, A="secret")
    assert len(faults) == 1
    assert "holds a '${' that is no variable" in faults[0]


def test_a_substituted_text_becomes_what_its_field_is() -> None:
    config = load_config(
        {
            "server": {"port": "${PORT}", "drain_timeout": "${DRAIN:1.5}"},
            "providers": {"no": {"base_url": "http://${HOST}:80", "api_key": "${KEY}"}},
            "models": {"m": {"provider": "${PROVIDER}", "model": "${MODEL}", "rpm_limit": "${RPM:60}"}},
            "task_groups": {"g": {"e": {"models": ["m"]}}},
            "polling_pools": {"pool": {"task_groups": ["g"], "rate_limiting": {"enabled": "${ON}"}}},
        },
        {"PORT": "1234", "HOST": "127.0.0.1", "KEY": "12345", "PROVIDER": "no", "MODEL": "1.10", "ON": "false"},
    )
    assert (config.server.port, config.server.drain_timeout) == (1234, 1.5)
    assert config.models["m"].provider == "no"
    assert (config.models["m"].model, config.models["m"].rpm_limit) == ("1.10", 60)
    limiting = config.polling_pools["pool"].rate_limiting
    assert limiting is not None
    assert limiting.enabled is False


def test_a_substituted_text_that_does_not_fit_names_its_variable_and_not_its_value() -> None:
    _, faults = check_config({"server": {"port": "${PORT}"}}, {"PORT": "canary"})
    assert str(faults[0]) == "<mapping>: server.port: must be a whole number (the value comes from ${PORT})"


def test_a_broken_text_is_reported_once() -> None:
    _, faults = check_config({"server": {"port": "${PORT}"}, "nodes": {"n": {"llm_group": "${GROUP}"}}}, {})
    assert [fault.message for fault in faults if fault.severity == "error"] == [
        "the environment variable PORT is not set",
        "the environment variable GROUP is not set",
    ]


def test_keys_are_never_substituted() -> None:
    _, faults = check_config({"aliases": {"${NAME}": "x"}}, {"NAME": "canary"})
    assert any(fault.path == "aliases.${NAME}" for fault in faults)


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYPROXY_TEST_PORT", "4321")
    assert load_config({"server": {"port": "${PYPROXY_TEST_PORT}"}}).server.port == 4321
    with pytest.raises(Exception, match="PYPROXY_TEST_PORT is not set"):
        load_config({"server": {"port": "${PYPROXY_TEST_PORT}"}}, {})


@pytest.mark.parametrize("value", ["sk-${HOME}", "sk-$${x", "sk-${"])
def test_what_a_variable_sets_is_not_looked_through_for_others_nor_shown(tmp_path: Path, value: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("providers: {p: {base_url: http://127.0.0.1:1/v1}}\nmodels: {m: {provider: p, model: m}}\n")
    config, faults = check_config(path, {"PYPROXY__PROVIDERS__P__API_KEY": value, "HOME": "other"})
    assert config is not None
    assert [key.get_secret_value() for key in config.providers["p"].credentials()] == [value]
    _, faults = check_config(path, {"PYPROXY__ALIASES__A": value, "HOME": "other"})
    assert len(faults) == 1
    assert "sk-" not in str(faults[0])
