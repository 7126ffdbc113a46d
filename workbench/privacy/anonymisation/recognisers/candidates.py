"""Words that may be a person's name: runs of capitals, cut where a word is nobody's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.privacy.anonymisation.lists.using import by_the_lists
from workbench.privacy.anonymisation.words import (
    PARTICLES,
    bare,
    is_english,
    read_classes,
    read_lexicon,
    read_surroundings,
)

from .capitals import Word, parts_of, runs_of, words_of

_MOST_WORDS = 7
_SAINTS = frozenset(("st", "saint"))
TITLES = frozenset(("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sgt", "rev"))
_TITLED = re.compile(r"(?i)(?<!\w)(?:mr|mrs|ms|miss|mx|dr|prof|professor|sgt|rev)\.? $")
_ENDINGS = frozenset(("jr", "sr", "ii", "iii", "iv"))
# Particles that stay small words of English where they have a capital.
_ALSO_ENGLISH = frozenset(("do", "den", "ten", "zu", "ben", "san", "i", "e", "y", "t"))
_PARTICLES_WITH_CAPITALS = (PARTICLES | {"au", "ni", "abu", "ould", "ait"}) - _ALSO_ENGLISH
_SHORT = frozenset("an he so my do to le ha no in on la hu lo du or at".split())  # noqa: SIM905

# What a word may be to a name. The letters stand in the weights too.
# English words are GIVEN_WORD (Rose, Mark) or SURNAME_WORD (Page, Field) where they are also names;
# MAYBE is a word like June or Will, which is a name only beside one.
GIVEN, SURNAME, GIVEN_WORD, SURNAME_WORD, RARE, UNKNOWN = "GSABRU"
ENGLISH, INITIAL, PLACE, NEVER, PARTICLE, MAYBE = "DIPNTM"
_WEAK = NEVER + MAYBE + ENGLISH
EVERYDAY_WORDS = frozenset(_WEAK)
_NAMES = GIVEN + SURNAME + RARE + UNKNOWN + GIVEN_WORD + SURNAME_WORD + INITIAL


@dataclass(frozen=True)
class Candidate:
    """Words in a row with the class of each; ``text[start:end]`` is what they say."""

    words: tuple[Word, ...]
    classes: str

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


def candidates_of(text: str, proper: frozenset[int] = frozenset()) -> Iterator[Candidate]:
    """Every run of capitals that may be a name, run by run.

    ``proper`` are the starts of words that a model tagged as proper nouns: where it did so with an
    everyday word (Harvest, Christmas, Winter), the word is a candidate alone, and with the name
    beside it.
    """
    words = words_of(text)
    places = {word.start: at for at, word in enumerate(words)}
    for run in runs_of(text, words):
        run = [*_particles_before(text, words, places[run[0].start]), *run]
        classes = [class_of(word.said) for word in run]
        if _TITLED.search(text, max(0, run[0].start - 14), run[0].start) and classes[0] in _WEAK:
            classes[0] = SURNAME_WORD
        pieces = list(_pieces(text, run, classes))
        for begin, end in [*pieces, *_with_everyday_words(run, classes, pieces, proper)]:
            if _is_code(text, run[begin].start, run[end - 1].end):
                continue
            yield Candidate(tuple(run[begin:end]), "".join(classes[begin:end]))


def _with_everyday_words(
    run: list[Word], classes: list[str], pieces: list[tuple[int, int]], proper: frozenset[int]
) -> Iterator[tuple[int, int]]:
    """Everyday words that are tagged as proper nouns: alone, in twos, and beside a name."""
    held = {at for begin, end in pieces for at in range(begin, end)}
    free = [
        at not in held and classes[at] in _WEAK and word.start in proper
        and not _is_label(word.lower)
        for at, word in enumerate(run)
    ]  # fmt: skip
    for begin, end in pieces:
        before = begin > 0 and free[begin - 1]
        behind = end < len(run) and free[end]
        if before and end - begin <= 3:
            yield begin - 1, end
        if behind and end - begin <= 2:
            yield begin, end + 1
    at = 0
    while at < len(run):
        end = at
        while end < len(run) and free[end]:
            end += 1
        if 0 < end - at <= 2:
            yield at, end
        at = max(end, at + 1)


@by_the_lists(maxsize=65536)
def _class_of_form(low: str) -> str:
    """The class of a word in small letters."""
    lexicon = read_lexicon()
    if low in lexicon.no_names:
        also = low in lexicon.own or low in lexicon.ambiguous or low in _SHORT
        return MAYBE if also else NEVER
    forms = parts_of(low)
    english = is_english(low)
    given = any(form in lexicon.given for form in forms)
    surname = any(form in lexicon.family for form in forms)
    ambiguous = low in lexicon.ambiguous
    if given or surname or ambiguous:
        if ambiguous or (english and low not in lexicon.curated):
            return GIVEN_WORD if given else SURNAME_WORD
        return GIVEN if given else SURNAME
    if any(form in lexicon.common for form in forms):
        return SURNAME_WORD if english else SURNAME
    if not english and any(form in lexicon.rare for form in forms):
        return RARE
    if low in lexicon.small_places:
        return PLACE
    return ENGLISH if english else UNKNOWN


def class_of(said: str) -> str:
    """What a word may be to a name: see the letters above."""
    if len(said) == 1 or (len(said) == 2 and said[1] == "."):
        return INITIAL
    low = said.lower().rstrip(".")
    if said.isupper() and low in read_classes("id_labels.txt")["sure"]:
        return NEVER
    if low in _ENDINGS:
        return INITIAL
    if low in _SAINTS or low in (_PARTICLES_WITH_CAPITALS if said[0].isupper() else PARTICLES):
        return PARTICLE
    return _class_of_form(low)


def _pieces(text: str, run: list[Word], classes: list[str]) -> Iterator[tuple[int, int]]:
    """Where the run is cut: at words that are nobody's name, and at headings before a name."""
    begin = 0
    for at in range(len(run) + 1):
        if at < len(run) and not _cuts(run, classes, at):
            continue
        yield from _trimmed(run, classes, begin, at)
        begin = at + 1


