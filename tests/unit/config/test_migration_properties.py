"""Whatever an old configuration says and however it is laid out, it means the same after a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from support.old_files import MAIN, SINGLE, migrate, put, texts
from support.old_layouts import TOML_LAYOUTS, TOML_MAIN, YAML_LAYOUTS, only_adds

from pyproxy.config import check_config
from pyproxy.config.migration import plan_migration
from pyproxy.config.migration.texts import quoted

if TYPE_CHECKING:
    import pytest

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
