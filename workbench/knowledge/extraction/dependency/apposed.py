"""is_a, located_in and nationality from words that stand right beside a name.

*the Indian state of Uttarakhand*, *critic Harold Bloom*, *A radical in verse, Shelley ...*:
order on the page decides here, not the tree, for the parser is seldom sure of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .geography import WATERS_AND_MOUNTAINS, is_demonym
from .offices import is_office, office_phrase
from .reading import Found, Passage, is_human_word
from .tree import (
    NOUNS,
    Phrase,
    Token,
    is_proper,
    members,
    named_of,
    noun_phrase,
    objects,
    subject_of,
)

_KINDS_OF_PLACES = word_set(
    "city town village island state province river municipality district county lake mountain "
    "peninsula kingdom duchy republic prefecture canton archipelago isle planet port suburb "
    "borough emirate principality oblast region continent colony mount "
    "sultanate khanate hamlet commune parish moon"
)
_FINITE = frozenset({"VBZ", "VBD", "VBP", "MD"})


_TAXA = word_set("genus family order suborder class phylum tribe subfamily superfamily clade")


def find_apposed(passage: Passage, sentence: Any) -> Iterator[Found]:
    """What words beside a name say of it."""
    for token in sentence:
        if token.lower_ in _TAXA and token.i + 1 < sentence.end:
            yield from _taxon(passage, token)
        if token.pos_ == "NOUN" and token.lemma_.lower() in _KINDS_OF_PLACES:
            yield from _kind_of_place(token)
        if token.lower_ in WATERS_AND_MOUNTAINS:
            yield from _kind_before_place(token)
        if token.pos_ == "NOUN" and token.i + 1 < sentence.end:
            yield from _human_before_name(token)
    yield from _opening(passage, sentence)


def _taxon(passage: Passage, token: Token) -> Iterator[Found]:
    """*grasses of the genus Triticum*: the genus, and that what is defined is a part of it."""
    name = token.nbor()
    before = token.doc[token.i - 1] if token.i > token.sent.start else token
    while before.pos_ in {"ADJ", "NOUN", "DET"} and before.i > token.sent.start:
        before = token.doc[before.i - 1]
    if not name.text[0].isupper() or not name.is_alpha or before.lower_ not in _WITHIN:
        return
    taxon = Phrase(name, name.i, name.i + 1)
    yield Found("taxon_rank", taxon, "is_a", Phrase(token, token.i, token.i + 1))
    topic = passage.topic
    if topic is not None and token.sent.start <= topic.phrase.start and topic.verb < token.i:
        later = any(
            x.tag_ in {"VBZ", "VBP", "MD", "WDT", "WP"} for x in token.doc[topic.verb + 1 : token.i]
        )
        if token.sent.start <= topic.verb < token.sent.end and not later:
            yield Found("taxon", topic.phrase, "part_of", taxon)


_WITHIN = frozenset({"of", "in", "from", "within"})


def _kind_of_place(token: Token) -> Iterator[Found]:
    """*the city of Rome*, *the US state of Florida*; not *the largest city of Jordan*."""
    of = token.doc[token.i + 1] if token.i + 1 < token.sent.end else None
    if of is None or of.lower_ != "of" or of.head.i != token.i:
        return
    phrase = noun_phrase(token)
    before = token.doc[phrase.start - 1] if phrase.start > token.sent.start else None
    if token.dep_ in {"attr", "ROOT"} and _tells_of_a_name(token):
        return
    if before is not None and before.lower_ in {"a", "an"}:
        return
    near = token.doc[max(token.sent.start, phrase.start - 3) : token.i]
    if any(each.tag_ in {"JJS", "RBS"} or each.lower_ in {"most", "-largest"} for each in near):
        return
    names = [
        each
        for each in objects(token, "of")
        if each.pos_ == "PROPN" or each.ent_type_ in {"GPE", "LOC"}
    ]
    if token.tag_ != "NNS":
        names = names[:1]
    elif len(names) < 2:
        return
    start = phrase.start
    inside: Token | None = None
    for each in token.doc[phrase.start : token.i]:
        place = is_demonym(each) or each.ent_type_ in {"GPE", "LOC"} or each.text in {"US", "U.S."}
        if place and each.i == start:
            inside, start = each, each.i + 1
    for each in names:
        yield Found("kind_of_place", noun_phrase(each), "is_a", Phrase(token, start, token.i + 1))
        if inside is not None:
            yield Found(
                "kind_of_place_in",
                noun_phrase(each),
                "located_in",
                Phrase(inside, inside.i, inside.i + 1),
            )


def _kind_before_place(token: Token) -> Iterator[Found]:
    """*the river Seine*, *the volcano Etna*: what it is, so that nobody is born in it."""
    name = token.nbor() if token.i + 1 < token.sent.end else None
    before = token.doc[token.i - 1] if token.i > token.sent.start else None
    if name is None or before is None or name.pos_ != "PROPN" or not token.text.islower():
        return
    if before.lower_ == "the":
        head = name
        while head.i + 1 < token.sent.end and head.nbor().pos_ == "PROPN":
            head = head.nbor()
        said = Phrase(token, token.i, token.i + 1)
        yield Found("word_before_name", Phrase(head, name.i, head.i + 1), "is_a", said)


def _tells_of_a_name(token: Token) -> bool:
    """Whether *the city of X* is said of a name: not in *its capital was the city of X*."""
    about = subject_of(token.head)
    return about is None or about.pos_ == "PROPN" or about.lower_ in {"it", "he", "she", "which"}


def _human_before_name(token: Token) -> Iterator[Found]:
    """*the poet Homer*, *vocalist Jim Morrison*, *Romantic writer Sir Walter Scott*."""
    name = token.nbor()
    word = token.lemma_.lower()
    if name.pos_ != "PROPN" or token.tag_ != "NN" or not (is_human_word(word) or word in _BEINGS):
        return
    if is_office(token) or not token.text[0].islower():
        return
    head = name
    while head.i + 1 < token.sent.end and head.nbor().pos_ == "PROPN":
        head = head.nbor()
    start = token.i
    while start > token.sent.start and (
        token.doc[start - 1].pos_ in {"ADJ", "NOUN"}
        and token.doc[start - 1].dep_ in {"amod", "compound", "nmod"}
    ):
        start -= 1
    first, demonym = start, None
    while first < token.i and is_demonym(token.doc[first]):
        demonym = demonym or token.doc[first]
        first += 1
    person = Phrase(head, name.i, noun_phrase(head).end)
    yield Found("human_before_name", person, "is_a", Phrase(token, first, token.i + 1))
    if demonym is not None:
        said = Phrase(demonym, demonym.i, demonym.i + 1)
        yield Found("human_before_name_of", person, "nationality", said)


_BEINGS = word_set("goddess god lord sage drummer vocalist prophet astronomer band")


def _opening(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*A leading figure of literature, he wrote ...*: the class comes first, the name after it."""
    doc, start = sentence.doc, sentence.start
    while start < sentence.end and doc[start].is_space:
        start += 1
    if start >= sentence.end - 4 or doc[start].lower_ not in {"a", "an", "the", "one", "part"}:
        return
    comma = _closing_comma(doc, start, sentence.end)
    if comma is None or comma + 1 >= sentence.end:
        return
    said = _head_before_preposition(doc, start, comma)
    told = doc[comma + 1]
    after = next((each for each in doc[comma + 1 : sentence.end] if each.tag_ in _FINITE), None)
    if said is None or after is None or is_proper(said):
        return
    if told.lower_ in {"he", "she", "it"}:
        subject = passage.subject(told)
    elif told.pos_ == "PROPN":
        head = told
        while head.i + 1 < sentence.end and head.nbor().pos_ == "PROPN":
            head = head.nbor()
        subject = passage.subject(head)
    else:
        return
    if subject is None:
        return
    of = said.nbor().lower_ == "of"
    if said.lemma_.lower() in {"member", "part"} and of:
        relation = (
            "part_of" if said.lemma_.lower() == "part" or passage.is_thing(subject) else "member_of"
        )
        for each in objects(said, "of"):
            yield Found("opening_part", subject, relation, noun_phrase(named_of(each)))
        return
    if doc[start].lower_ == "one":
        said = next(objects(said, "of"), said)
    for each in members(said):
        if is_office(each) and doc[start].lower_ == "the":
            yield Found("opening_office", subject, "held_office", office_phrase(each))
        else:
            kind = noun_phrase(each)
            first = kind.start
            while first < each.i and is_demonym(doc[first]) and is_human_word(each.lemma_.lower()):
                first += 1
            yield Found("opening", subject, "is_a", Phrase(each, first, kind.end))


def _head_before_preposition(doc: Any, start: int, end: int) -> Token | None:
    """The last word before what follows a noun: *radical* in *A radical in his poetry*."""
    last = None
    for each in doc[start:end]:
        if each.pos_ in {"ADP", "PRON", "VERB", "SCONJ", "PART"} and last is not None:
            break
        last = each
    return last if last is not None and last.pos_ in NOUNS | {"ADJ"} else None


def _closing_comma(doc: Any, start: int, end: int) -> int | None:
    """The only comma before the clause, if no verb stands before it."""
    for each in doc[start : min(end, start + 18)]:
        if each.tag_ in _FINITE or each.text in {";", ":", "("}:
            return None
        if each.text == "," and each.nbor(-1).pos_ != "ADJ":
            return int(each.i)
    return None
