"""Which facts of a passage are kept: the rules' that the network does not deny, and its own.

The network gives every pair of phrases a chance for each relation. A rule's fact that it gives less
than ``KEEP`` is dropped; a fact that no rule found is added from ``ADD`` on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.evaluation.relation_scores import SYMMETRIC

from ..dependency.modality import is_said
from ..dependency.reading import Found, Passage
from ..dependency.tree import Phrase
from .network import Network
from .phrases import Candidate, candidate_phrases
from .signs import Sentence
from .tables import PairTable, pair_table

if TYPE_CHECKING:
    import numpy as np

ADD, KEEP = 0.6, 0.02
RULE = "learnt"
"""What is told as the rule of a fact that the network alone found."""

_SHORTEST, _LONGEST = 4, 80  # tokens of a sentence that is looked at


@dataclass(frozen=True)
class Settler:
    """Decides with a network; ``version`` tells its weights, ``path`` is where they lie."""

    network: Network
    version: str
    path: Path | None = None

    def settle(self, passage: Passage, found: Sequence[Found]) -> list[Found]:
        """The facts that are kept, in the order of the sentences; the network's own come last."""
        kept: list[Found] = []
        looked: list[tuple[Sentence, list[Found]]] = []
        for sentence in passage.doc.sents:
            facts = facts_in(sentence, found)
            if not _SHORTEST <= len(sentence) <= _LONGEST:
                kept += facts
                continue
            looked.append((look_at(passage, sentence, facts), facts))
        if not looked:
            return kept
        table = pair_table([each for each, _ in looked])
        chances = self.network.chances(table)
        first = 0
        for told, facts in looked:
            kept += self._decide(table, chances, first, told, facts)
            first += len(told.candidates)
        return kept

    def _decide(
        self, table: PairTable, chances: np.ndarray, first: int, told: Sentence, facts: list[Found]
    ) -> list[Found]:
        """The facts of one sentence, whose candidates are numbered from ``first`` on."""
        import numpy as np

        ends = first, first + len(told.candidates)
        rows = np.arange(*np.searchsorted(table.pairs[:, 0], ends))  # a table's pairs are in order
        places = {(int(table.pairs[row, 0]), int(table.pairs[row, 1])): row for row in rows}
        heads = {head: first + at for head, at in _by_head(told).items()}
        offered: list[tuple[float, Found]] = []
        for each in facts:
            chance = self._chance(each, told, heads, places, chances)
            if chance is None or chance >= KEEP:
                offered.append((2.0 if chance is None else 1 + chance, each))
        for row in rows[chances[rows, 1:].max(axis=1) >= ADD]:
            which = int(chances[row, 1:].argmax()) + 1
            one, two = (table.candidates[number].phrase for number in table.pairs[row])
            own = Found(RULE, one, self.network.classes[which], two)
            if not is_said(own):  # denied, doubted, supposed or asked: no rule's fact would stand
                continue
            chance = float(chances[row, which])
            offered.append((chance, dataclasses.replace(own, chance=round(chance, 2))))
        kept: list[Found] = []
        for _, each in sorted(offered, key=lambda pair: -pair[0]):
            if not any(_is_same(each, other) for other in kept):
                kept.append(each)
        order = {id(each): place for place, each in enumerate(facts)}
        return sorted(kept, key=lambda each: order.get(id(each), len(order)))

    def _chance(
        self,
        fact: Found,
        told: Sentence,
        heads: dict[int, int],
        places: dict[tuple[int, int], Any],
        chances: np.ndarray,
    ) -> float | None:
        """What the network gives a rule's fact; None where it was not asked."""
        if fact.relation not in self.network.classes:
            return None
        which = self.network.classes.index(fact.relation)
        one = heads.get(fact.subject.head.i - told.start)
        two = heads.get(fact.object.head.i - told.start)
        pairs = [(one, two), (two, one)][: 1 + (fact.relation in SYMMETRIC)]
        known = [float(chances[places[pair], which]) for pair in pairs if pair in places]
        return max(known) if known else None


def _by_head(told: Sentence) -> dict[int, int]:
    """The candidate of each head; a people's name is it only where nothing else is."""
    found: dict[int, int] = {}
    for wanted in (True, False):
        for number, (head, each) in enumerate(zip(told.heads, told.candidates, strict=True)):
            if (each.kind != "people") == wanted:
                found.setdefault(head, number)
    return found


def facts_in(sentence: Any, found: Sequence[Found]) -> list[Found]:
    """The facts that end in a sentence (a spaCy ``Span``)."""
    return [each for each in found if sentence.start <= each.object.head.i < sentence.end]


def look_at(passage: Passage, sentence: Any, facts: Sequence[Found]) -> Sentence:
    """A sentence as it is learnt from and decided on: also with the arguments of its facts."""
    candidates = _with_arguments(candidate_phrases(passage, sentence), facts, sentence)
    return Sentence(passage, sentence, candidates)


def _with_arguments(
    candidates: list[Candidate], facts: Sequence[Found], sentence: Any
) -> list[Candidate]:
    """The candidates, and the rules' arguments that are none of them."""
    known = {each.phrase.head.i for each in candidates}
    made = list(candidates)
    for phrase in _arguments(facts):
        if phrase.head.i not in known and sentence.start <= phrase.head.i < sentence.end:
            known.add(phrase.head.i)
            made.append(Candidate(phrase, "entity"))
    return made


def _arguments(facts: Sequence[Found]) -> Iterator[Phrase]:
    for each in facts:
        yield from (each.subject, each.object)


def _is_same(one: Found, two: Found) -> bool:
    """Whether two facts say the same of words that overlap."""
    if one.relation != two.relation:
        return False
    straight = _overlap(one.subject, two.subject) and _overlap(one.object, two.object)
    turned = _overlap(one.subject, two.object) and _overlap(one.object, two.subject)
    return straight or (turned and one.relation in SYMMETRIC)


def _overlap(one: Phrase, two: Phrase) -> bool:
    return (one.start < two.end and two.start < one.end) or (one.is_topic and two.is_topic)
