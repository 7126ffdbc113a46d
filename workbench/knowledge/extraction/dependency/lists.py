"""is_a and part_of from lists: *such as*, *including*, *include*, *like*, and after a colon.

Hearst 1992, section 2.1, patterns 1, 2, 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .enumerations import enumerated
from .reading import Found, Passage, is_human_word
from .tree import (
    NOUNS,
    Phrase,
    Token,
    children,
    is_proper,
    members,
    noun_phrase,
    objects,
    subject_of,
)

_HOLDS = frozenset({"include", "comprise", "contain", "encompass", "incorporate"})
_VAGUE = word_set("example way thing factor other others one reason term area range")
_OWN = word_set(
    "sign symptom contribution work cause effect credit member population duty role theme "
    "accolade honor honour award achievement cast benefit use advantage function"
)


def find_lists(passage: Passage, sentence: Any) -> Iterator[Found]:
    """What lists of a sentence say of their members."""
    for token in sentence:
        lower = token.lower_
        if lower == "as" and token.i > sentence.start and token.nbor(-1).lower_ == "such":
            yield from _examples(passage, token, "such_as")
        elif lower == "as" and _such_before(token) is not None:
            yield from _such(token)
        elif lower in {"including", "like"} and token.dep_ == "prep":
            yield from _examples(passage, token, lower)
        elif token.lemma_ in _HOLDS and token.pos_ == "VERB":
            yield from _holding(passage, token)
        elif token.text == ":":
            yield from _after_colon(passage, token)


def _examples(passage: Passage, prep: Token, rule: str) -> Iterator[Found]:
    listed = [one for each in children(prep, "pobj", "pcomp") for one in _listed(each)]
    kind = _kind_before(prep, rule)
    if kind is None or not listed:
        return
    for each in listed:
        if rule == "like" and kind.tag_ != "NNS":
            continue
        yield Found(rule, noun_phrase(each), "is_a", noun_phrase(kind))
        if kind.lemma_.lower() in _PARTS:
            for whole in objects(kind, "of"):
                yield Found(f"{rule}_part", noun_phrase(each), "part_of", noun_phrase(whole))


_PARTS = word_set(
    "branch part subfield component division region section layer field discipline element "
    "subdivision organ area"
)
_DIVIDED = word_set("contain comprise have include divide split consist compose define separate")


def _such_before(prep: Token) -> Token | None:
    """The noun of *such subjects as*."""
    noun = prep.nbor(-1) if prep.i > prep.sent.start else prep
    such = any(each.lower_ == "such" for each in noun.children)
    return noun if noun.pos_ in NOUNS and such else None


def _such(prep: Token) -> Iterator[Found]:
    kind = _such_before(prep)
    for first in children(prep, "pobj"):
        for each in _listed(first):
            yield Found("such_as", noun_phrase(each), "is_a", noun_phrase(kind))


def _kind_before(prep: Token, rule: str) -> Token | None:
    """The plural noun that a list exemplifies: the nearest one before it, whatever the parse."""
    head = prep.head
    if head.pos_ in NOUNS and head.tag_ == "NNS" and head.i < prep.i:
        nearest = head
        for each in head.doc[head.i + 1 : prep.i]:
            if each.tag_ == "NNS" and prep.i - each.i <= 3 and each.dep_ == "conj":
                nearest = each
        return nearest
    first = prep.i - 1 if rule != "such_as" else prep.i - 2
    for each in reversed(list(prep.doc[max(prep.sent.start, first - 4) : first + 1])):
        if each.tag_ == "NNS" or each.lower_ in {"phenomena", "species"}:
            return each
        if each.pos_ == "VERB":
            break
    if rule == "including":
        return _plural_object(prep)
    if head.pos_ == "NOUN" and head.i < prep.i and rule == "such_as":
        return head
    return None


def _plural_object(prep: Token) -> Token | None:
    """The plural that a clause before *including* is about: *ruling vast realms throughout ...*."""
    for each in reversed(list(prep.doc[prep.sent.start : prep.i])):
        if (
            each.tag_ == "NNS"
            and each.dep_ in {"dobj", "attr", "nsubj", "pobj"}
            and not each.ent_type_
        ):
            return each
    return None


def _listed(first: Token) -> list[Token]:
    """Members of a list with *A, B and C* in it, past wrong appositions."""
    found = enumerated(first) or members(first, listed=True)
    return [each for each in found if each.pos_ in NOUNS | {"X", "ADJ", "VERB"}]


def _holding(passage: Passage, verb: Token) -> Iterator[Found]:
    """*Devices include A and B*: each a device. *The union included A*: each part of it."""
    listed = [one for each in children(verb, "dobj") for one in _listed(each)]
    head = subject_of(verb) if verb.tag_ != "VBG" else _clause_head(verb)
    if head is None or not listed:
        return
    if head.lemma_.lower() in {"example", "type", "form", "instance", "member"}:
        head = next(objects(head, "of"), head)
        if head.lemma_.lower() in {"example", "type", "form"}:
            return
    if head.lemma_.lower() in _OWN or children(head, "poss"):
        return
    if is_human_word(head.lemma_.lower()) and not is_proper(listed[0]):
        return  # "theorists include myth and ritual"
    if head.tag_ == "NNS" and not is_proper(head) and verb.lemma_ in {"include", "comprise"}:
        for each in listed:
            yield Found("class_includes", noun_phrase(each), "is_a", noun_phrase(head))
        return
    whole = passage.subject(head)
    if whole is None or (
        verb.tag_ == "VBG" and not is_proper(head) and not passage.is_thing(whole)
    ):
        return
    for each in listed:
        if each.pos_ not in NOUNS or each.lemma_.lower() in {"territory", "year", "interaction"}:
            continue
        if each.lemma_.lower() in {"part", "number", "area"}:
            each = next(objects(each, "of"), each)
        about = whole.is_topic or passage.names_topic(whole.head)
        if is_proper(each) or (about and each.ent_type_ not in {"QUANTITY", "PERCENT"}):
            yield Found("whole_includes", noun_phrase(each), "part_of", whole)
        for one in _named_after(each):
            yield Found("list_of_kind", one, "is_a", noun_phrase(each))


def _clause_head(verb: Token) -> Token | None:
    """The noun that *including* belongs to where it was taken for a verb."""
    if verb.dep_ == "acl":
        return verb.head
    before = verb.doc[verb.i - 1] if verb.i else verb
    if before.text == "," and verb.i >= 2:
        before = verb.doc[verb.i - 2]
    return before if before.pos_ in NOUNS else None


def _named_after(noun: Token) -> Iterator[Phrase]:
    for each in children(noun, "appos"):
        for one in members(each, listed=True):
            yield noun_phrase(one)


def _after_colon(passage: Passage, colon: Token) -> Iterator[Found]:
    """*two species: A and B*."""
    kind = next(
        (each for each in reversed(colon.doc[colon.sent.start : colon.i]) if each.pos_ in NOUNS),
        None,
    )
    if kind is not None and kind.dep_ == "pobj" and kind.head.lower_ == "of":
        kind = kind.head.head if kind.head.head.tag_ == "NNS" else kind
    if kind is None or kind.tag_ != "NNS" or colon.i - kind.i > 5 or kind.lemma_ in _VAGUE:
        return
    first = _first_after(colon)
    if first is None:
        return
    category = kind.lemma_.lower() in {"category", "type", "kind", "group", "class", "form"}
    whole = passage.topic.phrase if passage.topic else None
    for each in _listed(first):
        phrase = noun_phrase(each)
        if category:
            owner = subject_of(kind.head.head if kind.head.dep_ == "prep" else kind.head)
            found = passage.subject(owner) if owner is not None else None
            if found is not None:
                yield Found("colon_category", phrase, "is_a", found)
            continue
        yield Found("colon", phrase, "is_a", noun_phrase(kind))
        verb = kind.head.head if kind.head.dep_ in {"prep", "agent"} else kind.head
        if verb.dep_ in {"prep", "agent"} or verb.lemma_ == "number":
            verb = verb.head.head if verb.head.dep_ in {"prep", "agent"} else verb.head
        if whole is not None and verb.lemma_ in _DIVIDED:
            owner = passage.subject(subject_of(verb)) or _described(subject_of(verb))
            if owner is not None:
                yield Found("colon_part", phrase, "part_of", owner)


def _described(head: Token | None) -> Phrase | None:
    """*The classical era of X*, of which nothing else is known than that it is spoken of."""
    return noun_phrase(head) if head is not None and head.pos_ in NOUNS else None


def _first_after(colon: Token) -> Token | None:
    for each in colon.doc[colon.i + 1 : colon.sent.end]:
        if each.pos_ in NOUNS and each.dep_ not in {"compound", "nmod", "poss"}:
            return each
        if each.pos_ in {"ADJ"} and each.dep_ in {"appos", "conj", "dobj"}:
            return each
        if each.pos_ in {"VERB", "AUX"}:
            return None
    return None
