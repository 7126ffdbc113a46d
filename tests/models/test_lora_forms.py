"""LoRA, rsLoRA and DoRA do the same by PEFT, by mlx-lm, and merged by our own arithmetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, InputError
from workbench.models.engines.mlx import MlxEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats import lora_merged, lora_peft
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.formats.lora_gguf import write_gguf_of_peft
from workbench.models.formats.lora_merged import write_merged_folder, write_merged_gguf
from workbench.models.formats.lora_mlx import write_mlx_of_peft, write_peft_of_mlx
from workbench.models.formats.safetensors_files import read_safetensors
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import Method, make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.models.protocol import AdapterFiles, Engine, EngineSettings, ModelFiles

pytestmark = [
    pytest.mark.model,
    # PEFT asks transformers 5 by a name that it is about to lose.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]

METHODS: tuple[Method, ...] = ("lora", "rslora", "dora")
LAYERS, BOUND_NATS = 2, 1e-3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base as a folder and as a GGUF, and an adapter of each kind whose scale is not 1."""
    root = tmp_path_factory.mktemp("forms")
    make_tiny_folder(root / "base")
    write_gguf_of_folder(root / "base", root / "base.gguf", type="F32")
    for method in METHODS:
        make_tiny_lora(
            root / method, root / "base", name="a", base_model="tiny", method=method, alpha=12.0
        )
    return root


def scores(engine: Engine, adapter: str | None = None) -> list[float]:
    ids = engine.tokenize("The quick brown fox jumps over the lazy dog")
    try:
        return engine.score_ids(ids[:2], ids[2:], adapter=adapter)
    finally:
        engine.close()


def by_peft(made: Path, adapter: Path) -> list[float]:
    """What PEFT itself makes of it: the reference."""
    import peft

    engine = TransformersEngine(ModelFiles("tiny", folder=made / "base"), EngineSettings())
    said = json.loads((adapter / lora_peft.CONFIG).read_text())
    config = peft.LoraConfig(
        task_type="CAUSAL_LM",
        **{key: value for key, value in said.items() if key not in ("peft_type", "task_type")},
    )
    peft.PeftModel.from_pretrained(engine.module, str(adapter), config=config)
    engine.module.eval()
    return scores(engine)


def by_mlx(made: Path, adapter: Path) -> list[float]:
    files = ModelFiles("tiny", folder=made / "base", adapters=(AdapterFiles("a@1", mlx=adapter),))
    return scores(MlxEngine(files, EngineSettings()), "a@1")


def merged(files: ModelFiles) -> list[float]:
    return scores(TransformersEngine(files, EngineSettings()))


def apart(one: list[float], other: list[float]) -> float:
    return float(np.abs(np.subtract(one, other)).max())


@pytest.mark.parametrize("method", METHODS)
def test_every_way_says_what_peft_says(method: Method, made: Path, tmp_path: Path) -> None:
    expected = by_peft(made, made / method)
    base = ModelFiles("tiny", folder=made / "base")
    assert apart(expected, merged(base)) > 0.1, "the adapter changes nothing, so nothing is shown"

    for name in ("mlx", "folder", "of_gguf", "back"):
        (tmp_path / name).mkdir()
    write_mlx_of_peft(made / method, tmp_path / "mlx", layers=LAYERS)
    assert apart(expected, by_mlx(made, tmp_path / "mlx")) < BOUND_NATS
    write_peft_of_mlx(tmp_path / "mlx", tmp_path / "back", base_model="tiny")
    assert apart(expected, by_peft(made, tmp_path / "back")) < BOUND_NATS

    write_merged_folder(made / method, tmp_path / "folder", base=base, dtype="float32")
    assert apart(expected, merged(ModelFiles("m", folder=tmp_path / "folder"))) < BOUND_NATS
    gguf = write_merged_gguf(
        made / method,
        tmp_path / "merged.gguf",
        base=ModelFiles("tiny", gguf=made / "base.gguf"),
        metadata={"general.name": "tiny with a@1"},
    )
    assert read_gguf(gguf).metadata["general.name"] == "tiny with a@1"
    assert apart(expected, merged(ModelFiles("m", gguf=gguf))) < BOUND_NATS

    # A scale that is not divided by the rank, and one of another method, are seen.
    config = tmp_path / "mlx" / "adapter_config.json"
    said = json.loads(config.read_text())
    said["lora_parameters"]["scale"] *= 4
    config.write_text(json.dumps(said))
    assert apart(expected, by_mlx(made, tmp_path / "mlx")) > 10 * BOUND_NATS


