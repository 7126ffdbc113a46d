"""Checkpoints with one fault each, which the comparison with an uninterrupted run must find."""

from __future__ import annotations

import dataclasses
from typing import Any

from workbench.finetuning.distributed.shards import keeper, manifest, reading, saving
from workbench.finetuning.distributed.shards.keeper import ShardKeeper
from workbench.finetuning.distributed.shards.saving import Saver
from workbench.finetuning.training import checkpoints


def break_it(what: str) -> None:
    """Break what keeps the checkpoints, in this process for good."""
    if what:
        _FAULTS[what]()


def _forget_place() -> None:
    """The sampler begins at the first row again."""
    right = ShardKeeper.load

    def load(self: Any, *args: Any) -> Any:
        found = right(self, *args)
        if found is not None:
            found["batches"] = {**found["batches"], "place": 0}
        return found

    ShardKeeper.load = load  # type: ignore[method-assign]


def _forget_optimizer() -> None:
    """Adam begins with empty moments."""
    right = ShardKeeper.load

    def load(self: Any, module: Any, optimizer: Any) -> Any:
        found = right(self, module, optimizer)
        optimizer.state.clear()
        return found

    ShardKeeper.load = load  # type: ignore[method-assign]


def _forget_moments_box() -> None:
    """Every process takes the moments from the corner of the whole, not from its own box."""
    right = reading.Shards.fill

    def fill(self: Any, name: str, into: Any, box: Any) -> None:
        if name.startswith("exp_"):
            box = dataclasses.replace(box, start=(0,) * len(box.start))
        right(self, name, into, box)

    reading.Shards.fill = fill  # type: ignore[method-assign]


def _forget_chance() -> None:
    """The random generators are not restored: dropout draws other numbers."""
    keeper.checkpoints.put_chance = lambda state: None
    checkpoints.put_chance = lambda state: None


def _do_not_await_others() -> None:
    """The manifest is written when the first process has ended, whatever the others have."""

    def mine(self: Any, folder: Any, processes: int) -> Any:
        return manifest.read_receipts(folder, 1)

    Saver._await_all = mine  # type: ignore[method-assign]


def _do_not_check() -> None:
    """Whatever stands under the names is taken for what was written."""
    manifest.check_files = lambda folder, said: None


def _keep_one() -> None:
    """The checkpoint before the newest is removed."""
    manifest.KEPT = 1


def _do_not_settle() -> None:
    """Steps go on, however long a checkpoint takes."""
    ShardKeeper.settle = lambda self: None  # type: ignore[method-assign]
    begin = Saver.begin

    def wait_first(self: Any, *args: Any) -> None:
        self.settle()
        begin(self, *args)

    saving.Saver.begin = wait_first  # type: ignore[method-assign]


def _name_one_after_all() -> None:
    """Each process says its own place in the group: two of a mesh write the same box, others none.

    Of the replicas of a part the first alone writes, but it counts only itself.
    """
    right = ShardKeeper._share

    def share(self: Any, boxes: Any) -> Any:
        every = right(self, boxes)
        return frozenset(sorted(every)[1:])

    ShardKeeper._share = share  # type: ignore[method-assign]


_FAULTS = {
    "sampler's place not restored": _forget_place,
    "optimizer not restored": _forget_optimizer,
    "moments of another's box": _forget_moments_box,
    "chance not restored": _forget_chance,
    "committed before the others have written": _do_not_await_others,
    "digests not checked": _do_not_check,
    "one checkpoint kept": _keep_one,
    "not settled before the next step": _do_not_settle,
    "a part left out": _name_one_after_all,
}
