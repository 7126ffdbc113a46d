"""What fewer bits cost: a small model that was never quantised, an embedder's retrieval, speed.

Issue 11 asks that on a model that was float32 to begin with Q8_0 loses at most 1% and the best four
bits at most 5%, and that four bits make at least 1.3 times the tokens a second of Q8_0 on SmolLM2,
whose file is re-encoded. The inputs are those of ``edge_inputs``, frozen before. Which four bits
are best is told by the leads that calibrate, and the figure by the hundred that are measured on.
Broken variants (scales of neighbouring blocks swapped, least values dropped) must miss the bound.
"""

from __future__ import annotations

import dataclasses
import json
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import edge_inputs
from shape import Benchmark, Figure

MOST_8, MOST_4, LEAST_FASTER = 1.01, 1.05, 1.3
FOUR_BITS = ("Q4_0", "Q4_1", "IQ4_NL", "IQ4_XS", "Q4_K_S", "Q4_K_M")
OTHERS = ("Q8_0", "Q6_K", "Q5_K_M", "Q5_1")
BLOCK_TYPES = ("Q8_0", "Q4_1", "Q4_0", "IQ4_NL")
MODEL = "smollm2-135m"


def small_model() -> Path:
    """The folder of the small model, trained once into the home folder."""
    from workbench.core import settings

    folder = settings.home() / "bench" / "edge-small"
    if not (folder / "trained.json").is_file():
        told = edge_inputs.train_small(folder)
        (folder / "trained.json").write_text(json.dumps(told))
    return folder


def read_perplexity(folder: Path, texts: Sequence[str]) -> float:
    """Of each text's tokens after the token that begins it, by torch."""
    import torch
    from transformers import AutoModelForCausalLM

    from workbench.models.tokenizer import TextTokenizer

    module = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32).eval()
    tokenizer = TextTokenizer(folder)
    nats, tokens = 0.0, 0
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor([[0, *tokenizer.tokenize(text)][: edge_inputs.SMALL[
                "max_position_embeddings"]]])  # fmt: skip
            logits = module(input_ids=ids).logits[0, :-1].log_softmax(-1)
            nats -= float(logits.gather(1, ids[0, 1:, None]).double().sum())
            tokens += ids.shape[1] - 1
    return math.exp(nats / tokens)


def unpacked(gguf: Path) -> Path:
    """A GGUF's weights as a folder, by gguf's own de-quantising."""
    from workbench.models.formats.convert import convert_gguf

    return convert_gguf(gguf)


def swap_scales(raw: Any) -> Any:
    """Neighbouring blocks of Q4_K with each other's scales."""
    broken = raw.copy()
    broken[0::2, :16], broken[1::2, :16] = raw[1::2, :16], raw[0::2, :16]
    return broken


def drop_least(raw: Any) -> Any:
    """Blocks of Q4_K whose weights all begin at 0."""
    broken = raw.copy()
    broken[:, 2:4] = 0
    return broken


def write_broken(gguf: Path, out: Path, breaking: Callable[[Any], Any]) -> Path:
    """A file whose Q4_K blocks are broken."""
    import numpy as np

    from workbench.models.formats.gguf_reader import read_gguf

    content = bytearray(gguf.read_bytes())
    for tensor in read_gguf(gguf).tensors.values():
        if tensor.type == "Q4_K":
            span = slice(tensor.offset_bytes, tensor.offset_bytes + tensor.size_bytes)
            raw = np.frombuffer(bytes(content[span]), np.uint8).reshape(-1, 144)
            content[span] = breaking(raw).tobytes()
    out.write_bytes(content)
    return out


def perplexities() -> dict[str, tuple[float, float, int]]:
    """Perplexity where it is calibrated and where it is measured, and bytes, of each form."""
    from workbench.edge.compression.compressing import base_gguf, make
    from workbench.edge.compression.targets import Target
    from workbench.edge.compression.texts import LEADS, read_calibration, read_measured
    from workbench.models.protocol import ModelFiles

    folder = small_model()
    weighed, measured = read_calibration(LEADS), read_measured(LEADS)
    some = weighed.texts[:100]

    def both(gguf: Path) -> tuple[float, float, int]:
        made = unpacked(gguf)
        return (
            read_perplexity(made, some),
            read_perplexity(made, measured.texts),
            gguf.stat().st_size,
        )

    found = {"float32": both(base_gguf(ModelFiles("small", folder=folder)))}
    for kind in (*OTHERS, *FOUR_BITS):
        for calibration in (None, weighed):
            made = make(str(folder), Target("gguf", kind), calibration=calibration)
            found[f"{kind}, calibrated" if calibration else kind] = both(made.path)
    whole = make(str(folder), Target("gguf", "Q4_K_M")).path
    with tempfile.TemporaryDirectory() as place:
        for breaking in (swap_scales, drop_least):
            broken = write_broken(whole, Path(place) / f"{breaking.__name__}.gguf", breaking)
            found[f"broken: {breaking.__name__}"] = both(broken)
    return found


def measure_perplexity(rounds: int) -> list[Figure]:
    """The small model; nothing about it is timed, so one round says all."""
    del rounds
    found = perplexities()
    base = found["float32"][1]
    four = [name for name in found if name.partition(",")[0] in FOUR_BITS]
    best = min(four, key=lambda name: found[name][0])
    details = {name: dict(zip(("calibrating", "measured", "bytes"), each, strict=True))
               for name, each in found.items()}  # fmt: skip
    for name, each in found.items():
        if name.startswith("broken"):
            assert each[1] > MOST_4 * base, f"{name} is not seen"
    return [
        Figure(
            "perplexity in Q8_0 of a model that was never quantised", "itself in float32", "",
            (found["Q8_0"][1],), (base,), better="lower", bound=1 / MOST_8, details=details,
        ),
        Figure(
            f"perplexity in the best four bits ({best}) of that model", "itself in float32", "",
            (found[best][1],), (base,), better="lower", bound=1 / MOST_4,
        ),
    ]  # fmt: skip


