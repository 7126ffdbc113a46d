"""Whether *he* or *she* may stand for what a passage is about.

Only for a person, of the gender that the passage tells where it tells one, and not where another
person has come between: then nothing is said rather than something wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from workbench.knowledge.words import word_set

from .people import INSTITUTIONS
from .tree import PLACES, Token, noun_phrase

Gender = Literal["she", "he", ""]

_SHE = word_set("she her hers herself")
_HE = word_set("he him his himself")
PERSONAL = _SHE | _HE
_OF_HER = word_set(
    "woman queen princess actress empress duchess countess baroness heroine nun sister widow lady "
    "dame mrs miss ms madam girl goddess priestess abbess poetess authoress songstress ballerina "
    "businesswoman sportswoman congresswoman stateswoman noblewoman heiress tsarina saleswoman "
    "suffragette sultana mezzo-soprano soprano daughter wife mother"
)
_OF_HIM = word_set(
    "man king prince emperor duke count baron monk brother widower lord mr sir boy god pope bishop "
    "archbishop statesman businessman congressman nobleman sportsman sultan tsar shogun samurai "
    "friar abbot rabbi imam tenor baritone son husband father"
)
_HER_NAMES = word_set(
    "Mary Marie Maria Anna Anne Ann Ada Emma Elizabeth Elisabeth Jane Charlotte Emily Margaret "
    "Catherine Katherine Susan Sarah Alice Vera Clara Rosa Helen Helena Irene Eva Frida Sophia "
    "Sofia Julia Laura Lucy Martha Grace Florence Virginia Dorothy Rosalind Agatha Barbara "
    "Patricia Linda Jennifer Jessica Lisa Nancy Karen Betty Sandra Angela Hannah Ingrid Astrid "
    "Greta Simone Louise Isabella Victoria Diana Marilyn Audrey Ella Billie Janet Mira Mara Lena "
    "Amelia Beatrice Harriet Caroline Eleanor Frances Judith Joan Jeanne Valentina Olga Natalia"
)
_HIS_NAMES = word_set(
    "John Johann Johannes William Wilhelm Charles Carl Karl George Georg James Robert Thomas Henry "
    "Heinrich Edward Richard Peter Pierre Paul Albert Otto Hans Friedrich Frederick Louis Ludwig "
    "Wolfgang Joseph Josef Michael David Daniel Samuel Benjamin Isaac Francis Arthur Alfred Ernest "
    "Ernst Max Martin Magnus Erik Eric Gustav Niels Leonardo Giovanni Giuseppe Antonio Marco Pablo "
    "Vincent Claude Victor Jean Jacques Andrew Alexander Nikolai Ivan Vladimir Leo Boris Anton "
    "Stephen Steven Walter Philip Christopher Nicholas Matthew Mark Luke Simon Edmund Oscar Oskar "
    "Hugo Rudolf Winston Abraham Theodore Franklin Ronald Donald Kenneth Brian Kevin Gary Timothy"
)


_SURNAMES = word_set("church house bridge castle palace temple court parliament")


def gender_of_word(word: str) -> Gender:
    """What a class or a title tells of who bears it."""
    small = word.lower().rstrip(".")
    return "she" if small in _OF_HER else "he" if small in _OF_HIM else ""


def gender_of_name(tokens: Any) -> Gender:
    """What a title before a name or a well-known first name tells."""
    for each in tokens:
        told = gender_of_word(each.text) if each.text[:1].isupper() else ""
        if told:
            return told
        if each.text in _HER_NAMES or each.text in _HIS_NAMES:
            return "she" if each.text in _HER_NAMES else "he"
    return ""


def may_be_person(
    head: Token, classes: Collection[str], things: Collection[str], *, told: bool
) -> bool:
    """Whether a name can be a person's; ``told``, whether a human class is told of it."""
    phrase = noun_phrase(head)
    named = {each.lower_ for each in head.doc[phrase.start : phrase.end]}
    if told:
        return not named & (INSTITUTIONS - _SURNAMES)
    if set(classes) & (INSTITUTIONS | set(things)):
        return False
    if head.ent_type_ == "PERSON":
        return not named & (INSTITUTIONS - _SURNAMES)
    if head.pos_ != "PROPN" or head.ent_type_ in PLACES | {"ORG", "EVENT", "NORP", "LANGUAGE"}:
        return False
    return not named & INSTITUTIONS


def pronouns_of(doc: Any, start: int, end: int, verb: int, classes: Collection[str]) -> set[int]:
    """The personal pronouns of a passage that mean the person whose name is at ``start:end``."""
    own = {each.lower_ for each in doc[start:end]}
    gender = _gender(doc, start, end, verb, classes)
    found: set[int] = set()
    between: Token | None = None
    for token in doc[end:]:
        if token.lower_ in PERSONAL:
            said: Gender = "she" if token.lower_ in _SHE else "he"
            if gender in {"", said} and _is_free(between, said, gender, token):
                found.add(token.i)
                gender = said
        elif token.dep_ in {"nsubj", "nsubjpass"} and token.ent_type_ == "PERSON":
            between = None if token.lower_ in own else token
    return found


def _is_free(between: Token | None, said: Gender, gender: Gender, pronoun: Token) -> bool:
    """Whether nobody else can be meant: who came between is of another gender, or acts on it."""
    if between is None:
        return True
    phrase = noun_phrase(between)
    theirs = gender_of_name(between.doc[phrase.start : phrase.end])
    if theirs and theirs != said and gender == said:
        return True
    return pronoun.dep_ in {"dobj", "dative"} and pronoun.head == between.head


def _gender(doc: Any, start: int, end: int, verb: int, classes: Collection[str]) -> Gender:
    """By the title, the classes, the first name, or the first pronoun before any other person."""
    before = doc[max(doc[start].sent.start, start - 2) : end]
    told = {gender_of_word(each) for each in classes} - {""}
    named = gender_of_name(before)
    if len(told) == 1:
        return told.pop()
    if named:
        return named
    own = {each.lower_ for each in doc[start:end]}
    for token in doc[max(verb, end) :]:
        if token.lower_ in PERSONAL:
            return "she" if token.lower_ in _SHE else "he"
        if token.ent_type_ == "PERSON" and token.lower_ not in own:
            return ""
    return ""
