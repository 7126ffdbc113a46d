"""The adapter that a run goes on from, in the place of a new one that adds nothing yet.

What was taught before stays in the matrices and is learnt on in them: the outcome is one adapter of
the same shape, over the same base, that every engine can be asked with.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.finetuning.training.recipe import Recipe

if TYPE_CHECKING:
    from workbench.models.adapters import Adapter


def find_start(name: str, *, model: str) -> Adapter:
    """The version that a run goes on from.

    Args:
        name: ``adapter``, ``adapter@version`` or ``adapter@label``, with its base before it or not.
        model: The base that is to be taught.

    Raises:
        NotFoundError, IntegrityError: See ``models.adapters.resolve``.
        InputError: It is an adapter of another base.
        CapabilityError: It is a GGUF alone, in which nothing can be learnt.
    """
    from workbench.models import catalogue
    from workbench.models.adapters import PEFT_FILES, resolve

    base = catalogue.find(model).name
    found = resolve(name if ":" in name else f"{base}:{name}")
    if found.base != base:
        raise InputError(
            f"{found.full_name} is an adapter of {found.base}, not of {base}",
            hint=f"--model {found.base}",
        )
    if not set(PEFT_FILES) <= set(found.record.files):
        raise CapabilityError(
            f"{found.full_name} has no form in which it can be taught on, only a GGUF",
            hint="register the folder that PEFT saved: workbench models adapter-add FOLDER",
        )
    return found


def take_shape(recipe: Recipe, start: Adapter, *, given: dict[str, Any]) -> Recipe:
    """The recipe with the shape of the adapter that it goes on from.

    Args:
        recipe: How it is to be taught.
        start: Its shape is what it was made with.
        given: What the caller asked for; None is nothing.

    Raises:
        InputError: Another shape was asked for.
        CapabilityError: It is a DoRA, which no GGUF can hold.
    """
    shape = _read_shape(start.folder)
    for name, value in shape.items():
        if given.get(name) not in (None, value):
            raise InputError(
                f"{name} is {given[name]!r}; {start.full_name}, from which it goes on, has "
                f"{value!r}",
                hint=f"leave {name} out",
            )
    if shape["method"] == "dora":
        raise CapabilityError(
            f"{start.full_name} is a DoRA: what goes on from it could not be asked beside its base",
            hint="teach a LoRA, and go on from that",
        )
    return dataclasses.replace(recipe, **shape)


def _read_shape(folder: Path) -> dict[str, Any]:
    """Rank, scale, maps and layers as PEFT's config has them, by the names of a recipe."""
    from workbench.models.formats.lora_peft import read_config

    said = read_config(folder)
    layers, targets = said.get("layers_to_transform"), said["target_modules"]
    plain = "rslora" if said.get("use_rslora") else "lora"
    return {
        "method": "dora" if said.get("use_dora") else plain,
        "rank": int(said["r"]),
        "alpha": float(said["lora_alpha"]),
        "dropout": float(said.get("lora_dropout") or 0.0),
        "targets": (targets,) if isinstance(targets, str) else tuple(sorted(targets)),
        "layers": len(layers) if isinstance(layers, list) else None,
    }


def check_private_start(start: Adapter | None, snapshot: str | None) -> None:
    """Raise where an epsilon could not hold: the rows were taught before without any privacy.

    Args:
        start: The adapter that a private run goes on from; None is the base alone.
        snapshot: What the run will learn from.

    Raises:
        CapabilityError: It, or one that it came from, was taught these rows as they are.
    """
    if start is None or snapshot is None:
        return
    now = _made_of(snapshot)
    for each in _line(start):
        notes = each.record.notes
        if not notes.get("privacy") and now & _made_of(str(notes.get("data", ""))):
            raise CapabilityError(
                f"{each.full_name} was taught these rows without any privacy, and what goes on "
                "from it knows them: no epsilon can take that back",
                hint="begin at the base: without --adapter",
            )


def _line(start: Adapter) -> Iterator[Adapter]:
    """The adapter and those that it came from, as far as they are here."""
    from workbench.models.adapters import resolve

    waiting, seen = [start], {start.full_name}
    while waiting:
        each = waiting.pop()
        yield each
        for parent in each.record.parents:
            if parent not in seen:
                seen.add(parent)
                with contextlib.suppress(NotFoundError):
                    waiting.append(resolve(parent, verify=False))


def _made_of(snapshot: str) -> set[str]:
    """The sha256 of a snapshot and of its files; of what is none here only what was given."""
    from workbench.finetuning.snapshots.snapshot import find_snapshot

    with contextlib.suppress(NotFoundError):
        return {snapshot, *find_snapshot(snapshot).sources.values()}
    return {snapshot}
