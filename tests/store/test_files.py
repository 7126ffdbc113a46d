from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.core.errors import StorageError
from workbench.store import files


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_are_on_the_disk_before_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real_replace = Path.replace
    monkeypatch.setattr(files, "sync_file", lambda handle: calls.append("sync file"))
    monkeypatch.setattr(files, "sync_folder", lambda folder: calls.append("sync folder"))

    def replace(self: Path, target: Path) -> Path:
        calls.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    files.write_bytes(tmp_path / "a", b"new")
    assert calls == ["sync file", "rename", "sync folder"]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write_bytes(path, b"old")
    with pytest.raises(RuntimeError), files.replacing(path) as file:
        file.write(b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


def test_an_unpublished_draft_is_removed(tmp_path: Path) -> None:
    with files.drafting(tmp_path / "deep" / "er", "draft") as draft:
        draft.file.write(b"x")
    assert names_in(tmp_path / "deep" / "er") == []


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no space left") as caught, files.saying_why(tmp_path):
        raise OSError(28, "No space left on device")
    assert caught.value.hint == "free some space, or have it written to another disk"
    inside = settings.home() / "blobs"
    with pytest.raises(StorageError, match="no space left") as caught, files.saying_why(inside):
        raise OSError(28, "No space left on device")
    assert caught.value.hint == "free some space, or set WORKBENCH_HOME to another disk"
    with pytest.raises(StorageError, match="cannot be written"), files.saying_why(tmp_path):
        raise PermissionError(13, "Permission denied")
    with pytest.raises(FileNotFoundError), files.saying_why(tmp_path):
        raise FileNotFoundError(2, "not ours to explain")


def test_only_old_parts_are_removed(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.part-1-x", tmp_path / ".b.part-2-y"
    folder = tmp_path / ".part-3-z"
    for part in (old, young, tmp_path / "kept"):
        part.touch()
    folder.mkdir()
    (folder / "weights").touch()
    for part in (old, folder):
        os.utime(part, (time.time() - 7200,) * 2)
    assert sorted(files.remove_parts(tmp_path)) == [old, folder]
    assert names_in(tmp_path) == [young.name, "kept"]


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="needs a /proc, where no folder can be made"
)
def test_a_folder_that_cannot_be_made_is_said_so() -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        files.write_text(Path("/proc/workbench/deep/file"), "x")


def test_what_is_no_regular_file_is_refused_and_stays(tmp_path: Path) -> None:
    folder, pipe, link = (tmp_path / name for name in ("folder", "pipe", "link"))
    folder.mkdir()
    os.mkfifo(pipe)
    link.symlink_to("/proc/self/fd/1")  # as /dev/stdout, also where that is a file
    for place, said in ((folder, "is a folder"), (pipe, "no regular file"), (link, "no regular")):
        with pytest.raises(StorageError, match=said):
            files.write_bytes(place, b"x")
        # Also where only the end of the work names the place.
        with pytest.raises(StorageError, match=said), files.drafting(tmp_path, "d") as draft:
            draft.publish(place)
    assert names_in(tmp_path) == ["folder", "link", "pipe"]
    assert folder.is_dir() and pipe.is_fifo() and link.is_symlink()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="Linux' /proc takes no files")
def test_a_folder_that_takes_no_files_is_said_so() -> None:
    with pytest.raises(StorageError, match="no file can be made in /proc"):
        files.write_bytes(Path("/proc/x.pdf"), b"x")
