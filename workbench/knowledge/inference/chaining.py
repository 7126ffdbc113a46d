"""What follows from facts by rules: forward chaining, the most confident conclusion first.

A conclusion's confidence is its rule's times that of its premises, by its best proof. No product
exceeds a factor, so facts taken in falling order of confidence are each final when they are taken
(Knuth 1977, A generalization of Dijkstra's algorithm), cycles of rules end by themselves, and a
limit keeps the best. The result depends on the set of facts and rules, not on their order.
Nothing of where a thing is goes on beyond a river or a mountain (``whereabouts``).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.core.cancellation import check_cancelled

from .matching import FactIndex, Said, matches
from .rules import Atom, Rule
from .whereabouts import carries_on, ends_of_the_way

LEAST_CONFIDENCE, MOST_CONCLUSIONS, MOST_STEPS = 0.1, 200_000, 6
_LOOK_EVERY = 1000


@dataclass(frozen=True)
class Conclusion:
    """A fact that follows: from these premises by this rule, in so many steps."""

    fact: Said
    confidence: float
    rule: Rule
    premises: tuple[Said, ...]
    steps: int


@dataclass(frozen=True)
class Closure:
    """Stated facts with their confidence and what follows from them.

    ``complete`` is False where more follows than was asked for.
    """

    stated: Mapping[Said, float]
    conclusions: Mapping[Said, Conclusion]
    complete: bool
    index: FactIndex = field(repr=False, compare=False)

    def confidence(self, fact: Said) -> float:
        """That of a stated fact, or of the best proof."""
        found = self.stated.get(fact)
        return self.conclusions[fact].confidence if found is None else found


def close(
    stated: Mapping[Said, float],
    rules: Iterable[Rule],
    *,
    least_confidence: float = LEAST_CONFIDENCE,
    most_conclusions: int = MOST_CONCLUSIONS,
    most_steps: int = MOST_STEPS,
) -> Closure:
    """All that follows from facts by rules; constraints among them are passed over.

    Args:
        stated: Facts with their confidence, 0 to 1.
        rules: The rules.
        least_confidence: Conclusions below it are not drawn.
        most_conclusions: At most so many, the most confident.
        most_steps: At most so many rules in a row.

    Raises:
        CancelledError: The caller stopped it.
    """
    return _Chaining(stated, rules, least_confidence, most_conclusions, most_steps).run()


class _Chaining:
    """One run: facts wait in a heap until they are final."""

    def __init__(
        self,
        stated: Mapping[Said, float],
        rules: Iterable[Rule],
        least_confidence: float,
        most_conclusions: int,
        most_steps: int,
    ) -> None:
        self.stated, self.least = dict(stated), least_confidence
        self.ends = ends_of_the_way(self.stated)
        self.most, self.most_steps = most_conclusions, most_steps
        self.uses: dict[str, list[tuple[Rule, Atom, int]]] = defaultdict(list)
        for rule in sorted(set(rules), key=lambda each: (each.text, -each.confidence)):
            if isinstance(rule.head, Atom):
                for position, atom in enumerate(rule.body):
                    self.uses[atom.relation].append((rule, rule.head, position))
        self.waiting: list[tuple[float, int, tuple[str, ...], str, _Entry]] = []
        self.final: dict[Said, Conclusion | None] = {}
        self.best: dict[Said, float] = {}  # confidence of the best proof that waits
        self.index = FactIndex()
        self.complete = True

    def run(self) -> Closure:
        for fact, confidence in self.stated.items():
            self._push(confidence, _Entry(fact, None))
        drawn = 0
        while self.waiting:
            entry = heapq.heappop(self.waiting)[-1]
            if entry.fact in self.final:
                continue
            if entry.conclusion is not None:
                if drawn == self.most:
                    self.complete = False
                    continue
                drawn += 1
            self.final[entry.fact] = entry.conclusion
            self.index.add(entry.fact)
            if len(self.final) % _LOOK_EVERY == 0:
                check_cancelled()
            self._conclude(entry.fact)
        found = {fact: made for fact, made in self.final.items() if made is not None}
        ordered = dict(sorted(found.items(), key=lambda each: each[0].order))
        return Closure(self.stated, ordered, self.complete, self.index)

    def _conclude(self, fact: Said) -> None:
        """What follows from a fact that is final now, with those that were before."""
        for rule, head, position in self.uses.get(fact.relation, ()):
            for binding, premises, span in matches(rule.body, self.index, first=(position, fact)):
                ends = [binding[term.value] if term.variable else term.value for term in head.terms]
                made = Said(ends[0], head.relation, ends[1], *span)
                new = made not in self.final and made not in self.stated and ends[0] != ends[1]
                if new and carries_on(premises, head.relation, self.ends):
                    self._offer(made, rule, premises)

    def _offer(self, made: Said, rule: Rule, premises: Sequence[Said]) -> None:
        steps, confidence = 1, rule.confidence
        for each in premises:
            earlier = self.final[each]
            confidence *= self.stated[each] if earlier is None else earlier.confidence
            steps = max(steps, 1 if earlier is None else earlier.steps + 1)
        if confidence < max(self.least, self.best.get(made, 0.0)):
            return
        if steps > self.most_steps:
            self.complete = False
            return
        self.best[made] = confidence
        conclusion = Conclusion(made, confidence, rule, tuple(premises), steps)
        self._push(confidence, _Entry(made, conclusion))

    def _push(self, confidence: float, entry: _Entry) -> None:
        made = entry.conclusion
        steps, proof = (0, "") if made is None else (made.steps, _proof_order(made))
        heapq.heappush(self.waiting, (-confidence, steps, entry.fact.order, proof, entry))


@dataclass(frozen=True, order=True)
class _Entry:
    """What waits: a stated fact, or a conclusion. Two that agree in all before are the same."""

    fact: Said = field(compare=False)
    conclusion: Conclusion | None = field(compare=False)


def _proof_order(made: Conclusion) -> str:
    """What two proofs of one fact, as confident and as long, are told apart by."""
    return "\0".join([made.rule.text, *("\1".join(each.order) for each in made.premises)])