def _cuts(run: list[Word], classes: list[str], at: int) -> bool:
    titled = at > 0 and run[at - 1].lower.rstrip(".") in TITLES
    behind = titled or (at > 0 and run[at - 1].is_initial)
    if behind and classes[at] in _WEAK and not _is_label(run[at].lower):
        classes[at] = SURNAME_WORD
        return False
    if classes[at] == NEVER:
        return True
    if classes[at] == MAYBE:
        near = classes[max(0, at - 1) : at] + classes[at + 1 : at + 2]
        if not set(near) & set(GIVEN + SURNAME + RARE + UNKNOWN + GIVEN_WORD + SURNAME_WORD):
            return True
        classes[at] = GIVEN_WORD
        return False
    if classes[at] != ENGLISH:
        return False
    # An English word cuts; between two names it may be one (Anna Quick Meier).
    before = at > 0 and classes[at - 1] in GIVEN + SURNAME + RARE
    after = at + 1 < len(run) and classes[at + 1] in _NAMES
    after = after or (at + 1 == len(run) and at > 1 and classes[at - 2] in _NAMES)
    return not (before and after and not _is_label(run[at].lower))


_IN_CODE = re.compile(r"[a-z0-9]\.$|\w@$|_$|\d-$|\d\Z")
_CODE_BEHIND = re.compile(r"[-_/]?\d|\.[a-z]|_|\(\)|://")
_CAMEL = re.compile(r"(?<!\bMac)(?<!\bFitz)[a-z]{3}[A-Z]")


def _is_code(text: str, start: int, end: int) -> bool:
    """Whether words are a part of a code, an address of the web or a program's name."""
    if _CODE_BEHIND.match(text, end) or _CAMEL.search(text, start, end):
        return True
    return bool(_IN_CODE.search(text, max(0, start - 2), start)) or _is_key(text, start, end)


_TAG_BEHIND = re.compile(r"\s+[\w:.-]+=|/?>")
_KEY_BEHIND = re.compile(r"[:=](?=[^\s:=])|;[A-Z][A-Z-]+=")
_GEDCOM = re.compile(r"(?m)^\d{1,2} (?:@\w+@ )?$")


def _is_key(text: str, start: int, end: int) -> bool:
    """Whether a word is a format's own: a tag of XML, a property of a vCard, a line's of GEDCOM."""
    if text[start - 1 : start] == "<":
        closed = f"</{text[start:end]}>" in text
        return closed or bool(re.compile(r"\s+[\w:.-]+=\"").match(text, end))
    if text[max(0, start - 2) : start] == "</" and _TAG_BEHIND.match(text, end):
        return True
    if not text[start:end].isupper() or end - start < 2:
        return False
    if text[start - 1 : start] in ("", "\n", ";") and _KEY_BEHIND.match(text, end):
        return True
    return end - start < 6 and bool(_GEDCOM.search(text, max(0, start - 16), start))


def _particles_before(text: str, words: list[Word], at: int) -> list[Word]:
    """The small words right before a name that belong to it: von, de la, bin, van 't."""
    begin = at
    while begin > 0 and at - begin < 3:
        before = words[begin - 1]
        between = text[before.end : words[begin].start]
        if before.said not in PARTICLES or between not in (" ", " '", " ’", "\n"):
            break
        begin -= 1
    return words[begin:at]


def _is_label(low: str) -> bool:
    around = read_surroundings()
    return any(
        low in around[name]
        for name in ("name_label", "other_label", "organisation", "role", "title", "greeting")
    )


def _trimmed(
    run: list[Word], classes: list[str], begin: int, end: int
) -> Iterator[tuple[int, int]]:
    """Without labels, titles and greetings at the beginning, nor particles at the end."""
    while begin < end and (
        (classes[begin] == PARTICLE and classes[begin + 1 : begin + 2] in ([], [NEVER], [ENGLISH]))
        or (
            classes[begin] != PARTICLE
            and end - begin > 1
            and (_is_label(run[begin].lower) or run[begin].lower in read_surroundings()["verb"])
            and classes[begin] != GIVEN
        )
    ):
        begin += 1
    while end > begin and (classes[end - 1] == PARTICLE or not run[end - 1].capital):
        end -= 1
    if begin < end and end - begin <= _MOST_WORDS:
        yield begin, end


def bare_words(words: tuple[Word, ...]) -> list[str]:
    """The words as they are compared: small letters without accents."""
    return [bare(word.lower).rstrip(".").replace("’", "'") for word in words]
