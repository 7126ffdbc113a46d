"""created_by, created_on, founded_by, founded_on and known_for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .enumerations import enumerated
from .reading import Found, Passage
from .tree import (
    NOUNS,
    PRONOUNS,
    Phrase,
    Token,
    children,
    has_article,
    is_proper,
    members,
    noun_phrase,
    objects,
    subject_of,
)
from .vocabulary import words

_MAKE = words(
    "create invent write paint design discover compose author direct develop build construct "
    "produce publish propose introduce formulate release record coin devise illustrate "
    "compile sculpt commission pioneer draw film"
)
_FOUND = words("found establish form incorporate co-found cofound settle")
_ARISE = words("emerge originate appear arise develop begin premiere evolve")
_MAKERS = words(
    "creator author inventor discoverer director composer designer writer founder co-founder "
    "cofounder architect developer painter co-creator"
)
_WORKS = words(
    "work novel film book poem play opera painting song album symphony project treatise story "
    "musical series game painting sculpture essay ballet theory"
)
_ORGANISATIONS = words(
    "company organization organisation university school city club party church movement "
    "empire dynasty state republic college institute society band bank kingdom group"
)
_KNOWN = words("know note recognize remember recognise renown celebrate")


def find_makers(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Who made or founded what, and when."""
    for token in sentence:
        if token.pos_ in {"VERB", "AUX"} and token.lemma_ in _MAKE | _FOUND:
            yield from _made(passage, token)
        elif token.pos_ == "VERB" and token.lemma_ in _ARISE:
            yield from _arose(passage, token)
        elif token.pos_ == "NOUN" and token.lemma_ in _MAKERS:
            yield from _maker_noun(passage, token)
        if token.pos_ in NOUNS and token.lemma_.lower() in _WORKS:
            yield from _work_by(passage, token)
        if token.dep_ in {"nsubj", "nsubjpass", "attr", "pobj"} and is_proper(token):
            for maker in objects(token, "by"):
                if maker.ent_type_ == "PERSON":
                    yield Found("work_by", noun_phrase(token), "created_by", noun_phrase(maker))
        if token.dep_ == "poss" and token.ent_type_ in {"PERSON", "ORG"}:
            yield from _owned_work(token)
    yield from _dated_works(passage, sentence)


def _relation(verb: Token, thing: Token, passage: Passage) -> str:
    topic = passage.topic
    about = topic is not None and (passage.names_topic(thing) or thing.lower_ in PRONOUNS)
    kinds = topic.classes if about and topic is not None else frozenset({thing.lemma_.lower()})
    if verb.lemma_ not in _FOUND:
        return "created"
    organisation = bool(kinds & _ORGANISATIONS) or thing.ent_type_ in {"ORG", "GPE"}
    return (
        "founded" if organisation or verb.lemma_ in {"found", "co-found", "cofound"} else "created"
    )


def _made(passage: Passage, verb: Token) -> Iterator[Found]:
    passive = verb.tag_ == "VBN" and (
        bool(children(verb, "nsubjpass", "auxpass")) or verb.dep_ == "acl" or _is_passive_conj(verb)
    )
    if passive:
        head = subject_of(verb)
        thing = passage.subject(head) if head is not None else None
        if head is None or thing is None:
            return
        relation = _relation(verb, head, passage)
        if verb.lemma_ == "introduce" and any(each.lower_ == "to" for each in verb.children):
            return
        for maker in objects(verb, "by"):
            if maker.pos_ in NOUNS:
                yield Found("made_by", thing, f"{relation}_by", noun_phrase(maker))
        yield from _when(passage, thing, verb, relation)
        return
    head = subject_of(verb)
    maker_phrase = passage.subject(head) if head is not None else None
    if head is None or maker_phrase is None or (head.pos_ == "NOUN" and not maker_phrase.is_topic):
        return
    for each in (one for thing in children(verb, "dobj") for one in members(thing, listed=True)):
        if is_proper(each) and verb.lemma_ != "form":
            relation = _relation(verb, each, passage)
            yield Found("made_active", noun_phrase(each), f"{relation}_by", maker_phrase)
        for example in _examples(each):
            yield Found("made_examples", noun_phrase(example), "created_by", maker_phrase)


def _is_passive_conj(verb: Token) -> bool:
    return verb.dep_ == "conj" and verb.head.tag_ == "VBN" and bool(children(verb.head, "auxpass"))


def _examples(noun: Token) -> Iterator[Token]:
    """What a plural has as examples: *numerous works, such as A and B*."""
    for prep in children(noun, "prep"):
        if prep.lower_ in {"as", "including", "like"}:
            for each in children(prep, "pobj"):
                yield from members(each, listed=True)


def _when(passage: Passage, thing: Phrase, verb: Token, relation: str) -> Iterator[Found]:
    when = passage.time_of(verb, "in", "on", "during", "around", "between", "from", "by")
    named = thing.is_topic or is_proper(thing.head) or passage.names_topic(thing.head)
    if when is not None and named:
        yield Found("made_when", thing, f"{relation}_on", passage.time_phrase(when), when)


