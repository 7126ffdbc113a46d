"""Checkpoints in parts, without processes: files, digests, order, a full disk, a power cut."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from workbench.core.errors import ConflictError, IntegrityError, StorageError
from workbench.finetuning.distributed.shards import manifest as manifests
from workbench.finetuning.distributed.shards.boxes import Box, whole_box
from workbench.finetuning.distributed.shards.manifest import Manifest, find_checkpoint
from workbench.finetuning.distributed.shards.reading import open_shards
from workbench.finetuning.distributed.shards.saving import Part, Saver
from workbench.finetuning.distributed.shards.streaming import write_tensors
from workbench.store import files

WHOLE = torch.arange(12.0).reshape(4, 3)


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[Saver]:
    """Of the first and only process."""
    made = Saver(tmp_path, 0)
    yield made
    made.close()


def _begin(saver: Saver, step: int, values: torch.Tensor = WHOLE) -> Path:
    folder = saver.run / manifests.FOLDER / manifests.name_checkpoint(step, f"{step:08x}")
    parts = {"weights/w": Part(values, whole_box(values.shape), tuple(values.shape))}
    manifest = Manifest("key", step, 1, {}, 4, ())
    saver.begin(folder, parts, lambda: {"place": step, "chance": torch.ones(2)}, manifest)
    return folder


def _save(saver: Saver, step: int, values: torch.Tensor = WHOLE) -> Path:
    folder = _begin(saver, step, values)
    assert saver.settle() is not None
    return folder


def test_what_is_streamed_is_what_safetensors_reads(tmp_path: Path) -> None:
    tensors = {
        "a": torch.randn(3, 5), "b": torch.randn(7).to(torch.bfloat16), "c": torch.tensor(3.0),
        "d": torch.arange(4), "e": torch.tensor([True, False]), "f": torch.empty(0, 2),
    }  # fmt: skip
    written = write_tensors(tmp_path / "t.safetensors", tensors, {"said": "é"})
    found = load_file(tmp_path / "t.safetensors")
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], each) for name, each in tensors.items())
    path = tmp_path / written.name
    assert (written.size_bytes, written.sha256) == (path.stat().st_size, files.hash_file(path))


def test_any_box_is_read_from_boxes_that_are_cut_otherwise(tmp_path: Path) -> None:
    rows = [slice(0, 3), slice(3, 4)]
    written = []
    folder = tmp_path / manifests.FOLDER / manifests.name_checkpoint(1, "0" * 8)
    for rank, cut in enumerate(rows):
        part = WHOLE[cut].contiguous()
        box = Box((cut.start, 0), tuple(part.shape))
        saver = Saver(tmp_path, rank)
        manifest = Manifest("key", 1, 2, {}, 4, ())
        saver.begin(folder, {"weights/w": Part(part, box, (4, 3))}, dict, manifest)
        written.append(saver)
    for each in reversed(written):  # the first commits when the other is there
        each.settle()
        each.close()
    found = find_checkpoint(tmp_path, key="key")
    assert found is not None
    with open_shards(*found) as shards:
        for box in (Box((2, 1), (2, 2)), Box((0, 0), (1, 3)), whole_box((4, 3))):
            into = torch.empty(box.shape)
            shards.fill("weights/w", into, box)
            (a, b), (m, n) = box.start, box.shape
            assert torch.equal(into, WHOLE[a : a + m, b : b + n])
        with pytest.raises(IntegrityError):
            shards.fill("weights/v", torch.empty(1), Box((0,), (1,)))


def test_what_changes_after_it_was_begun_is_not_what_is_saved(saver: Saver) -> None:
    values = WHOLE.clone()
    _begin(saver, 1, values)
    values.zero_()
    saver.settle()
    found = find_checkpoint(saver.run, key="key")
    assert found is not None and (found[1].step, found[1].global_batch) == (1, 4)
    with open_shards(*found) as shards:
        assert torch.equal(shards.whole("weights")["w"], WHOLE)
        assert shards.plain(0)["place"] == 1


def test_two_are_kept_and_one_that_is_torn_gives_way(saver: Saver) -> None:
    made = [_save(saver, step) for step in (1, 2, 3)]
    assert [each.exists() for each in made] == [False, True, True]
    shard = made[2] / manifests.shard_name(0)
    shard.write_bytes(shard.read_bytes()[:-1])
    found = find_checkpoint(saver.run, key="key")
    assert found is not None and found[0] == made[1]
    (made[1] / manifests.NAME).write_text("{")
    with pytest.raises(IntegrityError, match="every checkpoint") as refused:
        find_checkpoint(saver.run, key="key")
    assert "remove" in (refused.value.hint or "")


def test_of_another_recipe_is_refused_and_without_a_manifest_is_none(saver: Saver) -> None:
    folder = _save(saver, 1)
    with pytest.raises(ConflictError):
        find_checkpoint(saver.run, key="another")
    (folder / manifests.NAME).unlink()
    assert find_checkpoint(saver.run, key="key") is None


def test_a_full_disk_leaves_the_checkpoint_before(saver: Saver) -> None:
    first = _save(saver, 1)
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = torch.zeros(1 << 16)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, allowed[1]))
    try:
        _begin(saver, 2, large)
        with pytest.raises(StorageError) as refused:
            saver.settle()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert refused.value.hint
    found = find_checkpoint(saver.run, key="key")
    assert found is not None and found[0] == first
    _save(saver, 2, large)  # once there is space
    found = find_checkpoint(saver.run, key="key")
    assert found is not None and found[1].step == 2


class _Disk:
    """Remembers which files and folders were synced when the manifest got its name.

    After a power cut what was not synced may be gone: a manifest may not be there before them.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.unsafe: list[str] = []
        self._safe: set[tuple[int, int]] = set()
        right, move = os.fsync, Path.replace

        def sync(handle: int) -> None:
            said = os.fstat(handle)
            self._safe.add((said.st_ino, said.st_mtime_ns))
            right(handle)

        def replace(path: Path, target: Path) -> Path:
            if Path(target).name == manifests.NAME:
                self.unsafe = [each.name for each in self._find_unsafe(Path(target).parent)]
            return move(path, target)

        monkeypatch.setattr(os, "fsync", sync)
        monkeypatch.setattr(Path, "replace", replace)

    def _find_unsafe(self, folder: Path) -> list[Path]:
        return [
            each
            for each in folder.iterdir()
            if each.suffix == ".safetensors"
            and (each.stat().st_ino, each.stat().st_mtime_ns) not in self._safe
        ]


def _do_not_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "sync_file", lambda handle: None)


@pytest.mark.parametrize(
    ("fault", "is_safe"), [(None, True), (_do_not_sync, False)], ids=["sound", "not synced"]
)
def test_the_manifest_comes_when_all_else_is_safe(
    saver: Saver,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pytest.MonkeyPatch], None] | None,
    is_safe: bool,
) -> None:
    if fault is not None:
        fault(monkeypatch)
    disk = _Disk(monkeypatch)
    _save(saver, 1)
    assert (not disk.unsafe) == is_safe


def test_a_kill_while_old_ones_are_removed_leaves_none_that_is_torn(
    saver: Saver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [_save(saver, step) for step in (1, 2)]

    def die(folder: Path, **options: Any) -> None:
        for path in sorted(folder.iterdir())[:1]:
            path.unlink()
        raise SystemExit

    monkeypatch.setattr(shutil, "rmtree", die)
    _begin(saver, 3)
    with pytest.raises(SystemExit):
        saver.settle()
    found = find_checkpoint(saver.run, key="key")
    assert found is not None and found[1].step == 3
    assert made[0].exists() and not (made[0] / manifests.NAME).exists()
