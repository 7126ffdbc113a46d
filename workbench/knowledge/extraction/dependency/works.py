"""created_by, created_on, founded_by and founded_on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .enumerations import enumerated
from .geography import is_demonym
from .reading import Found, Passage
from .staging import DIRECTORS, is_staged
from .tree import (
    NOUNS,
    PRONOUNS,
    Phrase,
    Token,
    children,
    determiner,
    has_article,
    is_proper,
    members,
    named_of,
    noun_phrase,
    objects,
    subject_of,
)
from .vocabulary_of_works import (
    ARISE,
    DEFINITE,
    FOUND,
    MAKE,
    MAKERS,
    ORGANISATIONS,
    WORKS,
)


def find_makers(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Who made or founded what, and when."""
    for token in sentence:
        if token.pos_ in {"VERB", "AUX"} and token.lemma_ in MAKE | FOUND:
            yield from _made(passage, token)
        if token.pos_ == "VERB" and token.lemma_ in ARISE | {"form"} and token.tag_ != "VBN":
            yield from _arose(passage, token)
        elif token.pos_ == "VERB" and token.lemma_ in {"credit", "attribute", "ascribe"}:
            yield from _credited(passage, token)
        elif token.pos_ == "VERB" and token.lemma_ in {"begin", "complete", "start", "finish"}:
            yield from _construction(passage, token)
        elif token.pos_ == "NOUN" and token.lemma_ in MAKERS:
            yield from _maker_noun(passage, token)
        if token.pos_ in NOUNS and token.lemma_.lower() in WORKS:
            yield from _work_by(passage, token)
            yield from _own_works(passage, token)
            yield from _dated_class(passage, token)
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
    if verb.lemma_ not in FOUND:
        return "created"
    organisation = bool(kinds & ORGANISATIONS) or thing.ent_type_ in {"ORG", "GPE"}
    return (
        "founded" if organisation or verb.lemma_ in {"found", "co-found", "cofound"} else "created"
    )


def _made(passage: Passage, verb: Token) -> Iterator[Found]:
    passive = verb.tag_ == "VBN" and (
        bool(children(verb, "nsubjpass", "auxpass"))
        or verb.dep_ in {"acl", "advcl"}
        or _is_passive_conj(verb)
    )
    if passive:
        yield from _was_made(passage, verb)
        return
    head = subject_of(verb)
    maker_phrase = passage.subject(head) if head is not None else None
    if head is None or maker_phrase is None or (head.pos_ == "NOUN" and not maker_phrase.is_topic):
        return
    if verb.dep_ == "xcomp" and verb.head.lemma_ not in {"help", "go", "begin", "continue"}:
        return
    if not _may_make(passage, maker_phrase):
        return
    for each in (one for thing in children(verb, "dobj") for one in members(thing, listed=True)):
        relation = _relation(verb, each, passage)
        if verb.lemma_ == "direct" and not is_staged(passage, each):
            continue
        made = False
        if _is_one_thing(passage, verb, each) and (verb.lemma_ != "form" or relation == "founded"):
            made = True
            yield Found("made_active", noun_phrase(each), f"{relation}_by", maker_phrase)
            when = passage.time_of(verb, "in", "on", "during", "around")
            if when is not None:
                what = passage.time_phrase(when)
                yield Found("made_active_when", noun_phrase(each), f"{relation}_on", what, when)
        for example in [*_examples(each), *([] if made and is_proper(each) else _called(each))]:
            yield Found("made_examples", noun_phrase(example), "created_by", maker_phrase)


def _was_made(passage: Passage, verb: Token) -> Iterator[Found]:
    head = subject_of(verb)
    if head is None or (verb.dep_ == "advcl" and verb.i > head.i):
        return
    head = _whose(_climbed(passage, head))
    thing = passage.subject(head)
    makers = [each for each in objects(verb, "by") if _is_maker(each)]
    if thing is None and makers and head.pos_ == "NOUN":
        thing = noun_phrase(head)
    if thing is None or passage.is_person(thing):
        return
    if verb.lemma_ == "direct" and not is_staged(passage, thing.head):
        return
    relation = _relation(verb, head, passage)
    if verb.lemma_ == "introduce" and any(each.lower_ == "to" for each in verb.children):
        return
    for maker in makers:
        yield Found("made_by", thing, f"{relation}_by", noun_phrase(maker))
    yield from _when(passage, thing, verb, relation)


def _may_make(passage: Passage, maker: Phrase) -> bool:
    """Whether a subject can make something: people and organisations, not classes or times."""
    if maker.head.ent_type_ in {"DATE", "EVENT", "LAW", "LANGUAGE"}:
        return False
    if maker.is_topic or passage.names_topic(maker.head):
        topic = passage.topic
        return maker.head.lower_ != "it" and (
            topic is None or topic.is_person or topic.phrase.head.ent_type_ in {"ORG", "PERSON"}
        )
    return maker.head.pos_ == "PROPN"


