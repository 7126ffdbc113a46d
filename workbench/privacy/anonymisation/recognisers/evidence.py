"""What speaks for and against words being a person: their kind, what stands around, the document.

Each sign has a name; ``names`` adds up the weights of those that are seen. Signs say nothing of
single words, so that weights fitted on one set of documents hold for names that are not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import (
    bare,
    read_called_after,
    read_lexicon,
    read_surroundings,
    things_in,
)

from .candidates import Candidate, bare_words, class_of
from .fields import cells_of
from .records import values_of_things

_LABEL = re.compile(
    r"(?P<label>[^\W\d_][^\n:=|;{}\[\]<>,\"]{0,38}?)[\"'*_)\]]{0,3}[ \t]{0,2}"
    r"(?P<mark>[:=|>]|\.{2,}|(?<=\w) [-–] |[ \t]{2,}|\t)[ \t\"'*_(\[]*$"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ADDRESS_LIKE = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?:https?://|www\.)\S+|[\w-]+\.[\w.-]+/\S*")
_CONTACT = re.compile(
    r"^[^\n\w]{0,4}(?:\n[ \t]*)?[^\n]{0,28}?(?:@[\w-]+\.|\+\d|\(?\d{3,5}\)?[ .-]\d{3})"
)
_CLOSING = re.compile(
    r"(?:regards|sincerely|cheers|thanks|thank you|thx|best|yours|truly|wishes|love|faithfully|"
    r"respectfully|signed)[,.!]?[ \t]*\n+[ \t]*[-–—]*[ \t]*$",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?[\])]?[ \t]*[-–:]?[ \t]*[\"'<]?$")
_AGE = re.compile(r"^,? ?\(?(?:aged? )?\d{1,2}[),.;]|^,? ?\(?(?:born|b\.|dob|d\.o\.b)\b", re.I)
_SHORT = re.compile(r"^ ?\([^\W\d_]+\)")
# The next and the last of several: Grant, Mykola and Aga.
_LISTED_BEFORE = re.compile(r"([^\W\d_a-zß-ÿ][\w'’-]+)[\"”]?(?:,|,? and|,? or| &|/) [\"“]?$")
_LISTED_BEHIND = re.compile(r"[\"”]?(?:,|,? and|,? or| &|/) [\"“]?([^\W\d_a-zß-ÿ][\w'’-]+)")
_SECOND = re.compile(r" [a-z]+ ([a-z]+)")  # Oscar desk lamp
_RELEASE = re.compile(r"[^\n.;]{0,14}?[ :(]v?\d{1,3}\.\d{1,3}\.\d")
_RUN_BEHIND = re.compile(r"(?:[ -][^\W\d_a-zß-ÿ][\w'’-]*){1,4}")
_PLACES = frozenset(
    ("hall", "park", "primary", "common", "cross", "dock", "docks", "wharf", "quay", "pier", "way", "road", "street", "avenue", "lane", "drive",
     "court", "terrace", "gate", "green", "bridge", "arch", "tower", "towers", "house", "centre", "center", "wing", "block", "ward", "suite",
     "fairground", "junction", "stadium", "arena", "ground", "field", "fields", "beach", "bay", "cove", "lake", "falls", "island", "islands",
     "mountain", "hill", "heath", "moor", "woods", "forest", "secondary", "infants", "juniors", "grammar", "comprehensive", "nursery", "arms", "inn")
)  # fmt: skip
_VERSION = re.compile(r"^[ /-]?v?\d")


@dataclass
class Page:
    """A text as evidence is sought in it, read once for all candidates."""

    text: str
    reading: Reading
    in_addresses: str = ""
    small: frozenset[str] = field(default_factory=frozenset)
    things: tuple[tuple[int, int], ...] = ()
    cells: tuple[tuple[int, int, str], ...] = ()
    of_things: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, text: str, reading: Reading) -> Page:
        """The page of a text."""
        addresses = " ".join(bare(hit.group().lower()) for hit in _ADDRESS_LIKE.finditer(text))
        small = frozenset(re.findall(r"(?<![\w@.-])[a-zß-ÿ]{3,}(?![\w@-])", text))
        things = tuple(things_in(text))
        return cls(
            text, reading, re.sub(r"[^a-z ]", "", addresses), small, things,
            tuple(cells_of(text)), tuple(values_of_things(text)))  # fmt: skip


def signs_of(candidate: Candidate, page: Page) -> Iterator[str]:
    """The signs that are seen of a candidate."""
    yield "any"
    yield from _of_words(candidate)
    yield from _of_reading(candidate, page.reading)
    before = page.text[max(0, candidate.start - 60) : candidate.start]
    after = page.text[candidate.end : candidate.end + 60]
    weak = "weak" if _is_weak(candidate) else "firm"
    for sign in {*_before(before), *_after(after, candidate, page)}:
        yield sign
        yield f"{weak} {sign}"
    yield from _of_page(candidate, page)


def _is_weak(candidate: Candidate) -> bool:
    """Whether the words alone say little: everyday words, or one word of no list of names."""
    kinds = set(candidate.classes) - set("IT")
    return not kinds & set("GS") and (len(candidate.words) == 1 or not kinds & set("RU"))


def _of_words(candidate: Candidate) -> Iterator[str]:
    kinds = candidate.classes
    count = len(kinds)
    yield f"words {min(count, 4)}"
    for kind in set(kinds):
        yield f"has {kind}"
        yield f"{'one' if count == 1 else 'more'} has {kind}"
    if count == 2:
        yield f"pair {kinds}"
    if set(kinds) <= set("ABD"):
        yield f"all words {min(count, 3)}"
    if kinds[0] in "GA" and kinds[-1] in "SBR" and count > 1:
        yield "given then surname"
    said = [word.said for word in candidate.words]
    if said[0] in ("St", "Saint", "St."):
        yield "saint"
    if not "".join(said).isascii():
        yield "marks"
    if any(word.isupper() and len(word) > 2 for word in said):
        yield "capitals" if count == 1 else "capitals in a row"
        if count == 1 and len(said[0]) <= 4:
            yield "acronym"
    if any(re.search(r"[a-z][A-Z]", word) for word in said):
        yield "mixed"
    if any("-" in word for word in said):
        small = any(re.search(r"-[a-z]", word) for word in said)
        yield "hyphen before a small letter" if small else "hyphen"
    if any(len(word) <= 2 and word.isupper() and len(word) > 1 for word in said):
        yield "two capitals"


def _of_reading(candidate: Candidate, reading: Reading) -> Iterator[str]:
    label = reading.label_at(candidate.start, candidate.end)
    single = "one" if len(candidate.words) == 1 else "more"
    yield f"{single} spaCy {label or 'nothing'}"
    proper = [word.start in reading.proper for word in candidate.words]
    yield "all proper" if all(proper) else "some proper" if any(proper) else "none proper"


def _before(before: str) -> Iterator[str]:
    around = read_surroundings()
    line = before.rpartition("\n")[2]
    if not line.strip(" \t>\"'“‘(*-•[#"):
        yield "begins line"
    stripped = before.rstrip(" \t\"'“‘(*-•>\n")
    if not stripped or stripped[-1] in ".!?…":
        yield "begins sentence"
    if _CLOSING.search(before):
        yield "signs"
    if _CLOCK.search(line):
        yield "behind a time"
    gap = before[len(before.rstrip(" \t\u00a0")) :]
    mark = before.rstrip()[-1:]
    if mark and not mark.isalnum():
        yield f"mark {mark}"
    elif mark.isdigit():
        yield "behind a number"
    if len(gap) > 1 or "\t" in gap:
        yield "cell"
    label = _LABEL.search(line)
    if label:
        yield from _label(label["label"], label["mark"])
    said = re.search(r"([^\W\d_][\w'’-]*)\.?[ \u00a0\n]$", before)
    if said:
        low = said[1].lower()
        found = False
        for kind in ("title", "greeting", "kin", "role", "verb", "passive", "place", "article"):
            if low in around[kind]:
                found = True
                yield f"behind {kind}"
        if low in ("and", "&", "or"):
            yield "behind and"
        elif not found:
            yield "behind a capital" if said[1][0].isupper() else "behind a word"
        if said[1][0].isupper():
            yield f"behind class {class_of(said[1])}"
    listed = _LISTED_BEFORE.search(before)
    if listed:
        yield f"listed behind {class_of(listed[1])}"


def _label(label: str, mark: str) -> Iterator[str]:
    around = read_surroundings()
    said = re.findall(r"[^\W\d_]+", _CAMEL.sub(" ", label).lower())
    sure = "label" if mark[0] in ":=>|" else "cell label"
    last = said[-3:]
    if any(word in around["other_label"] for word in last):
        yield f"other {sure}"
    elif any(word in around["name_label"] for word in last):
        yield f"name {sure}"
    elif sure == "label":
        yield "some label"


def _after(after: str, candidate: Candidate, page: Page) -> Iterator[str]:
    if not after.strip() or re.match(r"[ \t]*[.,!)\"']?[ \t]*(?:\n|$)", after):
        yield "ends line"
    if re.match(r"['’]s?\b", after):
        yield "possessive"
        after = re.sub(r"^['’]s?", "", after)
    if re.match(r" ?& ?[A-Z]|(?: and)? [A-Z][a-z]+ (?:LLP|Ltd|Inc|GmbH)", after):
        yield "and company"
    if _AGE.search(after):
        yield "age"
    if _SHORT.match(after):
        yield "short name behind"
    if _CONTACT.match(after):
        yield "contact behind"
    if _VERSION.match(after) and not re.match(
        r"[ /-]?\d{4}-|[ ]\d{2}[:.]\d\d|[ ]\(?0|[ ]\d{3}", after
    ):
        yield "number behind"
    if _RELEASE.match(after):
        yield "version near"
    mark = after[:1]
    if mark in ',:;()/<|@&"':
        yield f"then {mark}" if mark else "then nothing"
    if re.match(r"[ \t]{2,}|\t", after):
        yield "cell behind"
    if re.match(r" (?:MR|MRS|MS|MISS|MX|DR|Mr|Mrs|Ms|Miss)\b", after):
        yield "title behind"
    listed = _LISTED_BEHIND.match(after)
    if listed:
        yield f"listed before {class_of(listed[1])}"
    yield from _next_word(after, candidate, page)


def _next_word(after: str, candidate: Candidate, page: Page) -> Iterator[str]:
    """What the word behind a candidate is, and what its capitals lead to."""
    around = read_surroundings()
    word = re.match(r"[ -]([^\W\d_][\w'’-]*)", after)
    if not word:
        return
    low = word[1].lower()
    if word[1][0].isupper():
        yield "then organisation" if low in around["organisation"] else "then a capital"
        yield f"then class {class_of(word[1])}"
        if _ends_as_a_thing(after):
            yield "run of a thing"
        if low in around["thing"] or low in around["event"]:
            yield "then Thing"
        return
    if low in around["thing"]:
        yield "then thing"
    second = _SECOND.match(after)
    if second and second[1] in around["thing"]:
        yield "then a word and a thing"
    tag = page.reading.tags.get(candidate.end + word.start(1), "") if word.start(1) == 1 else ""
    if tag in ("VBD", "VBZ", "MD", "VBP"):
        yield "then verb"
    elif tag in ("NN", "NNS"):
        yield "then noun"
    elif low in ("and", "or"):
        yield "then and"
    elif tag:
        yield f"then {tag[:2]}"


def _ends_as_a_thing(after: str) -> bool:
    """Whether the capitals behind a candidate end with a firm's, a place's or a thing's word."""
    around = read_surroundings()
    run = _RUN_BEHIND.match(after)
    last = run[0].split()[-1].lower() if run else ""
    return last in around["organisation"] or last in around["thing"] or last in _PLACES


def _of_page(candidate: Candidate, page: Page) -> Iterator[str]:
    low = [part for word in bare_words(candidate.words) for part in re.split(r"[^a-z]+", word)]
    if any(len(part) > 3 and part in page.in_addresses for part in low):
        yield "in an address"
    if any(word.lower in page.small for word in candidate.words):
        yield "small elsewhere"
    if any(word.said in read_lexicon().places for word in candidate.words):
        yield "a place"
    if any(start <= candidate.start < end for start, end in page.of_things):
        yield "in a record of a thing"
    for start, end, kind in page.cells:
        if start <= candidate.start and candidate.end <= end:
            yield "in a name column" if kind.startswith("PERSON") else "in another column"
            break
    if any(start < candidate.end and candidate.start < end for start, end in page.things):
        yield "called after somebody"
    if len(candidate.words) == 1 and low[0] in read_called_after()[1]:
        yield "may be called after somebody"
