"""Pruning a model by one of several methods, once, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.edge.pruning.distillation import Lesson, distill
from workbench.edge.pruning.weights import Weights, read_weights, write_weights
from workbench.models.formats.made_folders import is_sound, making
from workbench.store.files import write_json

if TYPE_CHECKING:
    from workbench.edge.compression.texts import Texts
    from workbench.models.protocol import ModelFiles

Method = Literal["layers", "magnitude", "two-of-four", "vocabulary", "wanda"]
METHODS: tuple[Method, ...] = ("layers", "magnitude", "two-of-four", "vocabulary", "wanda")
VERSION = 1  # raise it when what was made before would now be made differently
_RECORD = "pruned.json"


@dataclass(frozen=True)
class Asked:
    """What is to be done: ``share`` of what the method counts, recovered in so many steps."""

    method: Method
    share: float
    recovery: Lesson | None


def prune_files(files: ModelFiles, asked: Asked, texts: Texts) -> tuple[Path, dict[str, Any]]:
    """The folder of a pruned model, made on the first call and then found, and its record.

    Args:
        files: The model's.
        asked: The method, the share, and how it is recovered.
        texts: What tells which parameters matter, and what recovery reads.

    Raises:
        InputError: The share cannot be.
        CapabilityError: The model is of a kind that is not pruned so.
        StorageError: The disk is full; nothing is left.
        CancelledError: The caller was cancelled; nothing is left.
    """
    from workbench.edge.made_files import source_sha256

    if not 0 < asked.share < 1:
        raise InputError(f"share is {asked.share}; it lies between 0 and 1", parameter="share")
    key = {
        "source": source_sha256(files),
        "texts": texts.sha256,
        "version": VERSION,
        **asdict(asked),
    }
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    folder = settings.home() / "compressed" / f"{name}-pruned"
    if not is_sound(folder):
        with making(folder) as part:
            base = read_weights(files)
            pruned, what = _prune(base, files, asked, texts.texts)
            if asked.recovery is not None:
                pruned = _recover(pruned, base, part.parent, asked.recovery, texts.texts)
            write_weights(pruned, part)
            told = {
                "what": what,
                "parameters": pruned.parameters,
                "parameters_base": base.parameters,
            }
            write_json(part / _RECORD, {**key, **told})
    record: dict[str, Any] = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    return folder, record


def _prune(
    base: Weights, files: ModelFiles, asked: Asked, texts: Sequence[str]
) -> tuple[Weights, str]:
    if asked.method == "layers":
        return _prune_layers(base, asked.share, texts)
    if asked.method == "vocabulary":
        return _prune_vocabulary(base, asked.share, texts)
    if asked.method == "magnitude":
        from workbench.edge.pruning.magnitude import prune_magnitude

        return prune_magnitude(base, asked.share), f"{asked.share:.0%} of each matrix"
    from workbench.edge.compression.importance import measure_importance
    from workbench.edge.pruning.wanda import prune_wanda

    known = measure_importance(files, texts, window_tokens=256).columns
    pairs = asked.method == "two-of-four"
    what = "two of each four weights" if pairs else f"{asked.share:.0%} of each row"
    return prune_wanda(base, asked.share, known, two_of_four=pairs), what


def _prune_layers(base: Weights, share: float, texts: Sequence[str]) -> tuple[Weights, str]:
    from workbench.edge.pruning.layer_drop import choose_layers, drop_layers, measure_influence

    layers = base.config["num_hidden_layers"]
    gone = choose_layers(measure_influence(base.source, texts), round(share * layers))
    if not gone:
        raise InputError(
            f"{share:.0%} of {layers} layers is none of them", hint=f"--share {1 / layers:.2f}"
        )
    return drop_layers(base, gone), f"the layers {', '.join(map(str, gone))} of {layers}"


def _prune_vocabulary(base: Weights, share: float, texts: Sequence[str]) -> tuple[Weights, str]:
    from workbench.edge.pruning.vocabulary import count_tokens, trim_vocabulary
    from workbench.edge.pruning.weights import EMBEDDINGS

    size = base.numbers[EMBEDDINGS].shape[0]
    counts = count_tokens(base, texts)
    room = size - math.ceil(share * size)
    wanted = [token for token, _ in counts.most_common(room)]
    made = trim_vocabulary(base, wanted)
    while len(made.kept) > room and wanted:  # what tokens are made of stays with them
        wanted = wanted[: max(0, len(wanted) - max(1, len(made.kept) - room))]
        made = trim_vocabulary(base, wanted)
    spare = room - len(made.kept)
    if spare > 0:  # the lowest numbers are the merges that were learnt first
        known = set(made.kept)
        more = [token for token in range(size) if token not in known][:spare]
        made = trim_vocabulary(base, [*made.kept, *more])
    unread = sum(count for token, count in counts.items() if token not in set(made.kept))
    return made.weights, (
        f"{size - len(made.kept)} of {size} tokens; {unread} of {counts.total()} in the texts are "
        "cut otherwise now"
    )


def _recover(
    pruned: Weights, base: Weights, place: Path, lesson: Lesson, texts: Sequence[str]
) -> Weights:
    """The pruned weights after distillation from the whole model."""
    if pruned.config["vocab_size"] != base.config["vocab_size"]:
        raise InputError(
            "a trimmed vocabulary needs no recovery, and its teacher has another one",
            hint="prune the vocabulary first, then the result with --recover",
        )
    with tempfile.TemporaryDirectory(prefix=".part-", dir=place) as name:
        write_weights(pruned, Path(name))
        numbers, _ = distill(Path(name), base.source, texts, lesson)
    return replace(pruned, numbers={**pruned.numbers, **numbers})
