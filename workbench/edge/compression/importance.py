"""How much each column of a matrix matters, by what goes into it: llama.cpp's importance matrix.

The error that a quantised matrix makes in its product is the weights' errors times its inputs. So
the squared error of a column is weighed by the mean square of its input over texts such as those
that the model will read (llama.cpp, pull request 4861). It is kept in llama.cpp's own file form, so
that ``llama-quantize --imatrix`` reads what is measured here and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, InputError
from workbench.core.progress import track

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.folder import ModelFolder
    from workbench.models.protocol import ModelFiles

WINDOW_TOKENS = 512
_SUM, _COUNT = ".in_sum2", ".counts"


@dataclass(frozen=True)
class Importance:
    """The mean square of each column's input, float32 ``[columns]``, by the tensor's GGUF name."""

    columns: dict[str, np.ndarray]
    tokens: int
    windows: int


def measure_importance(
    files: ModelFiles, texts: Sequence[str], *, window_tokens: int = WINDOW_TOKENS
) -> Importance:
    """Have a model read texts, and sum the squares of what goes into each matrix.

    Args:
        files: A language model's; a GGUF is unpacked through the conversion cache.
        texts: Joined, and read in windows of which none sees another.
        window_tokens: Tokens that are read at a time.

    Raises:
        CapabilityError: The model is no language model, or of an architecture that is not known.
        InputError: The texts are shorter than a window.
    """
    import torch

    from workbench.models.engines.torch_loading import load_module
    from workbench.models.folder import find_folder
    from workbench.models.tokenizer import TextTokenizer

    folder = find_folder(files, dtype="float32")
    if folder.is_encoder:
        raise CapabilityError(
            f"{files.name} is an encoder: only language models are calibrated",
            hint="leave the calibration out",
        )
    ids = TextTokenizer(folder.path).tokenize("\n\n".join(texts))
    window_tokens = min(window_tokens, folder.context_tokens)
    windows = [
        ids[start : start + window_tokens]
        for start in range(0, len(ids) - window_tokens + 1, window_tokens)
    ]
    if not windows:
        raise InputError(
            f"the calibration has {len(ids)} tokens; {window_tokens} are read at a time",
            hint="give a longer text, such as --calibration wikipedia-leads",
        )
    module = load_module(folder, dtype="float32")
    with _counting(module, folder) as sums, torch.inference_mode():
        for window in track(windows, f"calibrating {files.name}", unit="windows"):
            check_cancelled()
            module(input_ids=torch.tensor([window]), use_cache=False)
    tokens = window_tokens * len(windows)
    found = {name: (total / tokens).float().numpy() for name, total in sums.items()}
    return Importance(found, tokens, len(windows))


@contextmanager
def _counting(module: Any, folder: ModelFolder) -> Iterator[dict[str, Any]]:
    """Sums of squares of the inputs of each linear layer of a block, by GGUF name."""
    import torch

    from workbench.models.formats.architectures import ARCHITECTURES, gguf_tensor_name
    from workbench.models.formats.to_gguf import gguf_architecture

    architecture = ARCHITECTURES[gguf_architecture(folder.config)]
    sums: dict[str, Any] = {}

    def watch(name: str, columns: int) -> Any:
        sums[name] = torch.zeros(columns, dtype=torch.float64)

        def add(_: Any, given: tuple[Any, ...]) -> None:
            rows = given[0].reshape(-1, columns)
            sums[name] += rows.square().sum(0, dtype=torch.float64)

        return add

    # Not the output's: llama.cpp leaves it out too, whose rows are the tokens that were seen.
    linear = {
        gguf: each
        for name, each in module.named_modules()
        if isinstance(each, torch.nn.Linear)
        and name != "lm_head"
        and (gguf := gguf_tensor_name(f"{name}.weight", architecture, folder.config))
    }
    hooks = [
        each.register_forward_pre_hook(watch(name, each.in_features))
        for name, each in linear.items()
    ]
    try:
        yield sums
    finally:
        for hook in hooks:
            hook.remove()


def write_importance(path: Path, found: Importance, *, datasets: Sequence[str]) -> None:
    """Write it as llama.cpp's ``imatrix.gguf``.

    Args:
        path: The new file.
        found: What was measured.
        datasets: What it was measured on, in words.
    """
    import numpy as np

    from workbench.models.formats.gguf_writer import PlannedTensor, encode_entries, write_gguf

    entries = encode_entries(
        {
            "general.type": "imatrix",
            "imatrix.datasets": list(datasets),
            "imatrix.chunk_count": found.windows,
            "imatrix.chunk_size": found.tokens // found.windows,
        }
    )
    plans, contents = [], []
    for name, columns in found.columns.items():
        sums = columns.astype(np.float64) * found.tokens
        plans.append(PlannedTensor(name + _SUM, (1, len(columns)), "F32"))
        contents.append(sums.astype("<f4").tobytes())
        plans.append(PlannedTensor(name + _COUNT, (1, 1), "F32"))
        contents.append(np.array([found.tokens], "<f4").tobytes())
    write_gguf(path, entries, plans, contents)


def read_importance(path: Path) -> Importance:
    """Read llama.cpp's ``imatrix.gguf``; matrices of experts have the mean over these.

    Raises:
        InputError: It is a GGUF of something else.
        IntegrityError: It is damaged.
    """
    import numpy as np

    from workbench.models.formats.gguf_reader import read_gguf

    gguf = read_gguf(path)
    if gguf.metadata.get("general.type") != "imatrix":
        raise InputError(f"{path.name} is no importance matrix", hint="make it with llama-imatrix")
    columns, tokens = {}, 0
    for tensor in gguf.tensors:
        name = tensor.removesuffix(_SUM)
        if name == tensor or name + _COUNT not in gguf.tensors:
            continue
        counts = gguf.dequantize(name + _COUNT).reshape(-1)
        sums = gguf.dequantize(tensor).reshape(len(counts), -1)
        tokens = max(tokens, int(counts.max()))
        columns[name] = (sums / np.maximum(counts, 1)[:, None]).mean(0).astype(np.float32)
    return Importance(columns, tokens, int(gguf.metadata.get("imatrix.chunk_count", 1)))
