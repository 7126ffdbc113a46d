"""What a user can ask of names: what may be one, what is two, and the senses of homonyms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import annotated_types as limits

from workbench.core.errors import ConflictError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.identity.users import LOCAL

from .agreed import require_unsettled
from .candidates import Candidate, find_candidates
from .events import add_pair_event, pairs_apart, standing_pairs, tell_ledger
from .graphs import Graph, opened
from .merging import find_pair, merge_entities
from .sense_events import SenseSet, set_sense, unset_sense
from .senses import Homonym, list_homonyms
from .states import State, told_time

Verdict = Literal["one", "two", "undecided"]


@dataclass(frozen=True)
class Candidates(Viewable):
    """Pairs of entities that may be one. ``pairs`` are the likeliest, ``count`` is of all."""

    name: str
    count: int
    pairs: tuple[Candidate, ...]


@dataclass(frozen=True)
class Decision(Viewable):
    """What was decided of a pair, with the number of its event."""

    name: str
    first: str
    second: str
    verdict: Verdict
    event: int


@dataclass(frozen=True)
class DecidedPair(Viewable):
    """A pair that was found to be one entity or two, by whom, why and when."""

    first: str
    second: str
    verdict: Verdict
    actor: str
    reason: str
    recorded: str


@operation("knowledge.candidates_list", title="List entities that may be one", group="candidates")
def candidates_list(
    name: str,
    *,
    about: str | None = None,
    least_score: Annotated[float, limits.Gt(0), limits.Le(1)] = 0.5,
    limit: Annotated[int, limits.Ge(1)] = 20,
) -> Candidates:
    """List pairs of entities that may be one, the likeliest first, with what speaks for each.

    Nothing is merged by itself: `candidates decide` does, and can be taken back.

    Args:
        name: The graph.
        about: Only pairs with a name that has these words in it.
        least_score: Only pairs as likely as that; scores order pairs and are no probabilities.
        limit: At most so many.
    """
    with opened(name) as graph:
        state = State(graph)
        with state.frozen():
            found = find_candidates(state, least_score=least_score)
    if about is not None:
        said = about.casefold()
        found = [each for each in found if said in each.first or said in each.second]
    return Candidates(name, len(found), tuple(found[:limit]))


@operation("knowledge.candidates_decide", title="Decide whether two are one", group="candidates")
def candidates_decide(
    name: str, first: str, second: str, verdict: Verdict, *, reason: str = ""
) -> Decision:
    """Say of two entities that they are one, which merges them, or two: not proposed again.

    Args:
        name: The graph.
        first: A name of one.
        second: A name of the other.
        verdict: one, two, or undecided, which takes back that they are two.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        tell_ledger(graph)
        if verdict == "one":
            made = merge_entities(graph, first, second, actor=LOCAL, reason=reason)
            return Decision(name, made.first, made.second, verdict, made.event)
        pair, number = _decide_apart(graph, first, second, verdict, reason)
        tell_ledger(graph)
    return Decision(name, *pair, verdict, number)


@operation("knowledge.candidates_decided", title="List what was decided", group="candidates")
def candidates_decided(name: str) -> list[DecidedPair]:
    """List the pairs that were found to be one or two, as far as it stands, the newest first.

    `unmerge` takes back that two are one, `candidates decide ... undecided` that they are two.

    Args:
        name: The graph.
    """
    with opened(name) as graph, graph.database.snapshot():
        return [
            DecidedPair(
                row["first"], row["second"], "one" if row["kind"] == "merge" else "two",
                row["actor"], row["reason"], told_time(row["recorded_us"]),
            )
            for row in standing_pairs(graph)
        ]  # fmt: skip


@operation("knowledge.senses_list", title="List homonyms and their senses", group="senses")
def senses_list(name: str, *, about: str | None = None) -> list[Homonym]:
    """List names under which documents speak of different things, and what each document means.

    Args:
        name: The graph.
        about: Only this name.
    """
    with opened(name) as graph:
        state = State(graph)
        with state.frozen():
            return list_homonyms(state, about=about)


@operation("knowledge.senses_set", title="Say what a name is in a document", group="senses")
def senses_set(name: str, word: str, sense: str, document: str, *, reason: str = "") -> SenseSet:
    """Say which of several things a name is in a document; documents like it follow.

    With two senses set, or one and a title, other documents are told by the words around the name.

    Args:
        name: The graph.
        word: The name: Mercury.
        sense: What it is there, in a word or two: planet.
        document: The document's path as built.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        tell_ledger(graph)
        return set_sense(State(graph), word, sense, document, actor=LOCAL, reason=reason)


@operation("knowledge.senses_unset", title="Take back what a name is", group="senses")
def senses_unset(name: str, word: str, document: str, *, reason: str = "") -> SenseSet:
    """Take back what a name was set to be in a document; the graph is as if it had not been.

    Args:
        name: The graph.
        word: The name.
        document: The document's path as built.
        reason: Why, for the audit ledger.
    """
    with opened(name) as graph:
        tell_ledger(graph)
        return unset_sense(graph, word, document, actor=LOCAL, reason=reason)


def _decide_apart(
    graph: Graph, first: str, second: str, verdict: Verdict, reason: str
) -> tuple[tuple[str, str], int]:
    with graph.database.transaction() as connection:
        state = State(graph)
        low, high = sorted(find_pair(state, first, second))
        require_unsettled(graph, "pair", low, high)
        apart = (low, high) in pairs_apart(graph, until_us=state.recorded_us)
        if state.links.head(low) == state.links.head(high):
            raise ConflictError(
                f"{first!r} and {second!r} are one entity: {state.links.head(low)!r}",
                hint=f'workbench knowledge unmerge {graph.name} "{low}" "{high}"',
            )
        if apart == (verdict == "two"):
            raise ConflictError(f"{low!r} and {high!r} are {verdict} already")
        kind: Literal["apart", "undecide"] = "apart" if verdict == "two" else "undecide"
        number = add_pair_event(graph, connection, kind, (low, high), actor=LOCAL, reason=reason)
    return (low, high), number
