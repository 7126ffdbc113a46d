"""How much of what is personal is covered, against labels that somebody else set."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.evaluation.bootstrap import Interval, bootstrap_interval

from .findings import Found


@dataclass(frozen=True)
class Label:
    """A span that is personal: ``text[start:end]`` is of ``kind``."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Recall(Viewable):
    """What was found of labelled spans.

    A labelled span is *masked* when every letter and digit of it is covered, whatever it was taken
    for. A found span is *false* when no labelled span touches it.
    """

    documents: int
    labelled: int
    masked: int
    found: int
    false: int
    by_kind: dict[str, tuple[int, int]]

    @property
    def masked_recall(self) -> float:
        """The share of labelled spans that are masked."""
        return self.masked / self.labelled if self.labelled else float("nan")

    @property
    def false_share(self) -> float:
        """The share of found spans that are false."""
        return self.false / self.found if self.found else 0.0

    def recall_of(self, kind: str) -> float:
        """The masked share of one kind."""
        masked, labelled = self.by_kind.get(kind, (0, 0))
        return masked / labelled if labelled else float("nan")


def score(
    texts: Sequence[str], found: Sequence[Iterable[Found]], labels: Sequence[Iterable[Label]]
) -> Recall:
    """Hold what was found against the labels, document by document."""
    masked: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    total = false = 0
    for text, spans, wanted in zip(texts, found, labels, strict=True):
        spans, wanted = list(spans), list(wanted)
        covered = bytearray(len(text))
        for each in spans:
            covered[each.start : each.end] = b"\x01" * (each.end - each.start)
        for label in wanted:
            labelled[label.kind] += 1
            masked[label.kind] += all(
                covered[at] for at in range(label.start, label.end) if text[at].isalnum()
            )
        total += len(spans)
        false += sum(
            not any(label.start < each.end and each.start < label.end for label in wanted)
            for each in spans
        )
    return Recall(
        len(texts), sum(labelled.values()), sum(masked.values()), total, false,
        {kind: (masked[kind], labelled[kind]) for kind in sorted(labelled)},
    )  # fmt: skip


def read_labelled(file: Path, *, every: int = 1) -> tuple[list[str], list[list[Label]]]:
    """Texts and their labels: a JSON object a line, plain or gzipped.

    Args:
        file: ``{"text", "spans": [{"start", "end", "type"}]}`` a line; counted in characters.
        every: Only each so-manieth line, from the first.

    Raises:
        NotFoundError: There is no such file.
        InputError: ``every`` is below 1.
        DataError: A line is of another form.
    """
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}", hint=f"ls {file.parent}")
    if every < 1:
        raise InputError(f"every is {every}", hint="at least 1")
    data = file.read_bytes()
    lines = (gzip.decompress(data) if file.suffix == ".gz" else data).splitlines()
    texts, labels = [], []
    for number, line in enumerate(lines[::every]):
        try:
            row = json.loads(line)
            spans = [Label(each["start"], each["end"], each["type"]) for each in row["spans"]]
            texts.append(str(row["text"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{file.name}, line {1 + number * every}: {error!r}",
                hint='{"text": ..., "spans": [{"start": 0, "end": 5, "type": "PERSON"}]}',
            ) from None
        labels.append(spans)
    return texts, labels


def recall_interval(
    texts: Sequence[str],
    found: Sequence[Iterable[Found]],
    labels: Sequence[Iterable[Label]],
    *,
    kind: str | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The masked recall with its bootstrap interval; documents are resampled, not spans, since what
    is missed in one is missed together.

    Args:
        texts: The documents.
        found: What was found in each.
        labels: What is personal in each.
        kind: Of one kind of label only; all if none is given.
        confidence: Of the two-sided interval.
        seed: Of the resampling.

    Raises:
        InputError: Fewer than two documents have such a label.
    """
    masked, labelled = [], []
    for text, spans, wanted in zip(texts, found, labels, strict=True):
        recall = score([text], [spans], [wanted])
        hits, of = (recall.masked, recall.labelled) if kind is None else (
            recall.by_kind.get(kind, (0, 0))
        )  # fmt: skip
        if of:
            masked.append(float(hits))
            labelled.append(float(of))
    return bootstrap_interval(
        lambda hits, of, axis: hits.sum(axis) / of.sum(axis), masked, labelled,
        confidence=confidence, seed=seed,
    )  # fmt: skip
