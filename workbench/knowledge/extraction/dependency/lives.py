"""Births, deaths, families, prizes, wars; languages and homes of peoples and species."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .reading import Found, Passage, is_human
from .tree import (
    NOUNS,
    Token,
    children,
    is_place,
    is_proper,
    members,
    noun_phrase,
    objects,
    subject_of,
)
from .vocabulary import words

_PRIZE = (
    "prize",
    "award",
    "medal",
    "championship",
    "title",
    "oscar",
    "grammy",
    "cup",
    "honour",
    "honor",
)
_WAR = tuple(
    words(
        "war battle campaign revolution games olympics rebellion siege crusade conference "
        "expedition revolt"
    )
)
_KIN = {"son": "child_of", "daughter": "child_of", "child": "child_of", "wife": "spouse_of",
        "husband": "spouse_of"}  # fmt: skip


def find_lives(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Births, deaths, families, prizes and wars of a sentence."""
    for token in sentence:
        lemma = token.lemma_.lower()
        if lemma in {"bear", "die"} and token.pos_ == "VERB":
            yield from _born(passage, token, "born" if lemma == "bear" else "died")
        elif lemma in _KIN and token.pos_ == "NOUN":
            yield from _kin(passage, token, _KIN[lemma])
        elif lemma == "marry" and token.pos_ == "VERB":
            for each in children(token, "dobj"):
                yield from _fact(passage, token, "spouse_of", each, "married")
        elif lemma in {"win", "receive", "earn"} or (lemma == "award" and token.pos_ == "VERB"):
            yield from _prize(passage, token)
        elif lemma in {"fight", "participate", "compete", "serve", "defeat", "lead", "take"}:
            yield from _war(passage, token)


def _fact(passage: Passage, verb: Token, relation: str, thing: Token, rule: str) -> Iterator[Found]:
    head = subject_of(verb)
    subject = passage.subject(head) if head is not None else None
    if subject is not None and thing.pos_ in NOUNS:
        yield Found(rule, subject, relation, noun_phrase(thing))


def _born(passage: Passage, verb: Token, what: str) -> Iterator[Found]:
    head = subject_of(verb)
    if head is None or not is_human(passage, head):
        return
    subject = passage.subject(head)
    when = passage.time_of(verb)
    if subject is not None and when is not None:
        yield Found("life_date", subject, f"{what}_on", passage.time_phrase(when), when)
    for each in objects(verb, "in", "at", "near"):
        if is_place(each):
            yield from _fact(passage, verb, f"{what}_in", each, "life_place")


def _kin(passage: Passage, token: Token, relation: str) -> Iterator[Found]:
    head = token.head if token.dep_ == "appos" else None
    if token.dep_ == "attr":
        head = subject_of(token.head)
    subject = passage.subject(head) if head is not None else None
    if head is None or subject is None or not (is_human(passage, head) or is_proper(head)):
        return
    for each in objects(token, "of"):
        if is_proper(each):
            yield Found("kin", subject, relation, noun_phrase(each))


def _prize(passage: Passage, verb: Token) -> Iterator[Found]:
    for thing in children(verb, "dobj"):
        for each in members(thing, listed=True):
            named = any(word in each.text.lower() for word in _PRIZE)
            whole = noun_phrase(each)
            named = named or any(word in whole.text.lower() for word in _PRIZE)
            if named and whole.text != whole.text.lower():
                yield from _fact(passage, verb, "received_award", each, "prize")


def _war(passage: Passage, verb: Token) -> Iterator[Found]:
    preps = ("in", "at", "during")
    things = [*objects(verb, *preps)]
    for part in children(verb, "dobj"):
        if part.lemma_ == "part":
            things += objects(part, "in")
    if verb.lemma_ in {"fight", "lead"}:
        things += [one for each in children(verb, "dobj") for one in members(each)]
    for each in things:
        event = each.ent_type_ == "EVENT" or any(each.lower_.startswith(word) for word in _WAR)
        if event and is_proper(each):
            yield from _fact(passage, verb, "participant_in", each, "war")
            if verb.lemma_ == "defeat":
                for loser in children(verb, "dobj"):
                    if is_proper(loser):
                        yield Found("war", noun_phrase(loser), "participant_in", noun_phrase(each))


def find_languages(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``spoken_in`` and ``native_to`` of a sentence."""
    for token in sentence:
        if token.lemma_ == "speak" and token.tag_ == "VBN":
            for each in objects(token, "in", "by", "throughout", "across", "of", "on", "within"):
                named = any(one.pos_ == "PROPN" or one.ent_type_ == "NORP" for one in each.children)
                if is_proper(each) or each.ent_type_ in {"NORP", "GPE"} or named:
                    yield from _fact(passage, token, "spoken_in", each, "spoken")
        elif token.lemma_ == "language" and token.pos_ == "NOUN":
            yield from _official(passage, token)
        elif token.lower_ in {"native", "endemic", "indigenous"} and token.pos_ in {"ADJ", "NOUN"}:
            yield from _native(passage, token)
        elif token.lemma_ == "originate" and token.pos_ == "VERB":
            for each in objects(token, "in", "from"):
                if is_place(each):
                    yield from _fact(passage, token, "native_to", each, "originates")


def _official(passage: Passage, token: Token) -> Iterator[Found]:
    """*is the official language of A and B*."""
    words = {each.lower_ for each in token.children}
    if (
        not words & {"official", "national", "native", "co", "main", "working"}
        or token.dep_ != "attr"
    ):
        return
    for each in objects(token, "of", "in"):
        if each.lemma_ in {"government", "state", "republic"} and not is_proper(each):
            each = next(objects(each, "of"), each)
        if is_place(each) or each.ent_type_ == "NORP" or is_proper(each):
            yield from _fact(passage, token.head, "spoken_in", each, "official_language")


def _native(passage: Passage, token: Token) -> Iterator[Found]:
    head = token.head
    while head.dep_ in {"pobj", "prep", "conj"} and head.head.i < token.i:
        head = head.head
    subject_token = subject_of(head) if head.pos_ in {"AUX", "VERB"} else None
    if subject_token is None and head.pos_ in NOUNS:
        subject_token = subject_of(head.head) if head.dep_ in {"attr", "appos"} else head
    subject = passage.subject(subject_token) if subject_token is not None else None
    for each in [
        *objects(token, "to"),
        *(objects(token.head, "to") if token.dep_ == "acomp" else ()),
    ]:
        if subject is not None and each.pos_ in NOUNS:
            yield Found("native", subject, "native_to", noun_phrase(each))
