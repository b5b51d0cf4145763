"""What people wrote around the parts that a migration changes stays as it is, whatever the layout; and nothing is half written."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.old_files import FALLBACK, GROUP, GROUP_TOML, MAIN, SINGLE, migrate, put, texts

from pyproxy.config import check_config
from pyproxy.config.migration import WriteError, plan_migration, write_migration
from pyproxy.config.migration.texts import quoted

if TYPE_CHECKING:
    from collections.abc import Callable


CONFIGS = Path(__file__).parents[3] / "configs"
CORPUS = Path(__file__).parents[2] / "corpus" / "broken"


def only_adds(before: str, after: str) -> bool:
    changes = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return not [line for line in changes if line.startswith("- ")]


YAML_LAYOUTS = {
    "nested": """\
# top
global_fallback:
  max_attempts: 4
  targets:
  - fast

task_groups:
  # the fast one
  fast:
    one:   # first
      models: [a]
      # rpm_limit: 3

  # the slow one
  slow:
    description: >
      long
      text
    two:
      models:
      - a
      - b
# end
""",
    "wide": """\
task_groups:
    fast:
        one: {models: [a],
  timeout: 3}
global_fallback: {max_attempts: 4}
""",
    "without an end": "global_fallback: {max_attempts: 4}\ntask_groups:\n fast:\n  one:\n   models:\n   - a",
    "literal last": """\
global_fallback:
  max_attempts: 4
task_groups:
  fast:
    one: {models: [a]}
    description: |+
      x


  slow:
    one: {models: [b]}
""",
    "anchors": """\
global_fallback: {max_attempts: 4}
task_groups:
  fast: &fast
    one: &one
      models: [a]
  slow:
    <<: *fast
    two: *one
""",
    "quoted": """\
global_fallback: {max_attempts: 4}
'task_groups':
  "fast":
    'one': {models: [a]}
    description: 'a

      b'
...
""",
}
TOML_MAIN = """\
[providers.p]
base_url = "http://127.0.0.1:1/v1"
[models.a]
provider = "p"
model = "a"
[models.b]
provider = "p"
model = "b"
"""
TOML_LAYOUTS = {
    "headers": """\
# top
[global_fallback]
max_attempts = 4

[global_fallback.circuit_breaker]
failure_threshold = 2

# the fast one
[task_groups.fast.one]
models = [
  "a", # first
]
# rpm_limit = 3

# the slow one
[task_groups.slow]
description = \"""
# not a comment
\"""
[task_groups.slow.one]
models = ["b"]
# end
""",
    "dots": """\
global_fallback.max_attempts = 4
task_groups.fast.one.models = ["a"]
task_groups."slow-one".one.models = ["b"]
[server]
port = 9
""",
    "turns": """\
[global_fallback]
max_attempts = 4
[task_groups.fast.one]
models = ["a"]
[task_groups.slow.one]
models = ["b"]
# comment of two
[task_groups.fast.two]
models = ["b"]
[server]
port = 9
""",
}


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


