"""Texts without persons: found, looked for once more, replaced, and every decision written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.core.viewers import Viewable

from .by_key import Place, find_by_key, is_of_a_thing
from .consistency import People, spread
from .engine import find_spans
from .findings import Found, resolve
from .judging import judge
from .keys import make_key
from .lists.using import lists_in_use
from .pseudonyms import Pseudonyms
from .recognisers import NAMES
from .surrogates import Surrogates
from .true_case import with_capitals
from .writing import why_unreadable

Way = Literal["mask", "surrogate", "pseudonym"]
Scope = Literal["document", "corpus"]
WITHHELD = "[WITHHELD: {reason}]"


@dataclass(frozen=True)
class Decision:
    """What was done with one span: ``start`` and ``end`` are of the text that is made.

    The words themselves are not kept: the record may be shown where the text may not.
    """

    start: int
    end: int
    kind: str
    score: float
    by: str
    because: str
    chars: int
    whom: int | None = None


@dataclass(frozen=True)
class AnonymisedText(Viewable):
    """A text without persons. ``withheld`` says why nothing of it may leave; then ``text`` says so.

    ``decisions`` are in the order of the text. ``fewer_lists`` says that the lists of names and
    places were not there, so that more is missed; empty where they were.
    """

    text: str
    way: str
    decisions: tuple[Decision, ...]
    withheld: str = ""
    fewer_lists: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """The spans by kind."""
        return dict(sorted(Counter(each.kind for each in self.decisions).items()))


def detect(
    texts: Sequence[str],
    *,
    recognisers: Iterable[str] = NAMES,
    consistency: Scope | None = "corpus",
    places: Sequence[Place] | None = None,
    pages: Sequence[str] | None = None,
) -> list[tuple[Found, ...]]:
    """What is personal in each text; nothing for those that ``why_unreadable`` speaks of.

    Args:
        texts: Any.
        recognisers: Which to ask.
        consistency: Look for found names again in their text or in all; None: do not.
        places: Where each stands, where it is a value of a key or column. A number is judged by its
            place and its form alone.
        pages: The texts with the marks of their form, where ``texts`` are without.

    Raises:
        EngineError: A recogniser failed.
    """
    where = [Place()] * len(texts) if places is None else places
    readable = [
        at for at, (text, place) in enumerate(zip(texts, where, strict=True))
        if text.strip() and not place.number and not why_unreadable(text)
    ]  # fmt: skip
    told: list[tuple[Found, ...]] = [()] * len(texts)
    if readable:  # else nothing is begun, and no "0 of 0 texts" is told
        read = _read([texts[at] for at in readable], recognisers, consistency)
        for at, kept in zip(readable, read, strict=True):
            told[at] = kept
    for at, place in enumerate(where):
        if place != Place():
            kept = tuple(e for e in told[at] if not is_of_a_thing(texts[at], e, place))
            by_key = find_by_key((pages or texts)[at], place)
            told[at] = resolve(texts[at], (*kept, *by_key)) if by_key else kept
    return told


def _read(
    chosen: Sequence[str], recognisers: Iterable[str], consistency: Scope | None
) -> list[tuple[Found, ...]]:
    """What the recognisers see in texts that they can read."""
    views = [with_capitals(text) for text in chosen]
    found: list[tuple[Found, ...]] = []
    guesses: list[tuple[Found, ...]] = []
    with progress("read the texts", total=len(chosen), unit="texts") as task:
        read = find_spans(views, recognisers=recognisers)
        for text, view, (spans, reading) in zip(chosen, views, read, strict=True):
            sure, unsure = judge(text, view, reading, spans)
            found.append(sure)
            guesses.append(unsure)
            task.advance()
    if consistency is not None:
        return spread(views, found, guesses, corpus=consistency == "corpus")
    return found


def anonymise_texts(
    texts: Sequence[str],
    *,
    way: Way = "mask",
    key: bytes | None = None,
    recognisers: Iterable[str] = NAMES,
    consistency: Scope | None = "corpus",
    views: Sequence[str] | None = None,
    places: Sequence[Place] | None = None,
) -> list[AnonymisedText]:
    """Texts with what is personal replaced.

    A text in a script or language that the recognisers cannot read is withheld as a whole: what
    comes in its place says why. The lists of names and places are fetched when they are first
    wanted; where they cannot be, the work is done without them and each result says so.

    Args:
        texts: Documents of one corpus.
        way: ``mask`` puts the kind there, ``surrogate`` a made value of the same kind and shape,
            ``pseudonym`` what the key alone turns back.
        key: 32 bytes. Pseudonyms need it; surrogates without one are of a key that is thrown away.
        recognisers: Which to ask.
        consistency: Of what the same person is called the same.
        views: The texts as they are to be read, each as long as its text: without marks, say.
        places: Where each stands, where it is a value of a key or column.

    Raises:
        EngineError: A recogniser failed; nothing comes back.
        InputError: Pseudonyms are asked for without a key.

    >>> anonymise_texts(["Write to maria@example.com"])[0].text
    'Write to [EMAIL]'
    """
    if isinstance(texts, str):
        raise InputError("one text where a list of texts is expected", hint="anonymise_text(text)")
    if way == "pseudonym" and key is None:
        raise InputError(
            "pseudonyms need a key, or nobody could ever turn them back",
            hint="workbench privacy new-key FILE, kept apart from the text; or way='mask'",
        )
    if way not in ("mask", "surrogate", "pseudonym"):
        raise InputError(f"way is {way!r}", hint="mask, surrogate or pseudonym")
    read = texts if views is None else views
    if [len(text) for text in read] != [len(text) for text in texts]:
        raise InputError("a view is not as long as its text")
    found = detect(
        read, recognisers=recognisers, consistency=consistency, places=places, pages=texts
    )
    return write_texts(texts, found, way=way, key=key, consistency=consistency, views=read)


def write_texts(
    texts: Sequence[str],
    found: Sequence[tuple[Found, ...]],
    *,
    way: Way,
    key: bytes | None,
    consistency: Scope | None,
    views: Sequence[str],
) -> list[AnonymisedText]:
    """Texts with what was found in them replaced; see ``anonymise_texts``.

    Args:
        found: Of each text the spans, in their order and without overlaps.
    """
    writer = _Writer(way, key or make_key(), linked=consistency)
    return [
        writer.write(text, spans, why_unreadable(view))
        for text, view, spans in zip(texts, views, found, strict=True)
    ]


def anonymise_text(text: str, *, way: Way = "mask", key: bytes | None = None) -> AnonymisedText:
    """One text with what is personal replaced; see ``anonymise_texts``."""
    return anonymise_texts([text], way=way, key=key)[0]


class _Writer:
    """Puts the replacements in, one text after the other, and numbers the persons."""

    def __init__(self, way: Way, key: bytes, *, linked: Scope | None) -> None:
        self._way = way
        self._linked = linked
        self._people = People()
        self._numbers: dict[str, int] = {}
        self._surrogates = Surrogates(key)
        self._pseudonyms = Pseudonyms(key) if way == "pseudonym" else None
        self._fewer_lists = lists_in_use().warning
        self._text = 0

    def write(self, text: str, spans: tuple[Found, ...], withheld: str) -> AnonymisedText:
        """The text with its spans replaced."""
        self._text += 1
        if withheld:
            said = WITHHELD.format(reason=withheld)
            return AnonymisedText(said, self._way, (), withheld, self._fewer_lists)
        self._people.begin_text(
            text[each.start : each.end] for each in spans if each.kind == "PERSON"
        )
        out: list[str] = []
        decisions: list[Decision] = []
        at = length = 0
        for each in spans:
            new, whom = self._replacement(each.kind, text[each.start : each.end])
            out += [text[at : each.start], new]
            length += each.start - at
            decisions.append(
                Decision(length, length + len(new), each.kind, each.score, each.by, each.because,
                         each.end - each.start, whom)
            )  # fmt: skip
            length += len(new)
            at = each.end
        out.append(text[at:])
        return AnonymisedText(
            "".join(out), self._way, tuple(decisions), fewer_lists=self._fewer_lists
        )

    def _replacement(self, kind: str, said: str) -> tuple[str, int | None]:
        person = None
        if self._linked and kind in ("PERSON", "EMAIL"):
            person = self._people.who(said) if kind == "PERSON" else self._people.behind(said)
        who = person.key if person is not None and kind == "PERSON" else said
        if self._linked == "document":
            who = f"{self._text} {who}"
        number = self._numbers.setdefault(who, len(self._numbers) + 1) if kind == "PERSON" else None
        if self._way == "mask":
            return f"[{kind}]", number
        if self._pseudonyms is not None:
            return self._pseudonyms.seal(kind, who, said), number
        return self._surrogates.make(kind, said, person=person), number


def count_kinds(made: Iterable[AnonymisedText]) -> dict[str, int]:
    """The spans of several texts by kind."""
    total: Counter[str] = Counter()
    for each in made:
        total.update(each.counts)
    return dict(sorted(total.items()))


def records(made: Sequence[AnonymisedText]) -> Iterator[dict[str, object]]:
    """The decisions as plain rows, for a file beside the text."""
    for number, each in enumerate(made, start=1):
        if each.withheld:
            yield {"text": number, "withheld": each.withheld}
        for decision in each.decisions:
            yield {"text": number, **dict(vars(decision).items())}
