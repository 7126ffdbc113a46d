"""Changes to the graph that onnxruntime-genai's builder makes, before it is saved.

All names here are the builder's. Whatever does not look as expected is an error: a graph that was
changed in half would answer, and wrongly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.models.formats.architectures import Architecture, find_architecture, gguf_tensor_name
from workbench.models.formats.gguf_reader import GgufFile
from workbench.models.formats.onnx_blocks import (
    BLOCK,
    BlockMatrix,
    extend,
    pack,
    read_matrix,
    stack,
)

if TYPE_CHECKING:
    import numpy as np

LOGITS_FROM = "logits_from"
HIDDEN_STATES = "hidden_states"
_MICROSOFT = "com.microsoft"
_MATRIX = re.compile(r"/model/layers\.(\d+)/(attn|mlp)/(\w+?)_proj/MatMul(_\w+)?")
_PROJECTIONS = {
    "attn": {"q": ["q"], "k": ["k"], "v": ["v"], "qkv": ["q", "k", "v"], "o": ["o"]},
    "mlp": {"gate": ["gate"], "up": ["up"], "down": ["down"]},
}
_PLACES = {"attn": "self_attn", "mlp": "mlp"}


class Graph:
    """A model's graph with its numbers in memory.

    Args:
        model: An ``onnx.ModelProto``, which is changed.
    """

    def __init__(self, model: Any) -> None:
        self.model, self._graph = model, model.graph
        self._numbers = {each.name: each for each in self._graph.initializer}
        self._extended: dict[str, str] = {}

    def open_up(self) -> None:
        """Let a run say from which position on it wants logits, and ask for hidden states.

        The builder's graph computes the logits of every position of a prompt: a quarter of the
        work of reading it, and 200 kB a token. A new input ``logits_from`` (int64 ``[1]``) is the
        first position that counts; a new output gives the last hidden states of all.
        """
        from onnx import TensorProto, helper

        head = self.head()
        states = head.input[0]
        self.put_numbers("logits_from/end", _int64([2**62]))
        self.put_numbers("logits_from/axis", _int64([1]))
        ends = ["logits_from/end", "logits_from/axis"]
        self.insert_before(
            head,
            helper.make_node("Slice", [states, LOGITS_FROM, *ends], [f"{states}/from"]),
            helper.make_node("Identity", [states], [HIDDEN_STATES]),
        )
        head.input[0] = f"{states}/from"
        self._graph.input.append(helper.make_tensor_value_info(LOGITS_FROM, TensorProto.INT64, [1]))
        self._graph.output.append(
            helper.make_tensor_value_info(HIDDEN_STATES, TensorProto.FLOAT, None)
        )

    def take_blocks(self, gguf: GgufFile, config: dict[str, Any]) -> None:
        """Put the blocks of a GGUF in the place of all matrices that the builder quantised.

        Raises:
            CapabilityError: The graph or the GGUF is not of a kind that fits the other.
        """
        architecture = find_architecture(gguf)
        taken: set[str] = set()
        for node in [each for each in self._graph.node if each.op_type == "MatMulNBits"]:
            names = self._tensor_names(node.name, architecture, config)
            is_head = node.name == self.head().name
            if is_head and names[0] not in gguf.tensors:
                names = [str(gguf_tensor_name("model.embed_tokens.weight", architecture, config))]
            missing = [name for name in names if name not in gguf.tensors]
            if missing:
                raise _unexpected(f"the GGUF has no tensor {missing[0]}")
            matrix = stack(
                [
                    read_matrix(gguf, name, architecture, config, bits=8 if is_head else 4)
                    for name in names
                ]
            )
            self._replace_matrix(node, extend(matrix))
            taken |= set(names)
        wanted = {
            name for name in gguf.tensors if re.search(r"(_[qkvo]|output|gate|up|down)\.w", name)
        }
        left = {n for n in wanted if "norm" not in n} - taken
        if left:
            raise _unexpected(f"the graph has no place for {min(left)}")
        self._share_embeddings()
        self.drop_unused()

    def _tensor_names(
        self, node_name: str, architecture: Architecture, config: dict[str, Any]
    ) -> list[str]:
        if node_name.startswith("/lm_head/MatMul"):
            return [gguf_tensor_name("lm_head.weight", architecture, {}) or "output.weight"]
        match = _MATRIX.fullmatch(node_name)
        if match is None or match[3] not in _PROJECTIONS[match[2]]:
            raise _unexpected(f"it has a matrix {node_name!r}")
        stem = f"model.layers.{match[1]}.{_PLACES[match[2]]}"
        found = [
            gguf_tensor_name(f"{stem}.{part}_proj.weight", architecture, config)
            for part in _PROJECTIONS[match[2]][match[3]]
        ]
        return [name for name in found if name is not None]

    def _replace_matrix(self, node: Any, matrix: BlockMatrix) -> None:
        quants, scales, zeros = pack(matrix)
        columns = _attribute(node, "K")
        if matrix.columns > columns:
            node.input[0] = self._with_sums(node.input[0], columns)
        elif matrix.columns < columns:
            raise _unexpected(f"{node.name} has {columns} columns, not {matrix.columns}")
        if _attribute(node, "N") != len(quants):
            raise _unexpected(f"{node.name} has {_attribute(node, 'N')} rows, not {len(quants)}")
        rest = list(node.input[4:])  # a bias stands there
        names = [f"{node.name}/{part}" for part in ("quants", "scales", "zeros")]
        for name, numbers in zip(names, (quants, scales, zeros), strict=True):
            self.put_numbers(name, numbers)
        _set_attributes(node, K=matrix.columns, bits=matrix.bits, block_size=BLOCK)
        node.input[1:] = [*names, *rest]

    def _with_sums(self, name: str, columns: int) -> str:
        """The value followed by the sums of its blocks; made once for all who read it."""
        from onnx import helper

        if name not in self._extended:
            blocks = columns // BLOCK
            shape, axis = f"sums/{blocks}/shape", "sums/axis"
            self.put_numbers(shape, _int64([0, 0, blocks, BLOCK]))
            self.put_numbers(axis, _int64([3]))
            cut, sums, both = f"{name}/blocks", f"{name}/sums", f"{name}/extended"
            reader = next(node for node in self._graph.node if name in node.input)
            self.insert_before(
                reader,
                helper.make_node("Reshape", [name, shape], [cut]),
                helper.make_node("ReduceSum", [cut, axis], [sums], keepdims=0),
                helper.make_node("Concat", [name, sums], [both], axis=-1),
            )
            self._extended[name] = both
        return self._extended[name]

    def _share_embeddings(self) -> None:
        """Let tied embeddings be looked up in the 8-bit matrix that gives the logits."""
        lookups = [node for node in self._graph.node if node.op_type == "GatherBlockQuantized"]
        if not lookups:
            return  # their table is a matrix of its own, in 32 bits
        head = self.head()
        quants = self._numbers[head.input[1]]
        rows, blocks, _ = quants.dims
        self.put_numbers("embeddings/shape", _int64([rows, blocks * BLOCK]))
        for lookup in lookups:
            reshape = self._producer(lookup.input[0])
            if reshape.op_type != "Reshape":
                raise _unexpected(f"{lookup.name} does not read a reshaped matrix")
            reshape.input[0], reshape.input[1] = head.input[1], "embeddings/shape"
            lookup.input[2:] = [head.input[2]]
            _set_attributes(lookup, bits=8, block_size=BLOCK)

    def put_numbers(self, name: str, numbers: np.ndarray) -> None:
        """Add constant numbers to the graph, or replace those of that name."""
        import numpy as np
        from onnx import numpy_helper

        made = numpy_helper.from_array(np.ascontiguousarray(numbers), name)
        if name not in self._numbers:
            self._graph.initializer.append(made)
            self._numbers[name] = self._graph.initializer[-1]
        else:
            self._numbers[name].CopyFrom(made)

    def numbers(self, name: str) -> np.ndarray | None:
        """A constant of the graph; None where the value is worked out."""
        from onnx import numpy_helper

        found = self._numbers.get(name)
        return None if found is None else numpy_helper.to_array(found)

    def drop_unused(self) -> None:
        """Drop numbers that no node reads."""
        used = {name for node in self._graph.node for name in node.input}
        kept = [each for each in self._graph.initializer if each.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)
        # What the builder knew of shapes no longer holds for values that were changed.
        del self._graph.value_info[:]

    def head(self) -> Any:
        """The matrix that gives the logits; what caps them may follow."""
        for node in self._graph.node:
            if node.name.startswith("/lm_head/MatMul"):
                return node
        raise _unexpected("it has no /lm_head/MatMul")

    def _producer(self, value: str) -> Any:
        for node in self._graph.node:
            if value in node.output:
                return node
        raise _unexpected(f"nothing in it makes {value!r}")

    def insert_before(self, node: Any, *nodes: Any) -> None:
        """Put nodes before one that is there."""
        place = next(i for i, each in enumerate(self._graph.node) if each.output == node.output)
        for offset, each in enumerate(nodes):
            self._graph.node.insert(place + offset, each)


def _attribute(node: Any, name: str) -> int:
    return next(int(each.i) for each in node.attribute if each.name == name)


def _set_attributes(node: Any, **values: int) -> None:
    from onnx import helper

    kept = [each for each in node.attribute if each.name not in values]
    del node.attribute[:]
    node.attribute.extend(kept)
    node.attribute.extend(helper.make_attribute(name, value) for name, value in values.items())


def _int64(numbers: list[int]) -> np.ndarray:
    import numpy as np

    return np.array(numbers, np.int64)


def _unexpected(what: str) -> CapabilityError:
    return CapabilityError(
        f"onnxruntime-genai made a graph that is not understood here: {what}",
        hint="take variant='int8', or engine='llamacpp'",
    )