def _is_maker(token: Token) -> bool:
    """Whether what stands after *by* made it: a name, or people of one (*Russian historians*)."""
    if token.pos_ not in NOUNS or token.ent_type_ in {"DATE", "CARDINAL"}:
        return False
    inside = token.doc[noun_phrase(token).start : token.i + 1]
    return any(each.pos_ == "PROPN" or is_demonym(each) for each in inside)


def _climbed(passage: Passage, head: Token) -> Token:
    """The topic for *a list of points for a debate written by ...*, its definition."""
    topic = passage.topic
    at = head
    while at.pos_ == "NOUN" and at.dep_ in {"pobj", "prep", "conj"} and at.head.i < at.i:
        at = at.head.head if at.dep_ == "pobj" else at.head
    definition = topic is not None and at.dep_ == "attr" and at.head.i == topic.verb
    if definition and topic is not None and head.pos_ == "NOUN" and determiner(head) != "the":
        return topic.phrase.head
    return head


def _whose(head: Token) -> Token:
    """Whose *existence*, *idea* or *construction* it is."""
    if head.lemma_.lower() in {"existence", "idea", "concept", "construction", "theory"}:
        return next(iter(children(head, "poss")), head)
    return head


def _is_one_thing(passage: Passage, verb: Token, each: Token) -> bool:
    """Whether an object is a name, the topic, or the one thing that can be invented once."""
    if each.pos_ not in NOUNS or each.ent_type_ in {"DATE", "CARDINAL", "GPE"}:
        return False
    if each.ent_type_ == "PERSON" and verb.lemma_ not in FOUND - {"form", "settle"}:
        return False  # whom one founds is a company that the model takes for a person
    if is_proper(each) or passage.names_topic(each):
        return True
    named = any(one.pos_ == "PROPN" for one in each.doc[noun_phrase(each).start : each.i])
    if named:
        return determiner(each) in {"the", ""}
    once = verb.lemma_ in DEFINITE and determiner(each) == "the" and each.tag_ == "NN"
    return once and not any(True for _ in objects(each, "of", "for"))


def _called(noun: Token) -> Iterator[Token]:
    """*techniques known as A and B*, *his book Walden*: the names of what was made."""
    for clause in children(noun, "acl"):
        if clause.lemma_ in {"know", "call", "name", "title", "entitle"}:
            for each in [*objects(clause, "as"), *children(clause, "oprd", "dobj")]:
                yield from members(each)
    for each in children(noun, "appos"):
        if is_proper(each):
            yield each


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
    named = named or verb.lemma_ in ARISE | {"form", "coin"}
    named = named or any(x.pos_ == "PROPN" for x in passage.doc[thing.start : thing.head.i])
    if when is not None and named:
        yield Found("made_when", thing, f"{relation}_on", passage.time_phrase(when), when)


def _arose(passage: Passage, verb: Token) -> Iterator[Found]:
    """*a genre that emerged in the early 1970s*."""
    head = subject_of(verb)
    thing = passage.subject(head) if head is not None else None
    if head is None or thing is None or thing.head.ent_type_ == "PERSON":
        return
    if passage.is_person(thing) or children(verb, "dobj"):
        return
    bare = head.pos_ == "NOUN" and not determiner(head)
    if not (thing.is_topic or passage.names_topic(head) or is_proper(head) or bare):
        return
    if verb.lemma_ not in {"begin"}:
        yield from _when(passage, thing, verb, "created")


def _credited(passage: Passage, verb: Token) -> Iterator[Found]:
    """*traditionally attributed to Laozi*; *credited as the originator of*."""
    head = subject_of(verb)
    thing = passage.subject(_climbed(passage, head)) if head is not None else None
    if thing is None or passage.is_person(thing):
        return
    for each in objects(verb, "to"):
        named = next((one for one in children(each, "appos") if is_proper(one)), each)
        if named.pos_ == "PROPN":
            yield Found("credited_to", thing, "created_by", noun_phrase(named))


def _construction(passage: Passage, verb: Token) -> Iterator[Found]:
    """*Construction began in 72 and was completed in AD 80*."""
    head = subject_of(verb)
    if head is None or head.lemma_.lower() not in {"construction", "building", "work"}:
        return
    when = passage.time_of(verb, "in", "on", "around")
    if when is not None and determiner(head) in {"", "its"}:
        yield Found(
            "construction", noun_phrase(head), "created_on", passage.time_phrase(when), when
        )


