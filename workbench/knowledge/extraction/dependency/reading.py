"""A parsed passage with its topic, and what a rule gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.knowledge.words import word_set

from .enumerations import enumerated
from .language import english_sentences
from .pronouns import PERSONAL, may_be_person, pronouns_of
from .times import TimeSpan, find_times
from .tree import (
    BE,
    NOUNS,
    PRONOUNS,
    Phrase,
    Token,
    children,
    determiner,
    is_noun,
    is_proper,
    noun_phrase,
    objects,
    predicates,
    subject_of,
)

_GEOGRAPHIC = word_set(
    "city town country state river lake island mountain region peninsula strait sea desert "
    "valley province territory park range basin kingdom empire republic capital archipelago "
    "bay gulf municipality village plateau volcano district county nation colony khanate sultanate "
    "duchy principality county continent glacier settlement port commune prefecture canton isle "
    "dependency collectivity federation commonwealth caliphate metropolis plain canal estuary "
    "suburb borough stream waterfall emirate tributary dynasty"
)
_HUMAN = ("er", "or", "ist", "ian", "ess", "eur", "man", "woman", "ant")
_HUMAN_WORDS = word_set(
    "poet king queen emperor artist monarch pope saint scientist polymath architect priest "
    "monk general officer statesman politician author diplomat revolutionary athlete chef "
    "model aristocrat noble nobleman soldier philosopher mystic theologian lawyer bishop "
    "member figure leader explorer astronaut nurse critic apostle prophet prince princess "
    "duke icon activist scholar businessman socialite composer playwright knight pilot nun "
    "missionary tycoon magnate judge sage friar abbot spy hero virtuoso host comic star celebrity "
    "personality surgeon warlord chief chieftain samurai shogun pirate outlaw advocate chef coach "
    "dean intellectual laureate cardinal rabbi imam cleric bard heir conquistador puppeteer "
    "academic professor psychologist proponent pharaoh pianist"
)
_THINGS = word_set(
    "river computer number weather order letter water paper power matter character chapter "
    "layer sector factor center tower theater theatre container crater border disorder cancer "
    "vector transistor behavior motor ladder quarter meter litter shelter liver finger master "
    "newspaper instrument plant winter summer reactor conductor semiconductor powder ether "
    "fiber fever helicopter timber leather rubber butter silver copper amber polymer hangover "
    "laser flavor color colour organ restaurant descendant variant constant list document "
    "continent element museum manufacturer retailer carrier broadcaster supplier provider "
    "distributor"
)


@dataclass(frozen=True)
class Found:
    """One fact as a rule finds it. ``when`` is the time of which it is said.

    ``chance`` is what a network gives it that found it where no rule did.
    """

    rule: str
    subject: Phrase
    relation: str
    object: Phrase
    when: TimeSpan | None = None
    chance: float | None = None


@dataclass(frozen=True)
class Topic:
    """What a passage is about: the subject of its first statement, and its classes there."""

    phrase: Phrase
    classes: frozenset[str]
    is_person: bool
    verb: int  # the token of the verb that the first statement is made with
    alternatives: tuple[
        int, ...
    ] = ()  # its other names in the head of the first sentence, as tokens


_ABOUT = word_set(
    "the about around approximately c. between at least circa in to ad early late mid"
)


class Passage:
    """A parsed passage. ``follow_topic`` off leaves pronouns and "the city" unread."""

    def __init__(self, doc: Any, *, follow_topic: bool = True) -> None:
        self.doc = doc
        self.follow_topic = follow_topic
        self.times = find_times(doc.text)

    @functools.cached_property
    def english(self) -> list[Any]:
        """Its sentences (spaCy ``Span``) that are not of another language."""
        return english_sentences(self.doc)

    @functools.cached_property
    def topic(self) -> Topic | None:
        """The topic, if the passage begins by saying what something is."""
        for sentence in list(self.doc.sents)[:2]:
            said = [each for each in sentence if is_copula(each)]
            for verb in (*said[:1], sentence.root, *children(sentence.root, "conj")):
                subject = subject_of(verb)
                if subject is None or not is_noun(subject) or subject.i > verb.i:
                    continue
                if subject.lower_ not in PRONOUNS:
                    return _topic(sentence, verb, subject)
        return None

    def phrase(self, token: Token) -> Phrase | None:
        """A noun as an argument: a name, a class, or the topic; None if it stands for neither."""
        if token.lower_ in PRONOUNS:
            known = self.follow_topic and self._means_topic(token)
            return Phrase(token, token.i, token.i + 1, True) if known else None
        if token.pos_ not in NOUNS | {"X", "NUM", "ADJ", "VERB"} or token.tag_ in {"WDT", "WP"}:
            return None
        if self.follow_topic and self.is_topic_description(token):
            return noun_phrase(token, is_topic=True)
        return noun_phrase(token)

    def subject(self, token: Token | None) -> Phrase | None:
        """A noun of which something may be said: no unnamed single thing ("the canal")."""
        if token is None or not (is_noun(token) or token.lower_ in PRONOUNS):
            return None
        token = _antecedent(token)
        if token.lemma_.lower() in {"most", "majority", "some", "many", "all"}:
            token = next(objects(token, "of"), token)
        named = children(token, "appos")
        if (
            token.i <= token.sent.start + 1
            and named
            and is_proper(named[0])
            and not is_proper(token)
        ):
            token = named[0]  # "A member of the house, Bolesław was ..."
        if token.ent_type_ in {"DATE", "TIME"} and not self.names_topic(token):
            return None
        topic = self.topic
        if topic is not None and token.sent.start <= topic.phrase.start < token.i < topic.verb:
            acts = token.dep_ in {"nsubj", "nsubjpass"} and token.head.i < topic.verb
            if not acts:
                return topic.phrase  # one of its other names
        found = self.phrase(token)
        if (
            found is None
            or found.is_topic
            or is_proper(token)
            or token.pos_ == "ADJ"
            or self.names_topic(token)
        ):
            return found
        return (
            None if determiner(token) in {"the", "this", "that", "his", "its", "their"} else found
        )

    def _means_topic(self, token: Token) -> bool:
        if token.lower_ in PERSONAL:
            return self.topic is None or token.i in self._of_the_person
        return token.lower_ != "this" or token.dep_ in {"nsubj", "nsubjpass"}

    @functools.cached_property
    def _of_the_person(self) -> set[int]:
        """The personal pronouns that stand for the topic; none if it can be no person."""
        topic = self.topic
        if topic is None:
            return set()
        head, phrase = topic.phrase.head, topic.phrase
        if not may_be_person(head, topic.classes, _GEOGRAPHIC | _THINGS, told=topic.is_person):
            return set()
        return pronouns_of(self.doc, phrase.start, phrase.end, topic.verb, topic.classes)

    def names_topic(self, token: Token) -> bool:
        """Whether a noun is a word of the topic's name."""
        topic = self.topic
        return topic is not None and token.lemma_.lower() == topic.phrase.head.lemma_.lower()

    def is_person(self, phrase: Phrase) -> bool:
        """Whether a phrase stands for the topic and the topic is a person."""
        about = phrase.is_topic or self.names_topic(phrase.head)
        return bool(about and self.topic is not None and self.topic.is_person)

    def is_thing(self, phrase: Phrase) -> bool:
        """Whether a phrase stands for the topic and the topic is no person."""
        if phrase.head.lower_ in PERSONAL:
            return False
        about = phrase.is_topic or self.names_topic(phrase.head)
        return bool(about and self.topic is not None and not self.topic.is_person)

    def is_language(self, phrase: Phrase) -> bool:
        """Whether a phrase stands for the topic and the topic is a language."""
        about = phrase.is_topic or self.names_topic(phrase.head)
        known = self.topic.classes if self.topic is not None else frozenset()
        return bool(about and known & {"language", "dialect", "languages"})

    def is_topic_description(self, token: Token) -> bool:
        """Whether it is "the city", said of a passage about a city."""
        topic = self.topic
        if topic is None or token.pos_ != "NOUN" or determiner(token) not in {"the", "this"}:
            return False
        if token.i < topic.phrase.end or children(token, "relcl", "prep", "acl"):
            return False
        word = token.lemma_.lower()
        modifiers = children(token, "amod", "compound")
        measured = any(one.like_num for each in modifiers for one in each.subtree)
        if modifiers and not measured:
            return word in topic.classes and determiner(token) == "this"
        geographic = word in _GEOGRAPHIC and bool(topic.classes & _GEOGRAPHIC)
        return word in topic.classes or geographic or word in topic.phrase.text.lower().split()

    def time_of(self, token: Token, *preps: str) -> TimeSpan | None:
        """The time that a word's prepositions (or its bare adverbial) tell."""
        for each in token.children:
            if each.dep_ == "prep" and (not preps or each.lower_ in preps):
                found = self.time_at(each.i + 1) or self.time_at(each.i)
                if found is not None:
                    return found
            if each.dep_ == "npadvmod":
                return self.time_at(each.left_edge.i)
            if each.dep_ == "advmod" and each.lower_ in {"ago", "prior"}:
                return self.time_at(each.left_edge.i) or self.time_at(each.i + 2)
        return None

    def time_at(self, index: int) -> TimeSpan | None:
        """The time that begins at a token, or after an article or "about" there."""
        if index >= len(self.doc):
            return None
        for each in self.doc[index : index + 3]:
            for found in self.times:
                if found.start <= each.idx < found.end:
                    return found
            if each.lower_ not in _ABOUT:
                break
        return None

    def dates_of(self, phrase: Phrase) -> TimeSpan | None:
        """The time among the modifiers of a noun: *a 1994 film*, *a late-4th-century hymn*."""
        for each in self.doc[max(phrase.head.sent.start, phrase.start - 4) : phrase.head.i]:
            for found in self.times:
                if found.start <= each.idx < found.end:
                    end = self.doc.char_span(found.start, found.end, alignment_mode="expand")
                    inside = end is not None and end.end <= phrase.head.i
                    tied = inside and end.root.head.i in range(end.start, phrase.head.i + 1)
                    return found if tied else None
        return None

    def time_phrase(self, time: TimeSpan) -> Phrase:
        """A time as an argument."""
        span = self.doc.char_span(time.start, time.end, alignment_mode="expand")
        return Phrase(span.root, span.start, span.end)


