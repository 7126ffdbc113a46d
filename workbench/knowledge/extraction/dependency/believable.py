"""What rules read off notes and is none: labels of lists, measures and judgements taken for kinds.

The rules were made on an encyclopaedia, whose every line is a sentence and whose *is a* tells what
something is. In notes *Hobbies: sailing* is a line, *the budget is 3 million euros* tells an amount
and *the climb was a torture* what somebody thinks of it.
"""

from __future__ import annotations

from typing import Any

from workbench.knowledge.words import word_set

from .reading import Found
from .tree import Phrase, Token

_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
_ARTICLES = frozenset({"a", "an", "the"})
_OWN = word_set("my our your")
_FIRST_OR_SECOND = word_set("i me we us you my our your")
_SAID_OF = frozenset({"attr", "conj", "appos"})  # not *ideas such as ...*
_MEASURES = frozenset({"MONEY", "QUANTITY", "PERCENT"})
_UNITS = word_set(
    "euro dollar pound franc krone krona crown yen cent percent degree metre meter kilometre "
    "kilometer km kg gram kilogram tonne ton litre liter hour minute second week month euros pounds"
)
_JUDGEMENTS = word_set(
    "risk exception joke mess shame pity success disaster miracle surprise treasure bore must "
    "problem issue matter question answer reason thing lot bit fact point pleasure delight "
    "nightmare relief torture gem fool idiot pain nuisance blessing curse bargain mistake failure "
    "pest liar talker option idea start beginning end chance deal favourite favorite priority "
    "challenge concern worry blocker plan goal result consequence advantage disadvantage benefit "
    "drawback step hit flop dream luxury waste way one"
)


def is_believable(found: Found) -> bool:
    """Whether what a rule found can be told of something, by the line that it stands in."""
    ends = (found.subject, found.object)
    if any(_is_of_the_writer(each) for each in ends):
        return False
    if found.relation != "is_a":
        return True
    return not (any(map(_is_measure, ends)) or _is_judgement(found) or _is_in_a_list(found))


def _is_of_the_writer(phrase: Phrase) -> bool:
    """*Dreamt I*, and *our supplier*, which is no name of one."""
    if phrase.is_topic:
        return False
    words = [each.lower_ for each in phrase.head.doc[phrase.start : phrase.end]]
    if len(words) > 1 and _FIRST_OR_SECOND & set(words) and _is_plain(phrase.head):
        return True
    owned = any(each.dep_ == "poss" and each.lower_ in _OWN for each in phrase.head.children)
    return owned and _is_plain(phrase.head) and phrase.head.dep_ in {"nsubj", "nsubjpass"}


def _is_plain(head: Token) -> bool:
    return bool(head.pos_ != "PROPN")


def _is_measure(phrase: Phrase) -> bool:
    """*6 euros*, *3 million euros*; not *a 1994 film*."""
    head = phrase.head
    numbered = any(each.dep_ == "nummod" or each.like_num for each in head.children)
    return numbered and (head.lemma_.lower() in _UNITS or head.ent_type_ in _MEASURES)


def _is_judgement(found: Found) -> bool:
    """*is a risk*, *is a better one*: what is thought of it, and not what it is."""
    head = found.object.head
    return head.dep_ in _SAID_OF and head.pos_ == "NOUN" and head.lemma_.lower() in _JUDGEMENTS


def _is_in_a_list(found: Found) -> bool:
    """Whether the line has no verb: *Hobbies: sailing*; an apposition with its article is one."""
    two = max(found.subject, found.object, key=lambda each: each.start)
    line = _line_of(two.head)
    if any(each.tag_ in _FINITE for each in line):
        return False
    doc = two.head.doc
    first = doc[found.object.start]
    before = doc[found.object.start - 1] if found.object.start else first
    return first.lower_ not in _ARTICLES and before.lower_ not in _ARTICLES


def _line_of(token: Token) -> Any:
    """The tokens of a token's sentence that stand on its line."""
    doc, sentence = token.doc, token.sent
    start = end = token.i
    while start > sentence.start and "\n" not in doc[start - 1].text:
        start -= 1
    while end + 1 < sentence.end and "\n" not in doc[end + 1].text:
        end += 1
    return doc[start : end + 1]
