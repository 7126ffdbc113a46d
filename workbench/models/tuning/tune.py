"""Tuning a model to this machine: measure, compare, choose, keep."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.models.footprints import machine_id
from workbench.models.protocol import ModelFiles
from workbench.models.thread_count import pick, tuning_key
from workbench.models.tuning import record
from workbench.models.tuning.bandwidth import measure_bandwidth, read_bytes_per_token
from workbench.models.tuning.candidates import Candidate, list_candidates
from workbench.models.tuning.measuring import FULL, QUICK, Measured, measure_all
from workbench.models.tuning.quality import Quality, agreement, sets_used, steps_of

MOST_WORSE = 1.02  # of the reference's perplexity: what may be chosen


@dataclass(frozen=True)
class TunedRow:
    """One candidate. Rates are tokens a second; ``ratio`` and ``perplexity_ratio`` are against the
    reference; ``bandwidth_share`` is what decoding reads of what plain reading reaches.

    ``frontier``: no other is both faster and better. ``acceptable``: its perplexity is within 2%
    of the reference's. ``chosen``: the fastest that is acceptable, with the fewest threads that are
    nearly as fast.
    """

    engine: str
    variant: str
    threads: int
    tokens_per_s: float
    tokens_per_s_busy: float
    ratio: float
    perplexity: float
    perplexity_ratio: float
    agreement: float
    bandwidth_share: float
    load_s: float
    resident_bytes: int
    acceptable: bool = False
    frontier: bool = False
    chosen: bool = False

    @property
    def overall(self) -> float:
        """One rate for a machine that is quiet half of the time: the harmonic mean."""
        return 2 / (1 / self.tokens_per_s + 1 / self.tokens_per_s_busy)


@dataclass(frozen=True)
class Tuning(Viewable):
    """A model's candidates on this machine, the reference first."""

    model: str
    machine: str
    rows: list[TunedRow]
    passages: str
    load_before: float
    duration_s: float

    @property
    def choice(self) -> TunedRow:
        """The row that was chosen."""
        return next(row for row in self.rows if row.chosen)


def tune_model(
    name: str,
    *,
    engines: Sequence[str] | None = None,
    threads: Sequence[int] | None = None,
    full: bool = False,
) -> Tuning:
    """Measure a model's candidates on this machine, and keep the best.

    Raises:
        CapabilityError, InputError: There is nothing that could be tried.
        CancelledError: The run was cancelled: nothing of it is kept, an earlier one's choice is.
    """
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    entry = catalogue.find(name)
    files = model_files(entry)
    candidates = list_candidates(entry, files, engines=engines, threads=threads, full=full)
    pace = FULL if full else QUICK
    variants = len({(each.engine, each.variant) for each in candidates})
    steps = len(candidates) * (pace.rounds + pace.busy_rounds) + variants * steps_of(full=full)
    started_s, load_before = time.time(), os.getloadavg()[0]
    with progress(f"tuning {name}", total=steps, unit="steps") as task:
        measured = list(measure_all(name, candidates, task, pace=pace, full=full))
    rows = mark(compare(measured, files))
    found = Tuning(
        entry.name,
        machine_id(),
        rows,
        sets_used(full=full),
        load_before,
        time.time() - started_s,
    )
    keep(found)
    return found


def compare(measured: Sequence[Measured], files: ModelFiles) -> list[TunedRow]:
    """A row for each candidate, of which the first is the reference."""
    reference = measured[0]
    qualities = {
        (each.candidate.engine, each.candidate.variant): each.quality
        for each in measured
        if each.quality is not None
    }
    best = qualities[reference.candidate.engine, reference.candidate.variant]
    quiet = statistics.median(rate for each in measured for rate in each.quiet_reference)
    busy = statistics.median(rate for each in measured for rate in each.busy_reference)
    counts = {each.candidate.threads for each in measured}
    bandwidth = {count: measure_bandwidth(count) for count in counts}
    return [
        _row(
            each,
            qualities[each.candidate.engine, each.candidate.variant],
            best,
            quiet=quiet,
            busy=busy,
            share=weight_bytes(files, each.candidate) / bandwidth[each.candidate.threads],
        )
        for each in measured
    ]


def _row(
    measured: Measured, quality: Quality, best: Quality, *, quiet: float, busy: float, share: float
) -> TunedRow:
    tokens_per_s = measured.ratio * quiet
    return TunedRow(
        **asdict(measured.candidate),
        tokens_per_s=tokens_per_s,
        tokens_per_s_busy=measured.busy_ratio * busy,
        ratio=measured.ratio,
        perplexity=quality.perplexity,
        perplexity_ratio=quality.perplexity / best.perplexity,
        agreement=agreement(quality, best),
        bandwidth_share=tokens_per_s * share,
        load_s=measured.load_s,
        resident_bytes=measured.resident_bytes,
    )


def mark(rows: Sequence[TunedRow]) -> list[TunedRow]:
    """The rows with what is acceptable, on the frontier, and chosen.

    What is as good as the reference but for two hundredths may be chosen; the reference always is.
    """
    able = [row for row in rows if row.perplexity_ratio <= MOST_WORSE]
    chosen = best_of(able)
    return [
        replace(
            row,
            acceptable=row in able,
            chosen=row is chosen,
            frontier=not any(
                other.overall > row.overall and other.perplexity <= row.perplexity for other in rows
            ),
        )
        for row in rows
    ]


def best_of(rows: Sequence[TunedRow]) -> TunedRow:
    """The fastest engine and variant, with the fewest threads that are nearly as fast."""
    fastest = max(rows, key=lambda row: row.overall)
    same = {
        row.threads: row
        for row in rows
        if (row.engine, row.variant) == (fastest.engine, fastest.variant)
    }
    return same[pick({threads: row.overall for threads, row in same.items()})]


def keep(found: Tuning) -> None:
    """Write the records: one for each engine, and the choice among them."""
    for engine in dict.fromkeys(row.engine for row in found.rows):
        rows = [row for row in found.rows if row.engine == engine and row.acceptable]
        if rows:
            best = best_of(rows)
            by_threads = {
                str(row.threads): row.overall for row in rows if row.variant == best.variant
            }
            document = {**_document(found, best), "by_threads": by_threads}
            record.save_record(tuning_key(found.model, engine), document)
    record.save_record(record.choice_key(found.model), _document(found, found.choice))


def _document(found: Tuning, row: TunedRow) -> dict[str, Any]:
    return {
        **asdict(row),
        "passages": found.passages,
        "load_average": found.load_before,
        "measured_s": time.time(),
        "by": "tune",
    }


def weight_bytes(files: ModelFiles, candidate: Candidate) -> int:
    """Bytes of the weights that a token needs, as they lie on the disk."""
    from workbench.models.variants import take_variant

    taken = take_variant(files, candidate.engine, candidate.variant or None)
    if candidate.engine == "onnx":
        from workbench.models.formats.onnx_build import build_onnx

        graph = build_onnx(files, candidate.variant or None) / "model.onnx.data"
        return graph.stat().st_size
    if candidate.engine == "llamacpp" and taken.gguf is not None:
        return read_bytes_per_token(taken.gguf)
    path = files.folder or _unpacked(files)
    return sum(file.stat().st_size for file in path.glob("*.safetensors"))


def _unpacked(files: ModelFiles) -> Path:
    from workbench.models.folder import find_folder

    return find_folder(files, dtype="float32").path
