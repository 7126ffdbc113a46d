"""An importance is the mean square of what goes into a matrix, in llama.cpp's own file form."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.edge.compression.importance import (
    Importance,
    measure_importance,
    read_importance,
    write_importance,
)
from workbench.models.formats.safetensors_files import read_safetensors
from workbench.models.protocol import ModelFiles
from workbench.models.tokenizer import TextTokenizer


def test_the_first_matrices_see_the_normed_embeddings(tiny_folder: Path) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 8
    found = measure_importance(ModelFiles("tiny", folder=tiny_folder), [text], window_tokens=16)
    weights = dict(read_safetensors(tiny_folder / "model.safetensors"))
    ids = TextTokenizer(tiny_folder).tokenize(text)
    ids = ids[: len(ids) // 16 * 16]
    states = weights["model.embed_tokens.weight"][ids]
    states /= np.sqrt((states**2).mean(1, keepdims=True) + 1e-6)
    expected = ((states * weights["model.layers.0.input_layernorm.weight"]) ** 2).mean(0)
    for part in ("attn_q", "attn_k", "attn_v"):
        np.testing.assert_allclose(found.columns[f"blk.0.{part}.weight"], expected, rtol=1e-4)
    assert len(found.columns) == 14  # seven matrices in each of two layers; no output
    assert found.columns["blk.1.ffn_down.weight"].shape == (512,)
    assert (found.tokens, found.windows) == (len(ids), len(ids) // 16)


def test_it_is_read_back_and_gguf_reads_it_too(tmp_path: Path) -> None:
    columns = {"blk.0.attn_q.weight": np.arange(8, dtype=np.float32)}
    path = tmp_path / "imatrix.gguf"
    write_importance(path, Importance(columns, 1024, 2), datasets=["some text"])
    again = read_importance(path)
    np.testing.assert_allclose(again.columns["blk.0.attn_q.weight"], columns["blk.0.attn_q.weight"])
    assert (again.tokens, again.windows) == (1024, 2)
    reader = gguf.GGUFReader(path)
    assert reader.fields[gguf.Keys.General.TYPE].contents() == gguf.GGUFType.IMATRIX
    assert reader.fields[gguf.Keys.IMatrix.CHUNK_SIZE].contents() == 512
    assert reader.fields[gguf.Keys.IMatrix.DATASETS].contents() == ["some text"]
    names = {tensor.name: tensor.shape.tolist() for tensor in reader.tensors}
    assert names == {"blk.0.attn_q.weight.in_sum2": [8, 1], "blk.0.attn_q.weight.counts": [1, 1]}


def test_what_is_no_importance_or_too_short_is_named(tiny_folder: Path, tiny_gguf: Path) -> None:
    with pytest.raises(InputError, match="no importance matrix"):
        read_importance(tiny_gguf)
    with pytest.raises(InputError, match="are read at a time"):
        measure_importance(ModelFiles("tiny", folder=tiny_folder), ["short"])
