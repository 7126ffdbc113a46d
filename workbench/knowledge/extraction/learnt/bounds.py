"""What the network may say: bounds that its training sentences, all of encyclopaedias, don't teach.

It gives a chance near 0 to a relation that it was hardly shown, and one near 1 to what only looks
like a sentence. So it denies only what it has learnt enough of, and adds only to whole sentences,
what their ends can be.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from workbench.evaluation.knowledge_sets import read_knowledge_set
from workbench.knowledge.words import word_set

from ..dependency.people import INSTITUTIONS
from ..dependency.reading import Found, Passage
from ..dependency.tree import PLACES, PRONOUNS, Phrase, Token, is_proper
from .inputs import LABELLED

FEWEST = 100
"""Of so many required labels of a relation on the network may deny a rule's fact of it."""

_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj", "csubjpass", "expl"})
_ENDS = (".", "!", "?", "…", '."', ".”", ".’", ".)", ".'")
_LABEL = 4  # words before a colon that are a label: "Project lead: ..."
_MADE = frozenset({"created_on", "founded_on", "occurred_on"})
_DATED = _MADE | {"born_on", "died_on"}
_AMOUNTS = frozenset({"MONEY", "QUANTITY", "PERCENT"})
_NUMBERS = _AMOUNTS | {"CARDINAL"}
_NAMING = word_set(
    "or called referred known named nicknamed dubbed styled alias aka formerly officially née born "
    "abbreviated commonly i.e. termed also formally locally originally"
)
_SHORT_LIFE, _LONG_LIFE = 30, 115  # years
_PARTS = frozenset("\n\t|:;")


@functools.cache
def labels_learnt() -> Mapping[str, int]:
    """How many required labels of each relation the sets have that are learnt from."""
    rows = (row for name in LABELLED for row in read_knowledge_set(name))
    told = (each for row in rows for each in row["relations"] if not each.get("optional"))
    return Counter(each["relation"] for each in told)


def may_deny(relation: str) -> bool:
    """Whether enough was learnt of a relation to drop what a rule says of it."""
    return labels_learnt().get(relation, 0) >= FEWEST


def is_prose(sentence: Any) -> bool:
    """Whether a sentence (a spaCy ``Span``) has a verb or a subject, and ends as one.

    Headings, items of lists, rows, headers of mail and notes of a label and a colon are none.
    """
    text = sentence.text.strip()
    if not text.endswith(_ENDS) or {"\n", "\t", "|"} & set(text):
        return False
    if any(each.text == ":" for each in sentence[: _LABEL + 1]):
        return False
    return any(each.tag_ in _FINITE or each.dep_ in _SUBJECTS for each in sentence)


def can_be(passage: Passage, fact: Found) -> bool:
    """Whether the ends of a fact that the network alone found can have its relation."""
    one, two = fact.subject, fact.object
    if not (_is_whole(passage, one) and _is_whole(passage, two)):
        return False
    if fact.relation in _DATED and _is_amount(two):
        return False
    if fact.relation in _MADE:
        is_named = _is_year_in_brackets(two) or not _is_person(passage, one)
        return is_named and not (fact.relation == "created_on" and _is_life(passage, two))
    if fact.relation == "located_in":
        return not _is_person(passage, one)
    if fact.relation == "is_a":
        owns = two.head.dep_ == "poss"
        none = two.start > 0 and two.head.doc[two.start - 1].lower_ == "no"
        return not (owns or none or {label_of(one), label_of(two)} & _NUMBERS)
    return fact.relation != "also_known_as" or _are_names_of_one(passage, one, two)


def label_of(phrase: Phrase) -> str:
    """spaCy's label of a phrase's head; empty where it is no name, number or time."""
    return str(phrase.head.ent_type_)


def _is_whole(passage: Passage, phrase: Phrase) -> bool:
    """Whether it is one piece of a line, or a pronoun that is known whom it means."""
    if phrase.head.lower_ in PRONOUNS:
        return passage.phrase(phrase.head) is not None
    text = phrase.text
    return not _PARTS & set(text) and sum(map(str.isalnum, text)) > 1


def _is_amount(phrase: Phrase) -> bool:
    """Whether a number counts something: the *640* of *640 euros*."""
    counts = phrase.head.dep_ == "nummod" and phrase.head.head.pos_ == "NOUN"
    return counts or label_of(phrase) in _AMOUNTS


def _is_person(passage: Passage, phrase: Phrase) -> bool:
    """Whether it is a person: by what the passage says of its topic, of others by spaCy's label."""
    if set(phrase.text.lower().split()) & INSTITUTIONS:
        return False
    if phrase.is_topic or passage.names_topic(phrase.head):
        return passage.is_person(phrase)
    return label_of(phrase) == "PERSON"


def _is_year_in_brackets(phrase: Phrase) -> bool:
    """*Labyrinth (1986)*: a work, though spaCy may take its name for a person's."""
    doc = phrase.head.doc
    around = doc[phrase.start - 1 : phrase.start], doc[phrase.end : phrase.end + 1]
    return [each.text for each in around] == ["(", ")"] and phrase.text.isdigit()


def _is_life(passage: Passage, phrase: Phrase) -> bool:
    """Whether it is a time as long as a life."""
    start, end = phrase.span
    for each in passage.times:
        if start <= each.start < end:
            first, last = (each.first or "")[:4], (each.last or "")[:4]
            years = int(last) - int(first) if first.isdigit() and last.isdigit() else 0
            return _SHORT_LIFE <= years <= _LONG_LIFE
    return False


def _are_names_of_one(passage: Passage, one: Phrase, two: Phrase) -> bool:
    """Whether a word between or before them says so, or a mark alone parts names of a kind."""
    first, second = sorted((one, two), key=lambda each: each.start)
    doc = first.head.doc
    if any(each.lower_ in _NAMING for each in doc[max(0, first.start - 2) : second.end]):
        return True
    if any(_is_of_a_source(doc, each.end) for each in (one, two)):
        return False
    if any(each.pos_ in {"VERB", "AUX"} for each in doc[first.end : second.start]):
        return False
    if _is_short_for(one.text, two.text) or _is_short_for(two.text, one.text):
        return True
    heads = [_head(passage, each) for each in (one, two)]
    if is_proper(heads[0]) != is_proper(heads[1]):
        return False
    labels = {each.ent_type_ for each in heads}
    apart = "PERSON" in labels and bool(labels & PLACES)
    return not apart and not labels & _NUMBERS


def _is_short_for(short: str, name: str) -> bool:
    """Whether one is the capitals that the words of the other begin with."""
    if not short.isupper() or len(short) < 2:
        return False
    first = iter(each[0].upper() for each in re.findall(r"\w+", name))
    return all(each in first for each in short)  # in their order; some may be passed over


def _head(passage: Passage, phrase: Phrase) -> Token:
    """Its head, or that of the topic for a pronoun."""
    known = phrase.head.lower_ in PRONOUNS and passage.topic is not None
    return passage.topic.phrase.head if known and passage.topic else phrase.head


def _is_of_a_source(doc: Any, end: int) -> bool:
    """Whether a comma, a number and a closing bracket follow: *(Otto Verlag, 1971)*."""
    after = doc[end : end + 3]
    return len(after) > 2 and after[0].text == "," and after[1].like_num and after[2].text == ")"
