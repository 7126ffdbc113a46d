"""A state with what follows from it: conclusions with proofs, and contradictions.

A pure function of the state and the rules. Nothing of it is stored, so what rested on a premise is
gone with the premise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from workbench.core.errors import NotFoundError
from workbench.core.viewers import Viewable
from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.quotes import Quotes, quote, quotes_of
from workbench.knowledge.states import Fact, State, Support

from .chaining import Closure, close
from .contradictions import Clash, find_clashes
from .matching import Said
from .mining import LEAST_CONFIDENCE, LEAST_SUPPORT, MinedRule, mine_rules
from .rulebook import BookRule, rule_book, used_rules


@dataclass(frozen=True)
class Proof(Viewable):
    """Why a fact holds: where it is said, or the rule and the proofs of its premises.

    ``subject`` and ``object`` are keys, as in a dump; the names are how it is told.
    """

    subject: str
    relation: str
    object: str
    valid_from: str | None
    valid_to: str | None
    confidence: float
    inferred: bool
    rule: str | None
    support: tuple[Support, ...]
    premises: tuple[Proof, ...]
    subject_name: str
    object_name: str

    def documents(self) -> set[str]:
        """All documents that it rests on."""
        found = {each.document for each in self.support}
        return found.union(*(each.documents() for each in self.premises))


class Reasoning:
    """What follows from a state.

    Args:
        state: The state.
        mine: Whether rules that its facts bear out are used, beside the vocabulary's and the
            user's.
        least_support: A mined rule holds for so many pairs.
        least_confidence: And is at least so sure.
    """

    def __init__(
        self,
        state: State,
        *,
        mine: bool = True,
        least_support: int = LEAST_SUPPORT,
        least_confidence: float = LEAST_CONFIDENCE,
    ) -> None:
        self.state, self._mine = state, mine
        self._least = {"least_support": least_support, "least_confidence": least_confidence}

    @cached_property
    def stated(self) -> dict[Said, Fact]:
        """The facts that documents say."""
        return {said_of(fact): fact for fact in self.state.facts}

    @cached_property
    def mined(self) -> list[MinedRule]:
        """The rules that these bear out."""
        return mine_rules(self.stated, **self._least) if self._mine else []  # type: ignore[arg-type]

    @cached_property
    def book(self) -> list[BookRule]:
        """All rules, with those that were taken away."""
        return rule_book(self.state.graph, self.mined, until_us=self.state.recorded_us)

    @cached_property
    def closure(self) -> Closure:
        """All that follows."""
        confidences = {said: fact.confidence for said, fact in self.stated.items()}
        return close(confidences, used_rules(self.book))

    @cached_property
    def clashes(self) -> list[Clash]:
        """What cannot all be so."""
        return find_clashes(self.closure, used_rules(self.book))

    def proof(self, fact: Said) -> Proof:
        """Why one fact holds."""
        return self.proofs([fact])[0]

    def proofs(self, facts: Iterable[Said]) -> list[Proof]:
        """Why each of some facts holds, down to the words that say it."""
        wanted = list(facts)
        leaves = {leaf for fact in wanted for leaf in self._leaves(fact)}
        quotes = quotes_of(self.state, (self.stated[leaf] for leaf in leaves))
        return [self._proof(fact, quotes) for fact in wanted]

    def _leaves(self, fact: Said) -> Iterator[Said]:
        """The stated facts that one rests on."""
        made = self.closure.conclusions.get(fact)
        if made is None:
            yield fact
            return
        for each in made.premises:
            yield from self._leaves(each)

    def _proof(self, fact: Said, quotes: Quotes) -> Proof:
        made = self.closure.conclusions.get(fact)
        confidence = self.closure.confidence(fact)
        names = (self.state.name_of(fact.subject), self.state.name_of(fact.object))
        if made is None:
            stated = self.stated[fact]
            support = tuple(
                replace(each, words=quote(quotes, stated, each)) for each in stated.support
            )
            return Proof(*fact, confidence, False, None, support, (), *names)
        premises = tuple(self._proof(each, quotes) for each in made.premises)
        return Proof(*fact, confidence, True, made.rule.text, (), premises, *names)

    def proofs_of(self, subject: str, relation: str, thing: str) -> list[Proof]:
        """Why a fact holds, by any names of its ends, once for each time in which it does.

        Raises:
            NotFoundError: It is neither said nor follows.
        """
        ends = (self._keys(subject), self._keys(thing))
        found = [fact for fact in self.about(ends[0]) if fact.object in ends[1]]
        chosen = sorted({fact for fact in found if fact.relation == relation}, key=_order)
        if not chosen:
            others = sorted({fact.relation for fact in found})
            known = f"; between these it knows {', '.join(others)}" if others else ""
            raise NotFoundError(
                f"{self.state.graph.name} neither says nor concludes "
                f"{relation}({subject}, {thing}){known}",
                hint=f'workbench knowledge infer {self.state.graph.name} --about "{subject}"',
            )
        return self.proofs(chosen)

    def about(self, keys: set[str]) -> Iterator[Said]:
        """All facts, said or concluded, with one of these entities at an end."""
        for fact in (*self.stated, *self.closure.conclusions):
            if fact.subject in keys or fact.object in keys:
                yield fact

    def keys_of(self, name: str) -> set[str]:
        """The entities that a name means, or an error that names near ones."""
        found = self._keys(name)
        if not found:
            known = {each for entity in self.state.entities.values() for each in entity.names}
            raise NotFoundError.among(
                "entity",
                name,
                known,
                hint=f"workbench knowledge dump {self.state.graph.name}",
                listed=False,
            )
        return found

    def _keys(self, name: str) -> set[str]:
        return self._by_name.get(name, set()) | self._by_name.get(name_key(name), set())

    @cached_property
    def _by_name(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for key, entity in self.state.entities.items():
            for name in {key, *map(name_key, entity.names)}:
                found.setdefault(name, set()).add(key)
        for fact in self.stated:  # an end that no extractor mentions by itself, such as a date
            for key in (fact.subject, fact.object):
                found.setdefault(key, set()).add(key)
        return found


def said_of(fact: Fact) -> Said:
    """A fact of a state without what supports it."""
    return Said(fact.subject, fact.relation, fact.object, fact.valid_from, fact.valid_to)


def _order(fact: Said) -> Any:
    return fact.order
