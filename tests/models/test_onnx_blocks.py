"""A GGUF's blocks become ONNX Runtime's without being quantised again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from workbench.models.formats import onnx_blocks
from workbench.models.formats.architectures import ARCHITECTURES
from workbench.models.formats.gguf_reader import GgufFile, read_gguf
from workbench.models.formats.gguf_writer import PlannedTensor, quantize, write_gguf
from workbench.models.formats.onnx_blocks import BlockMatrix, extend, pack, read_matrix, stack
from workbench.models.formats.onnx_graph import Graph

LLAMA = ARCHITECTURES["llama"]
CONFIG = {"num_attention_heads": 2, "num_key_value_heads": 2}


def make_gguf(path: Path, weights: np.ndarray, type: str, *, name: str = "attn_output") -> GgufFile:
    plan = PlannedTensor(f"blk.0.{name}.weight", weights.shape, type)
    write_gguf(path, [], [plan], iter([quantize(weights, type)]))
    return read_gguf(path)


def weights_of(rows: int, columns: int) -> np.ndarray:
    made = np.random.default_rng(3).normal(size=(rows, columns)).astype(np.float32)
    made[0, :32] += 0.5  # blocks that lie lopsided about zero
    made[1, 32:64] = 0.25  # a block of one number
    made[2, :32] = 0.0
    return made


@pytest.mark.parametrize("type", ["Q4_0", "Q4_1", "Q8_0"])
def test_blocks_stand_for_the_same_numbers(tmp_path: Path, type: str) -> None:
    gguf = make_gguf(tmp_path / "a.gguf", weights_of(8, 96), type)
    matrix = read_matrix(gguf, "blk.0.attn_output.weight", LLAMA, CONFIG)
    assert matrix.bits == (8 if type == "Q8_0" else 4)
    expected = gguf.dequantize("blk.0.attn_output.weight")
    np.testing.assert_allclose(matrix.numbers(), expected, atol=1e-6)


def test_rows_of_q_are_put_into_the_order_of_the_folder(tmp_path: Path) -> None:
    gguf = make_gguf(tmp_path / "a.gguf", weights_of(8, 32), "Q4_1", name="attn_q")
    matrix = read_matrix(gguf, "blk.0.attn_q.weight", LLAMA, CONFIG)
    stored = gguf.dequantize("blk.0.attn_q.weight")
    assert not np.allclose(matrix.numbers(), stored, atol=1e-3)
    np.testing.assert_allclose(
        np.sort(matrix.numbers(), axis=0), np.sort(stored, axis=0), atol=1e-6
    )


def test_other_types_become_8_bits(tmp_path: Path) -> None:
    weights = weights_of(8, 64)
    gguf = make_gguf(tmp_path / "a.gguf", weights, "F16")
    matrix = read_matrix(gguf, "blk.0.attn_output.weight", LLAMA, CONFIG)
    assert matrix.bits == 8
    assert np.abs(matrix.numbers() - weights).max() <= np.abs(weights).max() / 254 + 1e-3


def run(matrix: BlockMatrix, inputs: np.ndarray) -> np.ndarray:
    """What ONNX Runtime's operator makes of a matrix, whose place in a graph another had."""
    columns = inputs.shape[-1]
    node = helper.make_node(
        "MatMulNBits",
        ["x", "quants", "scales"],
        ["logits"],
        name="matrix",
        domain="com.microsoft",
        K=columns,
        N=len(matrix.quants),
        bits=4,
        block_size=16,
        accuracy_level=1,
    )
    model = helper.make_model(
        helper.make_graph(
            [node],
            "one",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, None, columns])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        ),
        opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)],
        ir_version=10,
    )
    Graph(model)._replace_matrix(model.graph.node[0], matrix)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: np.ndarray = session.run(None, {"x": inputs[None]})[0][0]
    return found


def errors_of_product(matrix: BlockMatrix, expected: np.ndarray) -> float:
    """The root mean square of the error of a product, against that of the product."""
    inputs = np.random.default_rng(4).normal(1.0, size=(5, expected.shape[1])).astype(np.float32)
    product = inputs @ expected.T
    return float(np.sqrt(np.mean((run(matrix, inputs) - product) ** 2) / np.mean(product**2)))


@pytest.mark.parametrize("type", ["Q4_0", "Q4_1", "Q8_0"])
def test_the_operator_multiplies_with_the_same_numbers(tmp_path: Path, type: str) -> None:
    gguf = make_gguf(tmp_path / "a.gguf", weights_of(64, 96), type)
    expected = gguf.dequantize("blk.0.attn_output.weight")
    matrix = read_matrix(gguf, "blk.0.attn_output.weight", LLAMA, CONFIG)
    assert errors_of_product(extend(matrix), expected) < 0.02
    if type == "Q4_1":  # the columns for what rounding the zero points leaves are needed
        assert extend(matrix).bits == 4
        assert extend(matrix).columns == 96 + 3
        bare = dataclasses.replace(matrix, rest=None)
        assert errors_of_product(bare, expected) > 0.05


def test_a_matrix_whose_rest_does_not_go_into_4_bits_takes_8(tmp_path: Path) -> None:
    weights = weights_of(64, 96)
    weights[:, 32:64] += 40.0  # all on one side of zero, far from it
    gguf = make_gguf(tmp_path / "a.gguf", weights, "Q4_1")
    expected = gguf.dequantize("blk.0.attn_output.weight")
    matrix = extend(read_matrix(gguf, "blk.0.attn_output.weight", LLAMA, CONFIG))
    assert matrix.bits == 8
    np.testing.assert_allclose(matrix.numbers(), expected, atol=np.abs(expected).max() / 250)


def test_matrices_of_different_bits_are_stacked_in_8(tmp_path: Path) -> None:
    four = read_matrix(
        make_gguf(tmp_path / "a.gguf", weights_of(8, 64), "Q4_1"),
        "blk.0.attn_output.weight",
        LLAMA,
        CONFIG,
    )
    eight = onnx_blocks.encode_8_bits(weights_of(4, 64))
    both = stack([four, eight])
    assert (both.bits, both.quants.shape) == (8, (12, 2, 32))
    expected = np.concatenate([four.numbers(), eight.numbers()])
    np.testing.assert_allclose(both.numbers(), expected, atol=np.abs(expected).max() / 250)
    assert stack([four, four]).rest is not None


def test_an_odd_number_of_blocks_packs_into_whole_bytes(tmp_path: Path) -> None:
    gguf = make_gguf(tmp_path / "a.gguf", weights_of(8, 96), "Q4_1")
    matrix = read_matrix(gguf, "blk.0.attn_output.weight", LLAMA, CONFIG)
    quants, scales, zeros = pack(matrix)
    assert (quants.shape, scales.shape, zeros.shape) == ((8, 3, 16), (8, 3), (8, 2))
