"""A decoder's matrices in 8 bits, multiplied as whole numbers: what a browser does fast.

WebAssembly has no kernel for ``MatMulNBits``: ONNX Runtime unpacks the matrix to float32 at each
token there. It has one for ``MatMulInteger``. So a matrix ``[inputs, outputs]`` becomes uint8
around 128 with a scale a column, and what comes in becomes uint8 around 128 with a scale a token:
``y = (a - 128)(b - 128) s_a s_b`` (LLM.int8()'s vector-wise scales, Dettmers et al. 2022, without
what that does for outliers). Both sides are uint8, so the sums are exact on every processor, and no
scale depends on which tokens are read together. Tied embeddings are looked up in the matrix that
gives the logits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.formats.onnx_graph import Graph

MIDDLE, MOST = 128, 127
_LEAST_SCALE = 1e-12
_LOOKED_UP = ("columns", "rows", "real", "centred", "scales", "cut")
_TAKEN = ("size", "peak", "some", "scale", "steps", "round", "moved", "bytes")


def quantise_columns(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``[inputs, outputs]`` as uint8 around 128, and a scale a column (float32)."""
    import numpy as np

    scales = np.maximum(np.abs(weights).max(axis=0) / MOST, _LEAST_SCALE).astype(np.float32)
    return (np.rint(weights / scales) + MIDDLE).astype(np.uint8), scales


def take_bytes(graph: Graph) -> None:
    """Replace each float32 matrix of the builder's graph, and the embeddings.

    Raises:
        CapabilityError: The graph has no logits' matrix.
    """
    rewrite = _Rewrite(graph)
    head = graph.head()
    for node in [each for each in graph.model.graph.node if each.op_type == "MatMul"]:
        numbers = graph.numbers(node.input[1])
        if numbers is not None and numbers.ndim == 2:
            if node.name == head.name:
                rewrite.share_embeddings(node.input[1], name=node.name)
            rewrite.replace(node, numbers, name=node.name)
    graph.drop_unused()


class _Rewrite:
    """The graph with the values of which bytes were made already."""

    def __init__(self, graph: Graph) -> None:
        import numpy as np

        self._graph = graph
        self._made: dict[str, tuple[str, str]] = {}
        graph.put_numbers("bytes/middle", np.array(MIDDLE, np.uint8))
        graph.put_numbers("bytes/middle_real", np.array(MIDDLE, np.float32))
        graph.put_numbers("bytes/most", np.array(MOST, np.float32))
        graph.put_numbers("bytes/least", np.array(_LEAST_SCALE, np.float32))
        graph.put_numbers("bytes/last", np.array([-1], np.int64))

    def replace(self, node: Any, weights: np.ndarray, *, name: str) -> None:
        """A product of real numbers by one of bytes."""
        from onnx import TensorProto, helper

        quants, scales = quantise_columns(weights)
        self._graph.put_numbers(f"{name}/bytes", quants)
        self._graph.put_numbers(f"{name}/scales", scales)
        taken, its = self._bytes_of(node.input[0], node)
        whole, real, scaled = (f"{name}/{part}" for part in ("whole", "real", "scaled"))
        middle = "bytes/middle"
        self._graph.insert_before(
            node,
            helper.make_node("MatMulInteger", [taken, f"{name}/bytes", middle, middle], [whole]),
            helper.make_node("Cast", [whole], [real], to=TensorProto.FLOAT),
            helper.make_node("Mul", [real, its], [scaled]),
        )
        node.op_type = "Mul"
        node.input[:] = [scaled, f"{name}/scales"]

    def share_embeddings(self, matrix: str, *, name: str) -> None:
        """Look words up in the columns of the logits' matrix, where that is the same one."""
        from onnx import TensorProto, helper

        nodes = self._graph.model.graph.node
        turned = [n.output[0] for n in nodes if n.op_type == "Transpose" and n.input[0] == matrix]
        for node in [n for n in nodes if n.op_type == "Gather" and n.input[0] in turned]:
            ids = node.input[1]
            columns, rows, real, centred, scales, cut = (
                f"{node.name}/{part}" for part in _LOOKED_UP
            )
            self._graph.insert_before(
                node,
                helper.make_node("Gather", [f"{name}/bytes", ids], [columns], axis=1),
                helper.make_node("Transpose", [columns], [rows], perm=[1, 2, 0]),
                helper.make_node("Cast", [rows], [real], to=TensorProto.FLOAT),
                helper.make_node("Sub", [real, "bytes/middle_real"], [centred]),
                helper.make_node("Gather", [f"{name}/scales", ids], [scales]),
                helper.make_node("Unsqueeze", [scales, "bytes/last"], [cut]),
            )
            node.op_type = "Mul"
            del node.attribute[:]
            node.input[:] = [centred, cut]
        for node in [n for n in nodes if n.op_type == "Transpose" and n.output[0] in turned]:
            nodes.remove(node)

    def _bytes_of(self, value: str, reader: Any) -> tuple[str, str]:
        """A value as bytes and a scale a token; made once for all who read it."""
        from onnx import TensorProto, helper

        if value not in self._made:
            size, peak, some, scale, steps, round_, moved, taken = (
                f"{value}/{part}" for part in _TAKEN
            )
            self._graph.insert_before(
                reader,
                helper.make_node("Abs", [value], [size]),
                helper.make_node("ReduceMax", [size, "bytes/last"], [peak], keepdims=1),
                helper.make_node("Div", [peak, "bytes/most"], [some]),
                helper.make_node("Max", [some, "bytes/least"], [scale]),
                helper.make_node("Div", [value, scale], [steps]),
                helper.make_node("Round", [steps], [round_]),
                helper.make_node("Add", [round_, "bytes/middle_real"], [moved]),
                helper.make_node("Cast", [moved], [taken], to=TensorProto.UINT8),
            )
            self._made[value] = (taken, scale)
        return self._made[value]
