"""Writing a checkpoint beside the next step, and knowing when it is one.

What is trained is copied at once, which is all that a step waits for; the copy is written by a
thread. The first process waits there for what the others say they have written, and commits. The
thread talks with no other process but by files: a collective of its own would come between those
of the training.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.shards import manifest as manifests
from workbench.finetuning.distributed.shards.boxes import Box
from workbench.finetuning.distributed.shards.manifest import Manifest
from workbench.finetuning.distributed.shards.reading import LAYOUT, TREE
from workbench.finetuning.distributed.shards.streaming import write_tensors
from workbench.finetuning.training.checkpoints import NAME as ONE_FILE
from workbench.finetuning.training.checkpoints import take_apart

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

_LOOK_S = 0.005


@dataclass(frozen=True)
class Part:
    """What a process writes of a tensor: its numbers, and where they are in which shape."""

    values: torch.Tensor
    box: Box
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Saved:
    """A checkpoint that was committed: how long steps waited for it, and it took in all."""

    step: int
    stall_s: float
    seconds: float
    size_bytes: int


class Saver:
    """Writes this process's parts of checkpoints, one at a time.

    Args:
        run: The run's folder.
        rank: Which process this is; the first one commits.
        beside: Whether in a thread; else ``begin`` waits until it is done.
    """

    def __init__(self, run: Path, rank: int, *, beside: bool = True) -> None:
        self.run, self.rank, self.beside = run, rank, beside
        self._copies: dict[str, torch.Tensor] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._under_way: Future[Saved] | None = None
        self._stall_s = 0.0
        self._gives_up = threading.Event()

    def begin(
        self,
        folder: Path,
        parts: Mapping[str, Part],
        plain: Callable[[], Mapping[str, Any]],
        manifest: Manifest,
    ) -> None:
        """Copy what is to be written, and begin to write it.

        Args:
            folder: Of the checkpoint.
            parts: This process's.
            plain: Gives what stands beside them; called in the thread.
            manifest: The first process's, its files yet unknown.
        """
        assert self._under_way is None, "settle first"
        started_s = time.perf_counter()
        copies = {name: self._copy(name, part) for name, part in parts.items()}
        way = (folder, copies, plain, manifest, started_s)
        self._under_way = self._thread.submit(self._write, *way)
        if not self.beside:
            self._under_way.exception()
        self._stall_s = time.perf_counter() - started_s

    def settle(self) -> Saved | None:
        """Wait for what was begun; what came of it, if it was not told yet.

        Raises:
            StorageError: The disk is full; the checkpoint before it is still there.
        """
        if self._under_way is None:
            return None
        started_s, ended = time.perf_counter(), self._under_way
        self._under_way = None
        saved = ended.result()
        waited_s = time.perf_counter() - started_s
        return dataclasses.replace(saved, stall_s=self._stall_s + waited_s)

    def close(self) -> None:
        """Give up what is under way."""
        self._gives_up.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _copy(self, name: str, part: Part) -> Part:
        """Into memory that the last checkpoint was written from."""
        import torch

        kept = self._copies.get(name)
        if kept is None or kept.shape != part.values.shape or kept.dtype != part.values.dtype:
            kept = self._copies[name] = torch.empty_like(
                part.values, memory_format=torch.contiguous_format
            )
        return dataclasses.replace(part, values=kept.copy_(part.values))

    def _write(
        self,
        folder: Path,
        parts: Mapping[str, Part],
        plain: Callable[[], Mapping[str, Any]],
        manifest: Manifest,
        started_s: float,
    ) -> Saved:
        small: dict[str, torch.Tensor] = {}
        tree = json.dumps(take_apart(dict(plain()), small))
        layout = {
            name: [list(part.shape), list(part.box.start), list(part.box.shape)]
            for name, part in parts.items()
        }
        written = write_tensors(
            folder / manifests.shard_name(self.rank),
            {**small, **{name: part.values for name, part in parts.items()}},
            {TREE: tree, LAYOUT: json.dumps(layout)},
        )
        manifests.write_receipt(folder, self.rank, written)
        size = written.size_bytes
        if self.rank == 0:
            files = self._await_all(folder, manifest.processes)
            manifests.commit(folder, dataclasses.replace(manifest, files=files))
            size = sum(each.size_bytes for each in files)
            (self.run / ONE_FILE).unlink(missing_ok=True)  # of a time with one process
            manifests.prune(self.run, keep=[folder])
        return Saved(manifest.step, 0.0, time.perf_counter() - started_s, size)

    def _await_all(self, folder: Path, processes: int) -> tuple[Any, ...]:
        while (files := manifests.read_receipts(folder, processes)) is None:
            if self._gives_up.wait(_LOOK_S):
                raise RuntimeError("the run has ended before all parts of a checkpoint were there")
        return files
