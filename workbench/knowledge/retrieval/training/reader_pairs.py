"""Questions beside sentences that the reader learns from.

``frozen/reader_pairs_one.jsonl`` and ``..._two.jsonl`` name sentences of the leads by title and
character. The questions are those that abstention learns from, and some that a program made from
the parse of leads. Of a question that no sentence answers there is also one that would, made for it
(``made``, in words of this project): so that the form of a question alone tells nothing, after
Kaushik et al. 2020, "Learning the Difference that Makes a Difference".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.frozen import read_frozen_lines
from workbench.knowledge.retrieval.digests import SETS
from workbench.knowledge.retrieval.scorers import PACKAGE

FILES = ("reader_pairs_one", "reader_pairs_two")


@dataclass(frozen=True)
class ReadPair:
    """A question beside a sentence under its title.

    ``answers`` is how surely the sentence says what is asked, 0 to 1; ``weight`` what the pair
    counts; ``part`` 0 or 1 by the articles of the question, which are in one part only, or -1.
    """

    question: str
    sentence: str
    answers: float
    weight: float
    part: int


def read_pairs(leads: Mapping[str, str]) -> list[ReadPair]:
    """All pairs.

    Args:
        leads: Texts by title.
    """
    found = []
    for row in (row for name in FILES for row in read_frozen_lines(PACKAGE, name, SETS)):
        said = [row["made"]] if "made" in row else []
        if "start" in row:
            lead = leads[row["title"]].replace("\xa0", " ").replace("\u202f", " ")
            said.append(lead[row["start"] : row["end"]])
        if not row.get("made_first"):
            said.reverse()
        sentence = f"{row['title']}: {' '.join(said)}"
        pair = row["question"], sentence, row["answers"], row["weight"], row.get("part", -1)
        found.append(ReadPair(*pair))
    return found


def parts_of(pairs: list[ReadPair]) -> dict[str, int]:
    """The part of each question that has one."""
    return {each.question: each.part for each in pairs if each.part >= 0}
