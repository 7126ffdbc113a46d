"""Who is who in a text and in a corpus: the same person is found everywhere and called the same.

A second pass over what the recognisers found. Names that were found once are looked for wherever
they stand: in full, the first or the last name alone, with initials, in capitals, turned round,
in an e-mail address. Then the mentions of one person are put together, so that all of them get
surrogates that belong together.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .findings import Found, resolve
from .parallel import beside
from .recognisers.capitals import parts_of, words_of
from .same_form import alike, forms_in_corpus
from .settling import without_things
from .words import PARTICLES, bare, is_english, read_lexicon

_LEAST_CHARS = 2
_LEAST_SURE = 0.9  # how sure a name must be that it is looked for in other texts
_LEAST_GUESS = 0.12  # how sure a guess must be that a name elsewhere makes sure
_TITLE_WORDS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "professor",
        "sir",
        "dame",
        "cllr",
        "rev",
        "sgt",
        "pc",
        "capt",
        "cpl",
        "insp",
        "supt",
    ]
)


@dataclass
class Person:
    """Somebody of whom names were seen: ``parts`` in small letters without accents, in order."""

    parts: tuple[str, ...]
    forms: Counter[str] = field(default_factory=Counter)

    @property
    def key(self) -> str:
        """What surrogates are derived from."""
        return " ".join(self.parts)

    @property
    def family(self) -> str:
        """The last name, or the only one."""
        return self.parts[-1]


def parts_of_name(said: str) -> tuple[str, ...]:
    """The words of a name as they are compared: no titles, no possessive, no accents, no capitals.

    A name that is turned round by a comma is turned back.

    >>> parts_of_name("OKAFOR, Chinedu"), parts_of_name("Ms Zoë O'Brien's")
    (('chinedu', 'okafor'), ('zoe', "o'brien"))
    """
    before, comma, after = said.partition(",")
    words = [word.said for word in words_of(f"{after} {before}" if comma else said)]
    low = [bare(word.lower()).rstrip(".").replace("’", "'") for word in words]
    return tuple(word for word in low if word and word not in _TITLE_WORDS)


def spread(
    texts: Sequence[str],
    found: Sequence[tuple[Found, ...]],
    guesses: Sequence[tuple[Found, ...]],
    *,
    corpus: bool,
) -> list[tuple[Found, ...]]:
    """The findings with every further mention of a person that was found.

    Args:
        texts: The texts.
        found: What was found in each.
        guesses: What was found in each without being sure: an everyday word (May, Rose) is a
            mention only where it is one of them.
        corpus: Look for the full names of one text in all others too.
    """
    everywhere = _by_first(_everywhere(texts, found) if corpus else ())
    forms = forms_in_corpus(texts, found) if corpus else frozenset()
    done = []
    for text, spans, unsure in zip(texts, found, guesses, strict=True):
        more = [
            *_mentions(text, everywhere, unsure),
            *_mentions(text, _by_first(_wanted(text, spans)), unsure),
            *_in_emails(text, spans, unsure),
            *_initials(text, spans),
            *alike(text, spans, forms),
            *beside(text, spans),
        ]
        more = without_things(text, more)
        done.append(resolve(text, [*spans, *more]) if more else spans)
    return done


def _wanted(text: str, spans: Iterable[Found]) -> frozenset[tuple[str, ...]]:
    """The names to look for in the text that they were found in: in full and each word alone."""
    wanted: set[tuple[str, ...]] = set()
    for each in spans:
        if each.kind != "PERSON":
            continue
        parts = parts_of_name(text[each.start : each.end])
        if len(parts) > 1:
            wanted.add(parts)
            wanted.add(parts[::-1])
        wanted.update((part,) for part in parts if _stands_alone(part))
    return frozenset(wanted)


def _stands_alone(part: str) -> bool:
    """Whether a word of a name is looked for by itself: no particle and no initial."""
    return len(part) >= _LEAST_CHARS and part not in PARTICLES


def _everywhere(
    texts: Sequence[str], found: Sequence[tuple[Found, ...]]
) -> frozenset[tuple[str, ...]]:
    """The names that are looked for in all texts: in full only, for a word alone misleads."""
    full: set[tuple[str, ...]] = set()
    for text, spans in zip(texts, found, strict=True):
        for each in spans:
            if each.kind == "PERSON" and each.score >= _LEAST_SURE:
                parts = parts_of_name(text[each.start : each.end])
                if 1 < len(parts) <= 5 and not any(map(_is_everyday, parts)):
                    full.add(parts)
    return frozenset(full)


def _by_first(names: Iterable[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    firsts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for parts in names:
        firsts[parts[0]].append(parts)
    return firsts


def _mentions(
    text: str, wanted: Mapping[str, Sequence[tuple[str, ...]]], unsure: Sequence[Found]
) -> Iterator[Found]:
    """Where the wanted names stand. A word alone must have a capital."""
    by = "consistency"
    likely = [each for each in unsure if each.kind == "PERSON" and each.score >= _LEAST_GUESS]
    if not wanted:
        return
    words = words_of(text)
    low = [bare(word.lower).rstrip(".").replace("’", "'") for word in words]
    for at, word in enumerate(words):
        for parts in wanted.get(low[at], ()):
            end = at + len(parts)
            if tuple(low[at:end]) != parts:
                continue
            if len(parts) == 1 and not (word.capital or _is_only_a_name(low[at])):
                continue
            if (
                len(parts) == 1
                and _is_everyday(low[at])
                and not any(each.start <= word.start < each.end for each in likely)
            ):
                continue
            yield Found(
                word.start, words[end - 1].end, "PERSON", 0.7, by, "the same name elsewhere"
            )
        for part in parts_of(word.lower)[2:] if word.capital and "-" in word.said else ():
            if (bare(part),) in wanted.get(
                bare(part), ()
            ) and part in read_lexicon().given | read_lexicon().family:
                yield Found(
                    word.start, word.end, "PERSON", 0.6, by, "holds a name that is elsewhere"
                )


def _is_only_a_name(word: str) -> bool:
    """Whether a word without a capital can be nothing but a name: rupert, and not amber."""
    lexicon = read_lexicon()
    return len(word) > 3 and lexicon.is_clear_name(word) and not is_english(word)


def _is_everyday(word: str) -> bool:
    """Whether a word is English too, or so short that it stands for much else."""
    lexicon = read_lexicon()
    return (
        len(word) < 3
        or word in lexicon.ambiguous
        or word in lexicon.no_names
        or (is_english(word) and word not in lexicon.curated)
    )


def _in_emails(text: str, spans: Iterable[Found], unsure: Sequence[Found]) -> Iterator[Found]:
    """Names that stand in an address of the same text: maria.lopez@... gives away Maria Lopez."""
    wanted: set[tuple[str, ...]] = set()
    lexicon = read_lexicon()
    for each in spans:
        if each.kind != "EMAIL":
            continue
        local = text[each.start : each.end].partition("@")[0]
        parts = [
            part for part in re.split(r"[^a-z]+", bare(local.lower())) if len(part) >= _LEAST_CHARS
        ]
        if len(parts) > 1:
            wanted.add(tuple(parts))
        wanted.update((part,) for part in parts if part not in lexicon.no_names
                      and (not is_english(part) or lexicon.is_clear_name(part)))  # fmt: skip
    yield from _mentions(text, _by_first(wanted), unsure)


def _initials(text: str, spans: Iterable[Found]) -> Iterator[Found]:
    """Bare initials of somebody who is named in full in the same text: JK, J.K."""
    wanted: set[str] = set()
    for each in spans:
        if each.kind == "PERSON":
            words = [w.said for w in words_of(text[each.start : each.end]) if w.said[0].isupper()]
            if 2 <= len(words) <= 4 and not any(
                word.isupper() and len(word) == 2 for word in words
            ):
                wanted.add("".join(word[0] for word in words))
                wanted.add(words[0][0] + words[-1][0])
    wanted -= {word.upper() for word in read_lexicon().no_names}
    if not wanted:
        return
    for hit in re.finditer(r"(?<![\w.@/-])[^\W\d_](?:\.? ?[^\W\d_]){1,3}\.?(?![\w@])", text):
        letters = re.sub(r"[^\w]", "", hit.group())
        if letters.isupper() and letters in wanted and " " not in hit.group().strip():
            yield Found(
                hit.start(), hit.end(), "PERSON", 0.6, "consistency", "initials of somebody named"
            )


class People:
    """The persons of a corpus, by the names that were seen, first come first named.

    A name of one word is somebody of the same text of whom more is known, if there is exactly one
    such; else somebody of their own. Across texts only names in full are the same person.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, Person] = {}
        self._here: list[Person] = []

    def begin_text(self, names: Iterable[str]) -> None:
        """Forget who is in view, then take in this text's names, the fullest first."""
        self._here = []
        for said in sorted({parts_of_name(name) for name in names}, key=_fullest_first):
            if said:
                self._take(said)

    def who(self, said: str) -> Person:
        """The person that a mention in the text in view means."""
        parts = parts_of_name(said) or (said.lower(),)
        return self._meant(parts) or self._take(parts)

    def behind(self, email: str) -> Person | None:
        """The person in view whose names an e-mail address holds, if it holds two or more."""
        parts = [
            part for part in re.split(r"[^a-z]+", bare(email.partition("@")[0].lower())) if part
        ]
        return self._meant(tuple(parts)) if len(parts) > 1 else None

    def _take(self, parts: tuple[str, ...]) -> Person:
        known = self._meant(parts)
        if known is None:
            key = " ".join(parts)
            known = self._by_key.setdefault(key, Person(parts))
            self._here.append(known)
        return known

    def _meant(self, parts: tuple[str, ...]) -> Person | None:
        for person in self._here:
            if person.parts == parts or (len(parts) > 1 and sorted(person.parts) == sorted(parts)):
                return person
        fits = [person for person in self._here if _is_short_for(parts, person.parts)]
        return fits[0] if len(fits) == 1 else None


def _fullest_first(parts: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return -len(parts), -sum(map(len, parts)), parts


def _is_short_for(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Whether a mention is a shorter form of a name: words left out, or initials for words."""
    if len(short) > len(full) or (len(short) == 1 and len(short[0]) == 1):
        return False
    at = 0
    for part in short:
        while at < len(full) and not (
            part == full[at] or (len(part) == 1 and full[at].startswith(part))
        ):
            at += 1
        if at == len(full):
            return False
        at += 1
    return True
