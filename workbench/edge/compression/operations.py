"""What a user can ask for to have a model made smaller."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import operation
from workbench.edge.compression.results import (
    Compression,
    FormsComparison,
    Made,
    Measured,
    Recommendation,
)

if TYPE_CHECKING:
    from workbench.edge.compression.texts import Texts

NAMESPACE = "edge.compared"
DEFAULT_TARGETS = ("gguf:q8_0", "gguf:q6_k", "gguf:q4_k_m", "gguf:iq4_nl", "gguf:q4_0")


@operation("edge.compress", title="Make a model smaller", produces="compressed model")
def compress(
    *,
    to: str,
    model: str | None = None,
    calibration: str | None = None,
    texts: str | None = None,
    full: bool = False,
    measure: bool = True,
    out: Path | None = None,
) -> Compression:
    """Write a model with its weights in fewer bits, and measure what that costs.

    GGUF is quantised by llama.cpp's own code, ONNX by onnxruntime-genai's builder (an encoder by
    ONNX Runtime's), MLX by mlx-lm. What was made once is found again in WORKBENCH_HOME. A model
    whose weights were quantised before is re-encoded, and says so.

    Args:
        to: Form and weights: gguf:q4_k_m, gguf:q8_0, onnx:int4, onnx:int8, mlx:4 ...
        model: A name of the catalogue, or the path of a GGUF or a model folder; the setting
            `model` if none is given.
        calibration: Texts that say which columns matter: a text file, or wikipedia-leads. For GGUF.
        texts: What is measured on: a text file, wikipedia-leads, or (if none) frozen passages.
        full: Measure on all twelve passages and not only four, and ask sixty frozen questions.
        measure: Measure perplexity, tokens a second and memory, beside the model as it came.
        out: Write a copy here.
    """
    from workbench.edge.compression.compressing import copy_to, make
    from workbench.edge.compression.targets import parse_target
    from workbench.edge.compression.texts import read_calibration, read_measured

    model = model or settings.get("model")
    target = parse_target(to)
    read_on = read_measured(texts, full=full)  # a file that is not there is told before the work
    weighed_by = read_calibration(calibration) if calibration is not None else None
    if measure:
        _check_base(model)
    if out is not None and out.expanduser().exists():
        from workbench.core.errors import ConflictError

        raise ConflictError(f"{out} is there already", hint="name another with --out, or remove it")
    made = make(model, target, calibration=weighed_by)
    rows = _measure(model, [made], read_on, ask=full) if measure and _can_be_read(model) else ()
    if out is not None:
        made = copy_to(made, out)
    return _compression(model, made, rows, read_on if rows else None)


@operation("edge.compare", title="Compare a model's smaller forms", produces="table")
def compare(
    *,
    model: str | None = None,
    to: list[str] | None = None,
    calibration: str | None = None,
    texts: str | None = None,
    full: bool = False,
    rounds: Annotated[int, limits.Ge(1)] = 3,
    every_runtime: bool = False,
    picture: Path | None = None,
) -> FormsComparison:
    """Make several forms of a model and measure them on the same texts, in one table.

    Each takes turns with the model as it came. The result is kept for `edge recommend`.

    Args:
        model: As for compress.
        to: The forms; five of GGUF if none is named.
        calibration: As for compress, for those of GGUF below 8 bits.
        texts: As for compress.
        full: As for compress.
        rounds: Answers that are timed, of each, and starts up to three.
        every_runtime: Forms of all runtimes that run here: llama.cpp, ONNX Runtime, MLX, and ONNX
            Runtime in a page, in a Chromium of this machine.
        picture: Write a picture (SVG) of speed against perplexity here.
    """
    from workbench.edge.compression.compressing import make
    from workbench.edge.compression.pareto import draw, mark_frontier
    from workbench.edge.compression.runtimes import find_forms
    from workbench.edge.compression.targets import parse_target
    from workbench.edge.compression.texts import read_calibration, read_measured
    from workbench.models.footprints import machine_id
    from workbench.store.files import write_text
    from workbench.store.records import Records

    model = model or settings.get("model")
    named, left_out = find_forms() if every_runtime else ((), {})
    asked = [*(to or (() if every_runtime else DEFAULT_TARGETS)), *named]
    targets = list(dict.fromkeys(parse_target(each) for each in asked))
    read_on = read_measured(texts, full=full)
    weighed_by = read_calibration(calibration) if calibration is not None else None
    if not _can_be_read(model):
        raise InputError(
            f"{model} is an encoder: it has no perplexity by which its forms could be compared",
            hint=f"workbench edge compress --model {model} --to onnx:int8",
        )
    _check_base(model)
    made = [
        make(model, each, calibration=weighed_by if each.form == "gguf" else None)
        for each in targets
    ]
    rows = mark_frontier(_measure(model, made, read_on, rounds=rounds, ask=full))
    found = FormsComparison(
        model, rows, read_on.name, read_on.sha256, machine_id(), left_out=left_out
    )
    if picture is not None:
        title = f"{model}: speed against perplexity"
        write_text(picture.expanduser().absolute(), draw(rows, title=title))
        found = dataclasses.replace(found, picture=str(picture))
    Records().put(NAMESPACE, f"{machine_id()}/{model}", document=dataclasses.asdict(found))
    return found


@operation("edge.recommend", title="Choose a form for a device", produces="recommendation")
def recommend(profile: str, *, model: str | None = None) -> Recommendation:
    """Say which of the forms that `edge compare` measured last suits a device.

    Args:
        profile: phone, pi, laptop or browser.
        model: As for compress.
    """
    from workbench.edge.compression.profiles import choose, find_profile
    from workbench.models.footprints import machine_id
    from workbench.store.records import Records

    model = model or settings.get("model")
    device = find_profile(profile)
    record = Records().find(NAMESPACE, f"{machine_id()}/{model}")
    if record is None:
        raise NotFoundError(
            f"no forms of {model} were compared on this machine yet",
            hint=f"workbench edge compare --model {model}",
        )
    return choose(_comparison(record.document), device)


def _check_base(model: str) -> None:
    """A GGUF that llama.cpp does not know is named before minutes are spent on it."""
    from workbench.edge.reading import check_read
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    if model_files(catalogue.find(model)).gguf is not None:
        check_read(model)


def _can_be_read(model: str) -> bool:
    """Whether texts have a perplexity under a model: an encoder has none."""
    from workbench.models import catalogue
    from workbench.models.folder import read_folder
    from workbench.models.loading import model_files

    entry = catalogue.find(model)
    if entry.kind != "chat":
        return False
    folder = model_files(entry).folder
    return folder is None or not read_folder(folder).is_encoder


def _measure(
    model: str, made: list[Made], read_on: Texts, *, rounds: int | None = None, ask: bool = False
) -> tuple[Measured, ...]:
    from workbench.edge.compression.measuring import ROUNDS, base_candidate, candidate_of, measure

    candidates = [base_candidate(model), *(candidate_of(each, model) for each in made)]
    return measure(candidates, read_on, rounds=rounds or ROUNDS, ask=ask)


def _compression(
    model: str, made: Made, rows: tuple[Measured, ...], read_on: Texts | None
) -> Compression:
    from workbench.edge.compression.measuring import base_candidate

    base, mine = rows if rows else (None, None)
    return Compression(
        path=made.path,
        size_bytes=made.size_bytes,
        perplexity=None if mine is None else mine.perplexity,
        perplexity_base=None if base is None else base.perplexity,
        tokens_per_s=None if mine is None else mine.tokens_per_s,
        model=model,
        target=made.target,
        sha256=made.sha256,
        encoding=made.encoding,
        size_bytes_base=base.size_bytes if base is not None else base_candidate(model).size_bytes,
        tokens_per_s_base=None if base is None else base.tokens_per_s,
        accuracy=None if mine is None else mine.accuracy,
        accuracy_base=None if base is None else base.accuracy,
        memory_bytes=None if mine is None else mine.memory_bytes,
        memory_bytes_base=None if base is None else base.memory_bytes,
        texts=None if read_on is None else read_on.name,
        texts_sha256=None if read_on is None else read_on.sha256,
        calibration_sha256=made.calibration,
        types=made.types,
        fallbacks=made.fallbacks,
    )


def _comparison(document: Any) -> FormsComparison:
    rows = tuple(Measured(**row) for row in document["rows"])
    return FormsComparison(**{**document, "rows": rows})
