"""part_of and member_of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .reading import Found, Passage, is_copula, is_human
from .tree import (
    NOUNS,
    Phrase,
    Token,
    children,
    is_proper,
    members,
    named_of,
    noun_phrase,
    objects,
    subject_of,
)

_PARTS = word_set(
    "part branch subfield subdivision division component subset region subregion field "
    "section element area portion unit district constituent organ organelle subdiscipline "
    "discipline subclass subfamily subspecies tributary moon satellite layer"
)
_ALWAYS = word_set(
    "part branch subfield subdivision component subset subregion subdiscipline constituent organ "
    "satellite moon tributary"
)
_MADE_OF = word_set("consist compose make divide split subdivide comprise")


def find_parts(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``part_of`` and ``member_of`` of a sentence."""
    for token in sentence:
        word = token.lemma_.lower()
        if token.pos_ in NOUNS and word in _PARTS:
            yield from _part_of(passage, token, word)
        elif word == "member" and token.pos_ in NOUNS:
            yield from _member(passage, token)
        elif token.pos_ == "VERB" and word in {"belong", "join"}:
            yield from _belongs(passage, token)
        elif (
            token.pos_ == "VERB"
            and word in _MADE_OF
            and not (word in {"consist", "comprise"} and _is_band(passage))
        ):
            yield from _made_of(passage, token)
        elif token.pos_ == "VERB" and word in {"play", "sign"}:
            yield from _plays(passage, token)
        elif token.pos_ == "VERB" and word == "have":
            yield from _has(passage, token)
        elif word in {"comprise", "consist", "feature"} and token.pos_ == "VERB":
            yield from _line_up(passage, token)
        elif word in {"professor", "student", "fellow", "coach", "dean", "lecturer"}:
            yield from _at_school(passage, token)
        elif (word in _TAXA and token.dep_ == "pobj") or is_taxon_name(token):
            yield from _taxon(passage, token)
        elif word == "between" and token.head.lemma_ in {"union", "federation", "alliance"}:
            yield from _union(passage, token)


_TAXA = word_set("genus family order suborder class phylum tribe subfamily superfamily clade")


def is_taxon_name(token: Token) -> bool:
    """Whether it is *the genus Castanea* with the name as head."""
    before = {each.lower_ for each in children(token, "compound", "nmod")}
    return token.dep_ == "pobj" and bool(before & _TAXA)


def _taxon(passage: Passage, token: Token) -> Iterator[Found]:
    """*shrubs in the genus Castanea, in the beech family Fagaceae*."""
    if token.head.lower_ not in {"in", "of", "from", "within"}:
        return
    noun = token.head.head
    while noun.dep_ in {"pobj", "prep", "conj"} and noun.head.i < noun.i:
        noun = noun.head
    if noun.dep_ != "attr":
        return
    for subject in said_of(passage, noun):
        yield Found("taxon", subject, "part_of", noun_phrase(token))


def said_of(passage: Passage, token: Token) -> list[Phrase]:
    """Of whom a predicate, an apposition or a role is said."""
    first = token
    while first.dep_ == "conj":
        first = first.head
    head: Token | None = None
    if first.dep_ == "attr" and is_copula(first.head):
        head = subject_of(first.head)
    elif first.dep_ == "appos":
        head = first.head
    elif first.dep_ == "pobj" and first.head.lower_ == "as":
        head = subject_of(first.head.head)
    elif first.dep_ in {"dobj", "oprd"} and first.head.lemma_ in {"form", "become", "constitute"}:
        head = subject_of(first.head)
    elif first.i <= first.sent.start + 2 and first.dep_ in {"dep", "nsubj", "advcl", "ROOT"}:
        head = next(iter(children(first, "appos")), None)
    if head is None:
        return []
    found = [passage.subject(each) for each in members(head)]
    return [each for each in found if each is not None]


def _part_of(passage: Passage, token: Token, word: str) -> Iterator[Found]:
    subjects = said_of(passage, token)
    for each in objects(token, "of"):
        if each.pos_ not in NOUNS or (word not in _ALWAYS and not is_proper(each)):
            continue
        if word in {"region", "area", "district", "section"} and not is_proper(each):
            continue
        others = _along_with(token)
        for subject in [*subjects, *others]:
            yield Found("part_noun", subject, "part_of", noun_phrase(named_of(each)))


def _along_with(token: Token) -> list[Phrase]:
    """*forms part of X, along with A, B and C*."""
    doc = token.doc
    for each in doc[token.i : token.sent.end - 2]:
        if each.lower_ == "along" and doc[each.i + 1].lower_ == "with":
            return [
                noun_phrase(one)
                for one in doc[each.i + 2 : token.sent.end]
                if one.pos_ == "PROPN" and one.dep_ not in {"compound", "nmod", "poss"}
            ]
    return []


def _member(passage: Passage, token: Token) -> Iterator[Found]:
    for subject in said_of(passage, token):
        for each in objects(token, "of"):
            if each.pos_ not in NOUNS:
                continue
            club = each.pos_ == "PROPN" and each.ent_type_ == "ORG" and is_proper(subject.head)
            if is_human(passage, subject.head) or club:
                yield Found("member_noun", subject, "member_of", noun_phrase(each))
            else:
                yield Found("member_taxon", subject, "part_of", noun_phrase(each))


