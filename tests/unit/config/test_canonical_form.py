from pathlib import Path

import pytest
from pydantic import ValidationError

from pyproxy.config import Config, check_config, load_config

CANONICAL = Path(__file__).with_name("canonical.yaml")
ENVIRON = {"NORTH_KEY": "n-key", "SOUTH_KEY_1": "s-key"}


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(CANONICAL, ENVIRON)


def test_the_server_section_is_typed(config: Config) -> None:
    server = config.server
    assert (server.host, server.port, server.max_body_bytes, server.drain_timeout) == ("::1", 9000, 1 << 20, 5.0)
    assert server.allowed_hosts == ("sidecar.internal",)


def test_providers_keep_their_credentials_in_order(config: Config) -> None:
    north, south = config.providers["north"], config.providers["south"]
    assert north.base_url == "https://north.example/v1"
    assert [key.get_secret_value() for key in north.credentials()] == ["n-key"]
    assert [key.get_secret_value() for key in south.credentials()] == ["s-key", "second"]
    assert south.headers["X-Team"].get_secret_value() == "blue"


def test_models_carry_limits_and_the_upstream_name(config: Config) -> None:
    model = config.models["north-large"]
    assert (model.provider, model.model, model.rpm_limit, model.tpm_limit) == ("north", "pine", 500, 30_000)
    assert (model.concurrency_limit, model.context_window, model.weight) == (20, 128_000, 2)
    assert config.models["south-large"].weight == 1


def test_a_provider_and_a_name_make_a_model_wherever_a_model_can_stand(config: Config) -> None:
    assert config.models["north:pine-mini"].model == "pine-mini"
    assert config.models["south:palm:mini"].model == "palm:mini"
    assert config.models["north:fir"].provider == "north"


def test_any_table_with_models_is_an_echelon_ordered_by_priority_then_appearance(config: Config) -> None:
    names = [echelon.name for echelon in config.task_groups["deep_group"].echelons]
    assert names == ["first", "last", "translation", "analysis"]


def test_a_group_holds_its_echelons_times_and_fallback(config: Config) -> None:
    group = config.task_groups["quick_group"]
    first, second = group.echelons
    assert (group.name, group.concurrency_limit, group.stream_guarantee) == ("quick_group", 40, "first_content")
    assert (first.models, first.timeout, first.max_retries, first.temperature) == (("north-large", "north:pine-mini"), 30.0, 3, 0.7)
    assert (second.timeout, second.max_retries) == (None, 1)
    assert (group.timeouts.connect, group.timeouts.total) == (4.0, 120.0)
    fallback = group.fallback_config
    assert fallback.fallback_groups == ("quick_group.echelon2", "deep_group")
    assert (fallback.max_attempts, fallback.attempt_budget, fallback.retry_delay, fallback.retry_after_wait) == (4, 7, 0.5, 2.0)
    assert fallback.circuit_breaker is not None


def test_a_group_that_says_nothing_gets_the_defaults(config: Config) -> None:
    group = config.task_groups["deep_group"]
    fallback, times = group.fallback_config, group.timeouts
    assert (times.connect, times.first_byte, times.idle, times.total) == (5, 60, 60, 600)
    assert (fallback.strategy, fallback.max_attempts, fallback.attempt_budget) == ("echelon_down", 3, 6)
    assert (fallback.fallback_groups, fallback.retry_delay, fallback.retry_after_wait) == (None, 1.0, 3.0)


def test_an_empty_list_of_fallback_groups_is_not_an_absent_one(config: Config) -> None:
    mapping = {
        "providers": {"p": {"base_url": "http://127.0.0.1:1"}},
        "task_groups": {"g": {"e": {"models": ["p:m"]}, "fallback_config": {"fallback_groups": []}}},
    }
    assert load_config(mapping, {}).task_groups["g"].fallback_config.fallback_groups == ()
    assert config.task_groups["deep_group"].fallback_config.fallback_groups is None


def test_pools_wrappers_nodes_and_aliases_are_typed(config: Config) -> None:
    limiting = config.polling_pools["quick_pool"].rate_limiting
    assert limiting is not None
    assert limiting.token_bucket is not None
    assert limiting.token_bucket.refill_rate == 16.67
    assert config.wrappers["quick_wrapper"].fallback_groups == ("quick_group.echelon2",)
    assert config.nodes["planner"].llm_group == "deep_group.first"
    assert dict(config.aliases) == {"claude-*": "quick_group", "*": "quick_group", "chat": "quick_wrapper"}


def test_a_configuration_cannot_be_changed(config: Config) -> None:
    with pytest.raises(ValidationError):
        config.server.port = 1
    with pytest.raises(TypeError):
        config.models["x"] = config.models["north-large"]  # type: ignore[index]
    with pytest.raises(TypeError):
        load_config({}, {}).models["x"] = config.models["north-large"]  # type: ignore[index]


def test_the_revision_follows_the_content_and_not_the_layout_or_the_secrets(tmp_path: Path, config: Config) -> None:
    def revision(old: str, new: str, **environ: str) -> str:
        path = tmp_path / "other.yaml"
        path.write_text(CANONICAL.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        return load_config(path, ENVIRON | environ).revision

    assert len(config.revision) == 12
    assert revision("description: quick answers", "description:    'quick answers' # comment") == config.revision
    assert revision("timeout: 30,", "timeout: 30.0,") == config.revision
    assert revision("", "", NORTH_KEY="another") == config.revision
    assert revision("quick answers", "slow answers") != config.revision
    assert revision("port: 9000", "port: 9001") != config.revision


def test_the_source_is_told(config: Config) -> None:
    assert config.source == str(CANONICAL)
    assert load_config({}, {}).source == "<mapping>"


def test_a_program_may_give_a_mapping() -> None:
    config = load_config(
        {
            "providers": {"p": {"base_url": "${URL:http://127.0.0.1:9/v1}"}},
            "task_groups": {"g": {"e": {"models": ("p:m",), "timeout": 3}}},
        },
        {},
    )
    assert config.task_groups["g"].echelons[0].models == ("p:m",)


def test_faults_of_a_mapping_have_key_paths_and_no_lines() -> None:
    config, faults = check_config({"server": {"port": "x", 1: 2}, "nodes": {"n": {"llm_group": {1, 2}}}}, {})
    assert config is None
    assert [str(fault) for fault in faults] == [
        "<mapping>: server: a key must be text, and one is of the type int",
        "<mapping>: nodes.n.llm_group: cannot be of the type set (use texts, numbers, booleans, lists and mappings)",
        "<mapping>: server.port: must be a whole number (such as 8484)",
    ]


def test_merge_keys_and_aliases_of_yaml_are_expanded(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        """\
providers: {p: {base_url: "http://127.0.0.1:9"}}
task_groups:
  one:
    main: &main {models: [&fast "p:fast"], rpm_limit: 5, priority: 3}
    timeouts: &times {connect: 1}
  two:
    main: {<<: *main, rpm_limit: 7}
    spare: {<<: [{priority: 1}, *main], models: [*fast]}
    timeouts: *times
""",
        encoding="utf-8",
    )
    config, faults = check_config(path, {})
    assert faults == ()
    assert config is not None
    spare, main = config.task_groups["two"].echelons
    assert (spare.name, spare.models, spare.priority, spare.rpm_limit) == ("spare", ("p:fast",), 1, 5)
    assert (main.rpm_limit, main.priority) == (7, 3)
    assert config.task_groups["two"].timeouts.connect == 1
