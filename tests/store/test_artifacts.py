from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core import events
from workbench.core.errors import InputError, IntegrityError, NotFoundError, StorageError
from workbench.store import artifacts as module
from workbench.store.artifacts import Artifacts

RunScript = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def store(home: Path) -> Artifacts:
    return Artifacts()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def damage(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


@given(st.binary(max_size=4096))
def test_what_was_put_is_read_under_its_sha256(tmp_path_factory, content: bytes) -> None:  # type: ignore[no-untyped-def]
    store = Artifacts(tmp_path_factory.getbasetemp() / "any")
    kept = store.put_bytes(content)
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert store.read(kept.sha256) == content
    assert kept.size_bytes == len(content)


def test_a_file_and_a_stream_become_the_same_blob(store: Artifacts, tmp_path: Path) -> None:
    content = os.urandom(3 * (1 << 20) + 5)
    (tmp_path / "source").write_bytes(content)
    kept = store.put_file(tmp_path / "source")
    assert store.put_stream(io.BytesIO(content)) == kept
    assert store.list() == (kept,)
    assert kept.path == store.path(kept.sha256)
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o444
    with store.open(kept.sha256) as file:
        assert file.read() == content


def test_a_stream_that_is_not_what_was_expected_is_not_kept(store: Artifacts) -> None:
    with pytest.raises(IntegrityError) as caught:
        store.put_stream(io.BytesIO(b"other"), expected_sha256="0" * 64)
    assert "0" * 64 in str(caught.value)
    assert hashlib.sha256(b"other").hexdigest() in str(caught.value)
    assert names_in(store.folder) == []


def test_a_stream_that_breaks_off_leaves_nothing(store: Artifacts) -> None:
    class Broken:
        def read(self, size: int = -1) -> bytes:
            raise ConnectionError("the source went away")

    with pytest.raises(ConnectionError):
        store.put_stream(Broken())
    assert names_in(store.folder) == []


@pytest.mark.parametrize("how", ["read", "open", "path", "link"])
def test_damage_is_found_named_and_moved_aside(store: Artifacts, tmp_path: Path, how: str) -> None:
    kept = store.put_bytes(b"as it was")
    damage(kept.path, b"as it is!")
    with pytest.raises(IntegrityError) as caught:
        if how == "link":
            store.link(kept.sha256, tmp_path / "name")
        else:
            getattr(store, how)(kept.sha256)
    assert caught.value.context["expected"] == kept.sha256
    assert caught.value.context["found"] == hashlib.sha256(b"as it is!").hexdigest()
    assert not store.contains(kept.sha256)
    assert caught.value.context["moved_to"].read_bytes() == b"as it is!"
    assert store.list() == ()
    store.put_bytes(b"as it was")
    assert store.read(kept.sha256) == b"as it was"


def test_putting_a_damaged_blob_again_mends_it(store: Artifacts) -> None:
    kept = store.put_bytes(b"as it was")
    damage(kept.path, b"as it is!")
    store.put_bytes(b"as it was")
    assert store.read(kept.sha256) == b"as it was"


def test_what_was_moved_aside_goes_once_sound_bytes_are_there(store: Artifacts) -> None:
    def damage(content: bytes) -> Path:
        blob = store.put_bytes(content)
        blob.path.chmod(0o644)
        blob.path.write_bytes(content[:-1] + b"!")
        with pytest.raises(IntegrityError):
            store.read(blob.sha256)
        return blob.path.with_name(f"damaged-{blob.path.name}")

    aside = damage(b"one, fetched again")
    assert aside.is_file(), "until there is another it may be looked at"
    store.put_bytes(b"one, fetched again")
    assert not aside.exists()
    aside = damage(b"two, given up")
    assert store.delete(aside.name.removeprefix("damaged-sha256-")) is False
    assert not aside.exists()
    aside = damage(b"three, left by an older version")
    kept = aside.read_bytes()
    store.put_bytes(b"three, left by an older version")
    aside.write_bytes(kept)
    lone = damage(b"four, not there again")
    assert store.clean() == 1
    assert not aside.exists() and lone.is_file()


def test_a_sound_blob_is_hashed_once_unless_forced_or_changed(
    store: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store.put_bytes(b"model")
    module._verified.clear()
    hashed: list[str] = []
    real = module._hash
    monkeypatch.setattr(module, "_hash", lambda file: hashed.append("") or real(file))
    for _ in range(3):
        store.path(kept.sha256)
    assert len(hashed) == 1
    store.path(kept.sha256, force=True)
    assert len(hashed) == 2
    os.utime(kept.path, ns=(1, 1))
    store.path(kept.sha256)
    assert len(hashed) == 3


def test_force_finds_damage_that_kept_size_and_time(store: Artifacts) -> None:
    kept = store.put_bytes(b"as it was")
    before = kept.path.stat()
    damage(kept.path, b"as it is!")
    os.utime(kept.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    store.path(kept.sha256)  # what the cache cannot see
    with pytest.raises(IntegrityError):
        store.path(kept.sha256, force=True)


def test_a_link_shares_the_bytes_and_replaces_what_was_there(
    store: Artifacts, tmp_path: Path
) -> None:
    kept = store.put_bytes(b"weights")
    place = tmp_path / "models" / "model.gguf"
    place.parent.mkdir()
    place.write_bytes(b"older")
    for _ in range(2):  # the second time it is that link already
        assert store.link(kept.sha256, place) == place
        assert place.samefile(kept.path)
        assert names_in(place.parent) == ["model.gguf"]


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_there_can_be_no_link_there_is_a_copy(
    store: Artifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*args: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    kept = store.put_bytes(b"weights")
    place = store.link(kept.sha256, tmp_path / "folder" / "model.gguf")
    assert place.read_bytes() == b"weights"
    assert not place.samefile(kept.path)
    assert names_in(place.parent) == ["model.gguf"]


def test_delete_and_what_is_not_there(store: Artifacts, tmp_path: Path) -> None:
    kept = store.put_bytes(b"x")
    assert store.delete(kept.sha256)
    assert not store.delete(kept.sha256)
    for call in (store.path, store.open, store.read):
        with pytest.raises(NotFoundError, match=kept.sha256):
            call(kept.sha256)
    with pytest.raises(NotFoundError):
        store.path(kept.sha256, verify=False)
    with pytest.raises(NotFoundError):
        store.put_file(tmp_path / "nothing")
    for bad in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(InputError):
            store.contains(bad)


def test_verify_all_finds_each_damaged_blob_and_reports_bytes(store: Artifacts) -> None:
    kept = [store.put_bytes(bytes([number]) * 100) for number in range(5)]
    damage(kept[3].path, b"bad")
    told: list[events.Event] = []
    with events.listening(told.append, "progress"):
        found = store.verify_all()
    assert not found.ok
    assert [one.expected_sha256 for one in found.damaged] == [kept[3].sha256]
    assert found.checked == 5
    assert (told[-1].data["unit"], told[-1].data["state"]) == ("bytes", "finished")
    again = store.verify_all()
    assert again.ok and again.set_aside == len(found.damaged)  # they lie there still
    assert Artifacts(store.root / "empty").verify_all().ok


def test_what_killed_writers_left_is_cleaned(store: Artifacts) -> None:
    store.put_bytes(b"x")
    (store.folder / ".incoming.part-1-abc").write_bytes(b"half")
    assert store.clean() == 0
    assert store.clean(older_than_s=0) == 1
    assert len(store.list()) == 1


FILL = """
import json, os
{limit}
from workbench.core.errors import StorageError
from workbench.store.artifacts import Artifacts
store = Artifacts()
small = store.put_bytes(b"small")
try:
    store.put_bytes(os.urandom(4_000_000))
except StorageError as error:
    told = [error.code, error.message, error.hint]
print(json.dumps([told, sorted(os.listdir(store.folder)), store.read(small.sha256).decode()]))
"""


def check_full(out: str, said: str) -> None:
    told, names, kept = json.loads(out)
    assert told[0] == "storage" and said in told[1] and "WORKBENCH_HOME" in told[2]
    assert names == ["sha256-" + hashlib.sha256(b"small").hexdigest()]
    assert kept == "small"


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(run_on_small_disk: RunScript) -> None:
    done = run_on_small_disk(FILL.format(limit=""))
    assert done.returncode == 0, done.stderr
    check_full(done.stdout, "no space left")


def test_a_file_size_limit_is_a_storage_error_and_leaves_nothing(run_script: RunScript) -> None:
    # Any user may set this one, on any POSIX system: the write fails as late as on a full disk.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    done = run_script(FILL.format(limit=limit))
    assert done.returncode == 0, done.stderr
    check_full(done.stdout, "may not grow")


def test_a_home_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        Artifacts(tmp_path / "file" / "home").put_bytes(b"x")
