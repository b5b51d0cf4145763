"""A configuration in a directory: folders by kind, a registry, layers, and inheritance."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from pyproxy.config import Config, check_config
from pyproxy.config.sources import files_of

MAIN = """
providers: {p: {base_url: "http://127.0.0.1:1/v1"}}
models: {a: {provider: p, model: a, rpm_limit: 10}, b: {provider: p, model: b}}
"""
GROUP = "one: {models: [a]}\ntwo: {models: [b]}\n"


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {"main.yaml": MAIN, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def loaded(folder: Path, environ: dict[str, str] | None = None) -> Config:
    config, faults = check_config(folder, environ or {})
    assert config is not None, "\n".join(map(str, faults))
    return config


def told(folder: Path, environ: dict[str, str] | None = None) -> list[str]:
    _, faults = check_config(folder, environ or {})
    return [str(fault).replace(f"{folder}/", "") for fault in faults if fault.severity == "error"]


@pytest.mark.parametrize("kind", ["groups", "task-groups", "task_groups", "llms/groups"])
def test_a_file_in_the_folder_of_its_kind_is_one_thing_named_after_the_file(tmp_path: Path, kind: str) -> None:
    config = loaded(put(tmp_path, {f"{kind}/fast-group.yaml": GROUP}))
    assert [echelon.name for echelon in config.task_groups["fast_group"].echelons] == ["one", "two"]


def test_a_name_in_the_file_is_the_name(tmp_path: Path) -> None:
    config = loaded(put(tmp_path, {"groups/x.yaml": "name: fast\n" + GROUP, "pools/p.yaml": "name: quick\ntask_groups: [fast]\n"}))
    assert (list(config.task_groups), list(config.polling_pools)) == (["fast"], ["quick"])


def test_a_file_may_hold_several_by_name_or_sections_or_one_in_a_table(tmp_path: Path) -> None:
    files = {
        "groups/several.yaml": "g1: {one: {models: [a]}}\ng2: {one: {models: [b]}}\n",
        "groups/_task_groups.yaml": "task_groups: {g3: {one: {models: [a]}}}\npolling_pools: {q1: {task_groups: [g1]}}\n",
        "groups/nested.yaml": "task_group: {name: g4, echelons: {one: {models: [a]}}}\n",
        "pools/nested.yaml": "pool: {name: q2, task_groups: [g2], rotation_strategy: {type: random}}\n",
        "models/more.yaml": "c: {provider: p, model: c}\nd: {provider: p, model: d}\n",
        "models/e.yaml": "provider: p\nmodel: e\n",
        "providers/other.yaml": "base_url: http://127.0.0.1:2/v1\n",
        "wrappers/all.yaml": "wrappers: {w: {type: pool, pool_name: q2}}\n",
        "workflows/plan.yaml": "name: plan\nedges: [[x, y]]\nnodes: {x: {type: llm_node, config: {llm_group: g1.one}}}\n",
    }
    config = loaded(put(tmp_path, files))
    assert list(config.task_groups) == ["g3", "g4", "g1", "g2"]
    assert sorted(config.polling_pools) == ["q1", "q2"]
    assert sorted(config.models) == ["a", "b", "c", "d", "e"]
    assert sorted(config.providers) == ["other", "p"]
    assert (config.wrappers["w"].target, config.nodes["x"].llm_group) == ("q2", "g1.one")


@pytest.mark.parametrize("name", ["one.toml", "pools/one.toml"])
@pytest.mark.parametrize("table", ["[pools.one]\n", "[polling_pools.one]\n", '[pool]\nname = "one"\n', "[pool]\n"])
def test_a_pool_is_one_in_each_table_that_names_it_in_its_folder_or_not(tmp_path: Path, name: str, table: str) -> None:
    pool = f'{table}task_groups = ["g"]\n'
    settings = "rotation_strategy.type = 'random'\n"
    config = loaded(put(tmp_path, {"groups/g.yaml": GROUP, name: pool + settings}))
    assert {key: pool.rotation_strategy for key, pool in config.polling_pools.items()} == {"one": "random"}


def test_a_group_is_one_in_a_table_of_a_single_file(tmp_path: Path) -> None:
    group = "[task_group]\nname = 'g'\n[task_group.echelons.one]\nmodels = ['a']\n"
    config = loaded(put(tmp_path, {"more.toml": group}))
    assert [(name, len(group.echelons)) for name, group in config.task_groups.items()] == [("g", 1)]


def test_a_section_under_two_names_in_one_file_is_a_fault(tmp_path: Path) -> None:
    (only,) = told(put(tmp_path, {"more.yaml": "model: {c: {provider: p, model: c}}\nmodels: {d: {provider: p, model: d}}\n"}))
    assert only.startswith("more.yaml:2:1: models: means models, which is given in line 1")


def test_a_name_with_two_meanings_is_told_with_both_files(tmp_path: Path) -> None:
    (only,) = told(put(tmp_path, {"nodes/b.yaml": "llm_group: g\n", "groups/g.yaml": GROUP}))
    assert only.startswith("main.yaml:3:")
    assert "(the other in " in only
    assert "nodes/b.yaml:1)" in only


def test_the_name_of_a_file_is_told_however_long_the_way_to_it_is(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 100)
    (only,) = told(put(folder, {"nodes/b.yaml": "llm_group: g\n", "groups/g.yaml": GROUP}))
    assert "a/nodes/b.yaml:1)" in only
    (only,) = told(put(tmp_path / ("b" * 100), {"groups/g.yaml": "inherits_from: ../no.yaml\n" + GROUP}))
    assert "no.yaml)" in only


def test_a_name_in_two_files_is_an_error_that_names_both(tmp_path: Path) -> None:
    (fault,) = told(put(tmp_path, {"groups/first.yaml": "name: g\n" + GROUP, "groups/second.yaml": "\nname: g\n" + GROUP}))
    assert fault.startswith("groups/second.yaml:2:1: ")
    assert "'g' is in two files: groups/first.yaml:1 has it, too" in fault


def test_the_faults_of_all_files_are_told_in_one_run(tmp_path: Path) -> None:
    files = {"groups/g.yaml": "one: {models: [a], rmp_limit: 3}\n", "models/c.yaml": "provider: q\nmodel: c\n", "pools/bad.yaml": "a: [\n"}
    faults = told(put(tmp_path, files))
    assert [fault.split(":")[0] for fault in faults] == ["groups/g.yaml", "models/c.yaml", "pools/bad.yaml"]
    assert "task_groups.g.one.rmp_limit" in faults[0]


class TestRegistry:
    def test_it_leaves_files_out_and_adds_others(self, tmp_path: Path) -> None:
        files = {
            "groups/g.yaml": GROUP,
            "groups/spare.yaml": "broken: [",
            "elsewhere/h.yaml": GROUP,
            "_registry.yaml": """
