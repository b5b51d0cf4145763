"""A migration is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from support.old_files import FALLBACK, GROUP, GROUP_TOML, MAIN, SINGLE, put, texts

from pyproxy.config.migration import WriteError, plan_migration, write_migration

if TYPE_CHECKING:
    from collections.abc import Callable


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
