"""Which facts of a passage are kept: the rules' that the network does not deny, and its own.

The network gives every pair of phrases a chance for each relation. A rule's fact that it gives less
than ``KEEP`` is dropped; a fact that no rule found is added from ``ADD`` on. ``bounds`` says of
which relations and sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.evaluation.relation_scores import SYMMETRIC

from ..dependency.modality import is_said
from ..dependency.reading import Found, Passage
from ..dependency.tree import Phrase
from .bounds import can_be, is_prose, may_deny
from .looking import Looked, facts_in, is_looked_at, look_at
from .network import Network
from .tables import PairTable, pair_table

if TYPE_CHECKING:
    import numpy as np

ADD, KEEP = 0.6, 0.02
RULE = "learnt"
"""What is told as the rule of a fact that the network alone found."""
VERSION = "2"
"""Raise it with every change of what is decided by a network; graphs are then read anew."""
_Offer = tuple[float, Found]  # how sure it is, above 1 for a rule's fact


@dataclass(frozen=True)
class Settler:
    """Decides with a network; ``version`` tells its weights, ``path`` is where they lie."""

    network: Network
    version: str
    path: Path | None = None

    def settle(self, passage: Passage, found: Sequence[Found]) -> list[Found]:
        """The facts that are kept, in the order of the sentences; the network's own come last."""
        kept: list[Found] = []
        looked: list[Looked] = []
        prose: list[bool] = []
        for sentence in passage.english:
            facts = facts_in(sentence, found)
            if is_looked_at(sentence):
                looked.append(look_at(passage, sentence, facts))
                prose.append(is_prose(sentence))
            else:
                kept += facts
        if not looked:
            return kept
        table = pair_table([each.told for each in looked])
        chances = self.network.chances(table)
        first = 0
        for each, is_whole in zip(looked, prose, strict=True):
            rows = _rows(table, first, first + len(each.told.candidates))
            offered = self._of_the_rules(table, chances, rows, first, each)
            if is_whole:
                offered += self._its_own(table, chances, rows, passage)
            kept += _each_once(offered, each.facts)
            first += len(each.told.candidates)
        return kept

    def _of_the_rules(
        self, table: PairTable, chances: np.ndarray, rows: np.ndarray, first: int, looked: Looked
    ) -> list[_Offer]:
        """A sentence's facts that are not denied; its candidates are numbered from ``first`` on."""
        places = {(int(one) - first, int(two) - first): row for row, (one, two) in
                  zip(rows, table.pairs[rows], strict=True)}  # fmt: skip
        offered: list[_Offer] = []
        for each in looked.facts:
            chance = self._chance(each, looked, places, chances)
            if chance is None or chance >= KEEP or not may_deny(each.relation):
                offered.append((2.0 if chance is None else 1 + chance, each))
        return offered

    def _its_own(
        self, table: PairTable, chances: np.ndarray, rows: np.ndarray, passage: Passage
    ) -> list[_Offer]:
        """What the network finds in a sentence, where a rule's fact would stand too."""
        offered: list[_Offer] = []
        for row in rows[chances[rows, 1:].max(axis=1) >= ADD]:
            which = int(chances[row, 1:].argmax()) + 1
            one, two = (table.candidates[number].phrase for number in table.pairs[row])
            chance = float(chances[row, which])
            own = Found(RULE, one, self.network.classes[which], two, chance=round(chance, 2))
            if can_be(passage, own) and is_said(own):  # not denied, doubted, supposed or asked
                offered.append((chance, own))
        return offered

    def _chance(
        self,
        fact: Found,
        looked: Looked,
        places: Mapping[tuple[int, int], Any],
        chances: np.ndarray,
    ) -> float | None:
        """What the network gives a rule's fact; None where it was not asked."""
        if fact.relation not in self.network.classes:
            return None
        which = self.network.classes.index(fact.relation)
        known = [places[pair] for pair in looked.pairs_of(fact) if pair in places]
        return max((float(chances[row, which]) for row in known), default=None)


def _rows(table: PairTable, first: int, end: int) -> np.ndarray:
    """The rows of the pairs of some candidates; a table's pairs are in order."""
    import numpy as np

    return np.arange(*np.searchsorted(table.pairs[:, 0], (first, end)))


def _each_once(offered: Sequence[_Offer], facts: Sequence[Found]) -> list[Found]:
    """Of facts that say the same the likeliest; those of ``facts`` first, in their order."""
    kept: list[Found] = []
    for _, each in sorted(offered, key=lambda pair: -pair[0]):
        if not any(_is_same(each, other) for other in kept):
            kept.append(each)
    order = {id(each): place for place, each in enumerate(facts)}
    return sorted(kept, key=lambda each: order.get(id(each), len(order)))


def _is_same(one: Found, two: Found) -> bool:
    """Whether two facts say the same of words that overlap."""
    if one.relation != two.relation:
        return False
    straight = _overlap(one.subject, two.subject) and _overlap(one.object, two.object)
    turned = _overlap(one.subject, two.object) and _overlap(one.object, two.subject)
    return straight or (turned and one.relation in SYMMETRIC)


def _overlap(one: Phrase, two: Phrase) -> bool:
    return (one.start < two.end and two.start < one.end) or (one.is_topic and two.is_topic)