global: {config_validation: lenient, enable_hot_reload: false, reload_interval: 5}
groups:
  spare: {file: groups/spare.yaml, enabled: false}
  h: {file: elsewhere/h.yaml, enabled: true}
""",
        }
        (tmp_path / "other").mkdir()
        folder = put(tmp_path, files)
        (folder / "elsewhere" / "h.yaml").rename(folder / "other" / "h.txt")
        (folder / "_registry.yaml").write_text((folder / "_registry.yaml").read_text().replace("elsewhere/h.yaml", "other/h.txt"))
        config = loaded(folder)
        assert sorted(config.task_groups) == ["g", "h"]
        assert (config.config_validation, config.server.hot_reload, config.server.reload_interval) == ("lenient", False, 5)

    def test_it_says_what_a_file_holds_whose_folder_does_not(self, tmp_path: Path) -> None:
        registry = "groups: {h: {file: teams/h.yaml}}\nmore: {b: {file: pools/q.yaml}}\n"
        files = {"teams/h.yaml": GROUP, "pools/q.yaml": "task_groups: [h]\n", "_registry.yaml": registry}
        config = loaded(put(tmp_path, files))
        assert (list(config.task_groups), list(config.polling_pools)) == (["h"], ["q"])

    @pytest.mark.parametrize(
        ("said", "fault"),
        [
            ('file: groups/g.yaml, enabled: "no"', "enabled: must be true or false"),
            ("file: groups/g.yaml, enabled: ${ON:false}", "enabled: must be true or false"),
            ("file: groups/g.yaml, enable: false", "enable: is not what a registry says of a file (did you mean 'enabled'?)"),
        ],
    )
    def test_a_file_that_is_left_out_in_the_wrong_words_is_a_fault(self, tmp_path: Path, said: str, fault: str) -> None:
        first, second = said.split(", ")
        registry = f"groups:\n  g:\n    {first}\n    {second}\n"
        (only,) = told(put(tmp_path, {"groups/g.yaml": GROUP, "_registry.yaml": registry}))
        assert only.startswith("_registry.yaml:4:")
        assert fault in only

    @pytest.mark.parametrize("name", ["_registry.toml", "below/_registry.toml", "groups/_registry.yml"])
    def test_a_second_registry_is_told_and_not_read(self, tmp_path: Path, name: str) -> None:
        folder = put(tmp_path, {"_registry.yaml": "reload_interval: 5\n", name: "reload_interval: ["})
        config, faults = check_config(folder, {})
        assert config is not None
        assert config.server.reload_interval == 5
        assert [(fault.severity, fault.file) for fault in faults] == [("warning", str(folder / name))]

    def test_a_file_that_is_not_there_is_a_fault_at_its_line(self, tmp_path: Path) -> None:
        (fault,) = told(put(tmp_path, {"groups/g.yaml": GROUP, "_registry.yaml": "groups:\n  x: {file: groups/x.yaml}\n"}))
        assert fault.startswith("_registry.yaml:2:13: ")
        assert "there is no such file" in fault


class TestLayers:
    def test_the_environment_lies_over_the_general_and_under_the_special(self, tmp_path: Path) -> None:
        files = {
            "groups/g.yaml": GROUP,
            "env/prod.yaml": "server: {port: 9000}\nmodels: {a: {rpm_limit: 99}}\n"
            "task_groups: {g: {concurrency_limit: 7, one: {rpm_limit: 5}}}\n",
        }
        folder = put(tmp_path, {**files, "groups/g.yaml": "concurrency_limit: 3\n" + GROUP})
        assert loaded(folder).server.port == 8484
        config = loaded(folder, {"PYPROXY_ENV": "prod"})
        assert (config.server.port, config.models["a"].rpm_limit, config.models["a"].model) == (9000, 99, "a")
        assert (config.task_groups["g"].concurrency_limit, config.task_groups["g"].echelons[0].rpm_limit) == (3, 5)

    def test_an_environment_without_a_file_is_a_fault(self, tmp_path: Path) -> None:
        (fault,) = told(put(tmp_path, {"groups/g.yaml": GROUP}), {"PYPROXY_ENV": "staging"})
        assert "'staging', and there is no file for it (write env/staging.yaml" in fault

    def test_it_stands_beside_a_single_file_too(self, tmp_path: Path) -> None:
        put(tmp_path, {"main.yaml": MAIN + "task_groups: {g: {one: {models: [a]}}}\n", "env/dev.yaml": "server: {port: 1}\n"})
        config, _ = check_config(tmp_path / "main.yaml", {"PYPROXY_ENV": "dev"})
        assert config is not None
        assert config.server.port == 1

    def test_variables_lie_over_everything_and_take_the_type_of_the_setting(self, tmp_path: Path) -> None:
        folder = put(tmp_path, {"groups/fast-group.yaml": GROUP})
        variables = {
            "PYPROXY__SERVER__PORT": "9001",
            "PYPROXY__TASK_GROUPS__FAST_GROUP__ONE__RPM_LIMIT": "12",
            "PYPROXY__TASK_GROUPS__FAST_GROUP__ONE__MODELS": '["b", "a"]',
        }
        config = loaded(folder, variables)
        echelon = config.task_groups["fast_group"].echelons[0]
        assert (config.server.port, echelon.rpm_limit, echelon.models) == (9001, 12, ("b", "a"))

    def test_a_variable_that_sets_nothing_known_is_named_and_its_value_is_not(self, tmp_path: Path) -> None:
        (fault,) = told(put(tmp_path, {"groups/g.yaml": GROUP}), {"PYPROXY__SERVER__PROT": "very-secret"})
        assert "environment variable PYPROXY__SERVER__PROT" in fault
        assert "did you mean 'port'?" in fault
        assert "very-secret" not in fault


class TestInheritance:
    def test_a_file_begins_as_another(self, tmp_path: Path) -> None:
        files = {
            "global.yaml": "health_check: {interval: 9, recovery_time: 8}\nrotation_strategy: random\n",
            "groups/g.yaml": GROUP,
            "pools/q.yaml": 'inherits_from: "../global.yaml"\ntask_groups: [g]\nhealth_check: {interval: 3}\n',
        }
        pool = loaded(put(tmp_path, files)).polling_pools["q"]
        assert (pool.health_check_interval, pool.recovery_time, pool.rotation_strategy) == (3, 8, "random")

    def test_one_file_serves_several_kinds_of_which_each_takes_what_is_its_own(self, tmp_path: Path) -> None:
        files = {
            "global.yaml": "health_check: {interval: 9}\ntimeouts: {total: 7}\n",
            "groups/g.yaml": 'inherits_from: "../global.yaml"\n' + GROUP,
            "pools/q.yaml": 'inherits_from: "../global.yaml"\ntask_groups: [g]\n',
        }
        config = loaded(put(tmp_path, files))
        assert (config.task_groups["g"].timeouts.total, config.polling_pools["q"].health_check_interval) == (7, 9)
        assert [echelon.name for echelon in config.task_groups["g"].echelons] == ["one", "two"]

    def test_a_parent_may_have_any_name_and_holds_for_nobody_else(self, tmp_path: Path) -> None:
        groups = {"groups/g.yaml": 'inherits_from: "../base.yaml"\n' + GROUP, "groups/h.yaml": GROUP}
        config = loaded(put(tmp_path, {"base.yaml": "timeouts: {total: 7}\n", **groups}))
        assert [group.timeouts.total for group in config.task_groups.values()] == [7, 600]

    def test_over_several_levels_and_by_the_name_of_a_section(self, tmp_path: Path) -> None:
        groups = """