def _belongs(passage: Passage, verb: Token) -> Iterator[Found]:
    head = subject_of(verb)
    subject = passage.subject(head) if head is not None else None
    if subject is None:
        return
    if verb.lemma_ == "join":
        for each in children(verb, "dobj"):
            if is_proper(each):
                yield Found("joins", subject, "member_of", noun_phrase(each))
        return
    human = is_human(passage, subject.head)
    for each in objects(verb, "to"):
        if each.pos_ in NOUNS:
            yield Found("belongs", subject, "member_of" if human else "part_of", noun_phrase(each))


def _made_of(passage: Passage, verb: Token) -> Iterator[Found]:
    """*The flower consists of A and B*, *is divided into A and B*."""
    if verb.lemma_ == "make" and not any(each.lower_ == "up" for each in verb.children):
        return
    if verb.lemma_ == "comprise" or (verb.lemma_ in {"divide", "split"} and verb.tag_ != "VBN"):
        return
    if any(each.text == ":" for each in verb.doc[verb.i : verb.sent.end]):
        return  # what stands after the colon are the parts
    head = subject_of(verb)
    whole = passage.subject(head) if head is not None else None
    if whole is None and head is not None and head.pos_ == "NOUN" and verb.lemma_ != "make":
        whole = noun_phrase(head)
    if whole is None:
        return
    for each in objects(verb, "of", "into", "up of"):
        if each.pos_ in NOUNS and each.lemma_.lower() not in _VAGUE_PARTS:
            if any(child.lower_ == "or" for one in (each, each.head) for child in one.children):
                continue
            if each.ent_type_ not in {"QUANTITY", "PERCENT", "DATE"}:
                yield Found("made_of", noun_phrase(each), "part_of", whole)


_VAGUE_PARTS = word_set(
    "part way type category group set series number variety collection sequence"
)


def _plays(passage: Passage, verb: Token) -> Iterator[Found]:
    """*He played in the NBA*, *for the Bulls*."""
    head = subject_of(verb)
    if head is None or not is_human(passage, head):
        return
    subject = passage.subject(head)
    for each in objects(verb, "for", "in", "with"):
        if subject is not None and each.ent_type_ == "ORG":
            yield Found("plays_for", subject, "member_of", noun_phrase(each))
    for clause in children(verb, "advcl"):
        for each in objects(clause, "with", "for"):
            if subject is not None and each.ent_type_ == "ORG":
                yield Found("plays_for", subject, "member_of", noun_phrase(each))
        for thing in children(clause, "dobj"):
            for each in objects(thing, "with", "for"):
                if subject is not None and each.ent_type_ == "ORG":
                    yield Found("plays_for", subject, "member_of", noun_phrase(each))


_BODY = word_set(
    "skin shell leg limb wing eye tail head body feather scale tooth mouth fin layer core "
    "leaf flower stem root petal horn bone neck beak bill claw antenna segment stalk bark "
    "seed fruit nucleus membrane wall mantle crust atmosphere ring tentacle fur hair coat ear "
    "nose tongue jaw skull spine hoof trunk valve part component page arm muscle organ gland "
    "rim lid wheel roof tower dome engine blade handle string key frame "
)


def _has(passage: Passage, verb: Token) -> Iterator[Found]:
    """*They have scaly skin*: parts of bodies, plants, planets and buildings."""
    head = subject_of(verb)
    whole = passage.subject(head) if head is not None else None
    if whole is None and head is not None and head.pos_ == "NOUN":
        whole = noun_phrase(head)
    if head is None or whole is None or is_human(passage, head):
        return
    for each in children(verb, "dobj"):
        for one in members(each, listed=True):
            if one.lemma_.lower() in _BODY:
                yield Found("has", noun_phrase(one), "part_of", whole)


def _is_band(passage: Passage) -> bool:
    """Whether the topic is a group of people."""
    return passage.topic is not None and bool(
        passage.topic.classes & {"band", "group", "duo", "trio", "quartet", "team", "ensemble"}
    )


def _line_up(passage: Passage, verb: Token) -> Iterator[Found]:
    """*a band comprising vocalist Jim Morrison, drummer John Densmore*: all persons after it."""
    if not _is_band(passage) or passage.topic is None:
        return
    for each in verb.doc[verb.i + 1 : verb.sent.end]:
        if each.pos_ == "VERB" or each.text == ";":
            return
        if each.ent_type_ == "PERSON" and each.dep_ not in {"compound", "nmod", "poss"}:
            yield Found("line_up", noun_phrase(each), "member_of", passage.topic.phrase)


def _at_school(passage: Passage, token: Token) -> Iterator[Found]:
    """*a professor at the University of Wittenberg*."""
    schools = [
        each
        for each in objects(token, "at", "for")
        if each.pos_ == "PROPN" and each.ent_type_ == "ORG"
    ]
    for subject in said_of(passage, token) if schools else []:
        for each in schools:
            yield Found("at_school", subject, "member_of", noun_phrase(each))


def _union(passage: Passage, prep: Token) -> Iterator[Found]:
    """*a union between A and B*."""
    for whole in said_of(passage, prep.head):
        for each in children(prep, "pobj"):
            for one in members(each):
                yield Found("union", noun_phrase(one), "part_of", whole)
