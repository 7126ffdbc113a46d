"""Births, deaths, families, prizes, wars; languages and homes of peoples and species."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .geography import is_placelike
from .reading import Found, Passage, is_human
from .tree import (
    NOUNS,
    Phrase,
    Token,
    children,
    is_place,
    is_proper,
    members,
    noun_phrase,
    objects,
    subject_of,
)

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
_KIN = {"son": "child_of", "daughter": "child_of", "child": "child_of", "wife": "spouse_of",
        "husband": "spouse_of"}  # fmt: skip


def find_lives(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Births, deaths, families, prizes and wars of a sentence."""
    for token in sentence:
        lemma = token.lemma_.lower()
        if (lemma == "die" or token.lower_ == "born") and token.pos_ == "VERB":
            yield from _born(passage, token, "died" if lemma == "die" else "born")
        elif lemma in _KIN and token.pos_ == "NOUN":
            yield from _kin(passage, token, _KIN[lemma])
        elif lemma == "marry" and token.pos_ == "VERB":
            for each in children(token, "dobj"):
                yield from _fact(passage, token, "spouse_of", each, "married")
        elif token.pos_ in NOUNS:
            yield from _prize(passage, token)
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
    joined = [one for each in members(token) for one in objects(each, "of")]
    for each in joined:
        if is_proper(each):
            yield Found("kin", subject, relation, noun_phrase(each))


_WINS = word_set("win receive earn award garner collect gain accept share claim")
_LISTS_MORE = word_set("accolade award honor honour prize medal")


def _prize(passage: Passage, token: Token) -> Iterator[Found]:
    """A prize by its name, with the verb above it: *won accolades, including the Holm Prize*."""
    if token.dep_ in {"compound", "nmod"}:
        return
    whole = noun_phrase(token)
    text = whole.text
    small = text.lower()
    if text == small or not any(word in small for word in _PRIZE):
        return
    start = whole.start
    while start < token.i and token.doc[start].pos_ == "NUM":
        start += 1
    end = whole.end
    best = next((each for each in objects(token, "for") if each.text[0].isupper()), None)
    if best is not None and token.doc[whole.end].lower_ == "for" and best.pos_ == "PROPN":
        end = noun_phrase(best).end
    prize = Phrase(token, start, end)
    owner = next(iter(children(token, "poss")), None)
    if owner is not None and owner.lower_ in {"his", "her"}:
        winner = passage.phrase(owner)
        if winner is not None:
            yield Found("own_prize", winner, "received_award", prize)
        return
    verb = _winning_verb(token)
    if verb is None:
        return
    told = [each for each in children(verb, "dative") if each.pos_ in NOUNS]
    first = subject_of(verb)
    heads = [one for each in told for one in members(each)] or (members(first) if first else [])
    for head in heads:
        winner = passage.subject(head) if head is not None else None
        if winner is not None:
            yield Found("prize", winner, "received_award", prize)


def _winning_verb(token: Token) -> Token | None:
    """The verb of winning above a prize; none where it is a nomination."""
    at, steps = token, 0
    while at.head.i != at.i and steps < 9:
        if at.lemma_.lower() in {"nomination", "nominee", "nominate"}:
            return None
        if at.pos_ == "VERB":
            if at.lemma_ in _WINS:
                return at
            if at.lemma_ not in {"include"}:
                return None
        elif at.pos_ in {"AUX"}:
            return None
        elif at.pos_ == "NOUN" and at.lemma_.lower() in {"recipient", "winner", "laureate"}:
            return at.head if at.dep_ in {"attr"} else None
        elif (
            at.pos_ == "NOUN" and at != token and at.lemma_.lower() not in _LISTS_MORE | {"number"}
        ):
            return None
        at, steps = at.head, steps + 1
    return at if at.pos_ == "VERB" and at.lemma_ in _WINS else None


