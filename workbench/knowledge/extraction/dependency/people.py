"""Names of people that the model does not know: what was born, died, married or wrote is one.

*Vera Stolz was born in Bergholm* has a tree as good as any, but the small model sees no name in it,
or two places. A run of two capitalised words and more that such a verb is said of is a person's
name, here and wherever else it stands in the passage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import MONTHS, word_set

from .geography import DIRECTIONS, LANDS, is_demonym
from .tree import PLACES, Token, children

_LIVES = word_set("bear die marry wed")
_DEEDS = word_set("found write paint compose invent discover sculpt co-found cofound")
_PARTICLES = word_set("von van de da di del della dos al bin ibn ben der den ten la le af zu y e")
_UNKNOWN = frozenset({"", "GPE", "LOC", "FAC", "ORG", "NORP", "PRODUCT", "WORK_OF_ART", "LANGUAGE"})
_BEFORE_PLACES = word_set("new san santa los las el saint st. st fort port mount lake great")
_TIMES = frozenset(map(str.lower, MONTHS)) | word_set(
    "monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter"
)
INSTITUTIONS = word_set(
    "observatory museum university college school institute company church library academy "
    "hospital society theatre theater gallery foundation bank press band orchestra choir club "
    "party team castle palace bridge tower building hotel station airport prize award festival "
    "newspaper magazine journal agency ministry department corporation studio studios laboratory "
    "factory cathedral abbey monastery temple league union association council committee "
    "commission ship house group works project movement army navy court parliament trust center "
    "centre limited inc ltd zoo clinic opera"
)
"""Words that name what people direct, found and work in, and no person."""


def name_people(doc: Any) -> None:
    """Mark the names of people in a parsed document, in place."""
    found = {span for token in doc for span in _named_by(token)}
    if not found:
        return
    texts = {doc[start:end].text for start, end in found}
    spans = sorted(found | set(_elsewhere(doc, texts)))
    taken = {index for start, end in spans for index in range(start, end)}
    kept = [each for each in doc.ents if not taken & set(range(each.start, each.end))]
    made = [_person(doc, start, end) for start, end in _apart(spans)]
    doc.ents = [*kept, *made]


def _named_by(verb: Token) -> Iterator[tuple[int, int]]:
    """The name that a verb is said of, if only people do so and the model saw no person."""
    lemma = verb.lemma_.lower()
    lives = verb.lower_ == "born" or lemma in _LIVES
    if verb.pos_ != "VERB" or not (lives or lemma in _DEEDS):
        return
    if lemma == "die" and any(each.lower_ in {"out", "off"} for each in verb.children):
        return
    allowed = _UNKNOWN if lives else frozenset({""})
    objects = children(verb, "dobj") if lemma in {"marry", "wed"} else []
    for each in [*children(verb, "nsubj", "nsubjpass"), *objects]:
        start = _start(each)
        run = verb.doc[start : each.i + 1]
        if each.dep_ == "nsubjpass" and lemma in _DEEDS:
            continue
        if len(run) > 1 and {x.ent_type_ for x in run} <= allowed and _may_be_person(run):
            yield start, each.i + 1


def _start(head: Token) -> int:
    """The first word of the run of capitalised words that ends with a noun."""
    doc, start = head.doc, head.i
    while start > head.sent.start:
        before = doc[start - 1]
        if before.pos_ == "PROPN" and before.text[:1].isupper():
            start -= 1
        elif before.lower_ in _PARTICLES and start - 2 >= head.sent.start:
            if doc[start - 2].pos_ != "PROPN":
                break
            start -= 1
        else:
            break
    return start


def _may_be_person(run: Any) -> bool:
    small = [each.lower_ for each in run]
    ends = {small[0], small[-1]}
    if run[-1].pos_ != "PROPN" or not run[-1].text[:1].isupper() or run[-1].text.isupper():
        return False
    if ends & (_TIMES | LANDS | DIRECTIONS | INSTITUTIONS) or is_demonym(run[0]):
        return False
    if any(each.like_num or not each.text[0].isalpha() for each in run):
        return False
    if small[0] in _BEFORE_PLACES and {each.ent_type_ for each in run} & PLACES:
        return False
    before = run[0].nbor(-1) if run[0].i > run[0].sent.start else None
    return before is None or before.lower_ not in {"the", "a", "an", "of"}


def _elsewhere(doc: Any, texts: set[str]) -> Iterator[tuple[int, int]]:
    """The other places of these names."""
    for text in texts:
        at = doc.text.find(text)
        while at >= 0:
            span = doc.char_span(at, at + len(text))
            if span is not None:
                yield span.start, span.end
            at = doc.text.find(text, at + 1)


def _apart(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans without those that begin within another."""
    end = -1
    for span in spans:
        if span[0] >= end:
            yield span
            end = span[1]


def _person(doc: Any, start: int, end: int) -> Any:
    from spacy.tokens import Span

    return Span(doc, start, end, label="PERSON")