def _topic(sentence: Any, verb: Token, subject: Token) -> Topic:
    classes = {each.lemma_.lower() for each in predicates(verb)}
    for each in predicates(verb):
        classes |= {inner.lemma_.lower() for inner in objects(each, "of")}
    human = any(map(is_human_word, classes))
    person = human or (subject.ent_type_ == "PERSON" and not classes)
    first, others = _first_name(sentence, subject, verb)
    return Topic(noun_phrase(first), frozenset(classes), person, verb.i, others)


def _first_name(sentence: Any, subject: Token, verb: Token) -> tuple[Token, tuple[int, ...]]:
    """The first of a topic's names, and the others: *the soybean, soy bean, or soya bean, is ...*.

    The parser often takes the last of them for the subject.
    """
    doc, start = sentence.doc, sentence.start
    first = next((each for each in sentence if is_noun(each)), subject)
    while first.dep_ in {"compound", "nmod"} and start <= first.i < first.head.i <= subject.i:
        first = first.head
    if first.i > start + 6 or any(each.pos_ in {"ADP", "VERB"} for each in doc[start : first.i]):
        first = subject
    if first.i >= verb.i:
        return subject, ()
    words = {each.lower_ for each in doc[first.i + 1 : max(subject.i, first.i) + 1]}
    if first != subject and not words & {"or", "called", "known", "also", "spelled", "officially"}:
        return subject, ()
    members = [each for each in enumerated(first, before_verb=True) if first.i < each.i < verb.i]
    between = doc[first.i + 1 : (members[-1].i if members else first.i + 1)]
    joined = [each.lower_ for each in between if each.pos_ == "CCONJ"]
    if not members or not joined or set(joined) != {"or"}:
        return first, ()
    return first, tuple(each.i for each in members)


