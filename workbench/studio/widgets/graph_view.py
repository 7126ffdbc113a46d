"""A knowledge graph as a picture that is searched, opened and walked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.studio.markup import count
from workbench.studio.widgets.graph_ways import ways_of
from workbench.studio.widgets.showing import Shown

if TYPE_CHECKING:
    from workbench.knowledge.views.picture import DrawnFact, Picture

_NAMED = 5


@dataclass(frozen=True)
class GraphView(Shown):
    """What is drawn of a graph; ``time`` is the number of one of the picture's times.

    ``below`` is HTML that stands under it.
    """

    picture: Picture
    below: str = ""

    def choice(self, chosen: int) -> dict[str, Any]:
        return {"time": chosen}

    def at(self, time: int = -1) -> list[DrawnFact]:
        """The facts that are so at a time, by default the last.

        Raises:
            InputError: The picture has no such time.
        """
        last = len(self.picture.times) - 1
        if not -1 <= time <= last:
            raise InputError(f"there is no time {time}; they go from 0 to {last}")
        wanted = last if time < 0 else time
        return [
            fact
            for fact in self.picture.facts
            if any(first <= wanted <= end for first, end in fact.times)
        ]

    @property
    def facts(self) -> list[str]:
        """How much it shows."""
        inferred = sum(fact.inferred for fact in self.picture.facts)
        said = [
            count(len(self.picture.entities), "entity", "entities"),
            count(len(self.picture.facts), "fact"),
        ]
        said += [f"{inferred:,} inferred"] if inferred else []
        if self.picture.clashes:
            said.append(count(len(self.picture.clashes), "contradiction"))
        return said

    @property
    def warning(self) -> str:
        """What is not in it."""
        told = []
        if self.picture.left_out:
            left = count(self.picture.left_out, "entity", "entities")
            told.append(f"{left} more would be within reach; most= draws more of them.")
        if not self.picture.complete:
            told.append("More would follow, less surely or by more steps.")
        return " ".join(told)

    def text(self) -> str:
        found: dict[int, int] = {}
        for fact in self.picture.facts:
            for end in (fact.subject, fact.object):
                found[end] = found.get(end, 0) + 1
        most = sorted(found, key=lambda each: (-found[each], each))[:_NAMED]
        named = ", ".join(self.picture.entities[each].name for each in most)
        return f"{self.picture.title}: {', '.join(self.facts)}; most linked: {named}"

    def html(self) -> str:
        from workbench.studio.widgets.graph_view_html import draw

        return draw(self)

    def svg(self, *, time: int = -1) -> str:
        from workbench.studio.widgets.graph_view_svg import draw

        return draw(self, self.at(time))

    def live(self) -> Any:
        from workbench.studio.widgets.live import live

        return live("graph_view", self, self.payload(), {})

    def payload(self) -> dict[str, Any]:
        """What the script draws."""
        picture = self.picture
        relations = list(picture.relations)
        number = {name: place for place, name in enumerate(relations)}
        places = [(each.x, each.y) for each in picture.entities]
        pairs = [(fact.subject, fact.object) for fact in picture.facts]
        return {
            "title": picture.title,
            "facts": self.facts,
            "warning": self.warning,
            "below": self.below,
            "about": -1 if picture.about is None else picture.about,
            "axis": picture.axis,
            "times": [_told(time) for time in picture.times],
            "relations": [name.replace("_", " ") for name in relations],
            "clashes": list(picture.clashes),
            "ways": [[list(side) for side in sides] for sides in ways_of(places, pairs)],
            "entities": [
                [
                    each.name, each.x, each.y, list(each.names), list(each.kinds), each.mentions,
                    each.is_value, each.change,
                ]
                for each in picture.entities
            ],
            "links": [_plain(fact, number) for fact in picture.facts],
        }  # fmt: skip


def view_of(picture: Picture) -> GraphView:
    """A picture that shows itself."""
    return GraphView(picture)


def draw_picture(picture: Picture) -> dict[str, Any]:
    """A picture as a notebook shows it."""
    return GraphView(picture).bundle()


def cut(view: GraphView, most: int) -> GraphView:
    """The same with the entities of most facts alone, which stand closer then."""
    from workbench.knowledge.views.layout import place_entities

    picture = view.picture
    if len(picture.entities) <= most:
        return view
    links = [0] * len(picture.entities)
    for fact in picture.facts:
        links[fact.subject] += 1
        links[fact.object] += 1
    ranked = sorted(range(len(links)), key=lambda each: (each != picture.about, -links[each], each))
    kept = sorted(ranked[:most])
    number = {old: new for new, old in enumerate(kept)}
    facts = tuple(
        replace(fact, subject=number[fact.subject], object=number[fact.object])
        for fact in picture.facts
        if fact.subject in number and fact.object in number
    )
    about = None if picture.about is None else number[picture.about]
    places = place_entities(len(kept), [(fact.subject, fact.object) for fact in facts]).tolist()
    entities = tuple(
        replace(picture.entities[each], x=x, y=y) for each, (x, y) in zip(kept, places, strict=True)
    )
    kept_view = replace(picture, entities=entities, facts=facts, about=about)
    return GraphView(kept_view, view.below)


def span_of(fact: DrawnFact) -> str:
    """When a fact is so: 1990 to 1995."""
    first, last = fact.valid_from, fact.valid_to
    if first is None and last is None:
        return ""
    return str(first) if first == last else f"{first or '…'} to {last or '…'}"


def place_of(fact: DrawnFact) -> str:
    """Where it is said best."""
    return "" if fact.document is None else f"{fact.document}, {fact.start}–{fact.end}"


def _plain(fact: DrawnFact, number: dict[str, int]) -> list[Any]:
    return [
        fact.subject, number[fact.relation], fact.object, span_of(fact), round(fact.confidence, 3),
        fact.rule or "", fact.words, place_of(fact), max(0, fact.places - 1),
        [list(run) for run in fact.times], list(fact.clashes), fact.change,
    ]  # fmt: skip


def _told(time: str) -> str:
    """A time as a reader has room for it: a recorded one to the second, in UTC."""
    return f"{time[:10]} {time[11:19]} UTC" if "T" in time else time