def _is_event(token: Token) -> bool:
    """Whether a name is that of a war, a contest or an upheaval."""
    name = token.lower_.rstrip("s")
    return (
        is_proper(token)
        and (token.ent_type_ == "EVENT" or name in _WARS)
        and (token.ent_type_ not in {"PERSON", "ORG"} or name in _WARS)
    )


_WARS = word_set(
    "war battle campaign revolution game olympic rebellion siege crusade conference expedition "
    "revolt uprising invasion mutiny championship tournament cup coup congress"
)


def _war(passage: Passage, token: Token) -> Iterator[Found]:
    """Who fought, led, served or was beaten in a war that has a name."""
    if not _is_event(token) or token.dep_ != "pobj":
        if (
            _is_event(token)
            and token.dep_ == "dobj"
            and token.head.lemma_ in {"fight", "lead", "join"}
        ):
            yield from _fact(passage, token.head, "participant_in", token, "war")
        return
    prep = token.head
    if prep.lower_ not in {"in", "at", "during", "of"}:
        return
    above = prep.head
    if above.pos_ == "VERB" and prep.lower_ != "of" and above.lemma_ in _FIGHTS:
        head = subject_of(above)
        subject = passage.subject(head) if head is not None else None
        if subject is not None and (
            is_human(passage, subject.head) or subject.head.pos_ == "PROPN"
        ):
            yield Found("war", subject, "participant_in", noun_phrase(token))
        for part in [*children(above, "dobj"), *objects(above, "against", "in")]:
            foes = [part, *objects(part, "of", "against", "with")]
            for each in foes:
                if each.pos_ == "PROPN" and each.i != token.i and not _is_event(each):
                    yield Found("war_foe", noun_phrase(each), "participant_in", noun_phrase(token))
    elif above.pos_ == "NOUN" and above.lemma_ in _PARTS_IN_WARS:
        yield from _part_in_war(passage, token, above)


_PARTS_IN_WARS = word_set(
    "part role figure leader commander hero participant veteran general defeat victory"
)


def _part_in_war(passage: Passage, token: Token, above: Token) -> Iterator[Found]:
    """*a figure of the Green Revolution*, *the defeat of Carthage in the Punic War*."""
    if above.lemma_ == "defeat":
        for each in objects(above, "of"):
            if each.pos_ == "PROPN":
                yield Found("war_foe", noun_phrase(each), "participant_in", noun_phrase(token))
        return
    verb = above.head
    head = subject_of(verb) if verb.pos_ in {"VERB", "AUX"} else None
    if verb.pos_ == "VERB" and verb.lemma_ not in {"take", "play", "have", "become"}:
        return
    subject = passage.subject(head) if head is not None else None
    if subject is not None and passage.is_thing(subject):
        return
    if subject is not None and above.dep_ in {"attr", "dobj"}:
        yield Found("war_part", subject, "participant_in", noun_phrase(token))


_FIGHTS = word_set(
    "fight participate compete serve defeat lead take command join volunteer lose win support ally "
    "capture play perform represent triumph"
)


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
        elif token.lower_ == "speaking" and token.i > sentence.start + 1:
            yield from _speaking(token)
        elif token.lower_ in {"native", "endemic", "indigenous"} and token.pos_ in {"ADJ", "NOUN"}:
            yield from _native(passage, token)
        elif token.lemma_ == "originate" and token.pos_ == "VERB":
            for each in objects(token, "in", "from"):
                if is_placelike(each):
                    yield from _fact(passage, token, "native_to", each, "originates")


def _speaking(token: Token) -> Iterator[Found]:
    """*the Spanish-speaking Dominican Republic*."""
    doc = token.doc
    if doc[token.i - 1].text not in {"-", "–"}:
        return
    place = token.i + 1
    while place + 1 < token.sent.end and doc[place + 1].pos_ == "PROPN":
        place += 1
    language = doc[token.i - 2]
    if place < token.sent.end and doc[place].pos_ == "PROPN" and language.text[0].isupper():
        spoken = Phrase(language, language.i, language.i + 1)
        yield Found("speaking", spoken, "spoken_in", Phrase(doc[place], token.i + 1, place + 1))


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
