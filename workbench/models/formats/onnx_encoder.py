"""A BERT encoder as an ONNX graph that gives sentence vectors, and the same in 8 or 4 bits.

The graph is written node by node from the folder's weights: tracing it with torch would need more
packages and leave shapes to chance. It takes ``input_ids`` and ``attention_mask`` (int64
``[texts, tokens]``) and gives ``embeddings`` (float32 ``[texts, size]``): the mean of the last
states over the tokens, of length 1 (Devlin et al. 2019; Reimers and Gurevych 2019).
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.core.optional import require
from workbench.models.formats.safetensors_files import read_safetensors

if TYPE_CHECKING:
    import numpy as np

KINDS = ("float32", "int8", "int4")
GRAPH = "model.onnx"
_OPSET, _IR = 18, 9
_FAR = -10000.0  # added to what a token may not look at
_BLOCK = 32


def write_encoder(folder: Path, path: Path, *, kind: str = "float32") -> None:
    """Write a folder's encoder as one ONNX file.

    Args:
        folder: With ``config.json`` and ``model.safetensors`` of a BERT.
        path: The new file.
        kind: ``float32``; ``int8`` (a scale a column of a matrix, inputs as they come, by ONNX
            Runtime's dynamic quantisation); ``int4`` (a scale and an offset for 32 weights of a
            matrix). In the last two the words' embeddings have 8 bits with a scale a word.

    Raises:
        CapabilityError: It is no BERT with the usual activation.
        InputError: There is no such kind.
    """
    if kind not in KINDS:
        raise InputError(f"kind {kind!r} is none of {', '.join(KINDS)}", hint="kind='int8'")
    onnx = require("onnx", extra="models")
    model = _build(folder, in_bytes=kind != "float32")
    if kind == "float32":
        onnx.save(model, str(path))
        return
    with _quietly():
        if kind == "int8":
            _quantize_8(model, path)
        else:
            _quantize_4(model, path)


def _build(folder: Path, *, in_bytes: bool) -> Any:
    from onnx import TensorProto, checker, helper

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise CapabilityError(
            f"{folder.name} is a {config.get('model_type')} with {config.get('hidden_act')}; "
            "encoders of the kind bert with gelu are written for ONNX",
            hint="load it with engine='transformers'",
        )
    read = read_safetensors(folder / "model.safetensors", wanted=is_weight)
    weights = {name.removeprefix("bert."): numbers for name, numbers in read}
    graph = _Graph(weights, config, in_bytes=in_bytes)
    graph.write()
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info(
        "embeddings", TensorProto.FLOAT, ["texts", config["hidden_size"]]
    )
    made = helper.make_graph(graph.nodes, "encoder", inputs, [output], graph.numbers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _IR
    checker.check_model(model)
    return model


def is_weight(name: str) -> bool:
    """Whether a tensor is one of the numbers: some files hold the places of tokens, too."""
    return not name.endswith("position_ids") and not name.removeprefix("bert.").startswith("pooler")


class _Graph:
    """Nodes and numbers, with the last output's name as the thread through them."""

    def __init__(
        self, weights: Mapping[str, np.ndarray], config: Mapping[str, Any], *, in_bytes: bool
    ) -> None:
        self._weights, self._config, self._in_bytes = weights, config, in_bytes
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []
        self._known: set[str] = set()
        self._count = 0

    def write(self) -> None:
        """From ids to vectors."""
        states = self._embed()
        far = self._mask()
        for layer in range(self._config["num_hidden_layers"]):
            states = self._layer(states, far, f"encoder.layer.{layer}.")
        self._pool(states)

    def _embed(self) -> str:
        words = self._words()
        tokens = self._node("Shape", ["input_ids"], start=1, end=2)
        start = self._whole("start", [0])
        places = self._weight("embeddings.position_embeddings.weight")
        at = self._node("Slice", [places, start, tokens, start])
        kind = self._number(
            "first kind", self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        summed = self._node("Add", [self._node("Add", [words, at]), kind])
        return self._norm(summed, "embeddings.LayerNorm")

    def _words(self) -> str:
        """The words' embeddings: as they are, or in 8 bits with a scale a word."""
        import numpy as np

        name = "embeddings.word_embeddings.weight"
        if not self._in_bytes:
            return self._node("Gather", [self._weight(name), "input_ids"])
        scales = np.abs(self._weights[name]).max(axis=1, keepdims=True) / 127
        steps = np.rint(self._weights[name] / np.where(scales == 0, 1, scales)).astype(np.int8)
        found = self._node("Gather", [self._number(f"{name}.steps", steps), "input_ids"])
        found = self._node("Cast", [found], to=1)
        of_each = self._node("Gather", [self._number(f"{name}.scales", scales), "input_ids"])
        return self._node("Mul", [found, of_each])

    def _mask(self) -> str:
        mask = self._node("Cast", ["attention_mask"], out="mask", to=1)
        absent = self._node("Sub", [self._real("1", 1.0), mask])
        far = self._node("Mul", [absent, self._real("far", _FAR)])
        return self._node("Unsqueeze", [far, self._whole("axes 1 2", [1, 2])])

    def _layer(self, states: str, far: str, stem: str) -> str:
        heads = self._config["num_attention_heads"]
        size = self._config["hidden_size"] // heads
        parts = self._whole("heads", [0, 0, heads, size])
        found = {}
        for name, order in (
            ("query", [0, 2, 1, 3]),
            ("key", [0, 2, 3, 1]),
            ("value", [0, 2, 1, 3]),
        ):
            made = self._linear(states, f"{stem}attention.self.{name}")
            made = self._node("Reshape", [made, parts])
            found[name] = self._node("Transpose", [made], perm=order)
        scores = self._node("MatMul", [found["query"], found["key"]])
        scores = self._node("Mul", [scores, self._real("scale", 1 / math.sqrt(size))])
        shares = self._node("Softmax", [self._node("Add", [scores, far])], axis=-1)
        mixed = self._node("MatMul", [shares, found["value"]])
        mixed = self._node("Transpose", [mixed], perm=[0, 2, 1, 3])
        mixed = self._node("Reshape", [mixed, self._whole("joined", [0, 0, heads * size])])
        told = self._linear(mixed, f"{stem}attention.output.dense")
        states = self._norm(self._node("Add", [told, states]), f"{stem}attention.output.LayerNorm")
        inner = self._gelu(self._linear(states, f"{stem}intermediate.dense"))
        outer = self._linear(inner, f"{stem}output.dense")
        return self._norm(self._node("Add", [outer, states]), f"{stem}output.LayerNorm")

    def _pool(self, states: str) -> None:
        counted = self._node("Unsqueeze", ["mask", self._whole("axis 2", [2])])
        axis = self._whole("axis 1", [1])
        total = self._node("ReduceSum", [self._node("Mul", [states, counted]), axis], keepdims=0)
        count = self._node("ReduceSum", [counted, axis], keepdims=0)
        mean = self._node("Div", [total, count])
        self._node("LpNormalization", [mean], out="embeddings", axis=-1, p=2)

    def _linear(self, states: str, stem: str) -> str:
        matrix = self._number(f"{stem}.matrix", self._weights[f"{stem}.weight"].T)
        made = self._node("MatMul", [states, matrix])
        return self._node("Add", [made, self._weight(f"{stem}.bias")])

    def _norm(self, states: str, stem: str) -> str:
        inputs = [states, self._weight(f"{stem}.weight"), self._weight(f"{stem}.bias")]
        epsilon = float(self._config["layer_norm_eps"])
        return self._node("LayerNormalization", inputs, axis=-1, epsilon=epsilon)

    def _gelu(self, states: str) -> str:
        turned = self._node("Erf", [self._node("Div", [states, self._real("root", math.sqrt(2))])])
        raised = self._node("Add", [turned, self._real("1", 1.0)])
        halved = self._node("Mul", [states, self._real("half", 0.5)])
        return self._node("Mul", [halved, raised])

    def _node(self, kind: str, inputs: list[str], *, out: str | None = None, **given: Any) -> str:
        from onnx import helper

        self._count += 1
        out = out or f"{kind}_{self._count}"
        self.nodes.append(helper.make_node(kind, inputs, [out], name=f"node_{out}", **given))
        return out

    def _weight(self, name: str) -> str:
        return self._number(name, self._weights[name])

    def _real(self, name: str, value: float) -> str:
        import numpy as np

        return self._number(f"real {name}", np.array(value, np.float32))

    def _whole(self, name: str, value: Any) -> str:
        import numpy as np

        return self._number(f"whole {name}", np.array(value, np.int64))

    def _number(self, name: str, value: np.ndarray) -> str:
        import numpy as np
        from onnx import numpy_helper

        if name not in self._known:
            self._known.add(name)
            self.numbers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep what ONNX Runtime's quantisers say, and what they do to logging, to themselves."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    import onnxruntime.quantization.matmul_nbits_quantizer as nbits

    root.handlers, root.level = handlers, level  # the import gave it a handler of its own
    before = nbits.logger.level
    nbits.logger.setLevel(logging.WARNING)
    root.addFilter(_is_no_advice)
    try:
        yield
    finally:
        root.removeFilter(_is_no_advice)
        nbits.logger.setLevel(before)


def _is_no_advice(record: logging.LogRecord) -> bool:
    # It advises a step of preparation that has nothing to do on this graph.
    return "pre-processing before quantization" not in record.getMessage()


def _quantize_8(model: Any, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        model,
        str(path),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul"],
    )


def _quantize_4(model: Any, path: Path) -> None:
    from onnxruntime.quantization import matmul_nbits_quantizer as nbits

    how = nbits.DefaultWeightOnlyQuantConfig(
        block_size=_BLOCK, is_symmetric=False, accuracy_level=4, bits=4
    )
    quantizer = nbits.MatMulNBitsQuantizer(model, algo_config=how)
    quantizer.process()
    require("onnx", extra="models").save(quantizer.model.model, str(path))
