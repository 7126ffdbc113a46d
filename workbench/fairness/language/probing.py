"""Probing a model: texts of a data set are scored, and what is read off them comes with intervals.

with models.load("smollm2-135m", engine="transformers") as model:
    found = fairness.run_probe(model, "crows_pairs", limit=100)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError

from . import bbq, crows_pairs, stereoset, wino
from .controls import CONTROLS
from .inference import check_inference, infer_figures
from .items import Excluded, Item, Read
from .known_scores import digest_requests, find_or_score
from .measures import Measure, measure_items
from .result import Inference, ProbeResult
from .scoring import Request, Scorer, check_can_score, score_requests


@dataclass(frozen=True)
class Probe:
    """How a data set becomes items, what is read off them, and what must be said with it."""

    read: Callable[[Iterable[Mapping[str, Any]]], Read]
    measures: tuple[Measure, ...]
    caution: str


PROBES = {
    "bbq": Probe(
        bbq.read_questions,
        bbq.MEASURES,
        "Accuracy by context, not the paper's bias score: the data leave out which answer is the "
        "stereotype. One of three answers is right, so chance is a third.",
    ),
    "crows_pairs": Probe(
        crows_pairs.read_pairs,
        crows_pairs.MEASURES,
        "A likelihood probe, not a bias score: the data leave out which of the two sentences is "
        "the stereotype, and mask1 is not surely it.",
    ),
    "stereoset": Probe(
        stereoset.read_contexts,
        stereoset.MEASURES,
        "The stereotypes are those of crowd workers in the United States; a score of one half is "
        "also what a model without any knowledge gets.",
    ),
    "wino": Probe(
        wino.read_sentences,
        wino.MEASURES,
        "Two pronouns only, and occupations by the shares of women in the United States. The "
        "gap says little where the resolution itself is near chance, one half.",
    ),
}


@dataclass(frozen=True)
class Questions:
    """What a probe asks, before any model is there to answer."""

    dataset: str
    probe: Probe
    rows: int
    items: tuple[Item, ...]
    excluded: tuple[Excluded, ...]
    data_digest: str
    limit: int | None
    seed: int

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every text that must be scored, once, in an order that is always the same."""
        return tuple(dict.fromkeys(r for item in self.items for r in item.requests()))


def read_questions(dataset: str | Path, *, limit: int | None = None, seed: int = 0) -> Questions:
    """The questions of a probe.

    Args:
        dataset: ``bbq``, ``crows_pairs``, ``stereoset`` or ``wino``; or a file of pairs of the
            user's own with the columns ``bias_type``, ``sentence``, ``mask1`` and ``mask2``.
        limit: So many items at most, drawn at random.
        seed: Of that draw.

    Raises:
        NotFoundError: There is no such data set or file.
        InputError: It is no probe, has no row that can be asked, or the limit is below 1.
    """
    from workbench import data

    if limit is not None and limit < 1:
        raise InputError(f"the limit is {limit} items", hint="at least 1, or leave it out")
    name, probe = _find_probe(dataset)
    loaded = data.load(dataset)
    if name not in PROBES:  # a file
        missing = [column for column in crows_pairs.COLUMNS if column not in loaded.column_names]
        if missing:
            raise InputError(
                f"{dataset} is no probe: it has no column {', '.join(missing)}",
                hint=f"{', '.join(crows_pairs.COLUMNS)}, with {crows_pairs.MASK} in the sentence",
            )
    items, excluded = probe.read(loaded.to_list())
    if not items:
        said = "; ".join(f"{one.n} {one.what}: {one.reason}" for one in excluded) or "it is empty"
        raise InputError(f"no row of {name} can be asked: {said}", hint="look at the data set")
    chosen = _draw(items, limit, seed)
    if len(chosen) < len(items):
        left = Excluded("rows", len(items) - len(chosen), f"beyond the limit of {limit} items")
        excluded = [*excluded, left]
    return Questions(
        name,
        probe,
        loaded.num_rows,
        tuple(chosen),
        tuple(excluded),
        data.fingerprint(loaded),
        limit,
        seed,
    )


def _find_probe(dataset: str | Path) -> tuple[str, Probe]:
    from workbench import data

    name = str(dataset)
    if name in PROBES:
        return name, PROBES[name]
    if name in data.entries():
        raise InputError(
            f"{name} is a table, not a probe of language models",
            hint=f"probes: {', '.join(PROBES)}; for tables: workbench fairness audit",
        )
    if Path(name).suffix:
        return Path(name).name, PROBES["crows_pairs"]
    raise NotFoundError.among("probe", name, PROBES, hint="workbench data list")


def _draw(items: Sequence[Item], limit: int | None, seed: int) -> list[Item]:
    import numpy as np

    if limit is None or limit >= len(items):
        return list(items)
    places = np.random.default_rng(seed).choice(len(items), limit, replace=False)
    return [items[place] for place in sorted(places)]


def run_probe(
    model: Scorer,
    dataset: str | Path,
    *,
    limit: int | None = None,
    seed: int = 0,
    inference: Inference | None = None,
) -> ProbeResult:
    """Probe a loaded model, or anything that can ``score``.

    Args:
        model: What ``models.load`` gives; an object with ``name`` and ``score`` will do.
        dataset: As for ``read_questions``.
        limit: So many items at most, drawn at random.
        seed: Of that draw, and of intervals and tests.
        inference: How uncertainty is told; ``Inference(seed=seed)`` if none is given.

    Raises:
        CapabilityError: The model cannot score.
        NotFoundError, InputError: As ``read_questions``.
    """
    check_can_score(model)
    questions = read_questions(dataset, limit=limit, seed=seed)
    return answer_questions(
        questions,
        lambda requests: score_requests(model, requests),
        model=model.name,
        engine=str(getattr(model, "engine", "")),
        inference=inference or Inference(seed=seed),
    )


def answer_questions(
    questions: Questions,
    score: Callable[[Sequence[Request]], Any],
    *,
    model: str,
    engine: str,
    inference: Inference,
    model_digest: str | None = None,
) -> ProbeResult:
    """Score what is asked, unless that was done, and infer the figures.

    Args:
        questions: From ``read_questions``.
        score: Gives the ``Scores`` of requests; not called if they are known.
        model: Its name.
        engine: Its engine's name.
        inference: How uncertainty is told.
        model_digest: The sha256 by which scores are kept; None keeps none.
    """
    check_inference(inference)
    requests = questions.requests
    scores, is_cached = find_or_score(requests, lambda: score(requests), model_digest=model_digest)
    probe = questions.probe
    values = measure_items(questions.items, scores, probe.measures)
    figures, too_small = infer_figures(values, inference)
    return ProbeResult(
        dataset=questions.dataset,
        model=model,
        engine=engine,
        rows=questions.rows,
        items=len(questions.items),
        limit=questions.limit,
        seed=questions.seed,
        figures=tuple(figures),
        excluded=(*questions.excluded, *too_small),
        measures={measure.name: measure.about for measure in probe.measures},
        controls={name: CONTROLS[name] for name in dict.fromkeys(v.control for v in values)},
        inference=inference,
        caution=probe.caution,
        digests={
            "model": model_digest or "",
            "data": questions.data_digest,
            "texts": digest_requests(requests),
        },
        is_cached=is_cached,
        _values=tuple(values),
    )
