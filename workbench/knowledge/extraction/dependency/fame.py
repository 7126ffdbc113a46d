"""known_for: what a person or a place is known for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .enumerations import enumerated
from .reading import Found, Passage
from .tree import Phrase, Token, children, is_proper, members, noun_phrase, subject_of
from .vocabulary_of_works import MAKE

_KNOWN = word_set("know note recognize remember recognise renown celebrate")


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
        if subject is None or subject.head.ent_type_ in {"NORP", "DATE", "EVENT"}:
            continue
        for prep in token.children:
            if prep.lower_ == "for" and prep.dep_ == "prep":
                for each in children(prep, "pobj"):
                    for one in enumerated(each) or members(each, listed=True):
                        named = [x for x in children(one, "appos") if is_proper(x)]
                        for thing in named or [one]:
                            yield Found("known_for", subject, "known_for", noun_phrase(thing))
                for verb in children(prep, "pcomp"):
                    yield from _known_deed(subject, verb)


def _known_deed(subject: Phrase, verb: Token) -> Iterator[Found]:
    things = [one for each in children(verb, "dobj") for one in members(each, listed=True)]
    if verb.lemma_ in MAKE:
        for each in things:
            yield Found("known_deed", subject, "known_for", noun_phrase(each))
            if is_proper(each):
                yield Found("known_deed", noun_phrase(each), "created_by", subject)
    elif things:
        yield Found(
            "known_deed", subject, "known_for", Phrase(verb, verb.i, noun_phrase(things[0]).end)
        )