def test_rows_that_are_not_permuted_are_seen(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = by_peft(made, made / "lora")
    monkeypatch.setattr(lora_merged, "undo_storage", lambda name, numbers, *rest: numbers)
    monkeypatch.setattr(lora_merged, "redo_storage", lambda name, numbers, *rest: numbers)
    base = ModelFiles("tiny", gguf=made / "base.gguf")
    broken = write_merged_gguf(made / "lora", tmp_path / "broken.gguf", base=base)
    assert apart(expected, merged(ModelFiles("m", gguf=broken))) > 10 * BOUND_NATS


def test_a_merged_gguf_keeps_the_types_of_its_base_or_takes_another(
    made: Path, tmp_path: Path
) -> None:
    write_gguf_of_folder(made / "base", tmp_path / "q4.gguf", type="Q4_1")
    base = ModelFiles("tiny", gguf=tmp_path / "q4.gguf")
    before = read_gguf(tmp_path / "q4.gguf")
    same = read_gguf(write_merged_gguf(made / "lora", tmp_path / "same.gguf", base=base))
    assert {n: t.type for n, t in same.tensors.items()} == {
        n: t.type for n, t in before.tensors.items()
    }
    untouched = "blk.0.ffn_up.weight"
    assert same.raw(untouched).tobytes() == before.raw(untouched).tobytes()
    touched = "blk.0.attn_q.weight"
    assert same.raw(touched).tobytes() != before.raw(touched).tobytes()
    assert same.metadata["workbench.encoding"] == "re-encoded from Q4_1"
    other = read_gguf(
        write_merged_gguf(made / "lora", tmp_path / "q8.gguf", base=base, type="Q8_0")
    )
    assert other.tensors[untouched].type == other.tensors[touched].type == "Q8_0"
    with pytest.raises(InputError, match="Q4_K"):
        write_merged_gguf(made / "lora", tmp_path / "no.gguf", base=base, type="Q4_K")
    assert not (tmp_path / "no.gguf").exists()


def test_dora_has_no_gguf_and_merging_is_named(made: Path, tmp_path: Path) -> None:
    with pytest.raises(CapabilityError, match="use_dora") as caught:
        write_gguf_of_peft(made / "dora", tmp_path / "out.gguf", base=made / "base")
    assert "--merge" in str(caught.value.hint)
    assert not (tmp_path / "out.gguf").exists()


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_an_adapter_of_another_base_is_not_merged(made: Path, tmp_path: Path) -> None:
    make_tiny_folder(tmp_path / "gemma", "gemma")
    write_gguf_of_folder(tmp_path / "gemma", tmp_path / "gemma.gguf", type="F32")
    for base in (
        ModelFiles("gemma", gguf=tmp_path / "gemma.gguf"),
        ModelFiles("gemma", folder=tmp_path / "gemma"),
    ):
        (tmp_path / "out").mkdir(exist_ok=True)
        with pytest.raises(InputError, match=r"changes model\.layers"):
            write_merged_folder(made / "lora", tmp_path / "out", base=base, dtype="float32")
    with pytest.raises(InputError, match="the base has 1 layers"):
        write_mlx_of_peft(made / "lora", tmp_path / "out", layers=1)


def test_what_mlx_wrote_in_another_way_is_told(made: Path, tmp_path: Path) -> None:
    (tmp_path / "mlx").mkdir()
    (tmp_path / "out").mkdir()
    write_mlx_of_peft(made / "lora", tmp_path / "mlx", layers=LAYERS)
    config = tmp_path / "mlx" / "adapter_config.json"
    whole = config.read_text()
    for values, kind, said in (
        ({"fine_tune_type": "full"}, CapabilityError, "full"),
        ({"lora_parameters": {"rank": 0, "scale": 1.0}}, InputError, "rank 0"),
        ({"lora_parameters": None}, InputError, "no adapter's config"),
    ):
        change(config, **values)
        with pytest.raises(kind, match=said):
            write_peft_of_mlx(tmp_path / "mlx", tmp_path / "out", base_model="tiny")
        config.write_text(whole)
    assert list((tmp_path / "out").iterdir()) == []


def test_both_directions_give_the_numbers_back(made: Path, tmp_path: Path) -> None:
    (tmp_path / "mlx").mkdir()
    (tmp_path / "back").mkdir()
    write_mlx_of_peft(made / "dora", tmp_path / "mlx", layers=LAYERS)
    write_peft_of_mlx(tmp_path / "mlx", tmp_path / "back", base_model="tiny")
    before = dict(read_safetensors(made / "dora" / lora_peft.WEIGHTS))
    after = dict(read_safetensors(tmp_path / "back" / lora_peft.WEIGHTS))
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
