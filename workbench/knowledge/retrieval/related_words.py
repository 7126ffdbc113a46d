"""Which words say much the same as a word of a question: "born" and "birthplace".

Told by a list of English words that ask and answer for one thing, and by words that begin alike.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections import defaultdict

from .passage_words import PassageWords
from .words import stem_set

ALIKE, RELATED = 0.8, 0.7  # how far such a word stands for another
_PREFIX = 4  # letters that words which begin alike share at least
_LONG_PREFIX = 6
_LONGEST_ENDING = 4

_CLASSES = """
born birth birthplace native
die died death dead deceased killed
kill killed murder murdered assassinated assassination shot slain executed
found founded founder foundation established formed formation created creation set started began
write wrote written writer author authored novel poem penned
compose composed composer score music opera
paint painted painter painting artist
direct directed director film
invent invented inventor invention devised developed developer created creator
discover discovered discoverer discovery found identified observed
design designed designer architect architecture built
build built builder building constructed construction erected completed commissioned
marry married husband wife spouse marriage consort wed
child children son daughter offspring
parent father mother son daughter
sibling brother sister
king queen monarch ruler ruled reign reigned emperor crown throne
rule ruled ruler reign reigned governed power
succeed succeeded successor followed replaced
precede preceded predecessor
deep depth deepest
high height highest tall elevation rises summit peak altitude metres
long length longest lasted extends
wide width broad
large area size covers largest extent square
big largest size
heavy weight mass
old age aged oldest
far distance away
population inhabitants people live residents populous populated
capital seat
language speak spoken speakers official tongue
currency money coin
river flows runs stream tributary
rise rises source originates headwaters springs
empty empties discharges flows mouth drains
mountain peak summit range mount hill
lie lies located situated stands location
border borders bounded bounds neighbours adjoins frontier
consist comprises composed made contains includes divided
belong member part family genus
name named called known title
nickname epithet called known
begin began start started outbreak broke
end ended ending concluded collapse fall fell until
win won winner victory awarded received recipient champion
award prize received won
battle war fought fight defeated conflict
defeat beat victory won
conquer conquered captured conquest occupied annexed invaded took seized
publish published publisher publication appeared released serialised
release released issued appeared
perform performed performance premiere premiered
teach taught teacher professor university studied
study studied educated student university
work worked employed served
head headed leader led chief president chairman director
lead led leader commanded commander
minister premier
govern governor
headquarters headquartered based seat
religion religious faith belief
party democratic member
translate translated translation
move moved transferred relocated
own owned owner parent
buy bought sell sold acquire acquired purchased acquisition takeover
make made produced
produce produced producer production
island archipelago
city town
country nation state
play player
sing singer sang
act actor actress starred starring
team club squad
join joined connects links linked
cross crosses spanning
bury buried tomb burial
elect elected election
crown crowned coronation
abdicate abdicated resigned
cause caused
"""
# Too many things are set, made or taken for them to say that one was founded or conquered.
_LOOSE = stem_set("""
    set started start began begin created creation creator formed formation made make took
    seized followed received appeared identified university student professor known called lead
    led head chief leader highest longest largest deepest oldest biggest tallest widest smallest
    """)
_FINDING = stem_set("discover discovered discoverer discovery")
_KIN = stem_set("child children son daughter parent father mother brother sister")


@functools.cache
def _classes() -> tuple[dict[str, tuple[int, ...]], tuple[frozenset[str], ...]]:
    """The classes of each stem, and the stems of each class."""
    members = tuple(map(stem_set, _CLASSES.strip().splitlines()))
    found: dict[str, list[int]] = defaultdict(list)
    for number, stems in enumerate(members):
        for word in stems:
            found[word].append(number)
    return {word: tuple(numbers) for word, numbers in found.items()}, members


def related(word: str, words: PassageWords) -> dict[int, float]:
    """The stems of passages that say what a stem says, each with how far, itself with 1.

    Args:
        word: A stem.
        words: Those of the passages.
    """
    classes, members = _classes()
    known = words.number_of
    found = {
        known[other]: RELATED
        for number in classes.get(word, ())
        for other in members[number]
        if other in known
    }
    if len(word) >= _PREFIX and not any(map(str.isdigit, word)):
        start = word[:_PREFIX]
        at = bisect_left(words.stems, start)
        while at < len(words.stems) and words.stems[at].startswith(start):
            if begin_alike(word, words.stems[at]):
                found[at] = ALIKE
            at += 1
    if word in known:
        found[known[word]] = 1.0
    return found


def begin_alike(one: str, other: str) -> bool:
    """Whether two stems differ in their endings alone, as ``invent`` and ``inventor`` do."""
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    longer, shorter = max(len(one), len(other)), min(len(one), len(other))
    least = min(_LONG_PREFIX, max(_PREFIX, shorter - 1))
    return shared >= least and shared >= longer - _LONGEST_ENDING


@functools.lru_cache(maxsize=1 << 16)
def say_alike(one: str, other: str) -> bool:
    """Whether two stems ask and answer for the same, or differ in their endings alone.

    Kin and words of many uses are told to the letter: who has a son is not his father's father.
    """
    if one == other:
        return True
    if one in _KIN or other in _KIN:
        return False
    if "found" in (one, other) and (one in _FINDING or other in _FINDING):
        return False
    if not {one, other} & _LOOSE and share_class(one, other):
        return True
    tellable = len(one) >= _PREFIX and not any(map(str.isdigit, one))
    return tellable and begin_alike(one, other)


def share_class(one: str, other: str) -> bool:
    """Whether two stems stand in one line of the list."""
    classes = _classes()[0]
    return not set(classes.get(one, ())).isdisjoint(classes.get(other, ()))
