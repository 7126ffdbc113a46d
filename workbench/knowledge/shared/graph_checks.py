"""The check of contradictions against what the documents of the space's graph say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from workbench.knowledge.graphs import list_names, opened
from workbench.knowledge.inference.vocabulary import NARROWING
from workbench.knowledge.linking import Links
from workbench.knowledge.states import Fact, State

from .checks import Finding
from .contents import Contents
from .single_values import differ, meet, single_valued
from .statements import Statement

_NOWHERE = -1  # no document: a name that stands by itself
_MOST_PLACES = 3


def check_against_graph(space: str, before: Contents, after: Contents) -> Iterator[Finding]:
    """What new statements say otherwise than documents do, of relations that have one value.

    What the space decides to be wrong, in the same change or before, contradicts nothing any more.

    Args:
        space: The name of the space, and of the graph that is asked if there is one.
        before: The state that the change is made to.
        after: The state with it.
    """
    relations = {relation for relation, _ in single_valued()}
    new = [
        said
        for key, said in sorted(after.statements.items())
        if said.relation in relations and before.statements.get(key) != said
    ]
    if not new or space not in list_names():
        return
    with opened(space) as graph, State(graph).frozen() as state:
        known = _Known(state, {said.relation for said in new}, after)
        for said in new:
            yield from known.against(said)


class _Known:
    """The facts that documents say of some relations, by what determines the other end."""

    def __init__(self, state: State, relations: set[str], after: Contents) -> None:
        self._links: Links = state.links
        facts = state.facts_of({*relations, *NARROWING})
        self._joined = {
            frozenset((each.subject, each.object)) for each in facts if each.relation in NARROWING
        } | {
            frozenset((self._entity(each.subject), self._entity(each.object)))
            for each in after.statements.values()
            if each.relation in NARROWING
        }
        wrong = set(self._wrong(after))
        self._by_end: defaultdict[tuple[str, int, str], list[Fact]] = defaultdict(list)
        for fact in facts:
            ends = (fact.subject, fact.object)
            if (ends[0], fact.relation, ends[1]) not in wrong:
                for place in (0, 1):
                    if (fact.relation, place) in single_valued():
                        self._by_end[fact.relation, place, ends[1 - place]].append(fact)

    def against(self, said: Statement) -> Iterator[Finding]:
        """What documents say that a statement contradicts."""
        ends = (self._entity(said.subject), self._entity(said.object))
        for place in (0, 1):
            for fact in self._by_end.get((said.relation, place, ends[1 - place]), ()):
                other = (fact.subject, fact.object)[place]
                documents = [each.document for each in fact.support if each.extractor != "agreed"]
                if (
                    documents
                    and differ(ends[place], other)
                    and frozenset((ends[place], other)) not in self._joined
                    and meet(said, fact)
                ):
                    yield _finding(said, fact, documents)

    def _wrong(self, after: Contents) -> Iterator[tuple[str, str, str]]:
        for made in after.decisions.values():
            if made.kind == "fact" and made.verdict == "wrong":
                relation, _, thing = made.about[1].partition(" ")
                yield self._entity(made.about[0]), relation, self._entity(thing)

    def _entity(self, name: str) -> str:
        return self._links.entity(_NOWHERE, name)


def _finding(said: Statement, fact: Fact, documents: list[str]) -> Finding:
    listed = ", ".join(sorted(set(documents))[:_MOST_PLACES])
    words = (
        f"{listed} of the graph has {fact.subject} {fact.relation} {fact.object}, and "
        f"{said.relation} has one value; decide that one of them is wrong"
    )
    return Finding("contradictions", str(said), words, key=said.key)
