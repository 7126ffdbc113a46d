"""The owner's key: made once, whole, for no other eyes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from workbench.core.errors import InputError, StorageError
from workbench.serving.key_file import read_or_make


def test_a_new_key_is_for_its_owner_alone_and_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "key"
    assert read_or_make(path, lambda: "wb-first") == "wb-first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make(path, lambda: "wb-second") == "wb-first"
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_an_empty_file_gets_a_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch(mode=0o644)
    assert read_or_make(path, lambda: "wb-first") == "wb-first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_others_read_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "key"
    path.write_text("wb-mine\n")
    path.chmod(0o644)
    assert read_or_make(path, lambda: "wb-new") == "wb-mine"
    assert "chmod 600" in caplog.text and "wb-mine" not in caplog.text


@pytest.mark.parametrize("content", [b"two words\n", b"\x00\x01", b"\xff\xfe", b"a\nb\n"])
def test_another_kind_of_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(InputError, match="does not hold a key"):
        read_or_make(path, lambda: "wb-new")
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["file/key", "folder"])
def test_a_place_where_no_file_can_be_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="is in its way"):
        read_or_make(tmp_path / name, lambda: "wb-new")


def test_a_folder_that_may_not_be_written_is_told() -> None:
    with pytest.raises(StorageError):
        read_or_make(Path("/proc/nothing/key"), lambda: "wb-new")


def test_a_key_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        read_or_make(tmp_path / "key", lambda: str(1 / 0))
    assert list(tmp_path.iterdir()) == []
