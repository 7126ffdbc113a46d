"""Where a run on several processes keeps its state: see ``training.keeping``."""

from __future__ import annotations

import dataclasses
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import events
from workbench.core.errors import ConflictError
from workbench.finetuning.distributed import gathering
from workbench.finetuning.distributed.gathering import find_trained
from workbench.finetuning.distributed.shards import manifest as manifests
from workbench.finetuning.distributed.shards.boxes import Box, find_box, local_part, whole_box
from workbench.finetuning.distributed.shards.finding import find_newest
from workbench.finetuning.distributed.shards.manifest import Manifest
from workbench.finetuning.distributed.shards.reading import Shards, open_shards
from workbench.finetuning.distributed.shards.saving import Part, Saved, Saver
from workbench.finetuning.training import checkpoints

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.distributed.spread import Spread

log = logging.getLogger(__name__)

MOMENTS = ("exp_avg", "exp_avg_sq")
_SMALL = ("batches", "others", "training")


class ShardKeeper:
    """Each process writes its share, and reads what it needs of whatever was written.

    Args:
        spread: The processes, and what they train.
        run: The run's folder, in which all of them write.
        key: See ``checkpoints``.
        beside: Whether a checkpoint is written beside the next step.
    """

    def __init__(self, spread: Spread, run: Path, key: str, *, beside: bool = True) -> None:
        self.spread, self.run, self.key = spread, run, key
        self.saver = Saver(run, spread.rank, beside=beside)
        self._writes: frozenset[str] | None = None

    def save(
        self,
        module: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        state: Mapping[str, Any],
        *,
        now: bool,
    ) -> None:
        """See ``Keeper``."""
        self.settle()
        step = len(state["training"].steps)
        name = manifests.name_checkpoint(step, self.spread.agree(secrets.token_hex(4)))
        parts = self._find_parts(module, optimizer)
        plain: dict[str, Any] = {
            "chance": checkpoints.take_chance(),
            "own": {name: each.state_dict() for name, each in self.spread.own_states.items()},
        }
        if self.spread.is_first:
            best = state["best_weights"] or {}
            parts |= {
                f"best/{n}": Part(v, whole_box(v.shape), tuple(v.shape)) for n, v in best.items()
            }
            plain |= {each: state[each] for each in _SMALL}
            plain["optimizer"] = self._tell_optimizer(optimizer)
            training = state["training"]
            # It grows while this is written; its steps themselves do not change.
            plain["training"] = dataclasses.replace(
                training, steps=[*training.steps], evaluations=[*training.evaluations]
            )
        manifest = Manifest(
            self.key, step, self.spread.count, self.spread.told, state["global_batch"], ()
        )
        self.saver.begin(
            self.run / manifests.FOLDER / name, parts, lambda: _make_plain(plain), manifest
        )
        if now:
            self.settle()

    def settle(self) -> None:
        """See ``Keeper``. Only the first process knows that all parts are there."""
        saved = self.saver.settle()
        if saved is not None and self.spread.is_first:
            _tell(saved)

    def load(
        self, module: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> dict[str, Any] | None:
        """See ``Keeper``."""
        found = find_newest(self.run, key=self.key) if self.spread.is_first else None
        if isinstance(found, dict):
            self.spread.agree("one file")
            return self._load_one(module, optimizer, found)
        told = self.spread.agree(None if found is None else (found[0].name, found[1]))
        if told == "one file":
            return self._load_one(module, optimizer, None)
        if told is None:
            return None
        name, manifest = told
        with open_shards(self.run / manifests.FOLDER / name, manifest) as shards:
            return self._load_shards(module, optimizer, shards)

    def _load_shards(
        self, module: torch.nn.Module, optimizer: torch.optim.Optimizer, shards: Shards
    ) -> dict[str, Any]:
        import torch

        plain, rank = shards.plain(0), self.spread.rank
        if set(shards.names("weights")) != set(self.spread.trained.shapes):
            raise ConflictError("the checkpoint holds other weights than those that are trained")
        own, steps = find_trained(module), plain["optimizer"]["steps"]
        with torch.no_grad():
            for name in self.spread.own_names:
                parameter = own[name]
                shards.fill(f"weights/{name}", local_part(parameter), find_box(parameter))
                if name not in steps or f"{MOMENTS[0]}/{name}" not in shards.shapes:
                    continue
                place = optimizer.state[parameter]
                place["step"] = torch.tensor(steps[name], dtype=torch.float32)
                for kind in MOMENTS:
                    place[kind] = torch.zeros_like(parameter)
                    shards.fill(f"{kind}/{name}", local_part(place[kind]), find_box(parameter))
        optimizer.param_groups[0].update(plain["optimizer"]["group"])
        same = shards.manifest.processes == self.spread.count
        mine = shards.plain(rank) if same else plain
        if same or rank == 0:
            checkpoints.put_chance(mine["chance"])
        else:
            self.spread.draw_apart()
        for name, each in self.spread.own_states.items():
            if shards.manifest.plan == self.spread.told and name in mine["own"]:
                each.load_state_dict(mine["own"][name])
            elif self.spread.is_first:
                log.warning("the %s of each process begins anew: there were others", name)
        best = shards.whole("best") if self.spread.is_first else {}
        is_kept = self.spread.agree(bool(best))
        return {**{each: plain[each] for each in _SMALL}, "best_weights": best if is_kept else None}

    def _load_one(
        self,
        module: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        state: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """What one process wrote: it stands with the first, and is dealt out."""
        spread, is_first = self.spread, self.spread.is_first
        told = {} if state is None else {each: state[each] for each in (*_SMALL, "chance")}
        small = spread.agree(told)
        state = state or {"weights": {}, "optimizer": {}, "best_weights": {}}
        is_kept = spread.agree(state["best_weights"] is not None)
        own, trained = find_trained(module), spread.trained
        gathering.deal_out(state["weights"], own, trained, is_first=is_first)
        gathering.put_optimizer(
            optimizer, spread.own_names, trained, state["optimizer"], is_first=is_first
        )
        if is_first:
            checkpoints.put_chance(small.pop("chance"))
        else:
            spread.draw_apart()
        return {**small, "best_weights": state["best_weights"] if is_kept else None}

    def _find_parts(
        self, module: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> dict[str, Part]:
        """What this process writes: its boxes, but of those that several have its share."""
        own = find_trained(module)
        boxes = {name: find_box(own[name]) for name in self.spread.own_names}
        if self._writes is None:
            self._writes = self._share(boxes)
        parts = {}
        for name in self._writes:
            parameter, box = own[name], boxes[name]
            values = {"weights": parameter}
            values |= {
                kind: optimizer.state[parameter][kind]
                for kind in MOMENTS
                if kind in optimizer.state.get(parameter, ())
            }
            for kind, value in values.items():
                parts[f"{kind}/{name}"] = Part(local_part(value), box, tuple(parameter.shape))
        return parts

    def _share(self, boxes: Mapping[str, Box]) -> frozenset[str]:
        """The names that this process writes; who has the same box as others takes turns."""
        import torch.distributed as dist

        every: list[Any] = [None] * self.spread.count
        dist.all_gather_object(every, {name: box for name, box in boxes.items() if box.size})
        written: set[str] = set()
        turns: dict[tuple[int, ...], int] = {}
        for name in sorted({name for each in every for name in each}):
            for box in dict.fromkeys(each[name] for each in every if name in each):
                having = tuple(rank for rank, each in enumerate(every) if each.get(name) == box)
                turn = turns[having] = turns.get(having, -1) + 1
                if having[turn % len(having)] == self.spread.rank:
                    written.add(name)
        return frozenset(written)

    def _tell_optimizer(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        """Its group, and how many steps each weight took: alike for all that took any."""
        said = optimizer.state_dict()
        (group,) = said["param_groups"]
        taken = {float(each["step"]) for each in said["state"].values()}
        steps = dict.fromkeys(self.spread.trained.shapes, taken.pop()) if taken else {}
        return {"group": {n: each for n, each in group.items() if n != "params"}, "steps": steps}


def _make_plain(plain: dict[str, Any]) -> dict[str, Any]:
    if "training" not in plain:
        return plain
    return {**plain, "training": dataclasses.asdict(plain["training"])}


def _tell(saved: Saved) -> None:
    events.emit("finetuning.checkpoint", **dataclasses.asdict(saved))