class TestWriting:
    FILES: ClassVar = {
        "main.yaml": MAIN,
        "global_fallback.yaml": FALLBACK,
        "groups/fast.yaml": GROUP,
        "groups/slow.toml": GROUP_TOML,
        "gpt4.yaml": SINGLE,
    }

    def test_a_plan_alone_writes_nothing(self, tmp_path: Path) -> None:
        put(tmp_path, self.FILES)
        assert not plan_migration(tmp_path).is_nothing
        assert texts(tmp_path) == self.FILES

    @pytest.mark.parametrize("name", ["groups/fast.yaml", "global_fallback.yaml", "models/gpt4.yaml"])
    def test_what_has_changed_meanwhile_stops_it_before_anything_is_written(self, tmp_path: Path, name: str) -> None:
        migration = plan_migration(put(tmp_path, self.FILES))
        changed = put(tmp_path, {name: "# mine\n"}) and texts(tmp_path)
        with pytest.raises(WriteError, match="nothing was written"):
            write_migration(migration)
        assert texts(tmp_path) == changed

    @pytest.mark.parametrize("failing", range(8))
    def test_a_failure_in_the_middle_leaves_every_file_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
    ) -> None:
        migration = plan_migration(put(tmp_path, self.FILES))
        steps: dict[str, Callable[..., Any]] = {"mkdir": Path.mkdir, "replace": Path.replace, "unlink": Path.unlink}
        seen: list[str] = []

        def tripping(step: str) -> Any:
            def run(path: Path, *arguments: Any, **options: Any) -> Any:
                if step != "unlink" or not path.name.endswith(".new"):
                    seen.append(step)
                    if len(seen) == failing + 1:
                        raise OSError(28, os.strerror(28))
                return steps[step](path, *arguments, **options)

            return run

        with monkeypatch.context() as patch:
            for step in steps:
                patch.setattr(Path, step, tripping(step))
            with pytest.raises(WriteError, match="No space left"):
                write_migration(migration)
        assert len(seen) > failing
        assert texts(tmp_path) == self.FILES
        assert sorted(path.name for path in tmp_path.iterdir()) == ["global_fallback.yaml", "gpt4.yaml", "groups", "main.yaml"]

    def test_old_files_go_only_after_all_others_are_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        migration = plan_migration(put(tmp_path, self.FILES))
        there: list[bool] = []
        unlink = Path.unlink

        def watched(path: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is called
            if path.name in self.FILES:
                there.append(all(change.path.read_text() == change.after for change in migration.changes if change.after is not None))
            unlink(path, missing_ok=missing_ok)

        monkeypatch.setattr(Path, "unlink", watched)
        write_migration(migration)
        assert there == [True, True]


words = st.sampled_from(["x", "a b", "é", "null", "1", "# no comment", "k: v", "${NAME:x}", '"', "\\", "\u2028", "😀", "\x7f"])
comments = st.sampled_from(["", "", "\n", "# remark\n", "\n# remark\n\n", "  # deep remark\n"])


@st.composite
def yaml_groups(draw: st.DrawFn, name: str) -> str:
    step = draw(st.sampled_from([1, 2, 4]))
    lines: list[str] = [f"{name}:{draw(st.sampled_from(['', '  # group']))}\n"]
    for key in draw(st.permutations(["one", "two", "description"]))[: draw(st.integers(2, 3))]:
        if key == "description":
            style = draw(
                st.sampled_from(
                    ["description: plain\n  goes on\n", "description: |\n  text\n\n", "description: 'x\n\n  y'\n", "description: ''\n"]
                )
            )
        else:
            style = draw(
                st.sampled_from([f"{key}: {{models: [a]}}\n", f"{key}:\n  models:\n  - a\n", f"{key}:  # tier\n  models: [a,\n    b]\n"])
            )
        lines += [" " * step + line + "\n" if line else "\n" for line in style.splitlines()]
        lines += [" " * step + line + "\n" if line.strip() else "\n" for line in draw(comments).splitlines()]
    return "".join(lines)


@st.composite
def toml_groups(draw: st.DrawFn, name: str) -> str:
    head = draw(
        st.sampled_from([f"[{name}]\n", f'[{name}]\ndescription = """\n# text\n"""\n', f"[{name}] # group\nconcurrency_limit = 3\n", ""])
    )
    one = draw(
        st.sampled_from(
            [f'[{name}.one]\nmodels = ["a"]\n', f'[{name}.one]\nmodels = [\n  "a", # x\n]\n', f'["{name}".one]\nmodels = ["a"]']
        )
    )
    return head + one.rstrip("\n") + "\n" + draw(comments)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_the_layout_the_meaning_stays_and_no_line_of_a_group_is_lost(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    names = ["fast", "slow", "third"][: data.draw(st.integers(1, 3))]
    groups = yaml_groups if (is_yaml := data.draw(st.booleans())) else toml_groups
    text = data.draw(comments) + "".join(data.draw(groups(name)) for name in names)
    if data.draw(st.booleans()) and "|" not in text:
        text = text.rstrip("\n")
    fallback = data.draw(
        st.fixed_dictionaries(
            {"max_attempts": st.integers(1, 5)},
            optional={
                "retry_delay": st.sampled_from([0.5, 2, 1e-7]),
                "targets": st.lists(st.sampled_from([*names, "fast.one", "a"]), max_size=3),
            },
        )
    )
    file = f"groups/all.{'yaml' if is_yaml else 'toml'}"
    folder = put(tmp_path_factory.mktemp("any"), {"main.yaml": MAIN, file: text, "global_fallback.yaml": repr(fallback)})
    if check_config(folder, {})[0] is None:
        return
    assert migrate(folder).by_hand == ()
    assert only_adds(text, texts(folder)[file])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["yaml", "toml"]), st.text("agm-._:@/+1é ", min_size=1, max_size=6), words, words)
def test_whatever_it_says_a_single_model_means_the_same_afterwards(
    tmp_path_factory: pytest.TempPathFactory, ending: str, name: str, model: str, stop: str
) -> None:
    mark = " =" if ending == "toml" else ":"
    text = f"name{mark} {quoted(name)}\nmodel{mark} {quoted(model)}\nstop{mark} [{quoted(stop)}]\nprovider{mark} {quoted('openai')}\n"
    folder = put(tmp_path_factory.mktemp("one"), {f"old.{ending}": text, "main.yaml": MAIN})
    for path in (folder, folder / f"old.{ending}"):
        if check_config(path, {})[0] is not None:
            migrate(path)
            put(folder, {f"old.{ending}": text})
            for new in ("models", "providers"):
                for file in (folder / new).glob("*"):
                    file.unlink()


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


PIECES = [
    "model", "model_name", "name", "default", "global_fallback", "fallback", "targets", "task_groups", "provider", "type", "parameters",
    "inherits_from", "enabled", "fast", "${A}", "null", "[]", "{", "}", "[", "]", ": ", "\n", "\n  ", "- ", "&a ", "*a", "|", "#", "'", '"',
    " = ",    "\r\n", "\u2028", ".",
]  # fmt: skip
OLD_TEXTS = {
    "yaml": ["global_fallback: {max_attempts: 4}\n" + MAIN + YAML_LAYOUTS["nested"].partition("\n\n")[2], SINGLE + "temperature: 1\n"],
    "toml": [TOML_LAYOUTS["headers"] + TOML_MAIN, 'model = "x"\nprovider = "openai"\n[parameters]\ntemperature = 1\n'],
}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["yaml", "toml"]),
    st.integers(0, 1),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 8), st.sampled_from(PIECES))),
    st.booleans(),
)
def test_whatever_a_text_says_it_migrates_to_the_same_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory,
    ending: str,
    kind: int,
    cuts: list[tuple[int, int, str]],
    is_directory: bool,  # noqa: FBT001
) -> None:
    text = OLD_TEXTS[ending][kind]
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    folder = put(tmp_path_factory.mktemp("cut"), {f"old.{ending}": text, "groups/own.yaml": "one:\n  models: ['p:own']\n"})
    source = folder if is_directory else folder / f"old.{ending}"
    if check_config(source, {})[0] is None:
        plan_migration(source)
    else:
        migrate(source)
