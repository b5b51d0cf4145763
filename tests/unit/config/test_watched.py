from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pyproxy.config.watched import digest, signature, watched_paths

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pyproxy.yaml"
    path.write_text("a: 1\n")
    return path


def test_a_file_is_watched_with_its_folder_and_nothing_else(file: Path) -> None:
    (file.parent / "other.yaml").write_text("")
    assert watched_paths(file) == {file, file.parent}
    assert watched_paths(str(file)) == watched_paths(file)


def test_a_relative_path_means_the_file_it_means_now(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert watched_paths("pyproxy.yaml") == {file, file.parent}


def test_a_link_is_watched_with_what_it_leads_to(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "links" / "link.yaml"
    link.parent.mkdir()
    link.symlink_to(file)
    assert watched_paths(link) == {link, link.parent, file, file.parent}


def test_a_directory_is_watched_with_every_folder_and_configuration_file_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "conf"
    (folder / "groups").mkdir(parents=True)
    for name in ("a.yaml", "notes.txt", "groups/b.toml", "groups/c.yml"):
        (folder / name).write_text("")
    files = {folder / "a.yaml", folder / "groups" / "b.toml", folder / "groups" / "c.yml"}
    assert watched_paths(folder) == {tmp_path, folder, folder / "groups", *files}


def test_what_was_read_is_watched_wherever_it_is(tmp_path: Path) -> None:
    folder, shared = tmp_path / "conf", tmp_path / "shared" / "base.yaml"
    for each in (folder / "a.yaml", shared):
        each.parent.mkdir()
        each.write_text("")
    missing = folder / ".." / "other" / "missing.yaml"
    assert watched_paths(folder, [folder / "a.yaml", folder / ".." / "shared" / "base.yaml", missing]) == {
        *watched_paths(folder),
        *(shared, shared.parent),
        *(tmp_path / "other" / "missing.yaml", tmp_path / "other"),
    }
    before, told = signature(folder, [shared]), digest(folder, [shared])
    shared.write_text("a: 1")
    assert signature(folder, [shared]) != before
    assert digest(folder, [shared]) != told


def test_a_link_in_a_directory_is_watched_with_what_it_leads_to(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "conf"
    folder.mkdir()
    (folder / "a.yaml").symlink_to(file)
    assert watched_paths(folder) == {tmp_path, folder, folder / "a.yaml", file}


def test_a_folder_that_is_a_link_is_watched_as_it_is_read_and_a_hidden_one_is_neither(tmp_path: Path) -> None:
    folder, groups, hidden = tmp_path / "conf", tmp_path / "elsewhere", tmp_path / "conf" / ".git"
    for each in (folder, groups, hidden):
        each.mkdir()
        (each / "g.yaml").write_text("")
    (folder / "groups").symlink_to(groups)
    (groups / "round").symlink_to(folder)
    found = watched_paths(folder)
    assert {folder / "groups", folder / "groups" / "g.yaml", groups} <= found
    assert not [path for path in found if path.name in (".git", "round")]


def test_what_may_not_be_looked_at_is_watched_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(file), "stat", stat)
    assert signature(file) == {file: (), file.parent: ()}
    assert digest(file)


def test_what_is_not_there_is_watched_for(tmp_path: Path) -> None:
    missing = tmp_path / "none" / "pyproxy.yaml"
    assert watched_paths(missing) == {missing, missing.parent}
    assert signature(missing) == {missing: (), missing.parent: ()}
    assert digest(missing) == digest(tmp_path / "nothing.yaml")


def test_a_circle_of_links_is_no_trouble(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.symlink_to(other)
    other.symlink_to(one)
    assert one in watched_paths(one)
    assert signature(one)[one] == ()
    assert digest(one)


@pytest.mark.parametrize("change", ["write", "touch", "replace", "unlink", "replace by a folder"])
def test_every_change_of_the_file_shows(file: Path, change: str) -> None:
    before = signature(file)
    if change == "write":
        file.write_text("a: 2\n")
    elif change == "touch":
        os.utime(file, (1, 1))
    elif change == "replace":
        fresh = file.with_name("fresh")
        fresh.write_text("a: 1\n")
        fresh.rename(file)
    else:
        file.unlink()
        if change == "replace by a folder":
            file.mkdir()
    assert signature(file) != before


def test_what_else_happens_in_the_folder_does_not_show(file: Path) -> None:
    before = signature(file)
    (file.parent / "access.log").write_text("a line")
    assert signature(file) == before
    assert file.read_text()
    assert signature(file) == before


def test_a_folder_that_went_and_came_back_is_another(file: Path) -> None:
    before = signature(file)
    file.parent.rename(file.parent.with_name("away"))
    file.parent.mkdir()
    assert signature(file)[file.parent] != before[file.parent]


def test_a_digest_tells_contents_apart_and_not_times(file: Path) -> None:
    before = digest(file)
    os.utime(file, (1, 1))
    assert digest(file) == before
    file.write_text("a: 2\n")
    assert digest(file) != before


def test_a_pipe_is_left_to_who_reads_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert digest(pipe)
    assert signature(pipe)[pipe]