def _antecedent(pronoun: Token) -> Token:
    """The subject of the clause above that an *it* in a clause below stands for."""
    if pronoun.lower_ != "it" or pronoun.dep_ not in {"nsubj", "nsubjpass"}:
        return pronoun
    clause = pronoun.head
    for _ in range(4):
        if clause.head == clause or clause.dep_ in {"conj", "ROOT"}:
            break
        clause = clause.head
        above = children(clause, "nsubj", "nsubjpass")
        if above and above[0].i < pronoun.i:
            return above[0] if above[0].pos_ in NOUNS else pronoun
    return pronoun


def is_human_word(word: str) -> bool:
    """Whether a class is one of people, by its ending; some forty words are known by heart."""
    return word in _HUMAN_WORDS or (word.endswith(_HUMAN) and word not in _THINGS)


def is_geographic_word(word: str) -> bool:
    """Whether a class is one of places."""
    return word in _GEOGRAPHIC


def is_human(passage: Passage, token: Token) -> bool:
    """Whether a noun means a person."""
    topic = passage.topic
    if token.lower_ in {"it", "its"}:
        return False
    if token.lower_ in PERSONAL:
        return True
    if token.ent_type_ == "PERSON" and not (passage.names_topic(token) and topic is not None):
        return True
    about = topic is not None and (passage.names_topic(token) or token.lower_ in PRONOUNS)
    return bool(about and topic is not None and topic.is_person)


def is_copula(verb: Token) -> bool:
    """Whether a verb says what something is."""
    return verb.lemma_ in BE and bool(children(verb, "attr"))


Rule = Callable[[Passage, Any], Iterator[Found]]
"""A rule: what a sentence (a spaCy ``Span``) of a passage says."""