def _own_works(passage: Passage, token: Token) -> Iterator[Found]:
    """*His works include A and B*; *his essay "A"*."""
    owner = next(iter(children(token, "poss")), None)
    if owner is None or not (owner.lower_ in {"his", "her"} or owner.ent_type_ == "PERSON"):
        return
    maker = passage.phrase(owner)
    if maker is None:
        return
    names = [each for each in children(token, "appos") if is_proper(each)]
    if token.dep_ == "nsubj" and token.head.lemma_ in {"include", "be"}:
        told = [*children(token.head, "dobj"), *children(token.head, "attr")]
        names += [one for each in told for one in enumerated(each) or members(each, listed=True)]
    for each in names:
        if is_proper(each):
            yield Found("own_work", noun_phrase(each), "created_by", maker)


def _dated_class(passage: Passage, token: Token) -> Iterator[Found]:
    """*is a 1994 film*."""
    if token.dep_ not in {"attr", "appos"}:
        return
    when = passage.dates_of(noun_phrase(token))
    head = subject_of(token.head) if token.dep_ == "attr" else token.head
    thing = passage.subject(head) if head is not None else None
    if when is not None and thing is not None:
        yield Found("dated_class", thing, "created_on", passage.time_phrase(when), when)


def _maker_noun(passage: Passage, token: Token) -> Iterator[Found]:
    """*the creator of the Muppets*, *as the director of A and B*."""
    head: Token | None = None
    if token.dep_ == "pobj" and token.head.lower_ == "as":
        head = subject_of(token.head.head) if token.head.head.pos_ in {"VERB", "AUX"} else None
        if head is None and token.head.head.pos_ == "ADJ":
            head = subject_of(token.head.head.head)
    first = token
    while first.dep_ == "conj" and first.head.i < first.i:
        first = first.head
    if first.dep_ == "attr":
        head = subject_of(first.head)
    elif first.dep_ == "appos":
        head = first.head
    maker = passage.subject(head) if head is not None else None
    if maker is None:
        return
    relation = "founded" if "found" in token.lemma_ else "created"
    for each in objects(token, "of"):
        if token.lemma_ in DIRECTORS:
            each = named_of(each)
            if not is_staged(passage, each):
                continue
        listed = each.tag_ == "NNS" and each.lemma_.lower() in WORKS
        if listed:
            for one in _after_the_colon(each):
                yield Found("maker_noun", noun_phrase(one), "created_by", maker)
        elif is_proper(each) or relation == "founded" or has_article(each):
            yield Found("maker_noun", noun_phrase(each), f"{relation}_by", maker)


def _after_the_colon(noun: Token) -> Iterator[Token]:
    """*two works: the A, a treatise, and the B*."""
    colon = next((each for each in noun.doc[noun.i : noun.sent.end] if each.text == ":"), None)
    if colon is None:
        return
    for each in noun.doc[colon.i : noun.sent.end]:
        if each.pos_ == "PROPN" and each.dep_ in {"appos", "conj", "dobj"} and has_article(each):
            yield each


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
    named = owner.ent_type_ == "PERSON" and head.pos_ == "PROPN" and owner.i < head.i
    bare = named and not children(head, "nummod", "amod")
    if bare and head.ent_type_ in {"WORK_OF_ART", "", "PERSON"}:
        yield Found("owned_name", noun_phrase(head), "created_by", noun_phrase(owner))
        return
    words = {each.lemma_.lower() for each in children(head, "compound", "nmod")}
    if is_proper(head) and words & (WORKS | {"character"}):
        yield Found("owned_work", noun_phrase(head), "created_by", noun_phrase(owner))
    elif head.lemma_.lower() in WORKS:
        for each in children(head, "appos"):
            if is_proper(each):
                yield Found("owned_work", noun_phrase(each), "created_by", noun_phrase(owner))


def _dated_works(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*Minima Moralia (1951)*: a name that is no person's, with years behind it."""
    doc = passage.doc
    words_of_works = {each.lemma_.lower() for each in sentence}
    for time in passage.times:
        if not sentence.start_char <= time.start < sentence.end_char:
            continue
        span = doc.char_span(time.start, time.end, alignment_mode="expand")
        if span is None or span.start < sentence.start + 2 or doc[span.start - 1].text != "(":
            continue
        name = doc[span.start - 2]
        if (
            name.pos_ not in NOUNS
            or name.ent_type_ in {"EVENT", "NORP"}
            or (
                "–" in span.text
                and not words_of_works & {"show", "series", "sitcom", "film", "programme"}
            )
        ):
            continue
        if name.ent_type_ in {"PERSON", "GPE"} and not re.fullmatch(r"\d{4}", span.text):
            continue
        while name.dep_ in {"compound", "pobj"} and name.head.pos_ in {"PROPN", "ADP"}:
            if name.head.i > name.i or name.head.i < span.start - 6:
                break
            name = name.head
        told = words_of_works & (
            MAKE | WORKS | MAKERS | {"role", "star", "sitcom", "show", "films"}
        )
        if name.pos_ == "PROPN" and told:
            yield Found(
                "dated_work", noun_phrase(name), "created_on", passage.time_phrase(time), time
            )
