"""How alike texts are: pairs found by MinHash LSH, each verified by its true Jaccard similarity.

Broder 1997, "On the resemblance and containment of documents"; the banding is that of Indyk and
Motwani 1998 as datasketch has it. A candidate of the hash is only a candidate: its similarity is
computed on the sets themselves before anything is said of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from workbench.core.cancellation import check_cancelled

_SHINGLE_CHARS = 4
_PERMUTATIONS = 128
# Candidates are asked for well below the threshold, so that the hash's own error loses none.
_SLACK = 0.25
_NOT_WORD = re.compile(r"[^\w]+|_")
# What English writes together, in the order in which it is taken apart.
_CONTRACTED = tuple(
    (re.compile(rf"(?i)(?<=\w){short}\b"), f" {whole}")
    for short, whole in (
        ("n['’]t", "not"),
        ("['’]s", "is"),
        ("['’]re", "are"),
        ("['’]ll", "will"),
        ("['’]ve", "have"),
        ("['’]m", "am"),
    )
)
_STEMS = {"wo": "will", "ca": "can", "sha": "shall", "cannot": "can not"}


def plain(text: str) -> str:
    """A text without case, punctuation and further blanks."""
    return " ".join(_NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split())


def words(text: str) -> frozenset[str]:
    """The words of the plain text, each once; "won't" is *will* and *not*."""
    for short, whole in _CONTRACTED:
        text = short.sub(whole, text)
    return frozenset(" ".join(_STEMS.get(word, word) for word in plain(text).split()).split())


def identifiers(text: str) -> frozenset[str]:
    """The words with a digit: codes, dates, amounts. Texts that differ in one differ in meaning."""
    return frozenset(w for w in plain(text).split() if any(char.isdigit() for char in w))


def shingles(text: str) -> frozenset[str]:
    """The character 4-grams of the plain text; a shorter one is its own."""
    said = plain(text)
    last = max(1, len(said) - _SHINGLE_CHARS + 1)
    return frozenset(said[at : at + _SHINGLE_CHARS] for at in range(last))


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """The share of what two sets have together; 1 for two empty ones."""
    union = len(first | second)
    return len(first & second) / union if union else 1.0


def near_pairs(
    texts: Sequence[str], others: Sequence[str] = (), *, threshold: float, verify: bool = True
) -> list[tuple[int, int, float]]:
    """Pairs of texts that are at least so alike.

    Args:
        texts: Each is compared with those before it and with all of ``others``.
        others: They are not compared among themselves.
        threshold: The least Jaccard similarity of the character 4-grams.
        verify: False leaves out the comparison of the sets and takes the hash's word: what it
            costs is what a test shows.

    Returns:
        Pairs (place in ``texts``, place in ``others`` + ``texts``, similarity) by the first place.
    """
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=max(0.1, threshold - _SLACK), num_perm=_PERMUTATIONS)
    sets: list[frozenset[str]] = []
    found: list[tuple[int, int, float]] = []
    for place, text in enumerate([*others, *texts]):
        if place % 256 == 0:
            check_cancelled()
        sets.append(shingles(text))
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
        sketch.update_batch([gram.encode() for gram in sorted(sets[place])])
        if place >= len(others):
            for other in sorted(index.query(sketch)):
                alike = jaccard(sets[place], sets[other])
                if alike >= threshold or not verify:
                    found.append((place - len(others), other, alike))
        index.insert(place, sketch)
    return found
