"""What people wrote around the parts that a migration changes stays as it is, whatever the layout."""

from __future__ import annotations

import difflib
import shutil
import stat
from pathlib import Path

import pytest
from support.old_files import FALLBACK, GROUP, GROUP_TOML, MAIN, SINGLE, migrate, put, texts
from support.old_layouts import TOML_LAYOUTS, TOML_MAIN, YAML_LAYOUTS, only_adds

from pyproxy.config.migration import plan_migration

CONFIGS = Path(__file__).parents[3] / "configs"
CORPUS = Path(__file__).parents[2] / "corpus" / "broken"


class TestTheTextOfPeople:
    @pytest.mark.parametrize("layout", YAML_LAYOUTS)
    @pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
    def test_comments_and_layout_of_yaml_stay(self, tmp_path: Path, layout: str, end: str) -> None:
        text = (MAIN + YAML_LAYOUTS[layout]).replace("\n", end)
        file = put(tmp_path, {"config.yaml": text}) / "config.yaml"
        assert migrate(file).by_hand == ()
        after = file.read_bytes().decode()
        assert after.count("\n") == after.count(end)
        gone = [line for line in difflib.ndiff(text.splitlines(), after.splitlines()) if line.startswith("- ")]
        assert [line for line in gone if "global_fallback" not in line and line[2:4].strip() and not line.startswith("-   ")] == []
        for line in text.splitlines():
            assert "#" not in line or line in after.splitlines()

    @pytest.mark.parametrize("layout", TOML_LAYOUTS)
    def test_comments_and_layout_of_toml_stay(self, tmp_path: Path, layout: str) -> None:
        text = TOML_LAYOUTS[layout]
        file = put(tmp_path, {"config.toml": text + TOML_MAIN}) / "config.toml"
        assert migrate(file).by_hand == ()
        lines = file.read_text().splitlines()
        assert [line for line in text.splitlines() if "#" in line and line not in lines] == []
        if "# comment of two" in lines:
            assert lines[lines.index("# comment of two") + 1] == "[task_groups.fast.two]"

    def test_a_group_in_a_file_of_its_own_gets_lines_at_its_end(self, tmp_path: Path) -> None:
        files = {"main.yaml": MAIN, "global_fallback.yaml": "max_attempts: 4\nstrategy: echelon_down\n"}
        group = "# fast\n\n" + GROUP + "# rpm_limit: 3\n"
        migrate(put(tmp_path, {**files, "groups/fast.yaml": group, "groups/slow.toml": GROUP_TOML + "# end\n"}))
        assert texts(tmp_path)["groups/fast.yaml"] == group + "fallback_config:\n  max_attempts: 4\n  strategy: echelon_down\n"
        assert texts(tmp_path)["groups/slow.toml"] == (
            GROUP_TOML + '# end\n\n[fallback_config]\nmax_attempts = 4\nstrategy = "echelon_down"\n'
        )

    def test_texts_and_variables_are_written_as_they_were_meant(self, tmp_path: Path) -> None:
        fallback = "strategy: ${STRATEGY:echelon_down}\nmax_attempts: '4'\ntargets: [\"${TARGET:fast}\"]\nretry_delay: ${DELAY:1e-3}\n"
        files = {"main.yaml": MAIN, "global_fallback.yaml": fallback, "groups/fast.yaml": GROUP + "fallback_config: {}\n"}
        migrate(put(tmp_path, {**files, "groups/slow.yaml": GROUP, "groups/third.toml": GROUP_TOML}))
        assert 'fallback_groups: ["${TARGET:fast}"]' in texts(tmp_path)["groups/slow.yaml"]
        assert 'max_attempts = "4"' in texts(tmp_path)["groups/third.toml"]

    def test_a_mark_at_the_start_of_a_file_and_its_permissions_stay(self, tmp_path: Path) -> None:
        put(tmp_path, {"main.yaml": MAIN, "global_fallback.yaml": FALLBACK, "groups/fast.yaml": "\ufeff" + GROUP, "gpt4.yaml": SINGLE})
        for name in ("groups/fast.yaml", "gpt4.yaml"):
            (tmp_path / name).chmod(0o640)
        migrate(tmp_path)
        assert texts(tmp_path)["groups/fast.yaml"].startswith("\ufeffone:")
        for name in ("groups/fast.yaml", "providers/openai.yaml", "models/gpt4.yaml"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640

    @pytest.mark.parametrize(
        ("name", "text", "place", "paste"),
        [
            ("g.yaml", "task_groups: {fast: {one: {models: [a]}}}\n", "1:15", "fallback_config: {max_attempts: 4}"),
            ("g.yaml", "task_groups:\n  fast: &x\n    one: {models: [a]}\n  slow: *x\n", "2:3", "fallback_config: {max_attempts: 4}"),
            (
                "g.yaml",
                "task_groups:\n  fast:\n    one: {models: [a]}\n    description: |\n      no line end",
                "2:3",
                "fallback_config: {max_attempts: 4}",
            ),
            ("g.toml", '[task_groups]\nfast = {one = {models = ["a"]}}\n', "2:1", "fallback_config = {max_attempts = 4}"),
        ],
    )
    def test_where_no_place_is_safe_people_are_told_what_to_write_and_the_old_file_stays(
        self, tmp_path: Path, name: str, text: str, place: str, paste: str
    ) -> None:
        put(tmp_path, {"main.yaml": MAIN, name: text, "global_fallback.yaml": "max_attempts: 4\n", "groups/own.yaml": GROUP})
        migration = migrate(tmp_path)
        assert (migration.by_hand[0].place, migration.by_hand[0].text) == (f"{tmp_path / name}:{place}", paste)
        assert texts(tmp_path)[name] == text
        assert "fallback_config" in texts(tmp_path)["groups/own.yaml"]
        assert "global_fallback.yaml" in texts(tmp_path)
        assert [change.path.name for change in plan_migration(tmp_path).changes] == []

    def test_what_people_then_write_by_hand_ends_it(self, tmp_path: Path) -> None:
        text = "task_groups: {fast: {one: {models: [a]}}}\n"
        put(tmp_path, {"main.yaml": MAIN, "g.yaml": text, "global_fallback.yaml": "max_attempts: 4\n"})
        (task,) = migrate(tmp_path).by_hand
        (tmp_path / "g.yaml").write_text(text.replace("{one", "{" + task.text + ", one"))
        assert migrate(tmp_path).by_hand == ()
        assert "global_fallback.yaml" not in texts(tmp_path)

    def test_the_registry_forgets_what_is_gone(self, tmp_path: Path) -> None:
        registry = (
            '# files\n[global_fallback]\nfile = "old/global_fallback.toml"\nenabled = true\n\n# groups\n[groups]\n'
            'fast = { file = "g/fast.yaml" } # fast\n\n[old]\ngpt4 = { file = "old/gpt4.yaml" }\n'
        )
        files = {"main.yaml": MAIN, "_registry.toml": registry, "old/global_fallback.toml": "max_attempts = 4\n", "g/fast.yaml": GROUP}
        migrate(put(tmp_path, {**files, "old/gpt4.yaml": SINGLE}))
        assert texts(tmp_path)["_registry.toml"] == '# files\n\n# groups\n[groups]\nfast = { file = "g/fast.yaml" } # fast\n\n[old]\n'
        assert "models/gpt4.yaml" in texts(tmp_path)

    def test_a_group_that_would_then_inherit_something_else_stops_it(self, tmp_path: Path) -> None:
        groups = "base:\n  one: {models: [a]}\nheir:\n  inherits_from: base\n  fallback_config: {max_attempts: 2}\n"
        put(tmp_path, {"main.yaml": MAIN, "groups/all.yaml": groups, "global_fallback.yaml": FALLBACK.replace("fast", "base.one")})
        (fault,) = plan_migration(tmp_path).faults
        assert "without changing what it means: see task_groups.heir.fallback_config" in str(fault)


@pytest.mark.parametrize("example", ["full-yaml", "full-toml"])
@pytest.mark.parametrize("fallback", ["max_attempts: 3\n", "strategy: echelon_down\ntargets: [thinking_group]\nretry_delay: 2\n"])
def test_a_full_directory_with_old_files_means_the_same_afterwards(tmp_path: Path, example: str, fallback: str) -> None:
    folder = tmp_path / "full"
    shutil.copytree(CONFIGS / example, folder)
    put(folder, {"global_fallback.yaml": fallback, "llms/provider/old.yaml": SINGLE, "llms/models/older.toml": 'model_name = "m"\n'})
    before = texts(folder)
    names = ("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_KEY_1", "OPENAI_KEY_2")
    migration = migrate(folder, ("", "prod"), **{name: name for name in names})
    after = texts(folder)
    assert [task.place for task in migration.by_hand] == []
    assert {"global_fallback.yaml", "llms/provider/old.yaml"} == set(before) - set(after)
    for name in set(before) & set(after) - {"llms/models/older.toml"}:
        assert only_adds(before[name], after[name])


@pytest.mark.parametrize("path", sorted([*CONFIGS.iterdir(), *CORPUS.iterdir()]), ids=lambda path: path.name)
def test_what_is_not_old_has_nothing_to_migrate_and_what_is_broken_is_not_touched(path: Path) -> None:
    if path.is_dir() or path.suffix in (".yaml", ".toml"):
        assert plan_migration(path).changes == ()
