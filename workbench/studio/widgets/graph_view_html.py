"""A graph that stands still: its picture, and its facts as a list where they are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.markup import escape
from workbench.studio.widgets.drawing import inline
from workbench.studio.widgets.graph_view import cut, place_of, span_of
from workbench.studio.widgets.graph_view_svg import SAID, kind_of
from workbench.studio.widgets.graph_view_svg import draw as draw_svg
from workbench.studio.widgets.saliency_html import frame

if TYPE_CHECKING:
    from workbench.knowledge.views.picture import DrawnFact
    from workbench.studio.widgets.graph_view import GraphView

_MOST_ENTITIES, _MOST_FACTS = 300, 100  # a notebook may hold five of these
_LONGEST_WORDS = 240


def draw(view: GraphView) -> str:
    """The picture of what is linked most, then the facts in it with their words."""
    shown = cut(view, _MOST_ENTITIES)
    facts = shown.at()
    left = len(view.picture.entities) - len(shown.picture.entities)
    note = (
        f'<p class="q">{left:,} entities of fewer facts are not in this page, which stands still; '
        "all of them are there where the widget runs.</p>"
        if left
        else ""
    )
    time = f'<p class="q">As of {escape(_last(view))}.</p>' if len(view.picture.times) > 1 else ""
    picture = inline(draw_svg(shown, facts, headed=False))
    inside = time + picture + note + _list(shown, facts) + view.below
    return frame(view.picture.title, view.facts, view.warning, inside)


def _last(view: GraphView) -> str:
    time = view.picture.times[-1]
    return f"{time[:10]} {time[11:19]} UTC" if "T" in time else time


def _list(view: GraphView, facts: list[DrawnFact]) -> str:
    told = sorted(facts, key=lambda fact: (not fact.change, not fact.clashes, -fact.confidence))
    rows = "".join(f"<li>{_fact(view, fact)}</li>" for fact in told[:_MOST_FACTS])
    more = len(told) - _MOST_FACTS
    note = f'<p class="q">and {more:,} more</p>' if more > 0 else ""
    return f"<details><summary>Facts in words</summary><ul>{rows}</ul>{note}</details>"


def _fact(view: GraphView, fact: DrawnFact) -> str:
    ends = [escape(view.picture.entities[each].name) for each in (fact.subject, fact.object)]
    span = f" ({escape(span_of(fact))})" if span_of(fact) else ""
    mark = "" if kind_of(fact) == "said" else f' <span class="q">[{SAID[kind_of(fact)]}]</span>'
    words = fact.words if len(fact.words) <= _LONGEST_WORDS else fact.words[:_LONGEST_WORDS] + "…"
    if fact.inferred:
        source = f'<span class="q">from: {escape(words)}</span> <code>{escape(fact.rule)}</code>'
    else:
        source = f'<q>{escape(words)}</q> <span class="q">{escape(place_of(fact))}</span>'
    relation = escape(fact.relation.replace("_", " "))
    return f"{ends[0]} <em>{relation}</em> {ends[1]}{span}{mark}<br>{source}"
