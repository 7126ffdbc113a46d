"""How answers and retrievals are drawn: sentences with numbered sources whose quotes unfold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import count, escape, style

if TYPE_CHECKING:
    from workbench.knowledge.answering.answers import Answer, AnswerSentence
    from workbench.knowledge.retrieval.telling import (
        PathStep,
        Retrieval,
        RetrievedCommunity,
        RetrievedPassage,
    )

_SHOWN = 300  # signs of a passage before it is to be unfolded


def draw_answer(found: Answer) -> str:
    """The answer with its sources; what was removed and how it was found stand below."""
    numbers = {
        (each.document, each.start, each.end): number
        for number, each in enumerate(found.sources, start=1)
    }
    said = " ".join(_sentence(each, numbers) for each in found.sentences) or escape(found.answer)
    mark = '<span class="pill mark">– no answer</span>' if found.abstained else ""
    quiet: list[str] = [found.strategy]
    if found.chance is not None:
        quiet.append(f"chance of an answer here {found.chance:.2f}")
    quiet.append(found.model or ("quoted" if found.sentences else ""))
    parts = [
        f'<div class="top">{mark}<strong>{escape(found.question)}</strong></div>',
        f'<p class="answer">{said}</p>',
        _sources(found),
        _path(found.path),
        draw_cost([f"from {found.name}", *quiet]),
        draw_removed(found.removed),
        draw_notes((*found.remarks, *found.notes)),
    ]
    return _card("".join(parts))


def draw_retrieval(found: Retrieval) -> str:
    """The path, the communities, then the passages with their places and ranks."""
    thin = '<span class="pill mark">– thin evidence</span>' if found.abstained else ""
    parts = [
        f'<div class="top"><span class="pill plain">{escape(found.strategy)}</span>{thin}'
        f"<strong>{escape(found.question)}</strong></div>",
        _path(found.path),
        "".join(map(_community, found.communities)),
        f'<ol class="found">{"".join(map(_passage, found.passages))}</ol>',
        draw_cost([f"from {found.name}", f"chance of an answer here {found.chance:.2f}"]),
        draw_notes(found.notes),
    ]
    return _card("".join(parts))


def _card(inside: str) -> str:
    return card(style("knowledge") + inside)


def _sentence(sentence: AnswerSentence, numbers: dict[tuple[str, int, int], int]) -> str:
    """A sentence with the numbers of its sources; one that no document supports says so."""
    said = escape(str(sentence))
    if not sentence.citations:
        return f'<span class="bad">{said}</span>'
    places = [(each.document, each.start, each.end) for each in sentence.citations]
    marks = "".join(f"[{numbers[place]}]" for place in places if place in numbers)
    how = ' <span class="q">(quoted)</span>' if sentence.way == "quoted" else ""
    return f'{said} <span class="q">{marks}</span>{how}'


def _sources(found: Answer) -> str:
    items = "".join(
        f"<li><details><summary>[{number}] {escape(each.document)}, {each.start}–{each.end}"
        f"</summary><q>{escape(each.words)}</q></details></li>"
        for number, each in enumerate(found.sources, start=1)
    )
    return f'<ul class="sources">{items}</ul>' if items else ""


def _path(path: Sequence[PathStep]) -> str:
    if not path:
        return ""
    items = "".join(
        f"<li><strong>{escape(step.title)}</strong>"
        + (f' <span class="q">by {escape(step.bridge)}</span>' if step.bridge else "")
        + f' <span class="q">{escape(step.place.document)}, {step.place.start}–{step.place.end}'
        "</span></li>"
        for step in path
    )
    steps = count(len(path), "passage")
    return f'<details><summary>The way: {steps}</summary><ol class="found">{items}</ol></details>'


def _community(found: RetrievedCommunity) -> str:
    said = "".join(
        f'<li><q>{escape(each.text)}</q> <span class="q">{escape(each.document)}, '
        f"{each.start}–{each.end}</span></li>"
        for each in found.summary
    )
    about = escape(", ".join(found.entities))
    return (
        f'<p><strong>{about}</strong> <span class="q">{count(found.passages, "passage")}</span></p>'
        f'<ul class="found">{said}</ul>'
    )


def _passage(found: RetrievedPassage) -> str:
    first, *others = found.places
    where = f"{escape(first.document)}, {first.start}–{first.end}"
    where += f" and {count(len(others), 'more place')}" if others else ""
    ranks = ", ".join(f"{name} {rank}" for name, rank in sorted(found.ranks.items()))
    title = f"<strong>{escape(found.title)}</strong> " if found.title else ""
    text = escape(found.text)
    if len(found.text) > _SHOWN:
        begin = escape(found.text[:_SHOWN])
        text = f"<details><summary>{begin}…</summary>{text}</details>"
    return f'<li>{title}<span class="q">{where}; ranks: {escape(ranks)}</span><br>{text}</li>'


def draw_removed(removed: Sequence[str]) -> str:
    """The sentences of a model that were taken out, to be unfolded."""
    if not removed:
        return ""
    items = "".join(f"<li>{escape(each)}</li>" for each in removed)
    told = f"{count(len(removed), 'sentence')} of the model removed: no document says so"
    return f"<details><summary>{told}</summary><ul>{items}</ul></details>"


def draw_cost(facts: Sequence[str]) -> str:
    """How it was found and said, in a quiet line; empty facts are left out."""
    said = "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact)
    return f'<div class="cost">{said}</div>'


def draw_notes(notes: Sequence[str]) -> str:
    """What there is to say of it beside, a paragraph each."""
    return "".join(f'<p class="note">{escape(each)}</p>' for each in notes)
