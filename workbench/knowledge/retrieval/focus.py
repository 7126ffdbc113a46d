"""What a question asks of its last thing: the word of its main clause that an answer must have.

*In what year was the empire founded whose general was Gajah Mada?* asks for a year, and *founded*
is what must be said with it; *empire* and the clause behind only describe what is asked of. Told by
patterns of English, without a parse, as `asked_for` does for single sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from workbench.knowledge.words import FUNCTION_WORDS, word_set

from .words import stem, stem_set

Wanted = Literal["time", "day", "number", "place", "name", "thing", "whether"]
_TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[,;:]")
_AUXILIARIES = word_set(
    "is are was were be been did do does has have had can could will would shall should may might"
)
_BE = word_set("is are was were")
_RELATIVE = word_set("that which who whom whose where when")
_PREPOSITIONS = word_set(
    "of in on at by to from with into near through under after before for about between over "
    "across around beside behind off since until during against among as than within up along"
)
_ARTICLES = word_set("the a an his her its their this these those any some each no first last")
_TIMES = word_set("year day date century decade month time years")
_PLACES = word_set(
    "city town country village place state province county region island continent district "
    "borough suburb capital mountains highlands street square park building house museum theatre "
    "hospital church"
)
_PEOPLE = word_set(
    "king queen emperor president architect painter composer writer author poet novelist general "
    "scientist physicist philosopher director actor actress singer person man woman pope explorer "
    "engineer astronomer pharaoh sultan ruler leader storyteller physician politician"
)
_AMOUNTS = word_set(
    "height depth length width distance speed temperature age altitude elevation population area "
    "cost price mass weight size diameter density"
)
_NAMED = word_set(
    "capital city town mountain river lake peak point island sea title name wife husband mother "
    "father son daughter brother sister king queen president mayor minister company newspaper "
    "party university birthplace seat nickname country team band club author founder director"
)
_LIGHT = stem_set(
    "become became come came made make took take put get got go went give bring brings brought "
    "have had has keep hold play played plays do does been put given help helped brings"
)
_LIVING = word_set("live lives lived living")
_QUESTION = word_set("what which who whom whose where when how")
_PARTICIPLE = re.compile(
    r"(?:[^e]ed|[^e]en|[ow]own|nown|orn|ung|ilt|ought|aught|"
    r"^(?:set|led|won|made|put|found|held|sold|lost|told|shot))$"
)
_LIKE_A_VERB = re.compile(r"(?:ed|[^su]s|ote|ose|ame|ade|ook|ays|orn|own|ung|ilt|ent)$")
_MOST_NOUNS = 5
_LITTLE = word_set("often still also ever now once later usually probably mostly already most much")


@dataclass(frozen=True)
class Focus:
    """What is asked, as stems.

    ``word`` is what an answer must say; ``beside`` the other words of the main clause that are no
    names; ``kind`` the noun that the answer is called by (*which river*), or nothing; ``years``
    numbers that the clause has. ``wanted`` is what form the answer has.
    """

    word: str
    beside: tuple[str, ...]
    kind: str
    wanted: Wanted
    years: tuple[str, ...] = ()


def read_focus(question: str) -> Focus:
    """What a question asks; a word of none is empty."""
    tokens = _TOKEN.findall(question)
    low = [each.casefold() for each in tokens]
    at, kind, wanted, head = _asking(tokens, low)
    main = _main_clause(low, at)
    years = tuple(each for each in low[at:] if each.isdigit())
    spoken = [place for place in main if _tells(tokens[place], low[place])]
    verb = _verb(tokens, low, at, spoken) if not head else None
    if head:
        word, used = head, None
    elif verb is not None:
        used = _carrying(low, verb)
        word = low[used]
    else:
        used = next(iter(spoken), None)
        word = low[used] if used is not None else ""
        used, word = _noun_of(low, spoken, used, word)
    if wanted == "thing" and not kind:
        wanted = "number" if word in _AMOUNTS else "name" if word in _NAMED else wanted
    beside = [low[place] for place in spoken if place != used and low[place] != word]
    told = dict.fromkeys(stem(each) for each in beside if not each.isdigit())
    word = word.removeprefix("co-")
    return Focus(stem(word), tuple(told), stem(kind), wanted, years)


def _asking(tokens: list[str], low: list[str]) -> tuple[int, str, Wanted, str]:
    """Where the words that ask end, the noun for the answer, its form, and a measure asked for."""
    place = next((at for at, word in enumerate(low) if word in _QUESTION), None)
    if place is None or place > 3:
        polar = bool(low) and low[0] in _AUXILIARIES
        return (1 if polar else 0), "", "whether" if polar else "thing", ""
    asks = low[place]
    if asks == "how":
        measure = low[place + 1] if place + 1 < len(low) else ""
        if measure in ("many", "much"):
            end, nouns = _nouns(tokens, low, place + 2)
            return end, "", "number", _counted(nouns, low[end:])
        if measure in _AUXILIARIES:
            return place + 1, "", "thing", ""
        return place + 2, "", "number", measure
    if asks in ("what", "which", "whose"):
        end, nouns = _nouns(tokens, low, place + 1)
        kind = nouns[-1] if nouns else ""
        wanted: Wanted = "thing"
        if kind in _TIMES:
            wanted, kind = ("day" if kind in ("day", "date") else "time"), ""
        elif kind in _AMOUNTS:
            return end, "", "number", kind
        elif kind in _PLACES:
            wanted = "place"
        elif kind in _PEOPLE or asks == "whose":
            wanted = "name"
        return end, kind, wanted, ""
    wanted = "time" if asks == "when" else "place" if asks == "where" else "name"
    return place + 1, "", wanted, ""


def _counted(nouns: list[str], rest: list[str]) -> str:
    """What there are how many of: the first plural; who lives somewhere are its inhabitants."""
    plural = next((word for word in nouns if word.endswith("s") or word == "people"), "")
    if plural == "people" and _LIVING & {*nouns, *rest}:
        return "inhabitants"
    return plural or (nouns[-1] if nouns else "")


def _nouns(tokens: list[str], low: list[str], start: int) -> tuple[int, list[str]]:
    """The words for the answer: up to a verb that helps, or without one up to the verb itself."""
    found: list[str] = []
    at = start
    while at < len(low) and len(found) < _MOST_NOUNS:
        if low[at] in _AUXILIARIES | _RELATIVE:
            return at, found
        ends = low[at] in _ARTICLES or (low[at] in _PREPOSITIONS and low[at] != "of")
        if (ends or tokens[at][0].isupper()) and len(found) > 1:  # *Which river runs through ...*
            return at - 1, found[:-1]
        if ends:
            return at, found
        if low[at] != "of" and not low[at][0].isdigit() and not tokens[at][0].isupper():
            found.append(low[at])
        at += 1
    return at, found


def _main_clause(low: list[str], start: int) -> list[int]:
    """The places of its words: without clauses that describe, and what they are led in by."""
    found, at = [], start
    while at < len(low):
        if low[at] in _RELATIVE and at > start:
            at = _after_clause(low, at)
            continue
        found.append(at)
        at += 1
    return found


def _after_clause(low: list[str], at: int) -> int:
    """Where a clause that describes ends: with the question, but for *often called the father*."""
    for place in range(at + 2, len(low)):
        if low[place] in _LITTLE and place + 1 < len(low) and low[place - 1] not in _AUXILIARIES:
            return place
    return len(low)


def _carrying(low: list[str], verb: int) -> int:
    """The verb, or the next word where the verb alone says little: *become president*."""
    if stem(low[verb]) not in _LIGHT:
        return verb
    for place in range(verb + 1, len(low)):
        if low[place] in _RELATIVE:
            break
        if low[place][0].isalpha() and low[place] not in FUNCTION_WORDS | _PREPOSITIONS | _ARTICLES:
            return place
    return verb


def _tells(token: str, low: str) -> bool:
    if low in FUNCTION_WORDS | _AUXILIARIES | _LITTLE or not low[0].isalnum():
        return False
    return low not in _PREPOSITIONS and not token[0].isupper()


def _verb(tokens: list[str], low: list[str], at: int, spoken: list[int]) -> int | None:
    """The verb behind the subject, where a verb that helps stands before it."""
    if at >= len(low):
        return None
    if low[at] not in _AUXILIARIES:
        return spoken[0] if spoken and spoken[0] == at else None  # *Who wrote ...*
    place = at + 1
    seen = False  # a noun or a name of the subject
    while place < len(low):
        word, shown = low[place], tokens[place]
        if word in _RELATIVE:
            copula = low[at] in _BE and at < 2  # *What is the capital of the country that X led?*
            return None if copula else _verb_behind(tokens, low, at, place)
        if (word in _ARTICLES and not (seen and word == "last")) or word == ",":
            if seen and word in ("a", "an") and low[at] in ("has", "have", "had"):
                return None
            place += 1
        elif word == "of":
            place, seen = place + 1, False
        elif word in _PREPOSITIONS:
            if seen and low[at] in _BE and place > at + 3:
                return _participle(tokens, low, place + 1)
            place, seen = place + 1, False
        elif shown[0].isupper() or shown[0].isdigit():
            place, seen = place + 1, True
        elif not seen:
            place, seen = place + 1, True
            while place < len(low) and _goes_on(tokens, low, place):
                place += 1
        elif place in spoken:
            if low[at] in _BE:  # *was X's liquid-fueled rocket launched*
                rest = range(place, len(low))
                ends = next((each for each in rest if low[each] in _RELATIVE), len(low))
                return _participle(tokens[:ends], low[:ends], place) or place
            return place
        else:
            place += 1
    return None


def _verb_behind(tokens: list[str], low: list[str], at: int, clause: int) -> int | None:
    """The verb of the main clause behind one that describes: it follows that one's verb, or a name
    that ends it: *the novelist who wrote about the Compsons win*."""
    if low[at] in _BE:
        return _participle(tokens, low, clause + 3)
    found = None
    for place in range(clause + 2, len(low)):
        before = low[place - 1]
        ends = tokens[place - 1][0].isupper() or bool(_LIKE_A_VERB.search(before))
        ends = (ends and before not in FUNCTION_WORDS | _PREPOSITIONS) or before in _LITTLE
        if ends and (stem(low[place]) in _LIGHT or _tells(tokens[place], low[place])):
            found = place
    return found


def _participle(tokens: list[str], low: list[str], start: int) -> int | None:
    """The last word from a place on that looks like *founded* or *born*."""
    return next(
        (
            place
            for place in range(len(low) - 1, start - 1, -1)
            if _PARTICIPLE.search(low[place])
            and _tells(tokens[place], low[place])
            and low[place - 1] not in _ARTICLES | _PREPOSITIONS
        ),
        None,
    )


def _goes_on(tokens: list[str], low: list[str], place: int) -> bool:
    """Whether a noun phrase has another noun here, and no verb: *main building*, *gold medal*."""
    word = low[place]
    if word in FUNCTION_WORDS | _AUXILIARIES | _PREPOSITIONS or tokens[place][0].isupper():
        return False
    following = low[place + 1] if place + 1 < len(low) else ""
    return following == "of"


def _noun_of(
    low: list[str], spoken: list[int], used: int | None, word: str
) -> tuple[int | None, str]:
    """The last noun of the first run: *the lord mayor of*, *the highest mountain of*."""
    if used is None:
        return None, ""
    at = spoken.index(used)
    while at + 1 < len(spoken) and spoken[at + 1] == spoken[at] + 1:
        at += 1
    return spoken[at], low[spoken[at]]
