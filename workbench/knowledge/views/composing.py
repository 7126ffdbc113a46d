"""Pictures made of a graph: about an entity or of what is linked most, now or through times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from workbench.core.errors import InputError, NotFoundError
from workbench.core.progress import progress, track
from workbench.knowledge.graphs import Graph
from workbench.knowledge.inference.contradictions import Clash
from workbench.knowledge.states import Fact, State, told_time

from .layout import place_entities
from .picture import Axis, Change, DrawnEntity, DrawnFact, Picture, Runs, choose_entities, pairs_of
from .seeing import Key, Seen
from .times import ANY_TIME, recorded_times, runs, runs_of_valid, valid_times

_FOREVER_US = (1 << 63) - 2
Times = Callable[[Key], Runs]
_ALWAYS: Runs = ((0, 0),)


def compose(
    graph: Graph,
    *,
    about: str | None = None,
    steps: int = 2,
    most: int = 2000,
    axis: Axis = "none",
    inferred: bool = True,
) -> Picture:
    """The picture of a graph.

    Args:
        graph: The graph.
        about: A name of the entity that it is about.
        steps: How many facts away from that one an entity may be.
        most: At most so many entities.
        axis: Through which times it goes.
        inferred: Whether what follows is drawn, too.

    Raises:
        NotFoundError: No entity has that name at any of the times.
        InputError: Nothing is there to be drawn.
    """
    with graph.database.snapshot():
        moments: list[int | None] = [None]
        if axis == "recorded":
            moments = [*recorded_times(graph, until_us=_FOREVER_US)] or [None]
        seen = [Seen(State(graph, recorded_us=each), inferred=inferred) for each in moments]
        for each in track(seen, "Reading the graph", unit="times"):
            each.work_out()
        every = dict.fromkeys(key for each in reversed(seen) for key in each.facts)
        keys = None if about is None else _keys_of(seen, about)
        ends = [(said.subject, said.object) for said, _ in every]
        chosen, left_out = choose_entities(ends, about=keys, steps=steps, most=most)
        if not chosen:
            raise InputError(
                f"{graph.name} holds no facts to draw",
                hint=f"workbench knowledge show {graph.name}",
            )
        times, when = _times(axis, seen, every)
        inside = set(chosen)
        drawing = Drawing(seen, chosen, (key for key in every if inside.issuperset(_ends(key))))
        facts = drawing.facts(when)
        with progress(f"Placing {len(chosen):,} entities"):
            entities = drawing.entities(facts)
    centre = None if keys is None else chosen.index(min(keys & set(chosen)))
    title = graph.name if centre is None else f"{entities[centre].name} in {graph.name}"
    return Picture(
        graph.name, title, centre, steps, axis, times, entities, facts, drawing.rules, left_out,
        all(each.reasoning.closure.complete for each in seen),
    )  # fmt: skip


class Drawing:
    """Some entities and facts of one or several times, turned into what is drawn.

    Args:
        seen: The times, the earliest first; what is said of a fact is of the last that has it.
        chosen: The keys of the entities, in the order of their numbers.
        keys: The facts.
    """

    def __init__(self, seen: Sequence[Seen], chosen: Sequence[str], keys: Iterable[Key]) -> None:
        self._seen, self._chosen = seen, chosen
        self._number = {key: number for number, key in enumerate(chosen)}
        self._keys = sorted(keys, key=lambda key: (key[0].order, key[1]))
        self._clashes = _unique_clashes(seen, {said for said, _ in self._keys})

    @property
    def rules(self) -> tuple[str, ...]:
        """The rule of each contradiction, by its number."""
        return tuple(each.rule.text for each in self._clashes)

    def facts(
        self, when: Times, *, changes: Mapping[Key, Change] | None = None
    ) -> tuple[DrawnFact, ...]:
        """The facts, in order.

        Args:
            when: At which times each is so.
            changes: What became of those that changed.
        """
        holder = {key: each for each in self._seen for key in self._keys if key in each.facts}
        words: dict[Key, str] = {}
        for each in self._seen:
            words.update(each.words(key for key in self._keys if holder[key] is each))
        return tuple(
            self._fact(holder[key], key, words[key], when(key), (changes or {}).get(key, ""))
            for key in self._keys
        )

    def _fact(self, seen: Seen, key: Key, words: str, times: Runs, change: Change) -> DrawnFact:
        said, inferred = key
        found = seen.facts[key]
        marks = tuple(n for n, clash in enumerate(self._clashes) if said in clash.facts)
        rule, document, start, end, places = None, None, 0, 0, 0
        if isinstance(found, Fact):
            best = max(found.support, key=lambda support: support.confidence)
            document, start, end = best.document, best.start, best.end
            places = len(found.support)
        else:
            rule = found.rule.text
        return DrawnFact(
            self._number[said.subject], said.relation, self._number[said.object],
            said.valid_from, said.valid_to, found.confidence, inferred, rule, words,
            document, start, end, places, times, marks, change,
        )  # fmt: skip

    def entities(
        self, facts: Sequence[DrawnFact], *, changes: Mapping[str, Change] | None = None
    ) -> tuple[DrawnEntity, ...]:
        """The entities with their places, in the order of their numbers.

        Args:
            facts: Those that are drawn between them.
            changes: What became of those that changed.
        """
        places = place_entities(len(self._chosen), pairs_of(facts))
        found = []
        for key, (x, y) in zip(self._chosen, places.round(3).tolist(), strict=True):
            known = next(
                (each.entities[key] for each in reversed(self._seen) if key in each.entities), None
            )
            change = (changes or {}).get(key, "")
            if known is None:
                found.append(DrawnEntity(key, key, (key,), (), 0, x, y, True, change))
            else:
                told = known.name, known.names, known.kinds, known.mentions
                found.append(DrawnEntity(key, *told, x, y, False, change))
        return tuple(found)


def _keys_of(seen: Sequence[Seen], about: str) -> set[str]:
    """The entities that a name meant at any of the times."""
    found: set[str] = set()
    for each in seen[:-1]:
        try:
            found |= each.reasoning.keys_of(about)
        except NotFoundError:
            continue  # it had not come yet, or had gone
    try:
        return found | seen[-1].reasoning.keys_of(about)
    except NotFoundError:
        if not found:
            raise
        return found


def _times(axis: Axis, seen: Sequence[Seen], keys: Iterable[Key]) -> tuple[tuple[str, ...], Times]:
    """The names of the times, and at which of them a fact is so."""
    if axis == "recorded":
        told = tuple(told_time(each.state.recorded_us) for each in seen)
        return told, lambda key: runs(key in each.facts for each in seen)
    if axis == "valid":
        dates = valid_times(said[3:5] for said, _ in keys)
        spans = lambda key: runs_of_valid(dates, key[0].valid_from, key[0].valid_to)  # noqa: E731
        return (*dates, ANY_TIME), spans
    return ("now",), lambda _: _ALWAYS


def _ends(key: Key) -> tuple[str, str]:
    return key[0].subject, key[0].object


def _unique_clashes(seen: Sequence[Seen], drawn: set[object]) -> list[Clash]:
    found = {
        (clash.rule.text, frozenset(clash.facts)): clash
        for each in seen
        for clash in each.clashes
        if drawn & set(clash.facts)
    }
    return [
        found[key]
        for key in sorted(found, key=lambda key: (key[0], sorted(f.order for f in key[1])))
    ]
