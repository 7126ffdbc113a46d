"""Phrases of a parsed sentence: where they begin and end, their coordination, a verb's subject.

The labels are those of spaCy's English models (ClearNLP's dependencies). Tokens are spaCy's; this
module holds no rule of a relation, only what all rules ask of a tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.knowledge.words import word_set

Token = Any  # spacy.tokens.Token; spaCy is loaded late

NOUNS = frozenset({"NOUN", "PROPN"})
PLACES = frozenset({"GPE", "LOC", "FAC"})
PRONOUNS = word_set("it he she they its his her their this him")
BE = frozenset({"be", "become", "remain"})
LIGHT = word_set(
    "type kind form genus family order class group set branch genre species series collection "
    "variety sort style member subset subfamily tribe clade phylum suborder example list figure "
    "characteristic professor mode branches incarnation compilation"
)
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_LEFT = word_set("compound amod nmod nummod advmod npadvmod quantmod punct")
_RANK = re.compile(
    r"(?:second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d+(?:st|nd|rd|th)|first|last)"
    r"|(?:\w+-)?(?:largest|longest|highest|oldest|smallest|biggest|busiest)",
    re.IGNORECASE,
)
_QUANTITIES = word_set(
    "several many some various numerous other such certain all few both only sole around about "
    "over nearly approximately particularly mainly especially simply more"
)
_BEFORE_NAMES = word_set("former contemporary modern present-day then ancient late early so-called")
_GAP = frozenset({"-", "–", "/", ".", "'", "’"})


@dataclass(frozen=True)
class Phrase:
    """Tokens ``start`` to ``end`` (excluded) of a document around ``head``.

    ``is_topic`` says that it stands for what the passage is about: a pronoun, "the city".
    """

    head: Token
    start: int
    end: int
    is_topic: bool = False

    @property
    def span(self) -> tuple[int, int]:
        """In characters of the passage, without quotation marks around it."""
        doc = self.head.doc
        last = doc[self.end - 1]
        return doc[self.start].idx, last.idx + len(last)

    @property
    def text(self) -> str:
        """As it stands there."""
        return str(self.head.doc[self.start : self.end].text)


def named_of(token: Token) -> Token:
    """The name that stands behind a common noun: *a volcanic arc, the Sunda Arc*."""
    if is_proper(token):
        return token
    return next((each for each in children(token, "appos") if is_proper(each)), token)


def is_proper(token: Token) -> bool:
    """Whether a noun is a name."""
    return token.pos_ == "PROPN" or token.ent_type_ in PLACES | {"PERSON", "ORG", "WORK_OF_ART"}


def is_place(token: Token) -> bool:
    """Whether a noun names a place, or names a group or faith only by mistake of the reader."""
    return token.ent_type_ in PLACES or (
        token.pos_ == "PROPN" and token.text in _PLACE_WORDS and token.ent_type_ != "PERSON"
    )


_PLACE_WORDS = word_set(
    "Ocean Sea Mountains Mountain Mount River Lake Island Islands Peninsula Coast Valley "
    "Desert Basin Plateau Range Province County District Republic Kingdom Empire Europe Asia "
    "Africa America Oceania Antarctica Hemisphere Gulf Bay Strait Horn Balkans Levant Earth "
    "Caribbean Mediterranean Middle East West North South Plain Plains Park Forest "
    "Archipelago Himalayas Alps Andes City State States Union Commonwealth Caucasus"
)


def noun_phrase(head: Token, *, is_topic: bool = False) -> Phrase:
    """A noun with the modifiers before it, without article, rank and owner.

    "of ..." is kept after a light noun (a *form of cancer*) and within a name (*Gulf of Aden*).
    """
    start = _left(head)
    if head.pos_ == "PROPN":
        for each in reversed(head.doc[start : head.i]):
            common = each.pos_ == "NOUN" and each.text[0].islower()
            if (common and each.nbor().text not in _GAP) or each.lower_ in _BEFORE_NAMES - {
                "ancient",
                "late",
                "early",
            }:
                start = each.i + 1  # "astronomer James Dunlop", "beech family Fagaceae"
                break
    return Phrase(head, _without_rank(head, start), _right(head), is_topic)


def full_phrase(head: Token) -> Phrase:
    """As ``noun_phrase``, with the common noun before a name (*the poet Homer*)."""
    return Phrase(head, _left(head), _right(head))


def _left(head: Token) -> int:
    start = head.i
    while start > head.sent.start:
        before = head.doc[start - 1]
        if _is_one_name(before, head.doc[start]):
            start -= 1
            continue
        owner = before
        while owner.head.i != owner.i and owner.head.i < start:
            owner = owner.head
        inside = head.i >= owner.head.i >= start or (owner.head == head and owner.dep_ in _LEFT)
        if not inside or _ends_left(before, owner, head):
            break
        start -= 1
    while start < head.i and (
        not head.doc[start].text[0].isalnum() or head.doc[start].pos_ == "CCONJ"
    ):
        start += 1
        if head.doc[start - 1].pos_ == "CCONJ" and head.doc[start].pos_ == "NUM":
            start += start < head.i
    return start


def _without_rank(head: Token, start: int) -> int:
    """After a superlative and what it belongs to: *most widely spoken* Romance language."""
    if head.pos_ == "PROPN":
        return start
    before = head.doc[start - 1] if start > head.sent.start else None
    ranked = before is not None and (
        before.lower_ in {"most", "least"} or before.tag_ in {"JJS", "RBS"}
    )
    if not ranked:
        return start
    single = before is not None and before.lower_ not in {"most", "least"}
    at = start
    while at < head.i and (
        head.doc[at].tag_ in {"RB", "VBN", "VBG"} or (not single and at == start)
    ):
        if not single and head.doc[at].pos_ in {"ADJ"}:
            return at + 1
        at += 1
    return at


def _is_one_name(before: Token, after: Token) -> bool:
    """Whether two words stand in one name, whatever the parser made of it."""
    return bool(
        after.ent_iob_ == "I"
        and before.ent_type_ == after.ent_type_
        and before.ent_type_ not in {"DATE", "QUANTITY", "CARDINAL", "TIME", "PERCENT", ""}
        and before.pos_ == "PROPN"
        and after.pos_ == "PROPN"
    )


def _ends_left(before: Token, owner: Token, head: Token) -> bool:
    """Whether the words before a noun no longer belong to its name or class."""
    if owner.dep_ not in _LEFT and owner.dep_ not in {"conj", "cc"}:
        return True
    if owner.dep_ in {"conj", "cc"} and not (head.pos_ == "PROPN" and before.pos_ == "PROPN"):
        return True
    if before.dep_ == "punct" and before.text not in _GAP:
        return True
    rank = (
        before.tag_ == "JJS" or before.lower_ in {"most", "least"} or _RANK.fullmatch(before.text)
    )
    if rank and before.pos_ != "PROPN":
        return True
    return before.lower_ in _QUANTITIES or (
        before.dep_ == "nummod" and before.pos_ == "NUM" and (head.pos_ != "PROPN")
    )


def _right(head: Token) -> int:
    end = head.i + 1
    while end < head.sent.end and (
        (head.doc[end].pos_ == "NUM" and head.doc[end].head == head)
        or _is_one_name(head.doc[end - 1], head.doc[end])
    ):
        end += 1
    if end >= head.sent.end or head.doc[end].lower_ != "of" or head.doc[end].head != head:
        return end
    of = head.doc[end]
    inner = next((each for each in of.children if each.dep_ == "pobj"), None)
    if inner is None:
        return end
    if head.lemma_.lower() in LIGHT and not is_proper(head):
        return int(noun_phrase(inner).end)
    bare = head.doc[end + 1].pos_ == "PROPN"
    named = head.ent_type_ and of.ent_type_ == head.ent_type_ and inner.ent_type_
    if is_proper(head) and inner.pos_ == "PROPN" and (bare or named):
        return int(noun_phrase(inner).end)
    return end


def members(head: Token, *, listed: bool = False) -> list[Token]:
    """A noun and the nouns coordinated with it, in order.

    With ``listed``, appositions count as members too: the parser often takes the second of
    *A, B and C* for one. A member with an article of its own among those without is none.
    """
    found = [head]
    for each in head.children:
        if each.i <= head.i or each.pos_ not in NOUNS | {"ADJ", "VERB", "NUM", "X", "INTJ"}:
            continue
        if not each.text[0].isalnum():
            continue
        if each.dep_ == "conj" or (listed and each.dep_ == "appos" and _is_listed(head, each)):
            found += members(each, listed=listed)
    return sorted(found, key=lambda token: token.i)


def _is_listed(head: Token, each: Token) -> bool:
    more = any(child.dep_ in {"cc", "conj", "appos"} for child in each.children)
    comma = head.doc[each.left_edge.i - 1].text == ","
    return more and comma and has_article(head) == has_article(each)


def has_article(token: Token) -> bool:
    """Whether a noun has an article."""
    return any(each.dep_ == "det" and each.lower_ in {"a", "an", "the"} for each in token.children)


def determiner(token: Token) -> str:
    """A noun's determiner in small letters; the owner's pronoun counts as one."""
    found = (each.lower_ for each in token.children if each.dep_ in {"det", "poss", "predet"})
    return next(found, "")


def objects(token: Token, *preps: str) -> Iterator[Token]:
    """What prepositions of a word govern, with coordination."""
    for prep in token.children:
        if prep.dep_ in {"prep", "agent", "dative"} and (not preps or prep.lower_ in preps):
            for each in prep.children:
                if each.dep_ == "pobj":
                    yield from members(each, listed=True)


def prepositions(token: Token) -> Iterator[tuple[str, Token]]:
    """The prepositions of a word, each with its objects."""
    for prep in token.children:
        if prep.dep_ in {"prep", "agent"}:
            for each in prep.children:
                if each.dep_ == "pobj":
                    for one in members(each, listed=True):
                        yield prep.lower_, one


def children(token: Token, *deps: str) -> list[Token]:
    """The children of a word with one of these labels."""
    return [each for each in token.children if each.dep_ in deps]


def subject_of(verb: Token, depth: int = 0) -> Token | None:
    """The noun that a verb is said of: across coordination, clauses and relative pronouns."""
    if depth > 6:
        return None
    own = children(verb, "nsubj", "nsubjpass")
    if own and own[-1].tag_ not in {"WDT", "WP"}:
        return _over_copula(own[-1], depth)
    if own or verb.dep_ in {"acl", "relcl"}:
        clause = verb
        while clause.dep_ == "conj":
            clause = clause.head
        noun = clause.head
        return _over_copula(noun, depth) if clause.dep_ in {"acl", "relcl"} else None
    if verb.dep_ in {"conj", "advcl", "xcomp", "pcomp"} and verb.head != verb:
        head = verb.head if verb.dep_ != "pcomp" else verb.head.head
        return subject_of(head, depth + 1)
    return _before_parenthesis(verb)


def _before_parenthesis(verb: Token) -> Token | None:
    """The first noun of a sentence whose copula lost its subject to *X, also called Y, is ...*."""
    if verb.lemma_ not in BE or not children(verb, "attr"):
        return None
    doc, start = verb.doc, verb.sent.start
    first = next((each for each in doc[start : verb.i] if is_noun(each)), None)
    if first is None or first.i > start + 5:
        return None
    if any(each.pos_ in {"ADP", "VERB", "AUX", "SCONJ"} for each in doc[start : first.i]):
        return None
    while first.dep_ in {"compound", "nmod"} and first.i < first.head.i < verb.i:
        first = first.head
    return first if doc[first.i + 1].text in {",", "("} else None


def is_noun(token: Token) -> bool:
    """Whether a word is a noun, or a name taken for an adjective (*Yiddish is ...*)."""
    as_subject = token.dep_ in {"nsubj", "nsubjpass"} and token.text[0].isupper()
    return token.pos_ in NOUNS or (token.pos_ in {"ADJ", "X"} and as_subject)


def _over_copula(noun: Token, depth: int) -> Token | None:
    """What a clause says of a predicate or of an apposition, it says of the subject."""
    if noun.dep_ == "conj" and noun.head.dep_ == "attr":
        noun = noun.head
    if noun.dep_ == "attr" and noun.head.lemma_ in BE:
        return subject_of(noun.head, depth + 1)
    if noun.dep_ == "appos" and not is_proper(noun):
        return noun.head
    if noun.dep_ == "pobj" and noun.head.lower_ == "of" and noun.pos_ == "NOUN":
        kind = noun.head.head
        if kind.dep_ == "attr" and kind.lemma_.lower() in LIGHT and kind.head.lemma_ in BE:
            return subject_of(kind.head, depth + 1)
    if noun.dep_ == "pobj" and noun.head.lower_ == "as" and noun.pos_ == "NOUN":
        above = noun.head.head
        told = subject_of(above, depth + 1) if above.pos_ in {"VERB", "AUX"} else None
        return told if told is not None else noun
    return noun


def predicates(verb: Token) -> list[Token]:
    """What a copula says: its predicates with coordination, and what stands after *among*."""
    found = []
    for attr in children(verb, "attr"):
        for each in members(attr, listed=True):
            alike = each.dep_ != "appos" or is_proper(each) == is_proper(attr)
            if not alike or ":" in {one.text for one in attr.doc[attr.i : each.i]}:
                continue
            if not _is_in_a_clause(attr, each):
                found.append(each)
        found += [each for each in _ranked_after(attr) if each not in found]
    return found or list(objects(verb, "among"))


def _is_in_a_clause(attr: Token, each: Token) -> bool:
    """Whether a bare noun belongs to a clause: *a man who gave much to logic and number theory*."""
    between = each.doc[attr.i + 1 : each.left_edge.i]
    verbs = any(one.tag_ in {"VBZ", "VBD", "VBP", "WP", "WDT"} for one in between) or (
        any(one.tag_ == "VBN" and one.dep_ == "acl" for one in between) and has_article(attr)
    )
    added = (
        has_article(each)
        and not has_article(attr)
        and not any(x.tag_ == "JJS" for x in each.children)
    )
    return (verbs and not has_article(each)) or added


def _ranked_after(attr: Token) -> list[Token]:
    """*the third planet from the Sun and the only object known to ...*, wherever it was hung."""
    doc, found = attr.doc, []
    for each in doc[attr.i + 1 : attr.sent.end - 2]:
        if each.tag_ in {"VBZ", "VBD", "VBP", "MD", "WP", "WDT"} or each.text in {":", ";"}:
            break
        ranked = doc[each.i + 2]
        if (
            each.lower_ == "and"
            and doc[each.i + 1].lower_ == "the"
            and (ranked.tag_ in {"JJS", "RBS"} or ranked.lower_ in {"only", "sole", "most"})
        ):
            head = ranked.head
            if head.pos_ == "NOUN" and head.i > ranked.i and head.dep_ == "conj":
                found.append(head)
    return found
