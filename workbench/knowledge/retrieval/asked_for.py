"""What a question asks for, read from its form: a time, a number, a name, or whether it is so.

By patterns of English, without a parse. It is for judging single sentences (`outright`): where a
form is not known nothing is claimed, and the rankings decide as before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from workbench.knowledge.words import FUNCTION_WORDS, word_set

from .asking_forms import put_plainly
from .names import words_of
from .strategies import asks_about
from .words import stem, stem_set

Kind = Literal["time", "number", "name", "place", "thing", "whether", "about"]
_WORD = re.compile(r"[^\W_]+")
_JOINING = word_set("of the de von van da der")  # small words within a name
AUXILIARIES = word_set("""
    is are was were be do does did has have had can could will would shall should may might
    """)
# Small words that say which of several is meant: a sentence must have them, too.
_TELLING = word_set("first most only other before after without another not never no")
# Nouns that a question has for the kind of its answer.
_KINDS = stem_set("""
    year date day time century decade number name called thing something kind type word term
    person people man woman someone somebody place town city village country company
    """)
# What no sentence can answer that has not a word for it.
_DEEDS = stem_set("""
    born die died found founded write wrote written compose composed paint painted invent invented
    discover discovered design designed build built marry married buried work works worked employs
    buy bought sell sold acquired kill killed murdered live lives lived
    """)
_RELATING = word_set("who whom whose which that where")
MEASURES = {
    "long": "long length km kilometre kilometer metre meter mile year month day hour minute",
    "high": "high height elevation altitude metre meter m foot feet",
    "tall": "tall high height metre meter m foot feet cm",
    "deep": "deep depth metre meter m foot feet",
    "wide": "wide width broad metre meter m km kilometre kilometer mile foot feet",
    "far": "far distance away km kilometre kilometer mile",
    "old": "old age aged born",
    "large": "large area size cover square hectare population inhabitant people",
    "big": "big large area size cover square hectare population inhabitant people",
    "heavy": "heavy weigh weight kg kilogram tonne ton pound",
    "fast": "fast speed km kilometre mile hour second",
    "much": "",
    "many": "",
}
_WHO_IS = re.compile(
    r"^(?:[Ww]ho|[Ww]hat) (?:is|was|are|were) (?:the )?[^\W\d_a-z][\w'’-]*"
    r"(?: (?:(?:of|the|de|von|van) )*[^\W\d_a-z][\w'’-]*)*\s*\?*$"
)
_WHO_IS_HIS = re.compile(r"^[Ww]ho (?:is|was|are|were) .*\w['’]s? (?:[a-zß-ÿ]+ ){0,2}([a-zß-ÿ]+)\b")
_IN_YEAR = re.compile(r"\b(?:in|during) (?:the year )?(\d{4})\b", re.I)
# *Where was Ida Sommer's manager born?*: more is asked of what a name has.
_OF_HIS = re.compile(r"[^\W\d_a-z]\w*['’]s ([a-zß-ÿ]+(?: [a-zß-ÿ]+)?) (?!of\b)[a-zß-ÿ]+\b")
_COMPARING = re.compile(
    r"\b(?:same|both|either|than|older|younger|larger|longer|higher|taller|bigger|smaller|deeper|"
    r"earlier|later|more|fewer|less)\b|\b(?:which|who|what)\b.*,.*\bor\b",
    re.I,
)


@dataclass(frozen=True)
class Relation:
    """Who does what to whom: the verb, and whether the name in the question does it.

    ``named_does``: *What did Ida write?*; without: *Who wrote Tails?*. ``of``: a noun that the
    name has, as in *Who is the mayor of Rome?*; the verb is empty then. ``passive``: *Who was
    born in Rome?*
    """

    verb: str = ""
    named_does: bool = False
    of: str = ""
    passive: bool = False


@dataclass(frozen=True)
class AskedFor:
    """A question as its telling stems, its names, what kind of answer it wants, and who does what.

    ``small`` are little words that tell; ``measures`` stems of which one goes with a number;
    ``nested`` whether it is asked of something that is only described; ``counted`` what there are
    how many of; ``owned`` what a name has of which more is asked: *Ida's manager*. ``now``: it is
    asked who is, or does; ``year``: who was, or did, in that year; ``office`` is the stem of what
    the named has somebody for, as in *the mayor of Rome* or *Rome's mayor*.
    """

    kind: Kind
    stems: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    small: frozenset[str]
    measures: frozenset[str]
    relation: Relation
    compares: bool
    nested: bool = False
    counted: str = ""
    owned: frozenset[str] = frozenset()
    now: bool = False
    year: int | None = None
    office: str = ""

    @property
    def named(self) -> frozenset[str]:
        """The stems of all names."""
        return frozenset(word for name in self.names for word in name)

    @property
    def asked(self) -> tuple[str, ...]:
        """The stems that are of no name: what is asked of what is named."""
        return tuple(word for word in self.stems if word not in self.named)

    @property
    def deed(self) -> str:
        """What was done, where it is one of the deeds that are known; of several the last."""
        if self.kind == "whether":
            return ""
        return next((word for word in reversed(self.asked) if word in _DEEDS), "")


def is_kind(word: str) -> bool:
    """Whether a stem says only of what kind an answer is: *town*, *person*."""
    return word in _KINDS


def acronyms_in(text: str) -> frozenset[str]:
    """Words in capitals alone, in small letters, where the text is not all in capitals: *WHO*."""
    if not any(letter.islower() for letter in text):
        return frozenset()
    return frozenset(each.casefold() for each in re.findall(r"\b[A-Z]{2,}\b", text))


def read_asked_for(question: str) -> AskedFor:
    """What a question asks for."""
    question = put_plainly(question)
    shown = _WORD.findall(question)
    kept = acronyms_in(question)
    names = _names(shown)
    told = [
        stem(word)
        for word in dict.fromkeys(words_of(question.replace("_", " ")))
        if word in kept or word not in FUNCTION_WORDS
    ]
    if re.search(r"\bwho found\b", question, re.I):  # not founded
        told = ["find" if word == "found" else word for word in told]
    named = {word for name in names for word in name}
    stems = tuple(word for word in dict.fromkeys(told) if word in named or word not in _KINDS)
    kind, measures = _kind(question)
    if names and _asks_about_name(question):
        kind = "about"
    plain = [word.casefold() for word in shown]
    his = _OF_HIS.search(question)
    many = re.search(r"\bhow many (\w+)", question, re.I)
    relation = _relation(plain, shown, names)
    his_office = _WHO_IS_HIS.match(question)
    year = _IN_YEAR.search(question) if plain[:1] == ["who"] else None
    return AskedFor(
        kind,
        stems,
        names,
        frozenset(word for word in plain if word in _TELLING),
        measures,
        relation,
        bool(_COMPARING.search(question)),
        _is_nested(plain, named) or his is not None,
        stem(many[1].casefold()) if many else "",
        frozenset(map(stem, his[1].split())) if his else frozenset(),
        _is_of_now(plain, relation),
        int(year[1]) if year else None,
        relation.of or (stem(his_office[1].casefold()) if his_office else ""),
    )


def _is_of_now(plain: list[str], relation: Relation) -> bool:
    """Whether *Who is the mayor of Rome?* or *Who leads it?* is asked, and not who was or did."""
    if plain[:1] not in (["who"], ["whose"]) or len(plain) < 2:
        return False
    does = relation.verb and not relation.passive and plain[1].endswith("s")
    return plain[1] in ("is", "are") or bool(does and plain[1] not in AUXILIARIES)


def _asks_about_name(question: str) -> bool:
    """Whether one that has a name wants to be told of it: *Who is Ida Sommer?*, *Tell me about*."""
    return bool(_WHO_IS.search(question.strip())) or asks_about(question)


def _is_nested(plain: list[str], named: set[str]) -> bool:
    """Whether it describes a thing by another: *the person who ...*, *the founder of X*."""
    if _RELATING & set(plain[2:]):
        return True
    ends_with_name = bool(plain) and stem(plain[-1]) in named
    return "of" in plain and not ends_with_name


def _names(shown: list[str]) -> tuple[tuple[str, ...], ...]:
    """Runs of capitalised words as their stems, but for the first word: *University of Rome*."""
    found: list[list[str]] = []
    within = False
    for at, word in enumerate(shown):
        if word[0].isupper() and (at > 0 or (len(word) > 1 and word.isupper())):
            if not within:
                found.append([])
            within = True
            if word.isupper() or word.casefold() not in FUNCTION_WORDS:  # not the The of a title
                found[-1] += [stem(each) for each in words_of(word)]
        elif word not in _JOINING or (word == "the" and shown[at - 1] not in _JOINING):
            within = False
    return tuple(tuple(name) for name in found if name)


def _kind(question: str) -> tuple[Kind, frozenset[str]]:
    plain = " ".join(words_of(question))
    first = plain.split()[0] if plain else ""
    if re.search(r"^(?:\w+ )?(?:when|(?:what|which) (?:\w+ )?(?:year|date|day|century))\b", plain):
        return "time", frozenset()
    how = re.search(r"^(?:\w+ )?how (\w+)", plain)
    if how and how[1] in MEASURES:
        return "number", frozenset(map(stem, MEASURES[how[1]].split()))
    if re.search(r"^(?:what|which) (?:is|was|are|were) (?:the )?(?:population|number|length|height|"
                 r"depth|area|distance)\b", plain):  # fmt: skip
        return "number", frozenset()
    if re.search(r"^(?:\w+ )?where\b", plain):
        return "place", frozenset()
    if re.search(r"^(?:\w+ )?(?:who|whom|whose)\b", plain):
        return "name", frozenset()
    return ("whether" if first in AUXILIARIES else "thing"), frozenset()


def _relation(plain: list[str], shown: list[str], names: tuple[tuple[str, ...], ...]) -> Relation:
    """Who does it, from the words' order; empty where the form is another one."""
    if len(plain) < 3 or not names:
        return Relation()
    of = re.search(r"\b(\w+) of (?:the |an? )?([A-Z]\w*)", " ".join(shown))
    if plain[0] in ("who", "whose") and plain[1] in AUXILIARIES and of:
        return Relation(of=stem(of[1].casefold()))
    if plain[0] == "who" and plain[1] in AUXILIARIES and plain[2] not in FUNCTION_WORDS:
        return Relation(stem(plain[2]), named_does="by" in plain[3:5], passive=True)
    if plain[0] in ("who", "what") and plain[1] not in AUXILIARIES | FUNCTION_WORDS:
        return Relation(stem(plain[1]))
    if plain[0] in ("who", "whom", "what", "which") and {"did", "does", "do"} & set(plain[1:3]):
        named = {word for name in names for word in name}
        rest = [stem(word) for word in plain[2:] if word not in FUNCTION_WORDS]
        verbs = [word for word in rest if word not in named]
        return Relation(verbs[0], named_does=True) if verbs else Relation()
    return Relation()
