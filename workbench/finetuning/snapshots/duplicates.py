"""Rows that stand there twice, and rows that stand in the held-out file as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .findings import Finding, Policy
from .rows import Row
from .similarity import jaccard, near_pairs, words

# A question in other words is what a pupil learns from: it differs in more of its words, however
# long what both are about is.
_MOST_OTHER_WORDS = 2
_SAME_WORDS = 0.9


def find_duplicates(
    rows: Sequence[Row], known: Sequence[Row], policy: Policy, *, verify: bool = True
) -> Iterator[Finding]:
    """Rows that repeat an earlier one, or one that is known, word for word or nearly.

    Nearly the same are questions at least ``policy.near`` alike with the same codes and the same
    answer, of which hardly a word differs: "What is K11?" and "What is K27?" are two questions,
    and "Help, the pump whistles!" is "What do I do when the pump whistles?" in other words.
    """
    before = {_exactly(row): row for row in reversed(known)}
    exact = set()
    for row in rows:
        first = before.setdefault(_exactly(row), row)
        if first is not row:
            exact.add(row.place)
            yield _finding("exact_duplicate", row, first, "word for word", policy)
    for row, other, alike in _near(rows, known, policy, verify=verify):
        if row.place not in exact and _same(row, other, alike, policy) and _worded(row, other):
            exact.add(row.place)  # once is enough
            yield _finding("near_duplicate", row, other, f"similarity {alike:.2f}", policy)


def find_leaks(
    rows: Sequence[Row], heldout: Sequence[Row], policy: Policy, *, verify: bool = True
) -> Iterator[Finding]:
    """Rows whose question is held out for testing: in the same words, or nearly and with the same
    answer. Whoever trains on them measures memory."""
    asked = {row.asked: row for row in reversed(heldout)}
    leaked, held = set(), {row.name for row in heldout}
    for row in rows:
        if row.asked in asked:
            leaked.add(row.place)
            yield _finding("leak", row, asked[row.asked], "the same question", policy)
    for row, other, alike in _near(rows, heldout, policy, verify=verify):
        of_test = other.name in held  # not one of the rows themselves
        if of_test and row.place not in leaked and _same(row, other, alike, policy):
            leaked.add(row.place)
            yield _finding("leak", row, other, f"similarity {alike:.2f}", policy)


def _same(row: Row, other: Row, alike: float, policy: Policy) -> bool:
    """Whether two near questions ask the same. Where the answer is one word, as yes is, it says
    little: "May dogs eat figs?" is not "May dogs eat nuts?", so they must be nearer."""
    least = policy.near if " " in row.said else (1 + policy.near) / 2
    return row.said == other.said and row.codes == other.codes and alike >= least


def _worded(row: Row, other: Row) -> bool:
    """Whether two questions have the same words but for a few."""
    own, others = words(row.question), words(other.question)
    return len(own ^ others) <= _MOST_OTHER_WORDS or jaccard(own, others) >= _SAME_WORDS


def _near(
    rows: Sequence[Row], others: Sequence[Row], policy: Policy, *, verify: bool
) -> Iterator[tuple[Row, Row, float]]:
    everyone = [*others, *rows]
    pairs = near_pairs(
        [row.question for row in rows],
        [row.question for row in others],
        threshold=policy.near,
        verify=verify,
    )
    for place, other, alike in pairs:
        yield rows[place], everyone[other], alike


def _exactly(row: Row) -> tuple[str, str, str]:
    return row.system, " ".join(row.question.split()), " ".join(row.answer.split())


def _finding(kind: str, row: Row, other: Row, how: str, policy: Policy) -> Finding:
    said = {"leak": "is held out as", "exact_duplicate": "repeats"}.get(kind, "nearly repeats")
    because = f"{said} {other.name} ({how})"
    return Finding(
        kind, policy.severity_of(kind), (row.place,), (row.name,), because, (other.name,)
    )
