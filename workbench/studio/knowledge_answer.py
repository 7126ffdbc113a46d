"""An answer as the knowledge page shows it: each sentence with the places that say so, unfolded
where they stand in their documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core import operations
from workbench.core.errors import WorkbenchError
from workbench.studio.answer_cards import draw_cost, draw_notes, draw_removed
from workbench.studio.cards import card
from workbench.studio.markup import count, escape, style

if TYPE_CHECKING:
    from workbench.knowledge.answering.answers import Answer, AnswerSentence
    from workbench.knowledge.citing import CitedPlace
    from workbench.knowledge.retrieval.telling import PathStep

    Places = Mapping[tuple[str, int, int], CitedPlace]

STRATEGIES = {
    "fact": "one passage has it",
    "comparison": "two things side by side",
    "multi-hop": "one passage leads to the other",
    "overview": "parts of the graph, told together",
    "none": "it asks nothing of the documents",
}
_LONGEST_WORD, _SHORT = 30, 40
_PLACE_WORDS = ("section", "title", "page", "row", "cell", "function")


def answer_bundle(found: Answer) -> dict[str, Any]:
    """The answer as what an output shows; the places are read from the graph meanwhile."""
    html = draw_answer_in_place(found, places_of(found))
    return {"text/html": html, "text/plain": found.answer}


def places_of(found: Answer) -> Places:
    """What stands around each citation and each passage of the path.

    A place that the graph has no longer is left out: the answer then shows the words alone.
    """
    wanted = [(each.document, each.start, each.end) for each in found.sources]
    wanted += [(each.place.document, each.place.start, each.place.end) for each in found.path]
    read, made = operations.find("knowledge.read"), {}
    for document, start, end in dict.fromkeys(wanted):
        values = {"name": found.name, "document": document, "start": start, "end": end}
        try:
            made[document, start, end] = read.run(values)
        except WorkbenchError:  # an update came in between, and took it away
            continue
    return made


def draw_place(found: CitedPlace) -> str:
    """A place in its document, as a card."""
    where = f'<span class="q">characters {found.start:,}–{found.end:,}</span>'
    head = f'<div class="top"><strong>{escape(found.document)}</strong>{where}</div>'
    return card(style("knowledge") + head + _in_place(found))


def draw_answer_in_place(found: Answer, places: Places) -> str:
    """The answer, sentence by sentence, with what each rests on; then how it was found."""
    pill = '<span class="pill mark">– no answer</span>'
    if not found.abstained:
        pill = '<span class="pill good">✓ answered</span>'
    parts = [f'<div class="top">{pill}<strong>{escape(found.question)}</strong></div>']
    numbers = {
        (each.document, each.start, each.end): (number, each.words)
        for number, each in enumerate(found.sources, start=1)
    }
    if found.sentences:
        parts += [_sentence(each, numbers, places) for each in found.sentences]
    else:
        parts.append(f'<p class="answer">{escape(found.answer)}</p>')
    parts += [_how(found), _path(found.path, places), draw_removed(found.removed)]
    parts.append(draw_notes((*found.remarks, *found.notes)))
    return card(style("knowledge") + "".join(parts))


def _sentence(
    sentence: AnswerSentence, numbers: Mapping[Any, tuple[int, str]], places: Places
) -> str:
    said = escape(str(sentence))
    if not sentence.citations:
        return f'<p class="answer"><span class="bad">{said}</span></p>'
    how = ' <span class="q">(quoted)</span>' if sentence.way == "quoted" else ""
    sources = []
    for each in sentence.citations:
        key = (each.document, each.start, each.end)
        number, words = numbers.get(key, (0, ""))
        inside = _in_place(places[key]) if key in places else f"<q>{escape(words)}</q>"
        short = f", “{words}”" if 0 < len(words) <= _SHORT else ""  # a heading, as a rule
        sources.append(_unfolding(f"[{number}]", *key, inside, more=short))
    return f'<p class="answer">{said}{how}</p>{"".join(sources)}'


def _unfolding(
    mark: str, document: str, start: int, end: int, inside: str, *, more: str = ""
) -> str:
    return (
        f'<details class="source"><summary>{mark} <b>{escape(document)}</b> <span class="q">'
        f"characters {start:,}–{end:,}{escape(more)}</span></summary>{inside}</details>"
    )


def _in_place(found: CitedPlace) -> str:
    """The words marked where they stand, between what is said before and after."""
    told = [f"{name} {found.place[name]}" for name in _PLACE_WORDS if found.place.get(name)]
    where = f'<p class="q">{escape(", ".join(told))}</p>' if told else ""
    before, after = found.before, found.after
    if found.first:
        before = "…" + before[_word_end(before) :].lstrip()
    if found.end + len(after) < found.characters:
        after = after[: len(after) - _word_end(after[::-1])].rstrip() + "…"
    return (
        f'<div class="place">{where}<blockquote>{escape(before)}<mark>{escape(found.words)}</mark>'
        f"{escape(after)}</blockquote></div>"
    )


def _word_end(text: str) -> int:
    """Where the word ends that a text may begin within; 0 if that is no word."""
    space = text.find(" ", 0, _LONGEST_WORD)
    return max(0, space)


def _how(found: Answer) -> str:
    """How it was looked for, how sure it is, and who said it."""
    said_by = "quoted from the documents" if found.sentences else ""
    if found.model is not None:
        said_by = f"asked to phrase: {found.model}"
    facts = [
        f"strategy {found.strategy}: {STRATEGIES[found.strategy]}",
    ]
    if found.chance is not None:
        facts.append(f"chance that {found.name} has an answer: {found.chance:.2f}")
    facts.append(said_by)
    return draw_cost(facts)


def _path(path: Sequence[PathStep], places: Places) -> str:
    """The passages that lead to it, each to be unfolded, and what joins them."""
    if not path:
        return ""
    items = []
    for step in path:
        key = (step.place.document, step.place.start, step.place.end)
        by = f'<p class="q">joined by <b>{escape(step.bridge)}</b></p>' if step.bridge else ""
        inside = _in_place(places[key]) if key in places else ""
        title = escape(step.title or step.place.document)
        items.append(f"<li><strong>{title}</strong>{by}{_unfolding('', *key, inside)}</li>")
    head = f"<summary>The way to it: {count(len(path), 'passage')}</summary>"
    return f'<details open>{head}<ol class="found">{"".join(items)}</ol></details>'
