"""located_in, borders, capital_of, has_population."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .geography import SEA_SIDE, is_placelike, may_name_a_place
from .reading import Found, Passage, is_copula, is_human
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
    predicates,
    prepositions,
    subject_of,
)

_IN = word_set("in on at within throughout across along inside near")
_LIE = word_set(
    "locate situate lie find sit stand base headquarter live center centre occur concentrate "
    "flourish exist spread range distribute fight dwell reside settle nestle perch"
)
_CROSS = word_set(
    "cross span cover encompass traverse dominate stretch extend flow run occupy reach drain "
    "rise inhabit straddle"
)
_INTO = word_set("extend stretch reach span spread")
_AREAS = word_set(
    "city town village park state river lake mountain region country province county district "
    "capital island municipality university territory area range peninsula basin republic "
    "settlement commune kingdom empire desert port strait bay gulf volcano parish suburb "
    "borough department airport bridge museum building prefecture sea metropolis"
)
_BORDER = word_set("border bound surround adjoin neighbour neighbor flank enclose")


_PORTIONS = word_set(
    "part much most area region side end arm half center centre heart section portion edge bank "
    "corner shore north south east west core intersection junction convergence tip foot mouth "
    "confluence crossroads bank"
)


def find_locations(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``located_in`` of a sentence."""
    for token in sentence:
        if token.pos_ in {"VERB", "AUX"}:
            yield from _of_verb(passage, token)
        if is_proper(token) and token.dep_ not in {"compound", "nmod"}:
            yield from _place_in_place(passage, token)
        if token.dep_ == "poss" and is_place(token):
            yield from _owner(passage, token)
        if token.lower_ == "home" and token.head.pos_ in {"AUX", "VERB"}:
            yield from _home_to(passage, token)


def _of_verb(passage: Passage, verb: Token) -> Iterator[Found]:
    if is_copula(verb) or (
        verb.lemma_ == "be" and any(each.lower_ == "among" for each in verb.children)
    ):
        yield from _of_predicate(passage, verb)
    elif verb.lemma_ == "be" or verb.lemma_ in _LIE:
        subject = _place_subject(passage, verb)
        if subject is None:
            return
        if verb.lemma_ == "be" and any(each.dep_ == "acomp" for each in verb.children):
            return
        if subject.head.pos_ == "NOUN" and not _may_lie(passage, subject):
            return
        for prep, each in _prepositions_alone(verb):
            if prep == "on" and verb.lemma_ in {"base", "center", "centre", "concentrate"}:
                continue
            if prep == "between" and _parts_lands(passage, subject):
                if is_placelike(each):
                    yield Found("between", subject, "borders", noun_phrase(each))
            elif prep in _IN - {"near"} or prep == "between":
                yield from _at(passage, subject, each, "lies_in")
    elif verb.lemma_ in _CROSS:
        subject = _place_subject(passage, verb)
        if subject is None or is_human(passage, subject.head):
            return
        direct = [one for each in children(verb, "dobj") for one in members(each, listed=True)]
        preps = ["through", "across", "over", "in", "throughout", "along"]
        if verb.lemma_ in _INTO:  # a river that flows into a sea does not lie there
            preps.append("into")
        for each in [*direct, *objects(verb, *preps)]:
            yield from _at(passage, subject, each, "crosses")
    elif verb.lemma_ == "begin":
        subject = _place_subject(passage, verb)
        for each in objects(verb, "in"):
            if subject is not None and is_place(each):
                yield from _at(passage, subject, each, "began_in")


def _prepositions_alone(token: Token) -> Iterator[tuple[str, Token]]:
    """As ``prepositions``, without *along with*."""
    for prep, each in prepositions(token):
        if not (prep == "along" and each.head.lower_ == "with"):
            yield prep, each


def _parts_lands(passage: Passage, subject: Phrase) -> bool:
    """Whether it is a sea or a strait, which what it lies between adjoins."""
    classes = passage.topic.classes if passage.topic is not None else frozenset()
    about = subject.is_topic or passage.names_topic(subject.head)
    return bool(about and classes & {"sea", "strait", "gulf", "bay", "channel", "lake", "ocean"})


def _may_lie(passage: Passage, subject: Phrase) -> bool:
    """Whether a common noun is the topic, a place, a people, a building or a class of such."""
    return (
        subject.is_topic
        or passage.names_topic(subject.head)
        or subject.head.lemma_.lower() in _AREAS | _PEOPLES
        or is_placelike(subject.head)
    )


_PEOPLES = word_set("people tribe civilization civilisation culture language speaker community")


def _place_subject(passage: Passage, verb: Token) -> Phrase | None:
    head = subject_of(verb)
    return passage.subject(head) if head is not None else None