def read_accuracy(embed: Callable[[Sequence[str]], Any], asked: Any) -> dict[str, float]:
    """Shares of the drawn questions whose document is first, and of those that people wrote."""
    import numpy as np

    documents, questions = embed(asked.documents), embed(asked.questions)
    first = np.argmax(questions @ documents.T, axis=1)
    right = np.array([place in wanted for place, wanted in zip(first, asked.right, strict=True)])
    return {
        "drawn": float(right[: asked.drawn].mean()),
        "written": float(right[asked.drawn :].mean()),
        "all": float(right.mean()),
    }


def write_blocks(folder: Path, out: Path, type: str) -> None:
    """An embedder's folder whose matrices hold what blocks of a type keep of them."""
    import shutil

    import gguf
    import numpy as np

    from workbench.models.formats.gguf_recipes import choose_types
    from workbench.models.formats.gguf_writer import quantize
    from workbench.models.formats.onnx_encoder import is_weight
    from workbench.models.formats.safetensors_files import read_safetensors, write_safetensors

    def kept(name: str, numbers: Any) -> Any:
        stays = numbers.ndim < 2 or "position" in name or "token_type" in name
        chosen = choose_types({name: numbers.shape}, type, {})[name].type
        if stays or chosen in ("F16", "F32"):
            return numbers
        raw = np.frombuffer(quantize(numbers, chosen), np.uint8).reshape(len(numbers), -1)
        return gguf.quants.dequantize(raw, gguf.GGMLQuantizationType[chosen])

    weights = {
        name: kept(name, numbers)
        for name, numbers in read_safetensors(folder / "model.safetensors", wanted=is_weight)
    }
    for path in folder.iterdir():
        if path.suffix == ".json":
            shutil.copyfile(path, out / path.name)
    shapes = {name: numbers.shape for name, numbers in weights.items()}
    write_safetensors(out / "model.safetensors", shapes, weights.items(), dtype="float32")


def accuracies() -> dict[str, dict[str, float]]:
    """Retrieval with the embedder in each form."""
    from workbench.edge.onnx_encoder import OnnxEncoder, make_encoder
    from workbench.models import catalogue
    from workbench.models.loading import model_files
    from workbench.models.protocol import ModelFiles

    asked = edge_inputs.read_retrieval()
    files = model_files(catalogue.find("minilm-l6-v2"))
    assert files.folder is not None
    found = {}
    for kind in ("float32", "int8", "int4"):
        folder = make_encoder(files, kind)
        size = (folder / "model.onnx").stat().st_size
        found[f"ONNX {kind}"] = {
            **read_accuracy(OnnxEncoder(folder).embed, asked), "bytes": float(size)
        }  # fmt: skip
    for type in BLOCK_TYPES:
        with tempfile.TemporaryDirectory() as place:
            write_blocks(files.folder, Path(place), type)
            folder = make_encoder(ModelFiles(type, folder=Path(place)), "float32")
            found[type] = read_accuracy(OnnxEncoder(folder).embed, asked)
    return found


def measure_retrieval(rounds: int) -> list[Figure]:
    """The embedder; one round says all."""
    del rounds
    found = accuracies()
    base = found["ONNX float32"]["all"]

    def figure(name: str, form: str, bound: float, **more: Any) -> Figure:
        return Figure(name, "itself in float32", "of the questions", (found[form]["all"],),
                      (base,), bound=bound, **more)  # fmt: skip

    return [
        figure("right document first, MiniLM in Q8_0", "Q8_0", 2 - MOST_8, details=found),
        figure("... in ONNX int8", "ONNX int8", 2 - MOST_8),
        figure("... in Q4_1", "Q4_1", 2 - MOST_4),
        figure("... in ONNX int4", "ONNX int4", 2 - MOST_4),
    ]


def measure_speed(rounds: int) -> list[Figure]:
    """SmolLM2's forms beside each other; its file is Q4_1, so all are re-encoded."""
    from workbench import edge

    targets = ["gguf:q8_0", "gguf:q6_k", "gguf:q4_k_m", "gguf:q4_1", "gguf:iq4_nl", "gguf:q4_0"]
    found = edge.compare(model=MODEL, to=targets, calibration="wikipedia-leads", rounds=rounds)
    rows = {row.target: row for row in found.rows}
    eight = rows["gguf:q8_0"].tokens_per_s or 0.0
    details = {row.target: dataclasses.asdict(row) for row in found.rows}
    return [
        Figure(
            f"SmolLM2 re-encoded as {target}", "in Q8_0", "tokens/s",
            (rows[target].tokens_per_s or 0.0,), (eight,), bound=bound, details=told,
        )
        for target, bound, told in (
            ("gguf:q4_0", LEAST_FASTER, details),
            ("gguf:iq4_nl", None, {}),
            ("gguf:q4_k_m", None, {}),
        )
    ]  # fmt: skip


BENCHMARKS = (
    Benchmark("edge-perplexity", measure_perplexity),
    Benchmark("edge-retrieval", measure_retrieval),
    Benchmark("edge-speed", measure_speed),
)
