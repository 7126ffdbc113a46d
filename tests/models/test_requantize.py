"""GGUF files written here are read by gguf, by llama.cpp, and tell their own history."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.formats.gguf_reader import GgufArray, read_gguf
from workbench.models.formats.gguf_recipes import choose_types
from workbench.models.formats.gguf_writer import (
    PYTHON_TYPES,
    PlannedTensor,
    encode_entries,
    quantize,
    write_gguf,
)
from workbench.models.formats.requantize import requantize
from workbench.models.formats.tiny import make_tiny_gguf
from workbench.models.protocol import EngineSettings, ModelFiles, Sampling

_PROMPT = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", type="F32")


@pytest.mark.parametrize("type", PYTHON_TYPES)
def test_blocks_are_those_that_gguf_makes_row_by_row(type: str) -> None:
    numbers = np.random.default_rng(1).normal(size=(40, 96)).astype(np.float32)
    expected = gguf.quants.quantize(numbers, gguf.GGMLQuantizationType[type])
    assert quantize(numbers, type) == expected.tobytes()


@pytest.mark.parametrize(
    ("type", "largest_error"),
    [("F32", 0.0), ("F16", 0.001), ("BF16", 0.01), ("Q8_0", 0.01), ("Q5_1", 0.05), ("Q4_0", 0.12)],
)
def test_requantized_weights_stay_close_and_the_rest_is_kept(
    tiny: Path, tmp_path: Path, type: str, largest_error: float
) -> None:
    made = requantize(tiny, tmp_path / "out.gguf", type)
    before, after = read_gguf(tiny), read_gguf(made.path)
    assert list(after.tensors) == list(before.tensors)
    for name, tensor in after.tensors.items():
        if len(tensor.shape) == 1:
            assert tensor.type == "F32"
            np.testing.assert_array_equal(after.dequantize(name), before.dequantize(name))
        else:
            error = np.abs(after.dequantize(name) - before.dequantize(name)).max()
            assert error <= largest_error
            assert tensor.type == (
                "Q8_0" if type[:2] in ("Q4", "Q5") and "blk" not in name else type
            )
    for key, value in before.metadata.items():
        if key != "general.file_type":
            kept = after.metadata[key]
            if isinstance(value, GgufArray):
                assert after.array(key) == before.array(key)
            else:
                assert kept == value


def test_the_file_says_that_it_lost_twice(tiny: Path, tmp_path: Path) -> None:
    once = requantize(tiny, tmp_path / "once.gguf", "Q8_0")
    twice = requantize(once.path, tmp_path / "twice.gguf", "Q4_0")
    back = requantize(twice.path, tmp_path / "back.gguf", "F16")
    assert once.encoding == "encoded from unquantised weights"
    assert twice.encoding.startswith("re-encoded from Q8_0")
    assert read_gguf(back.path).metadata["workbench.encoding"].startswith("re-encoded from Q4_0")


def test_a_matrix_of_odd_rows_becomes_float16(tmp_path: Path) -> None:
    source = tmp_path / "odd.gguf"
    numbers = np.random.default_rng(0).normal(size=(3, 33)).astype(np.float32)
    plan = PlannedTensor("blk.0.odd.weight", (3, 33), "F32")
    entries = encode_entries({"general.architecture": "llama"})
    write_gguf(source, entries, [plan], [numbers.tobytes()])
    made = read_gguf(requantize(source, tmp_path / "out.gguf", "Q4_0").path)
    assert made.tensors["blk.0.odd.weight"].type == "F16"
    np.testing.assert_allclose(made.dequantize("blk.0.odd.weight"), numbers, atol=2e-3)


def test_routers_and_norms_of_any_shape_stay_float32() -> None:
    for name in ("blk.0.ffn_gate_inp.weight", "blk.0.attn_q_norm.weight"):
        assert choose_types({name: (64, 64)}, "Q4_0", {})[name].type == "F32"


def test_a_type_that_cannot_be_made_is_refused_and_nothing_is_left(
    tiny: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="Q4_K"):
        requantize(tiny, tmp_path / "out.gguf", "Q4_K")
    with pytest.raises(InputError, match="Q2_K"):
        quantize(np.zeros((1, 256), np.float32), "Q2_K")
    plan = PlannedTensor("a", (2, 32), "F32")
    with pytest.raises(InputError, match="4 bytes came"):
        write_gguf(tmp_path / "out.gguf", [], [plan], [b"1234"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.model
def test_the_default_model_still_knows_paris_in_8_bits(smollm2_gguf: Path, tmp_path: Path) -> None:
    made = requantize(smollm2_gguf, tmp_path / "q8.gguf", "Q8_0")
    assert made.encoding == "re-encoded from Q4_1"
    engine = LlamaCppEngine(ModelFiles("q8", gguf=made.path), EngineSettings(context_tokens=256))
    try:
        ids = engine.tokenize(_PROMPT, special=True)
        chunks = engine.stream(ids, Sampling(temperature=0, max_tokens=16))
        assert "Paris" in "".join(chunk.text for chunk in chunks)
    finally:
        engine.close()
