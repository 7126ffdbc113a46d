"""One adapter in the form that another program reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from workbench.core.errors import CapabilityError
from workbench.finetuning.exporting.result import Format
from workbench.models.adapters import PEFT_FILES, Adapter

ENCODINGS = {
    "gguf": "GGUF LoRA, float32",
    "mlx": "mlx-lm adapter, float32",
    "peft": "PEFT adapter, as it was saved",
}


def write_form(adapter: Adapter, folder: Path, form: Format, *, layers: int) -> None:
    """Write an adapter into an existing folder.

    Args:
        adapter: A registered one.
        folder: Where to.
        form: ``gguf`` for llama.cpp, ``mlx`` for mlx-lm, ``peft`` for transformers.
        layers: How many the base has.

    Raises:
        CapabilityError: The adapter has no such form; the hint says what goes instead.
    """
    files = adapter.files()
    if form == "gguf":
        if files.gguf is None:
            raise CapabilityError(
                f"{adapter.full_name} has no GGUF form"
                + (": it is DoRA" if adapter.record.method == "dora" else ""),
                hint=f"workbench finetuning export {adapter.full_name} --to gguf --merge",
            )
        shutil.copyfile(files.gguf, folder / "adapter.gguf")
        return
    peft = peft_folder(adapter)
    if form == "mlx":
        from workbench.models.formats.lora_mlx import write_mlx_of_peft

        write_mlx_of_peft(peft, folder, layers=layers)
        return
    for name in PEFT_FILES:
        shutil.copyfile(peft / name, folder / name)
    complete_config(folder / PEFT_FILES[0], adapter)


def peft_folder(adapter: Adapter) -> Path:
    """Where an adapter lies as PEFT saves it.

    Raises:
        CapabilityError: It came as a GGUF alone.
    """
    found = adapter.files().folder
    if found is None:
        raise CapabilityError(
            f"{adapter.full_name} came as a GGUF alone, from which the other forms are not made",
            hint="register it from what PEFT or mlx-lm saved: workbench models adapter-add FOLDER",
        )
    return found


def complete_config(path: Path, adapter: Adapter) -> None:
    """Say in PEFT's config what it needs to load it elsewhere, and no path of this machine."""
    from workbench.store.files import write_json

    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    said.setdefault("task_type", "CAUSAL_LM")
    said.setdefault("target_modules", sorted(adapter.record.target_modules))
    said["base_model_name_or_path"] = adapter.base
    said["inference_mode"] = True
    write_json(path, said)
