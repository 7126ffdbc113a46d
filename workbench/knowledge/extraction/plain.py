"""The extractor of plain sentences: dates, amounts and who leads, reports to or lives where.

For what people note down: *The Oslo office opened in 2011*, *Project Kestrel's budget is 3
million*, *Ana reports to Ben*. It reads words alone, no tree, and only sentences that begin with
what they are about and neither deny, doubt nor report it; two of them that disagree are what
``contradictions`` finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.knowledge.sentences import split_sentences
from workbench.knowledge.words import FUNCTION_WORDS, MONTHS, word_set

from .plain_forms import FORMS, UNSAID, Form
from .protocol import Assertion, Extraction, Passage, Span

_UNNAMED = 0.8  # of the confidence in what is told of *the office*
_LONGEST = 300  # characters of a sentence
_BEGINS = re.compile(r"^[-*•\d.)\s]{1,6}(?<!\d)(?=\w)")  # the mark of an item, not 3 of 3M
_ARTICLE = re.compile(r"^(?:the|our|The|Our)\s+")
_PRONOUNS = word_set("i he she it we they you this that these those there one who what")
# Of which each document has its own, so that two that differ disagree on nothing.
_ANY = word_set(
    "city town village country state island district region county province university river "
    "building film book album series band"
)
_MONTHS = frozenset(month.casefold() for month in MONTHS)
_NO_NAMES = FUNCTION_WORDS | _PRONOUNS


class PlainExtractor:
    """Facts from plain sentences of running text and of items of lists."""

    name = "plain"
    version = "3"
    names_from_list = False

    def extract(self, chunk: Passage) -> Extraction:
        """What the plain sentences of a passage say; code and tables say nothing."""
        if chunk.kind not in ("text", "heading"):
            return Extraction()
        found: dict[tuple[Span, str, Span], Assertion] = {}
        for start, end in split_sentences(chunk.text):
            for said in _stated(chunk.text, start, end):
                found.setdefault((said.subject, said.relation, said.object), said)
        return Extraction(assertions=tuple(found.values()))


def _stated(text: str, start: int, end: int) -> Iterator[Assertion]:
    mark = _BEGINS.match(text[start:end])
    start += mark.end() if mark else 0
    sentence = text[start:end]
    if not 10 <= len(sentence) <= _LONGEST or UNSAID.search(sentence):
        return
    taken: set[Span] = set()
    for form in FORMS:
        found = form.pattern.match(sentence)
        if found is None:
            continue
        one, two = _bare(sentence, found.span("s")), _bare(sentence, found.span("o"))
        if two in taken or not _can_be(sentence, one, two, form):
            continue
        taken.add(two)
        one, two = ((first + start, last + start) for first, last in (one, two))
        ends = (two, one) if form.turned else (one, two)
        relation = form.relation.format(r=(found.groupdict().get("r") or "").replace(" ", "_"))
        named = any(map(str.isupper, text[slice(*one)]))
        confidence = form.confidence if named else form.confidence * _UNNAMED
        yield Assertion(ends[0], relation, ends[1], (start, end), round(confidence, 2))


def _bare(sentence: str, span: Span) -> Span:
    """A phrase without its article and what ends the sentence."""
    start, end = span
    article = _ARTICLE.match(sentence[start:end])
    start += article.end() if article else 0
    while end > start and sentence[end - 1] in " \n.,":
        end -= 1
    return start, end


def _can_be(sentence: str, one: Span, two: Span, form: Form) -> bool:
    """Whether both ends are something: no pronoun, no month, no other sentence's beginning."""
    for span, none in ((one, _NO_NAMES), (two, _PRONOUNS)):
        words = sentence[slice(*span)].split()
        if not words or words[0].casefold() in none or "\n" in sentence[slice(*span)]:
            return False
    subject = sentence[slice(*one)]
    if subject.split()[0].casefold() in _MONTHS:
        return False
    if subject in _ANY or (subject.islower() and form.relation == "founded_on"):
        return False
    if len(subject.split()) == 1 and subject.endswith("ly"):  # *Originally established in 1922*
        return False
    return sentence[slice(*one)].casefold() != sentence[slice(*two)].casefold()
