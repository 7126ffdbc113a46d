"""What a graph says and what follows from it at one recorded time, ready to be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from workbench.knowledge.inference.chaining import Conclusion
from workbench.knowledge.inference.contradictions import Clash
from workbench.knowledge.inference.matching import Said
from workbench.knowledge.inference.reasoning import Reasoning
from workbench.knowledge.quotes import quote, quotes_of
from workbench.knowledge.states import Entity, Fact, State

Key = tuple[Said, bool]
"""A fact, and whether it is inferred: what was concluded once may be said later."""


class Seen:
    """A graph at a time. The caller holds a snapshot of its database.

    Args:
        state: The graph at that time.
        inferred: Whether what follows is drawn, too.
    """

    def __init__(self, state: State, *, inferred: bool) -> None:
        self.state = state
        self.reasoning, self._inferred = Reasoning(state), inferred

    def work_out(self) -> None:
        """Read and conclude what it is asked for later: this takes the time.

        Raises:
            CancelledError: The caller stopped it.
        """
        _ = self.facts, self.entities, self.clashes

    @property
    def entities(self) -> dict[str, Entity]:
        """By their keys."""
        return self.state.entities

    @cached_property
    def facts(self) -> Mapping[Key, Fact | Conclusion]:
        """All facts that are drawn."""
        found: dict[Key, Fact | Conclusion] = {
            (said, False): fact for said, fact in self.reasoning.stated.items()
        }
        if self._inferred:
            for said, made in self.reasoning.closure.conclusions.items():
                found[said, True] = made
        return found

    @cached_property
    def clashes(self) -> list[Clash]:
        """The contradictions among them."""
        drawn = {said for said, _ in self.facts}
        return [each for each in self.reasoning.clashes if drawn.issuperset(each.facts)]

    def name(self, key: str) -> str:
        """What an end of a fact is called."""
        return self.state.name_of(key)

    def say(self, said: Said) -> str:
        """A fact in its names: Ada Lovelace born in London."""
        relation = said.relation.replace("_", " ")
        return f"{self.name(said.subject)} {relation} {self.name(said.object)}"

    def words(self, keys: Iterable[Key]) -> dict[Key, str]:
        """What says each fact best, in its words; of an inferred one the premises."""
        wanted = {key: self.facts[key] for key in keys}
        quotes = quotes_of(self.state, (each for each in wanted.values() if isinstance(each, Fact)))
        found = {}
        for key, each in wanted.items():
            if isinstance(each, Fact):
                best = max(each.support, key=lambda support: support.confidence)
                found[key] = quote(quotes, each, best)
            else:
                found[key] = "; ".join(map(self.say, each.premises))
        return found
