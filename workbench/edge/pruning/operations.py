"""What a user can ask for to have parameters taken out of a model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation
from workbench.edge.pruning.pruning import Method
from workbench.edge.pruning.result import Pruned

# What is counted in tokens, or learnt from, wants more texts than what is averaged over them.
_TEXTS, _FEW = {"layers": 1000, "vocabulary": 1000}, 128


@operation("edge.prune", title="Take parameters out of a model", produces="pruned model")
def prune(
    method: Method,
    *,
    model: str | None = None,
    share: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.2,
    calibration: str | None = None,
    recover: Annotated[int, limits.Ge(0)] = 0,
    rate: Annotated[float, limits.Gt(0)] = 2e-4,
    texts: str | None = None,
    full: bool = False,
    measure: bool = True,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> Pruned:
    """Write a model with fewer parameters, taught again if asked for, and measure what that costs.

    `layers` drops those that change their input least, and `vocabulary` tokens that the texts do
    not need: both make the model smaller and faster. `magnitude`, `wanda` and `two-of-four` set
    weights to 0, which saves nothing by itself. The result is a folder, which
    `edge compress --model PATH` goes on with; for two methods prune the first one's result.

    Args:
        method: layers, vocabulary, magnitude, wanda or two-of-four.
        model: A name of the catalogue, or the path of a GGUF or a model folder; the setting
            `model` if none is given.
        share: Of the layers, of the tokens, or of each matrix's weights (two-of-four: half).
        calibration: Texts that tell what matters and that recovery reads: a text file, or
            wikipedia-leads, which it is without it.
        recover: Steps of distillation from the whole model.
        rate: Of learning, at most.
        texts: What is measured on, as for compress.
        full: Measure on all twelve passages and not only four.
        measure: Measure perplexity beside the model as it came.
        seed: Of recovery.
    """
    from workbench.edge.compression.texts import LEADS, read_calibration, read_measured
    from workbench.edge.pruning.distillation import Lesson
    from workbench.edge.pruning.pruning import Asked, prune_files
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    model = model or settings.get("model")
    read_on = read_measured(texts, full=full)
    weighed_by = read_calibration(calibration or LEADS, count=_TEXTS.get(method, _FEW))
    lesson = Lesson(steps=recover, rate=rate, seed=seed) if recover else None
    files = model_files(catalogue.find(model))
    path, told = prune_files(files, Asked(method, share, lesson), weighed_by)
    after, before = _perplexities(path, model, read_on.texts) if measure else (None, None)
    source = files.gguf or files.folder
    assert source is not None
    return Pruned(
        path,
        model,
        method,
        told["what"],
        (path / "model.safetensors").stat().st_size,
        _size(source),
        told["parameters"],
        told["parameters_base"],
        1 - told["parameters"] / told["parameters_base"],
        recovery_steps=recover,
        perplexity=after,
        perplexity_base=before,
        texts=read_on.name if measure else None,
        texts_sha256=read_on.sha256 if measure else None,
    )


def _perplexities(path: Path, model: str, texts: tuple[str, ...]) -> tuple[float, float]:
    """Of the pruned model and of its base, both a token of the base's."""
    from workbench.evaluation.perplexity import measure_perplexity
    from workbench.models.loading import load

    found = []
    for name in (str(path), model):
        with load(name, engine="transformers", isolated=True) as loaded:
            window = min(512, loaded.info.context_tokens)
            found.append(
                measure_perplexity(loaded, texts, window_tokens=window, stride_tokens=window // 2)
            )
    after, before = found
    nats = after.nats / after.bytes * before.bytes  # a first piece that one alone could score
    return math.exp(nats / before.tokens), before.perplexity


def _size(source: Path) -> int:
    if source.is_file():
        return source.stat().st_size
    return sum(path.stat().st_size for path in source.glob("*.safetensors"))
