"""held_office and nationality: what somebody was, and of which country."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .geography import DEMONYMS, is_demonym
from .reading import Found, Passage, is_copula, is_human, is_human_word
from .tree import (
    Phrase,
    Token,
    children,
    members,
    noun_phrase,
    objects,
    subject_of,
)

_OFFICES = word_set(
    "king queen emperor empress president duke duchess prince princess pope governor mayor "
    "senator chancellor caliph sultan shah tsar czar count earl regent consul dictator "
    "pharaoh premier ambassador secretary minister monarch-elect chairman chairperson "
    "chairwoman ruler archbishop bishop khan margrave baron lord elector doge viceroy "
    "commander speaker director justice attorney taoiseach general-secretary leader "
    "congressman representative secretary-general general-secretary pontiff patriarch admiral "
    "marshal"
)
_NEED_OF = word_set(
    "leader director ruler commander lord minister secretary count general chairman "
    "representative prince princess bishop speaker"
)
_TITLES = word_set(
    "Emperor King Queen President Pope Sultan Prince Princess Duke Caliph Tsar Chancellor "
    "Senator Governor Empress Pharaoh Shah Khan Archbishop Bishop"
)


def is_office(token: Token) -> bool:
    """Whether a noun is an office or a title that somebody holds."""
    word = token.lemma_.lower()
    first = token
    while first.dep_ == "conj" and first.head.i < first.i:
        first = first.head
    own = children(token, "det")
    of_state = word in _OFFICES and any(x.pos_ == "PROPN" for x in objects(token, "of"))
    if of_state and word not in _NEED_OF:
        return True
    titled = token.pos_ == "PROPN" and word in _OFFICES and token.dep_ not in {"nsubj", "appos"}
    if titled and token.text[0].isupper() and not any(x.lower_ in {"a", "an"} for x in own):
        return True
    if word == "leader" and any(
        x.tag_ in {"JJS", "RBS"} for y in token.children for x in y.subtree if x.i < token.i
    ):
        return False
    if word not in _OFFICES or any(each.lower_ in {"a", "an"} for each in own):
        return False
    listed = not own and any(each.lower_ in {"a", "an"} for each in children(first, "det"))
    if listed and not any(each.lower_ == "of" for each in children(token, "prep")):
        return False
    return word not in _NEED_OF or any(each.lower_ == "of" for each in children(token, "prep"))


def is_office_word(token: Token) -> bool:
    """Whether a noun without an article is one: *As leader of the party, ...*."""
    return token.lemma_.lower() in _OFFICES and not any(
        each.lower_ in {"a", "an"} for each in children(token, "det")
    )


def office_phrase(token: Token) -> Phrase:
    """An office with its domain: *Duke of Bohemia*."""
    found = noun_phrase(token)
    inner = next(objects(token, "of"), None)
    end = found.end
    for _ in range(3):
        if inner is None:
            break
        last = members(inner)[-1] if inner.pos_ == "PROPN" else inner
        end = max(end, noun_phrase(last).end)
        inner = next((each for each in objects(inner, "of") if each.pos_ == "PROPN"), None)
    return Phrase(token, found.start, end)


def find_offices(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``held_office`` of a sentence."""
    for token in sentence:
        if is_office(token):
            yield from _said_of(passage, token)
        if token.text in _TITLES and token.dep_ == "compound" and token.head.pos_ == "PROPN":
            name = noun_phrase(token.head)
            if token.head.ent_type_ in {"PERSON", ""} and name.start <= token.i < name.end - 1:
                person = Phrase(token.head, token.i + 1, name.end)
                office = Phrase(token, token.i, token.i + 1)
                yield Found("title", person, "held_office", office)


def _said_of(passage: Passage, token: Token) -> Iterator[Found]:
    first = token
    while first.dep_ == "conj":
        first = first.head
    verb = first.head
    holder = None
    if first.dep_ == "attr" and is_copula(verb):
        holder = subject_of(verb)
    elif first.dep_ == "appos" and verb.lemma_ == "title" and verb.dep_ == "dobj":
        holder = subject_of(verb.head)
    elif first.dep_ == "pobj" and verb.lower_ == "as" and verb.head.pos_ == "VERB":
        if verb.head.lemma_ in {
            "serve",
            "rule",
            "reign",
            "crown",
            "elect",
            "appoint",
            "succeed",
            "act",
        }:
            holder = subject_of(verb.head)
    elif first.dep_ == "oprd" and verb.lemma_ in {
        "crown",
        "elect",
        "appoint",
        "proclaim",
        "declare",
    }:
        holder = subject_of(verb)
    elif first.dep_ == "appos" and is_human(passage, verb):
        holder = verb
    if holder is None or not (is_human(passage, holder) or holder.pos_ == "PROPN"):
        return
    subject = passage.subject(holder)
    if subject is not None:
        when = passage.time_of(verb) or passage.time_of(verb.head) or passage.time_of(token)
        when = when or next((t for t in map(passage.time_of, _inner(token)) if t), None)
        yield Found("office", subject, "held_office", office_phrase(token), when)


def _inner(token: Token) -> list[Token]:
    """What an office is of: a time may hang there."""
    return list(objects(token, "of"))


def find_nationality(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*was an American journalist*: the demonym before what a person is."""
    for token in sentence:
        if token.dep_ not in {"attr", "appos"} or not is_human_word(token.lemma_.lower()):
            continue
        if token.dep_ == "attr":
            if not is_copula(token.head):
                continue
            head = subject_of(token.head)
        else:
            head = token.head
        subject = passage.subject(head) if head is not None else None
        if head is None or subject is None or head.tag_ in {"NNS", "NNPS"}:
            continue
        start = noun_phrase(token).start
        known = [each for each in token.doc[start : token.i] if each.text in DEMONYMS]
        for each in known or token.doc[start : token.i]:
            if is_demonym(each):
                if each.nbor().text == "-":
                    continue
                yield Found("demonym", subject, "nationality", Phrase(each, each.i, each.i + 1))
                break
