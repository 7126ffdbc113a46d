"""How much of what is personal is covered, against labels that somebody else set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.core.viewers import Viewable

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
