"""occurred_on: when events, periods and states were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .reading import Found, Passage, is_human
from .tree import NOUNS, Phrase, Token, is_proper, noun_phrase, subject_of

_HAPPEN = word_set(
    "occur exist last begin flourish start happen take span run rule reign dominate encompass "
    "fight hold extend"
)
_EVENTS = word_set(
    "war battle revolution conquest siege treaty period era dynasty empire kingdom state "
    "conflict revolt rebellion genocide famine depression crisis movement campaign event "
    "massacre reign union republic commonwealth caliphate crash election invasion"
)
_EVENT_NOUN = ("quest", "usurpation", "invasion", "siege", "crash", "battle", "war", "revolution",
               "conquest", "assassination", "founding", "fall", "treaty", "massacre")  # fmt: skip


def find_event_times(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``occurred_on`` of a sentence."""
    for token in sentence:
        if token.pos_ == "VERB" and token.lemma_ in _HAPPEN:
            yield from _happened(passage, token)
        elif token.pos_ == "NOUN" and token.lower_.endswith(_EVENT_NOUN):
            when = passage.time_of(token, "in", "on", "of", "from", "between")
            of = next((each for each in token.children if each.lower_ == "of"), None)
            if when is None and of is not None and of.nbor().pos_ in NOUNS:
                inner = next((each for each in of.children if each.dep_ == "pobj"), None)
                when = _time_below(passage, inner) if inner is not None else None
            if when is not None:
                thing = noun_phrase(token)
                yield Found("event_noun", thing, "occurred_on", passage.time_phrase(when), when)
        elif token.lemma_ == "be" and token.pos_ == "AUX":
            yield from _was(passage, token)
        if token.pos_ == "PROPN" and token.dep_ not in {"compound", "nmod"}:
            yield from _named_event(passage, token)


def _named_event(passage: Passage, token: Token) -> Iterator[Found]:
    """*the Xinhai Revolution in 1911*, *the 1986 Green Revolution*, *the Song (960-1279)*."""
    phrase = noun_phrase(token)
    event = token.ent_type_ == "EVENT" or token.lower_.endswith(
        (*_EVENT_NOUN, "crisis", "dynasty", "age", "era")
    )
    after = passage.doc[phrase.end] if phrase.end < token.sent.end else None
    when, rule = None, "named_event"
    if event:
        when = passage.time_of(token, "in", "on")
        start = phrase.start
        if when is None and after is not None and after.lower_ == "in":
            when = passage.time_at(phrase.end + 1)
        if when is None:
            dated = passage.time_at(start) or passage.dates_of(phrase)
            if dated is not None and token.lower_ != "games":
                end = passage.doc.char_span(dated.start, dated.end, alignment_mode="expand")
                when, start = dated, max(start, end.end if end is not None else start)
                phrase = Phrase(token, min(start, token.i), phrase.end)
    if when is None and after is not None and after.text == "(":
        state = (
            event or token.ent_type_ == "NORP" or passage.doc[phrase.end - 1].lower_ == "dynasty"
        )
        dated = passage.time_at(phrase.end + 1)
        if state and dated is not None and token.ent_type_ != "PERSON":
            when, rule = dated, "dated_event"
    if when is not None:
        yield Found(rule, phrase, "occurred_on", passage.time_phrase(when), when)


def _time_below(passage: Passage, token: Token) -> Any:
    found = passage.time_of(token, "in", "by")
    if found is not None:
        return found
    for prep in token.children:
        if prep.dep_ in {"prep", "agent"}:
            for each in prep.children:
                if each.dep_ == "pobj" and (found := passage.time_of(each, "in")) is not None:
                    return found
    return None


def _happened(passage: Passage, verb: Token) -> Iterator[Found]:
    head = subject_of(verb)
    subject = passage.subject(head) if head is not None else None
    if head is None or subject is None or is_human(passage, head):
        return
    topic = passage.topic
    about = subject.is_topic or passage.names_topic(head)
    eventful = about and topic is not None and (topic.classes & _EVENTS or verb.lemma_ in _ALWAYS)
    if not eventful and not (is_proper(head) and verb.lemma_ in _ALWAYS):
        return
    when = passage.time_of(verb, "in", "from", "between", "on", "during", "to")
    if when is not None:
        yield Found("happened", subject, "occurred_on", passage.time_phrase(when), when)


_ALWAYS = word_set("occur exist last begin flourish start happen take hold")


def _was(passage: Passage, verb: Token) -> Iterator[Found]:
    """*was a war between A and B from 1337 to 1453*."""
    for attr in verb.children:
        if attr.dep_ != "attr" or attr.lemma_.lower() not in _EVENTS:
            continue
        head = subject_of(verb)
        subject = passage.subject(head) if head is not None else None
        when = passage.time_of(verb, "from", "between", "in") or passage.time_of(
            attr, "from", "between", "in"
        )
        for clause in attr.children:
            if (
                when is None
                and clause.dep_ == "acl"
                and clause.lemma_ in {"fight", "exist", "last", "take"}
            ):
                when = passage.time_of(clause)
        if subject is not None and when is not None:
            yield Found("event_copula", subject, "occurred_on", passage.time_phrase(when), when)
