"""Files of old load, and migrate to files that mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.old_files import FALLBACK, GROUP, GROUP_TOML, MAIN, SINGLE, config_of, errors_of, load, migrate, put, texts

from pyproxy.config import check_config
from pyproxy.config.migration import plan_migration

if TYPE_CHECKING:
    from pathlib import Path


class TestGlobalFallback:
    @pytest.mark.parametrize("file", ["global_fallback.yaml", "global_fallback.yml", "llms/global_fallback.yaml"])
    def test_it_counts_in_each_group_that_has_none_and_is_told_once_with_the_way_out(self, tmp_path: Path, file: str) -> None:
        files = {"main.yaml": MAIN, file: FALLBACK, "groups/fast.yaml": GROUP, "groups/slow.yaml": GROUP}
        _, told = load(put(tmp_path, files))
        message = "is an old global fallback: it counts in each task group that has no fallback_config"
        assert told == [f"{file}:1:1: {message} (deprecated: run pyproxy migrate {tmp_path})"]
        slow = config_of(tmp_path).task_groups["slow"].fallback_config
        assert (slow.fallback_groups, slow.max_attempts, slow.retry_delay) == (("fast",), 4, 0.5)
        assert slow.circuit_breaker is not None
        assert slow.circuit_breaker.failure_threshold == 3

    @pytest.mark.parametrize(
        "fallback",
        [
            'strategy = "echelon_down"\ntargets = ["fast"]\nmax_attempts = 4\n',
            '[global_fallback]\nenabled = true\nfallback_strategy = "echelon_down"\nfallback_targets = ["fast"]\nmax_attempts = 4\n',
            '[fallback]\nfallback_groups = "fast"\nmax_attempts = 4\n',
        ],
    )
    def test_every_way_to_write_it_means_the_same(self, tmp_path: Path, fallback: str) -> None:
        put(tmp_path, {"main.yaml": MAIN, "global_fallback.toml": fallback, "groups/fast.yaml": GROUP, "groups/slow.toml": GROUP_TOML})
        slow = config_of(tmp_path).task_groups["slow"].fallback_config
        assert (slow.strategy, slow.fallback_groups, slow.max_attempts) == ("echelon_down", ("fast",), 4)
        migrate(tmp_path)
        assert not (tmp_path / "global_fallback.toml").exists()

    def test_a_group_with_a_fallback_of_its_own_keeps_that_alone_however_it_is_written(self, tmp_path: Path) -> None:
        files = {
            "main.yaml": MAIN,
            "global_fallback.yaml": FALLBACK,
            "groups/fast.yaml": GROUP,
            "groups/table.yaml": GROUP + "fallback_config: {retry_delay: 9}\n",
            "groups/beside.yaml": GROUP + "fallback_strategy: echelon_down\n",
            "groups/heir.yaml": "inherits_from: ./table.yaml\n",
        }
        groups = config_of(put(tmp_path, files)).task_groups
        for name in ("table", "beside", "heir"):
            assert (groups[name].fallback_config.fallback_groups, groups[name].fallback_config.max_attempts) == (None, 3)
        migrate(tmp_path)
        assert {name: text for name, text in texts(tmp_path).items() if name != "groups/fast.yaml"} == {
            name: text for name, text in files.items() if name not in ("groups/fast.yaml", "global_fallback.yaml")
        }

    def test_a_list_for_all_leads_nobody_in_a_circle_and_models_are_passed_over(self, tmp_path: Path) -> None:
        fallback = "targets: [fast, a, slow.two, 'p:x']\nfallback_models: [gpt]\n"
        files = {"main.yaml": MAIN, "global_fallback.yaml": fallback, "groups/fast.yaml": GROUP, "groups/slow.yaml": GROUP}
        _, told = load(put(tmp_path, {**files, "groups/third.yaml": GROUP}))
        groups = config_of(tmp_path).task_groups
        found = {name: group.fallback_config.fallback_groups for name, group in groups.items()}
        assert found == {"fast": ("slow.two",), "slow": ("slow.two",), "third": ("fast", "slow.two")}
        assert [warning.partition(" ")[0] for warning in told] == [
            "global_fallback.yaml:1:1:", "global_fallback.yaml:1:11:", "global_fallback.yaml:1:17:", "global_fallback.yaml:1:30:",
            "global_fallback.yaml:2:19:",
        ]  # fmt: skip
        assert "global_fallback.yaml:1:11: targets[0]: is not for slow, which the list names later" in told[1]
        assert [fault.line for fault in migrate(tmp_path).lost] == [1, 1, 1, 2]

    def test_a_group_that_is_left_with_no_target_goes_down_its_own_echelons(self, tmp_path: Path) -> None:
        put(tmp_path, {"main.yaml": MAIN, "global_fallback.yaml": "targets: [fast]\n", "groups/fast.yaml": GROUP})
        assert config_of(tmp_path).task_groups["fast"].fallback_config.fallback_groups is None
        migrate(tmp_path)
        (tmp_path / "global_fallback.yaml").write_text("targets: []\nmax_attempts: 2\n")
        put(tmp_path, {"groups/fast.yaml": GROUP})
        assert config_of(tmp_path).task_groups["fast"].fallback_config.fallback_groups == ()
        migrate(tmp_path)

    def test_a_disabled_one_counts_nowhere_and_goes(self, tmp_path: Path) -> None:
        put(tmp_path, {"main.yaml": MAIN, "global_fallback.yaml": "enabled: false\n" + FALLBACK, "groups/fast.yaml": GROUP})
        assert config_of(tmp_path).task_groups["fast"].fallback_config.max_attempts == 3
        migrate(tmp_path)
        assert sorted(texts(tmp_path)) == ["groups/fast.yaml", "main.yaml"]

    @pytest.mark.parametrize(
        ("fallback", "says"),
        [
            ("targets: [fats]\n", "global_fallback.yaml:1:11: task_groups.fast.fallback_config.fallback_groups[0]: there is no task group"),
            ("strategy: echelon_dwon\n", "global_fallback.yaml:1:11: task_groups.fast.fallback_config.strategy: must be"),
            ("enabled: maybe\n", "global_fallback.yaml:1:1: enabled: must be true or false"),
            ("targets: [fast]\nfallback_groups: [slow]\n", "means fallback_groups, which is given in line 1"),
        ],
    )
    def test_what_is_wrong_in_it_is_told_at_its_line(self, tmp_path: Path, fallback: str, says: str) -> None:
        put(tmp_path, {"main.yaml": MAIN, "global_fallback.yaml": fallback, "groups/fast.yaml": GROUP, "groups/slow.yaml": GROUP})
        assert says in errors_of(tmp_path)
        before = texts(tmp_path)
        assert says in "\n".join(map(str, plan_migration(tmp_path).faults))
        assert texts(tmp_path) == before

    def test_a_group_that_is_in_two_layers_gets_it_in_its_own_file_alone(self, tmp_path: Path) -> None:
        main = MAIN + "task_groups:\n  fast:\n    concurrency_limit: 3\n  slow:\n    fallback_config: {max_attempts: 2}\n"
        files = {"main.yaml": main, "global_fallback.yaml": FALLBACK, "groups/fast.yaml": GROUP, "groups/slow.yaml": GROUP}
        migrate(put(tmp_path, files))
        assert (texts(tmp_path)["main.yaml"], texts(tmp_path)["groups/slow.yaml"]) == (main, GROUP)

    def test_two_of_them_are_told_by_both_places(self, tmp_path: Path) -> None:
        put(
            tmp_path,
            {"main.yaml": MAIN + "global_fallback: {max_attempts: 2}\n", "global_fallback.yaml": FALLBACK, "groups/fast.yaml": GROUP},
        )
        assert "'global_fallback' is in two files" in errors_of(tmp_path)

    def test_the_environment_changes_a_group_after_as_before(self, tmp_path: Path) -> None:
        files = {
            "main.yaml": MAIN + "task_groups:\n  fast:\n    one: {models: [a]}\n",
            "groups/slow.yaml": GROUP,
            "global_fallback.yaml": FALLBACK,
            "env/prod.yaml": "task_groups:\n  fast:\n    fallback_config: {max_attempts: 6}\n"
            "  slow: {fallback_config: {max_attempts: 7}}\n  only_here:\n    one: {models: [b]}\n",
        }
        put(tmp_path, files)
        migrate(tmp_path, ("", "prod"))
        prod, _ = check_config(tmp_path, {"PYPROXY_ENV": "prod"})
        assert prod is not None
        found = {name: group.fallback_config.max_attempts for name, group in prod.task_groups.items()}
        assert found == {"fast": 6, "slow": 4, "only_here": 4}


class TestSingleModels:
    def test_a_file_alone_can_be_served(self, tmp_path: Path) -> None:
        file = (
            put(tmp_path, {"gpt-4.yaml": SINGLE + "temperature: 0.3\nmax_tokens: 9\ntimeout: 5\nmax_retries: 2\nlanguage: en\n"})
            / "gpt-4.yaml"
        )
        config, told = config_of(file), load(file)[1]
        assert config.providers["openai"].base_url == "https://api.openai.com/v1"
        assert (config.models["gpt-4"].provider, config.models["gpt-4"].model) == ("openai", "gpt-4")
        (echelon,) = config.task_groups["default"].echelons
        assert (echelon.models, echelon.temperature, echelon.max_tokens, echelon.timeout, echelon.max_retries) == (("gpt-4",), 0.3, 9, 5, 2)
        assert dict(config.aliases) == {"*": "default"}
        assert told == [
            f"{file}:1:1: is an old single-model file: it is read as the model gpt-4 of openai (deprecated: run pyproxy migrate {file})",
            f"{file}:8:1: language: is not carried over: neither a provider nor a model has such a setting",
        ]
        migrate(file)
        assert file.read_text().startswith('providers:\n  openai:\n    api_key: "${KEY:none}"\n')

    @pytest.mark.parametrize(
        ("text", "provider", "dialect", "base_url"),
        [
            ("model: m\n", "openai", "openai", "https://api.openai.com/v1"),
            ("model_name: m\nmodel_type: anthropic\n", "anthropic", "anthropic", "https://api.anthropic.com/v1"),
            ("model_name: m\ntype: gemini\napi_base: http://x/v1beta\n", "gemini", "gemini", "http://x/v1beta"),
            ("model: m\nprovider: Claude\nbase_url: http://x\n", "anthropic", "anthropic", "http://x"),
            ("model: m\nprovider: my service\nbase_url: http://x\n", "my-service", "openai", "http://x"),
            ("model: m\nprovider: x\ntype: openai\nbase_url: http://x\n", "x", "openai", "http://x"),
            ("model: m\nprovider: x\ndialect: gemini\nbase_url: http://x\n", "x", "gemini", "http://x"),
            ("model: m\nprovider: ollama\nparameters: {temperature: 1}\n", "ollama", "openai", "http://127.0.0.1:11434/v1"),
        ],
    )
    @pytest.mark.parametrize("is_toml", [False, True], ids=["yaml", "toml"])
    def test_its_provider_is_known_by_name(
        self, tmp_path: Path, text: str, provider: str, dialect: str, base_url: str, *, is_toml: bool
    ) -> None:
        if is_toml:
            pairs = [line.partition(": ") for line in text.splitlines()]
            text = "".join(f'{key} = "{value}"\n' if "{" not in value else f"{key} = {{temperature = 1}}\n" for key, _, value in pairs)
        file = put(tmp_path, {f"old.{'toml' if is_toml else 'yaml'}": text}).joinpath(f"old.{'toml' if is_toml else 'yaml'}")
        made = config_of(file)
        assert {name: (one.dialect, one.base_url) for name, one in made.providers.items()} == {provider: (dialect, base_url)}
        migrate(file)

    def test_an_unknown_provider_without_an_address_is_told_at_its_line(self, tmp_path: Path) -> None:
        file = put(tmp_path, {"old.yaml": "model: m\nprovider: elsewhere\n"}) / "old.yaml"
        assert f"{file}:2:11: providers.elsewhere.base_url: is missing" in errors_of(file)

    def test_they_go_on_beside_new_ones_and_share_what_is_the_same(self, tmp_path: Path) -> None:
        files = {
            "main.yaml": MAIN,
            "groups/fast.yaml": "one: {models: [a, gpt-4, turbo, claude, local]}\n",
            "gpt-4.yaml": SINGLE + "temperature: 0.3\n",
            "llms/models/turbo.yaml": SINGLE.replace("gpt-4", "gpt-4-turbo") + "rpm_limit: 9\n",
            "llms/models/new.yaml": "provider: p\nmodel: c\n",
            "llms/provider/openai/claude.toml": 'model_name = "gpt-5"\nprovider = "openai"\napi_key = "another"\n',
            "llms/models/local.yaml": "model_name: z\nprovider: p\n",
        }
        put(tmp_path, files)
        config, told = config_of(tmp_path), load(tmp_path)[1]
        assert {name: model.provider for name, model in config.models.items()} == {
            "a": "p", "b": "p", "new": "p", "gpt-4": "openai", "turbo": "openai", "claude": "openai-claude", "local": "p",
        }  # fmt: skip
        assert config.models["turbo"].rpm_limit == 9
        assert sorted(warning.partition(":")[0] for warning in told) == [
            "gpt-4.yaml", "gpt-4.yaml", "llms/models/local.yaml", "llms/models/turbo.yaml", "llms/provider/openai/claude.toml",
        ]  # fmt: skip
        assert any("gpt-4.yaml:4:1: temperature: is not carried over" in warning for warning in told)
        migration = migrate(tmp_path)
        assert migration.secrets == {"another"}
        assert set(texts(tmp_path)) - set(files) == {
            "llms/models/gpt-4.yaml", "llms/models/claude.toml", "llms/provider/openai.yaml", "llms/provider/openai-claude.toml",
        }  # fmt: skip
        assert set(files) - set(texts(tmp_path)) == {"gpt-4.yaml", "llms/provider/openai/claude.toml"}
        assert texts(tmp_path)["llms/models/gpt-4.yaml"] == "name: gpt-4\nprovider: openai\nmodel: gpt-4\n"

    def test_a_name_that_is_taken_is_told(self, tmp_path: Path) -> None:
        put(tmp_path, {"main.yaml": MAIN, "x.yaml": SINGLE + "name: one\n", "y.yaml": SINGLE + "name: one\n"})
        assert "'one' is in two files" in errors_of(tmp_path)

    def test_a_model_of_a_folder_and_a_parent_of_others_are_no_old_files(self, tmp_path: Path) -> None:
        files = {
            "main.yaml": MAIN,
            "models/c.yaml": "provider: p\nmodel: c\nrpm_limit: 3\n",
            "base.yaml": "provider: p\nmodel: base\n",
            "models/d.yaml": "inherits_from: ../base.yaml\nrpm_limit: 3\n",
        }
        assert load(put(tmp_path, files))[1] == []
        assert config_of(tmp_path).models["d"].model == "base"
        assert plan_migration(tmp_path).is_nothing

    def test_a_file_whose_name_is_taken_is_left_to_people(self, tmp_path: Path) -> None:
        files = {
            "main.yaml": MAIN,
            "_registry.yaml": "providers:\n  openai: {file: providers/openai.yaml, enabled: false}\n",
            "providers/openai.yaml": "base_url: http://x\n",
            "gpt4.yaml": SINGLE,
        }
        migration = migrate(put(tmp_path, files))
        assert "is there already" in migration.by_hand[0].message
        assert texts(tmp_path) == files
