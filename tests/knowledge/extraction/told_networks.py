"""A network in place of a trained one, which gives the chances that a test tells it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.learnt import weights
from workbench.knowledge.extraction.learnt.deciding import Settler
from workbench.knowledge.extraction.learnt.tables import PairTable
from workbench.knowledge.extraction.protocol import Passage

Triple = tuple[str, str, str]


class Told:
    """In place of the network: a chance for some pairs of heads, none for all others."""

    classes = weights.CLASSES

    def __init__(self, told: Mapping[Triple, float]) -> None:
        self.told = told

    def chances(self, table: PairTable) -> np.ndarray:
        found = np.zeros((len(table.pairs), len(self.classes)))
        heads = [each.phrase.head.text for each in table.candidates]
        for row, (one, two) in enumerate(table.pairs):
            for (subject, relation, thing), chance in self.told.items():
                if (heads[one], heads[two]) == (subject, thing):
                    found[row, self.classes.index(relation)] = chance
        found[:, 0] = 1 - found.sum(axis=1)
        return found


def facts(text: str, told: Mapping[Triple, float]) -> dict[Triple, float]:
    extractor = DependencyExtractor(settler=Settler(Told(told), "made"))  # type: ignore[arg-type]
    found = extractor.extract(Passage(text)).assertions
    return {
        (text[slice(*one.subject)], one.relation, text[slice(*one.object)]): one.confidence
        for one in found
    }
