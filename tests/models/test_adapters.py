"""Adapter records keep to their rules, and a PEFT LoRA does in llama.cpp what merging it does."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, InputError, IntegrityError, NotFoundError
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats import lora_gguf
from workbench.models.formats.adapters import (
    AdapterRecord,
    hash_template,
    read_record,
    write_record,
)
from workbench.models.formats.lora_gguf import write_gguf_of_peft
from workbench.models.formats.safetensors_files import read_safetensors, write_safetensors
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.models.protocol import AdapterFiles, EngineSettings, ModelFiles

RANK, ALPHA = 4, 8.0
TARGETS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.down_proj")


def make_record(folder: Path) -> AdapterRecord:
    (folder / "adapter.gguf").write_bytes(b"weights")
    return AdapterRecord(
        name="faults",
        base_model="smollm2-135m",
        base_sha256="a" * 64,
        rank=16,
        alpha=32.0,
        target_modules=("q_proj", "v_proj"),
        files={"adapter.gguf": hashlib.sha256(b"weights").hexdigest()},
        chat_template_sha256=hash_template("{{ messages }}"),
        parents=("smollm2-135m:faults@1",),
    )


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = make_record(tmp_path)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    assert record.scale == 2.0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rank": 0}, "rank"),
        ({"rank": "16"}, "rank"),
        ({"alpha": -1.0}, "alpha"),
        ({"method": "magic"}, "method"),
        ({"base_sha256": "short"}, "base_sha256"),
        ({"files": {"../elsewhere": "a" * 64}}, "files"),
        ({"files": {}}, "files"),
        ({"name": ""}, "name"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_record_that_breaks_its_rules_is_refused(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    path = write_record(tmp_path, make_record(tmp_path))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=named):
        read_record(tmp_path)


def test_a_bad_record_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rank"):
        write_record(tmp_path, dataclasses.replace(make_record(tmp_path), rank=-3))
    assert not (tmp_path / "adapter.json").exists()


def test_files_that_changed_or_went_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"adapter\.json"):
        read_record(tmp_path)
    record = make_record(tmp_path)
    write_record(tmp_path, record)
    (tmp_path / "adapter.gguf").write_bytes(b"Weights")
    with pytest.raises(IntegrityError, match=r"adapter\.gguf"):
        read_record(tmp_path)
    assert read_record(tmp_path, verify=False) == record
    (tmp_path / "adapter.gguf").unlink()
    with pytest.raises(NotFoundError, match="missing"):
        read_record(tmp_path)


def make_peft_adapter(folder: Path, base: Path, **config: Any) -> dict[str, np.ndarray]:
    """An adapter as PEFT saves it, and what it adds to each weight."""
    folder.mkdir()
    random = np.random.default_rng(0)
    tensors, added = {}, {}
    for name, weights in read_safetensors(base / "model.safetensors"):
        if any(f"{target}.weight" in name for target in TARGETS):
            down = random.normal(size=(RANK, weights.shape[1])).astype(np.float32) * 0.2
            up = random.normal(size=(weights.shape[0], RANK)).astype(np.float32) * 0.2
            stem = "base_model.model." + name.removesuffix(".weight")
            tensors[f"{stem}.lora_A.weight"], tensors[f"{stem}.lora_B.weight"] = down, up
            added[name] = ALPHA / RANK * up @ down
    shapes = {name: numbers.shape for name, numbers in tensors.items()}
    path = folder / "adapter_model.safetensors"
    write_safetensors(path, shapes, tensors.items(), dtype="float32")
    said = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "bias": "none", **config}
    (folder / "adapter_config.json").write_text(json.dumps(said))
    return added


def merge(base: Path, added: dict[str, np.ndarray], folder: Path) -> Path:
    make_tiny_folder(folder)
    merged = {
        name: numbers + added.get(name, np.float32(0))
        for name, numbers in read_safetensors(base / "model.safetensors")
    }
    shapes = {name: numbers.shape for name, numbers in merged.items()}
    write_safetensors(folder / "model.safetensors", shapes, merged.items(), dtype="float32")
    return folder


def difference(base: Path, merged: Path, adapter: Path) -> float:
    expected = TransformersEngine(ModelFiles("merged", folder=merged), EngineSettings())
    gguf = write_gguf_of_folder(base, adapter.with_name("base.gguf"), type="F32")
    files = ModelFiles("tiny", gguf=gguf, adapters=(AdapterFiles("made@1", adapter),))
    found = LlamaCppEngine(files, EngineSettings())
    try:
        ids = expected.tokenize("The quick brown fox jumps over")
        one = expected.score_ids(ids[:2], ids[2:])
        return float(
            np.abs(np.subtract(one, found.score_ids(ids[:2], ids[2:], adapter="made@1"))).max()
        )
    finally:
        expected.close()
        found.close()


def test_a_lora_in_llamacpp_does_what_merging_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make_tiny_folder(tmp_path / "base")
    added = make_peft_adapter(tmp_path / "peft", base)
    merged = merge(base, added, tmp_path / "merged")
    adapter = write_gguf_of_peft(tmp_path / "peft", tmp_path / "adapter.gguf", base=base)
    assert difference(base, merged, adapter) < 0.02
    # Rows of q and k left in Hugging Face's order fail the same check.
    monkeypatch.setattr(lora_gguf, "redo_storage", lambda name, numbers, *rest: numbers)
    broken = write_gguf_of_peft(tmp_path / "peft", tmp_path / "broken.gguf", base=base)
    assert difference(base, merged, broken) > 0.02


def test_what_a_gguf_lora_cannot_hold_is_named(tmp_path: Path) -> None:
    base = make_tiny_folder(tmp_path / "base")
    for place, odd in enumerate(({"use_dora": True}, {"bias": "all"}, {"peft_type": "IA3"})):
        folder = tmp_path / f"peft{place}"
        make_peft_adapter(folder, base, **odd)
        with pytest.raises(CapabilityError, match=next(iter(odd))):
            write_gguf_of_peft(folder, tmp_path / "out.gguf", base=base)


def test_half_a_pair_is_noticed(tmp_path: Path) -> None:
    base = make_tiny_folder(tmp_path / "base")
    make_peft_adapter(tmp_path / "peft", base)
    path = tmp_path / "peft" / "adapter_model.safetensors"
    tensors = dict(read_safetensors(path))
    tensors.pop(next(iter(tensors)))
    shapes = {name: numbers.shape for name, numbers in tensors.items()}
    write_safetensors(path, shapes, tensors.items(), dtype="float32")
    with pytest.raises(InputError, match="without its other half"):
        write_gguf_of_peft(tmp_path / "peft", tmp_path / "out.gguf", base=base)