def _of_predicate(passage: Passage, verb: Token) -> Iterator[Found]:
    """*is a lake on the Congo*, *is a city of France*."""
    subject = _place_subject(passage, verb)
    if subject is None:
        return
    for each in predicates(verb):
        for head in [next(objects(each, "of"), each) if each.lemma_ in {"one", "part"} else each]:
            if is_human(passage, subject.head) and not is_place(subject.head):
                continue
            for prep, place in prepositions(head):
                area = head.lemma_.lower() in _AREAS and is_place(place)
                if (prep in _IN and prep != "near") or (
                    prep == "of" and area and head.lemma_ != "capital"
                ):
                    yield from _at(passage, subject, place, "predicate_in")
            for clause in children(head, "acl"):
                if clause.lemma_ in _LIE:
                    for prep, place in prepositions(clause):
                        if prep in _IN - {"near"}:
                            yield from _at(passage, subject, place, "predicate_in")
    for prep, place in prepositions(verb):
        if prep == "in" and is_place(place):
            yield from _at(passage, subject, place, "predicate_in")


def find_reversed(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*The only other island in the Caribbean is Saint Martin*."""
    for verb in sentence:
        if not is_copula(verb):
            continue
        head, said = subject_of(verb), predicates(verb)
        if head is None or head.pos_ != "NOUN" or len(said) != 1 or not is_proper(said[0]):
            continue
        if head.lemma_.lower() not in _AREAS or not is_place(said[0]):
            continue
        for prep, place in prepositions(head):
            if prep in {"in", "on", "of"} and is_placelike(place):
                yield Found("reversed_in", noun_phrase(said[0]), "located_in", noun_phrase(place))


def _at(passage: Passage, subject: Phrase, place: Token, rule: str) -> Iterator[Found]:
    """A place, the places that a border lies between, or what a part of is part of."""
    word = place.lemma_.lower()
    if is_human(passage, subject.head) or passage.is_person(subject):
        return
    relation = "spoken_in" if passage.is_language(subject) else "located_in"
    if word in {"border", "boundary", "frontier"}:
        for each in objects(place, "between", "of", "with"):
            yield Found("on_border", subject, "located_in", noun_phrase(each))
        return
    if word in _PORTIONS and not is_proper(place):
        inner = [each for each in objects(place, "of") if each.pos_ in NOUNS]
        inner += [one for each in inner if each.lemma_ == "part" for one in objects(each, "of")]
        for each in inner:
            named = next((one for one in children(each, "appos") if is_proper(one)), each)
            if is_proper(named):
                yield Found(f"{rule}_part", subject, "located_in", noun_phrase(named))
        return
    if word in SEA_SIDE and any(True for _ in objects(place, "of")):
        inner_place = next((each for each in objects(place, "of") if is_proper(each)), None)
        if inner_place is not None:
            whole = Phrase(place, noun_phrase(place).start, noun_phrase(inner_place).end)
            yield Found(f"{rule}_part", subject, "located_in", whole)
        return
    named = is_placelike(place) or (_is_area(passage, subject) and may_name_a_place(place))
    if named and passage.time_at(place.i) is None and place.ent_type_ != "DATE":
        yield Found(rule, subject, relation, noun_phrase(place))


def _is_area(passage: Passage, subject: Phrase) -> bool:
    """Whether a subject is a place by its name or by what the topic is said to be."""
    topic = passage.topic
    about = subject.is_topic or passage.names_topic(subject.head)
    known = about and topic is not None and bool(topic.classes & _AREAS)
    return known or is_place(subject.head)


def _place_in_place(passage: Passage, token: Token) -> Iterator[Found]:
    """*the Great Lakes in North America*; *Campania, southern Italy*."""
    if token.ent_type_ in {"PERSON", "DATE", "NORP", "EVENT", "LANGUAGE"} or token.text in {
        "Age", "War", "Era", "Revolution", "Period"
    }:  # fmt: skip
        return
    if token.dep_ == "attr" or token.lower_ in _PORTIONS | SEA_SIDE:
        return
    end = noun_phrase(token).end
    for prep in children(token, "prep"):
        near = prep.lower_ in {"in", "on"} and prep.i <= end + 1
        of_state = is_place(token) or token.lower_ in {"dynasty", "empire"}
        if near or (prep.lower_ == "of" and of_state and prep.i == end):
            for each in children(prep, "pobj"):
                if is_place(each) and (near or each.pos_ == "PROPN"):
                    yield Found(
                        "place_in_place", noun_phrase(token), "located_in", noun_phrase(each)
                    )
    for each in children(token, "appos", "npadvmod"):
        comma = token.doc[noun_phrase(each).start - 1].text == ","
        places = each.ent_type_ == "GPE" and token.ent_type_ in {"GPE", "LOC", "FAC"}
        listed = children(each, "det", "conj", "cc") or token.dep_ == "conj"
        if places and comma and not listed:
            yield Found("comma_place", noun_phrase(token), "located_in", noun_phrase(each))


def _owner(passage: Passage, token: Token) -> Iterator[Found]:
    """*Africa's second-longest river, the Congo*."""
    head = token.head
    if head.ent_type_ in {"GPE", "LOC", "FAC"} and head.pos_ == "PROPN" and head.i > token.i + 1:
        yield Found("owner_place", noun_phrase(head), "located_in", noun_phrase(token))
        return
    if head.lemma_.lower() not in _AREAS:
        return
    named = [each for each in children(head, "appos") if is_proper(each)]
    if head.dep_ == "attr" and is_copula(head.head):
        subject = _place_subject(passage, head.head)
        if subject is not None:
            yield Found("owner", subject, "located_in", noun_phrase(token))
    for each in named:
        yield Found("owner", noun_phrase(each), "located_in", noun_phrase(token))


def _home_to(passage: Passage, token: Token) -> Iterator[Found]:
    """*The city is home to A and B*."""
    place = _place_subject(passage, token.head)
    if place is None:
        return
    for each in objects(token, "to"):
        if is_proper(each) and each.ent_type_ != "NORP":
            yield Found("home_to", noun_phrase(each), "located_in", place)


def find_borders(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``borders`` of a sentence."""
    for token in sentence:
        listed: list[Token] = []
        head: Token | None = None
        if token.lemma_ in _BORDER and token.pos_ == "VERB":
            head = subject_of(token)
            direct = list(_names_from(token.i + 1, token)) if children(token, "dobj") else []
            listed = [*direct, *_by_all(token)]
            if not listed:
                listed = [each for each in objects(token, "by") if is_placelike(each)]
        elif token.lemma_ == "border" and token.pos_ == "NOUN":
            listed = list(objects(token, "with"))
            verb = token.head.head if token.head.dep_ == "prep" else token.head
            if verb.lemma_ in {"share", "have"}:
                head = subject_of(verb)
        subject = passage.subject(head) if head is not None else None
        if subject is None:
            continue
        for each in listed:
            if is_place(each) or (is_proper(each) and each.ent_type_ not in {"PERSON", "DATE"}):
                yield Found("borders", subject, "borders", noun_phrase(each))


def _by_all(verb: Token) -> Iterator[Token]:
    """All names after *by* up to the end of the list, whatever the parser made of directions."""
    prep = next((each for each in verb.children if each.lower_ in {"by", "with", "on"}), None)
    if prep is None:
        return
    if prep.lower_ == "on":
        yield from objects(verb, "on")
        return
    yield from _names_from(prep.i + 1, verb)


def _names_from(start: int, verb: Token) -> Iterator[Token]:
    for each in verb.doc[start : verb.sent.end]:
        if each.text in {";", "."} or (each.pos_ in {"VERB", "AUX"} and each.i > start + 2):
            return
        if (
            each.dep_ in {"compound", "nmod", "poss"}
            or not is_proper(each)
            or each.pos_ not in NOUNS
        ):
            continue
        if each.dep_ == "pobj" and each.head.lower_ == "of" and each.head.head.pos_ == "PROPN":
            continue
        if each.text in {"North", "South", "East", "West"}:
            continue
        yield each


def find_capitals(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``capital_of`` of a sentence."""
    for token in sentence:
        if token.lemma_.lower() != "capital" or token.pos_ not in NOUNS:
            continue
        first = token
        if first.dep_ == "compound" and first.head.lemma_.lower() == "city":
            first = first.head
        while first.dep_ == "conj":
            first = first.head
        of = [each for one in members(first) for each in objects(one, "of")]
        states = [noun_phrase(each) for each in of if is_proper(each)][:1]
        owner = next(iter(children(first, "poss")), None)
        if owner is not None and not states:
            found = passage.phrase(owner)
            states = [found] if found is not None else []
        cities: list[Phrase] = []
        if first.dep_ == "attr" and is_copula(first.head):
            head = subject_of(first.head)
            found = passage.subject(head) if head is not None else None
            cities = [found] if found is not None else []
        elif first.dep_ == "nsubj" and first.head.lemma_ == "be":
            told = [
                next(objects(each, "of"), each) if each.lemma_ in {"city", "town"} else each
                for each in children(first.head, "attr")
            ]
            cities = [noun_phrase(each) for each in told if is_proper(each)]
        elif first.dep_ == "appos" and is_proper(first.head):
            cities = [noun_phrase(first.head)]
        cities += [noun_phrase(each) for each in children(first, "appos") if is_proper(each)]
        if not cities:
            cities = [noun_phrase(each) for each in objects(first, "at") if is_proper(each)]
        for city in cities:
            for state in states:
                yield Found("capital", city, "capital_of", state)