base: {concurrency_limit: 4, one: {models: [a], timeout: 5}}
middle: {inherits_from: base, one: {timeout: 6}, two: {models: [b]}}
top: {inherits_from: middle, one: {models+: [b]}}
"""
        group = loaded(put(tmp_path, {"groups/all.yaml": groups})).task_groups["top"]
        assert (group.concurrency_limit, group.echelons[0].models, group.echelons[0].timeout) == (4, ("a", "b"), 6)
        assert group.echelons[1].models == ("b",)

    @pytest.mark.parametrize(
        ("groups", "says"),
        [
            (
                "g: {inherits_from: h, one: {models: [a]}}\nh: {inherits_from: g, one: {models: [a]}}\n",
                "all.yaml:g -> all.yaml:h -> all.yaml:g",
            ),
            ("g: {inherits_from: bsae, one: {models: [a]}}\nbase: {one: {models: [a]}}\n", "did you mean base?"),
            ('g: {inherits_from: "../no.yaml", one: {models: [a]}}\n', "there is no such file to inherit from (looked for"),
            ("g: {inherits_from: [x], one: {models: [a]}}\n", "must name a file or a section"),
        ],
    )
    def test_a_circle_or_a_missing_parent_is_told(self, tmp_path: Path, groups: str, says: str) -> None:
        assert says in "\n".join(told(put(tmp_path, {"groups/all.yaml": groups})))

    def test_a_group_may_inherit_echelons_from_a_file_that_is_no_group(self, tmp_path: Path) -> None:
        config = loaded(
            put(
                tmp_path,
                {
                    "root.yaml": "one: {models: [a], timeout: 1}\ntimeouts: {total: 9}\n",
                    "parents/middle.toml": 'inherits_from = "../root.yaml"\n[one]\ntimeout = 2\nmax_retries = 1\n',
                    "groups/g.yaml": "inherits_from: ../parents/middle.toml\none: {timeout: 3}\n",
                    "pools/p.yaml": "inherits_from: ../parents/middle.toml\ntask_groups: [g]\n",
                },
            )
        )
        (one,) = config.task_groups["g"].echelons
        assert (one.models, one.timeout, one.max_retries) == (("a",), 3, 1)
        assert config.task_groups["g"].timeouts.total == 9
        assert set(config.task_groups) == {"g"}

    def test_a_table_of_the_same_file_may_be_there_only_to_inherit_from(self, tmp_path: Path) -> None:
        text = "common: {timeouts: {total: 9}}\ntask_groups: {g: {inherits_from: common, one: {models: [a]}}}\n"
        assert loaded(put(tmp_path, {"more.yaml": text})).task_groups["g"].timeouts.total == 9

    @pytest.mark.parametrize("other", ["above.yaml", "zero.yaml"])
    def test_a_file_beside_the_one_that_inherits_from_it_is_not_the_same_twice(self, tmp_path: Path, other: str) -> None:
        heir = "inherits_from: main.yaml\nconfig_validation: lenient\nmodels: {a: {rpm_limit: 20}}\n"
        config = loaded(put(tmp_path, {"main.yaml": f"config_validation: strict\n{MAIN}", other: heir}))
        assert (config.models["a"].rpm_limit, config.models["b"].model, config.config_validation) == (20, "b", "lenient")

    def test_two_heirs_that_change_the_same_are_a_fault(self, tmp_path: Path) -> None:
        heir = "inherits_from: main.yaml\nmodels: {{a: {{rpm_limit: {}}}}}\n"
        (only,) = told(put(tmp_path, {"x.yaml": heir.format(1), "y.yaml": heir.format(2)}))
        assert only.startswith("y.yaml:2:10: models.a: 'a' is in two files:")
        assert "x.yaml:2 has it, too" in only

    @pytest.mark.parametrize("number", [65, 2000])
    def test_a_chain_of_too_many_parents_is_told(self, tmp_path: Path, number: int) -> None:
        chain = "".join(f"  g{number - i}: {{inherits_from: g{number - i - 1}}}\n" for i in range(number))
        faults = told(put(tmp_path, {"more.yaml": f"task_groups:\n{chain}  g0: {{one: {{models: [a]}}}}\n"}))
        assert "inherits over more than 64 levels" in "\n".join(faults)

    def test_a_fault_in_a_parent_is_told_once_under_the_name_that_its_file_has_elsewhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = {"llms/global.yaml": "timeouts: {total: [}\n", "llms/groups/g.yaml": 'inherits_from: "../global.yaml"\n' + GROUP}
        put(tmp_path, files)
        monkeypatch.chdir(tmp_path)
        (fault,) = told(Path())
        assert fault.startswith("llms/global.yaml:1:")

    def test_files_in_a_circle_are_told_by_their_chain(self, tmp_path: Path) -> None:
        files = {
            "pools/p.yaml": "inherits_from: ./q.yaml\ntask_groups: [g]\n",
            "pools/q.yaml": "inherits_from: p.yaml\n",
            "groups/g.yaml": GROUP,
        }
        assert "inherits from itself: p.yaml:p -> q.yaml:q -> p.yaml:p" in "\n".join(told(put(tmp_path, files)))

    def test_a_typing_error_at_the_top_of_a_file_is_no_heirloom(self, tmp_path: Path) -> None:
        (fault,) = told(put(tmp_path, {"groups/g.yaml": GROUP, "global.yaml": "sever: {port: 1}\n"}))
        assert "did you mean 'server'?" in fault


class TestPaths:
    @pytest.mark.parametrize("name", ["no\\0thing.yaml", f"{'x' * 5000}.yaml", f"{'x/' * 3000}y.yaml", ".loop.yaml"])
    def test_what_cannot_be_a_path_is_told_like_what_is_not_there(self, tmp_path: Path, name: str) -> None:
        files = {
            "groups/g.yaml": f'inherits_from: "./{name}"\n' + GROUP,
            "_registry.yaml": f'groups: {{h: {{file: "groups/{name}"}}}}\n',
        }
        put(tmp_path, files)
        (tmp_path / "groups" / ".loop.yaml").symlink_to(".loop.yaml")
        faults = told(tmp_path)
        assert len(faults) == 2
        assert all("there is no such file" in fault and fault.isprintable() for fault in faults)

    def test_a_link_back_does_not_go_round(self, tmp_path: Path) -> None:
        folder = put(tmp_path, {"groups/g.yaml": GROUP})
        (folder / "groups" / "again").symlink_to(folder)
        assert [file.path.name for file in files_of(folder)] == ["main.yaml", "g.yaml"]
        assert list(loaded(folder).task_groups) == ["g"]

    def test_a_file_with_two_names_is_read_once_under_the_first(self, tmp_path: Path) -> None:
        folder = put(tmp_path, {"groups/first.yaml": GROUP})
        (folder / "groups" / "second.yaml").symlink_to("first.yaml")
        assert list(loaded(folder).task_groups) == ["first"]

    def test_names_too_long_for_a_file_are_told(self, tmp_path: Path) -> None:
        folder = put(tmp_path, {"groups/g.yaml": GROUP})
        (fault,) = told(folder, {"PYPROXY_ENV": "x" * 5000})
        assert "there is no file for it" in fault
        (fault,) = told(folder / ("x" * 5000))
        assert "cannot be read" in fault


@pytest.mark.parametrize("name", ["groups/g.yaml", "_registry.toml", "env/test.yaml"])
def test_a_link_that_leads_nowhere_is_a_fault_and_not_a_file_less(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.yaml").write_text("providers: {p: {base_url: 'http://h'}}\nmodels: {m: {provider: p, model: x}}\n")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to("nowhere.yaml")
    config, faults = check_config(tmp_path, {"PYPROXY_ENV": "test"} if name.startswith("env") else {})
    assert config is None
    assert [str(fault) for fault in faults] == [f"{tmp_path / name}: is a link that leads nowhere"]


def test_files_that_may_not_be_looked_at_are_faults_and_not_files_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretended, as the one who runs the tests may be allowed everything."""
    (tmp_path / "main.yaml").write_text("providers: {p: {base_url: 'http://h'}}\nmodels: {m: {provider: p, model: x}}\n")
    group = tmp_path / "groups" / "g.yaml"
    group.parent.mkdir()
    group.write_text("e: {models: [m]}\n")
    for name in ("stat", "open"):
        allowed = getattr(Path, name)

        def refused(path: Path, *how: Any, allowed: Any = allowed, **options: Any) -> Any:
            if path == group:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return allowed(path, *how, **options)

        monkeypatch.setattr(Path, name, refused)
    config, faults = check_config(tmp_path, {})
    assert config is None
    assert [str(fault) for fault in faults] == [f"{group}: cannot be read: Permission denied"]