def _arose(passage: Passage, verb: Token) -> Iterator[Found]:
    """*a genre that emerged in the early 1970s*."""
    head = subject_of(verb)
    thing = passage.subject(head) if head is not None else None
    if head is None or thing is None or thing.head.ent_type_ == "PERSON":
        return
    if not (thing.is_topic or passage.names_topic(head) or is_proper(head)):
        return
    if verb.lemma_ not in {"begin"}:
        yield from _when(passage, thing, verb, "created")


def _maker_noun(passage: Passage, token: Token) -> Iterator[Found]:
    """*the creator of the Muppets*, *as the director of A and B*."""
    head: Token | None = None
    if token.dep_ == "pobj" and token.head.lower_ == "as":
        head = subject_of(token.head.head) if token.head.head.pos_ in {"VERB", "AUX"} else None
        if head is None and token.head.head.pos_ == "ADJ":
            head = subject_of(token.head.head.head)
    elif token.dep_ == "attr":
        head = subject_of(token.head)
    elif token.dep_ == "appos":
        head = token.head
    maker = passage.subject(head) if head is not None else None
    if maker is None:
        return
    relation = "founded" if "found" in token.lemma_ else "created"
    for each in objects(token, "of"):
        if is_proper(each) or relation == "founded" or has_article(each):
            yield Found("maker_noun", noun_phrase(each), f"{relation}_by", maker)


def _work_by(passage: Passage, token: Token) -> Iterator[Found]:
    """*a novel by A*, *the opera, Dafne, by A*, *Jules Verne's character Phileas Fogg*."""
    for maker in objects(token, "by"):
        if maker.ent_type_ in {"PERSON", "ORG"} or maker.pos_ == "PROPN":
            named = [each for each in children(token, "appos") if is_proper(each)]
            if named:
                for each in named:
                    yield Found("work_by", noun_phrase(each), "created_by", noun_phrase(maker))
            elif token.dep_ in {"attr", "appos"}:
                head = subject_of(token.head) if token.dep_ == "attr" else token.head
                thing = passage.subject(head) if head is not None else None
                if thing is not None:
                    yield Found("work_by", thing, "created_by", noun_phrase(maker))


def _owned_work(owner: Token) -> Iterator[Found]:
    """*Jules Verne's fictional character Phileas Fogg*."""
    head = owner.head
    words = {each.lemma_.lower() for each in children(head, "compound", "nmod")}
    if is_proper(head) and words & (_WORKS | {"character"}):
        yield Found("owned_work", noun_phrase(head), "created_by", noun_phrase(owner))
    elif head.lemma_.lower() in _WORKS:
        for each in children(head, "appos"):
            if is_proper(each):
                yield Found("owned_work", noun_phrase(each), "created_by", noun_phrase(owner))


def _dated_works(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*Minima Moralia (1951)*: a name that is no person's, with years behind it."""
    doc = passage.doc
    for time in passage.times:
        if not sentence.start_char <= time.start < sentence.end_char:
            continue
        span = doc.char_span(time.start, time.end, alignment_mode="expand")
        if span is None or span.start < sentence.start + 2 or doc[span.start - 1].text != "(":
            continue
        name = doc[span.start - 2]
        if name.pos_ not in NOUNS or name.ent_type_ in {"EVENT", "NORP"}:
            continue
        if name.ent_type_ in {"PERSON", "GPE"} and not re.fullmatch(r"\d{4}", span.text):
            continue
        while name.dep_ in {"compound", "pobj"} and name.head.pos_ in {"PROPN", "ADP"}:
            if name.head.i > name.i or name.head.i < span.start - 6:
                break
            name = name.head
        words = {each.lemma_.lower() for each in sentence}
        if name.pos_ == "PROPN" and words & (_MAKE | _WORKS | _MAKERS):
            yield Found(
                "dated_work", noun_phrase(name), "created_on", passage.time_phrase(time), time
            )


def find_fame(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``known_for`` of a sentence."""
    for token in sentence:
        known = token.lemma_ in _KNOWN or token.lower_ in {"famous", "notable", "renowned", "famed"}
        if not known:
            continue
        head = subject_of(token.head if token.dep_ in {"acomp", "attr"} else token)
        if head is None and token.pos_ != "VERB":
            head = subject_of(token.head)
        if token.pos_ != "VERB" and token.dep_ == "amod":
            continue
        subject = passage.subject(head) if head is not None else None
        if subject is None:
            continue
        for prep in token.children:
            if prep.lower_ == "for" and prep.dep_ == "prep":
                for each in children(prep, "pobj"):
                    for one in enumerated(each) or members(each, listed=True):
                        yield Found("known_for", subject, "known_for", noun_phrase(one))
                for verb in children(prep, "pcomp"):
                    yield from _known_deed(subject, verb)


def _known_deed(subject: Phrase, verb: Token) -> Iterator[Found]:
    things = [one for each in children(verb, "dobj") for one in members(each, listed=True)]
    if verb.lemma_ in _MAKE:
        for each in things:
            yield Found("known_deed", subject, "known_for", noun_phrase(each))
            if is_proper(each):
                yield Found("known_deed", noun_phrase(each), "created_by", subject)
    elif things:
        yield Found(
            "known_deed", subject, "known_for", Phrase(verb, verb.i, noun_phrase(things[0]).end)
        )
