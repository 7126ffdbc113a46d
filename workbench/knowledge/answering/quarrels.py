"""The other side of a sentence that answers, where ``contradictions`` lists what it says.

What is found for a question is a few passages; what contradicts one of their sentences may stand
in another one, or be told in other words. The graph's facts have both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.inference.chaining import close
from workbench.knowledge.inference.contradictions import find_clashes
from workbench.knowledge.inference.reasoning import said_of
from workbench.knowledge.inference.rulebook import rule_book, used_rules
from workbench.knowledge.inference.rules import Comparison, Rule
from workbench.knowledge.inference.vocabulary import NARROWING
from workbench.knowledge.quotes import quote, quotes_of
from workbench.knowledge.retrieval.asked_for import AskedFor, read_asked_for
from workbench.knowledge.retrieval.comparing import read_comparison
from workbench.knowledge.retrieval.related_words import say_alike
from workbench.knowledge.retrieval.telling import Retrieval
from workbench.knowledge.retrieval.words import content_stems, stem_set
from workbench.knowledge.states import Fact, State, Support

from .notes import Note, Span, read_notes

# How relations are asked for whose names have no word of the question.
_ASKED_AS = {
    "reports_to": stem_set("manager boss supervisor superior"),
    "is_married_to": stem_set("wife husband spouse"),
    "has_population": stem_set("inhabitants people residents"),
    "has_employees": stem_set("staff headcount"),
    "costs": stem_set("price cost"),
}
_OF_ITS_SUBJECT = "takes_place_on"  # its subject says what is asked: the launch of Elk


def other_sides(
    state: State, retrieval: Retrieval, cited: Sequence[Note], notes: Sequence[Note]
) -> tuple[Note, ...]:
    """The sentences of both sides where facts that ``cited`` say of what is asked contradict
    others of the graph, each outright; none where nothing does.

    Args:
        state: The graph.
        retrieval: What was found for the question.
        cited: The sentences that it is to be answered with.
        notes: All that may be cited: of one place they are preferred to the graph's own words.
    """
    asked = read_asked_for(retrieval.question)
    compares = read_comparison(retrieval.question) is not None
    if not cited or asked.kind == "about" or compares or retrieval.communities:
        return ()
    book = used_rules(rule_book(state.graph, (), until_us=state.recorded_us))
    forbidding = [each for each in book if _forbids_two(each)]
    relations = {atom.relation for each in forbidding for atom in each.body}
    facts = state.facts_of(each for each in relations if _asks_for(asked, each))
    told = [each for each in facts if any(_note_says(state, note, each) for note in cited)]
    told = _of_what_is_asked(state, asked, told)
    apart = _apart(state, told, facts, book) if told else []
    if not apart:
        return ()
    known = [*cited, *notes, *(note for each in retrieval.passages for note in read_notes(each))]
    found = [note for note in cited if any(_note_says(state, note, fact) for fact in apart)]
    found += _notes_of(state, apart, known)
    return tuple(dict.fromkeys(replace(each, outright=True) for each in found))


def _forbids_two(rule: Rule) -> bool:
    return isinstance(rule.head, Comparison) and rule.head.sign == "="


def _asks_for(asked: AskedFor, relation: str) -> bool:
    """Whether a question is for what a relation says, by the kind of answer and a word of it."""
    kind = {"_on": "time", "_in": "place"}.get(relation[-3:])
    if asked.kind != "whether" and (asked.kind in ("time", "place") or kind):
        if asked.kind != kind:
            return False
        if relation == _OF_ITS_SUBJECT:
            return True
    words = {*content_stems(relation.replace("_", " ")), *_ASKED_AS.get(relation, ())}
    return any(say_alike(word, other) for word in words for other in asked.stems)


def _of_what_is_asked(state: State, asked: AskedFor, facts: Sequence[Fact]) -> list[Fact]:
    """Of facts those whose subject the question names, if it names one; else all."""
    stems = set(asked.stems)
    named = [each for each in facts if _is_named(state, each.subject, stems)]
    return named or [each for each in facts if each.relation != _OF_ITS_SUBJECT]


def _is_named(state: State, key: str, stems: set[str]) -> bool:
    return any(set(content_stems(name)) <= stems for name in _names_of(state, key))


def _names_of(state: State, key: str) -> set[str]:
    known = state.entities.get(key)
    return {key} if known is None else {key, *known.names}


def _note_says(state: State, note: Note, fact: Fact) -> bool:
    return any(_stands_at(note.span, each) for each in fact.support) and any(
        f" {name_key(name)} " in f" {name_key(note.text)} "
        for name in _names_of(state, fact.object)
    )


def _stands_at(span: Span, place: Support) -> bool:
    meets = place.start < span.end and span.start < place.end
    return meets and place.document == span.document


def _apart(
    state: State, told: Sequence[Fact], facts: Iterable[Fact], rules: Sequence[Rule]
) -> list[Fact]:
    """The facts that a rule forbids together, of which one was told; none where nothing is."""
    ends = {end for each in told for end in (each.subject, each.object)}
    near = {said_of(each): each for each in facts if {each.subject, each.object} & ends}
    if len(near) < 2:
        return []
    wider = _reached(state.facts_of(NARROWING), {each.object for each in near})
    confidences = {said_of(each): each.confidence for each in (*near.values(), *wider)}
    clashes = find_clashes(close(confidences, rules), filter(_forbids_two, rules))
    sides = {said_of(each) for each in told}
    found = [fact for each in clashes if sides & set(each.facts) for fact in each.facts]
    return [near[fact] for fact in dict.fromkeys(found) if fact in near]


def _reached(facts: Sequence[Fact], ends: set[str]) -> list[Fact]:
    """The facts that lead on from some ends, however far."""
    leading: dict[str, list[Fact]] = {}
    for each in facts:
        leading.setdefault(each.subject, []).append(each)
    found, waiting = [], list(ends)
    while waiting:
        for each in leading.pop(waiting.pop(), ()):
            found.append(each)
            waiting.append(each.object)
    return found


def _notes_of(state: State, facts: Sequence[Fact], known: Sequence[Note]) -> Iterator[Note]:
    """For each fact a sentence that says it, as it was found or as the graph has it."""
    quotes = quotes_of(state, facts)
    for fact in facts:
        standing = next((note for note in known if _note_says(state, note, fact)), None)
        if standing is not None:
            yield standing
            continue
        place = fact.support[0]
        words = quote(quotes, fact, place)
        yield Note(words, Span(place.document, place.start, place.end), "")
