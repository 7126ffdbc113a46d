"""Makes `pii_documents.jsonl.gz`: 1,000 made documents about nobody, with exact character spans.

Run it to write the file anew; what it writes is frozen, so a test compares the two. The rules of
labelling stand in README.md, the shapes in pii_shapes.txt, the words in pii_words.txt.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import random
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pii_numbers as numbers
from pii_numbers import filled, folded, some
from pii_people import HERE, MONTHS, Blocks, Decks, Person, Piece, read_words

OUTCOME = HERE / "pii_documents.jsonl.gz"
SEED, WITH, WITHOUT = 20260307, 900, 100
SLOT = re.compile(r"\{(~[^{}]*|[a-z]\.[A-Za-z]+\d?)\}")
CHOICE = re.compile(r"\[\[((?:(?!\[\[|\]\]).)*)\]\]", re.S)
NAMES_AND_PLACES = ("PERSON", "LOCATION")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FILLERS = ("num", "digit", "year")  # not to be masked either, but too easy to count as decoys


@dataclass(frozen=True)
class Shape:
    """A document as written by hand, with gaps; the head of its file says what the flags are."""

    name: str
    flags: list[str]
    body: str

    @property
    def empty(self) -> bool:
        return "none" in self.flags

    @property
    def ways(self) -> str:
        """How the document may be spoilt: w, t and l."""
        return "".join(flag for flag in self.flags if flag != "none" and "=" not in flag)


@dataclass
class Made:
    """One document, with what the file does not say: its shape, decoys, schemes and origins."""

    shape: str
    pieces: list[Piece]
    origins: list[str]
    text: str
    number: int = 0

    def found(self, decoys: bool = False) -> list[tuple[int, int, Piece]]:
        """Where the spans stand, or the decoys."""
        found, at = [], 0
        for piece in self.pieces:
            if piece.decoy if decoys else piece.type:
                found.append((at, at + len(piece.text), piece))
            at += len(piece.text)
        return found

    def row(self) -> dict[str, object]:
        """The document as a line of the file."""
        found = self.found()
        for start, end, piece in found:
            # Wrapping a line puts a line break where a space was, within spans too.
            assert self.text[start:end].replace("\n", " ") == piece.text, (self.shape, piece)
            assert piece.text and piece.text == piece.text.strip(), (self.shape, piece)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(found)), self.shape
        name, kind = self.shape.replace(".", "-"), self.shape.split(".")[0]
        spans = [{"start": start, "end": end, "type": piece.type} for start, end, piece in found]
        return {"id": f"{name}-{self.number:02d}", "kind": kind, "text": self.text, "spans": spans}


def read_shapes() -> list[Shape]:
    """The shapes, in the order of their file."""
    text = (HERE / "pii_shapes.txt").read_text("utf-8")
    parts = re.split(r"^=== (\S+) ?(.*)\n", text, flags=re.M)
    found = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    return [Shape(name, flags.split(), body.strip()) for name, flags, body in found]


class Decoys:
    """What looks like personal data and is none."""

    def __init__(self, words: Blocks, decks: Decks) -> None:
        self.lists = {name: block["all"] for name, block in words["list"].items()}
        self.decks, self.rng = decks, decks.rng
        self.begin()

    def begin(self) -> None:
        """A new document: a moment from which its clock runs on, and one way to tell it."""
        day, minutes = self.rng.randrange(7 * 365), self.rng.randrange(6 * 60, 16 * 60)
        self.now = datetime(2019, 1, 1) + timedelta(day, minutes=minutes)
        self.turn = self.rng.randrange(1000)

    def make(self, kind: str) -> str:
        if kind in self.lists:
            return filled(self.rng, self.decks.draw(f"list {kind}", self.lists[kind]))
        return str(getattr(self, kind)())

    def pick(self, forms: list[str]) -> str:
        """Mostly the way of this document, now and then another."""
        return forms[self.turn % len(forms)] if self.rng.random() < 0.8 else self.rng.choice(forms)

    def date(self) -> str:
        then = self.now + timedelta(self.rng.randrange(-300, 60))
        day, month = then.day, MONTHS.split()[then.month - 1]
        forms = [f"{then:%d/%m/%Y}", f"{day} {month} {then.year}", f"{then:%Y-%m-%d}"]
        forms += [f"{month} {day}, {then.year}", f"{day} {month[:3]}", f"{then:%d.%m.%Y}"]
        return self.pick([*forms, f"{day} {month}", f"{DAYS[then.weekday()]} {day} {month}"])

    def time(self) -> str:
        self.now += timedelta(seconds=self.rng.randrange(20, 2400))
        return self.pick([f"{self.now:%H:%M}", f"{self.now:%H.%M}", f"{self.now:%H:%M:%S}"])

    def stamp(self) -> str:
        self.now += timedelta(seconds=self.rng.randrange(90))
        return f"{self.now:%Y-%m-%d %H:%M:%S},{self.num()}"

    def iso(self) -> str:
        self.now += timedelta(seconds=self.rng.randrange(90))
        return f"{self.now:%Y-%m-%dT%H:%M:%S}Z"

    def num(self) -> str:
        return str(self.rng.randrange(100, 999))

    def digit(self) -> str:
        return str(self.rng.randrange(2, 9))

    def year(self) -> str:
        return str(self.rng.randrange(1998, 2026))

    def total(self) -> str:
        low, high = self.rng.choice(((3, 90), (100, 999), (1000, 9999)))
        big, cents = self.rng.randrange(low, high), f"{self.rng.randrange(100):02d}"
        forms = [f"£{big:,}.{cents}", f"${big:,}.{cents}", f"EUR {big},{cents}", f"€{big}"]
        return self.pick([*forms, f"{big} kr", f"₹{big:,}", f"{big}.00 CHF", f"{big:,} PLN"])

    def track(self) -> str:
        start = self.rng.choice(("1Z999AA1", "JD0146000", "RR", "00340434"))
        return start + some(self.rng, 10) + ("SE" if start == "RR" else "")

    def isbn(self) -> str:
        number = "978" + some(self.rng, 1, "0123") + some(self.rng, 8)
        number += str(-numbers.weigh(number, "131313131313") % 10)
        return numbers.grouped(number, "31441", "-") if self.rng.random() < 0.6 else number

    def badcard(self) -> str:
        return numbers.card(self.rng, valid=False)

    def badiban(self) -> str:
        form = self.rng.choice(("GB 4a14n", "DE 18n", "NL 4a10n"))
        return numbers.iban(self.rng, form, valid=False)


class Writer:
    """Fills shapes and adds what makes real documents hard to read."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.words, self.decks = read_words(), Decks(self.rng)
        self.decoys = Decoys(self.words, self.decks)

    def write(self, shape: Shape) -> Made:
        body, rng = shape.body, self.rng
        self.decoys.begin()
        while CHOICE.search(body):
            body = CHOICE.sub(lambda found: rng.choice(found.group(1).split("|")), body)
        people: dict[str, Person] = {}
        known: dict[str, str] = {}
        pieces: list[Piece] = []
        for at, part in enumerate(SLOT.split(body)):
            who, _, form = part.partition(".")
            if at % 2 == 0:
                pieces.append(Piece(part))
            elif part.startswith("~"):
                pieces.append(Piece(part[1:], "", "word", decoy=True))
            elif who == "d":
                kind = form.rstrip("0123456789")
                if form not in known or kind == form:
                    known[form] = self.decoys.make(kind)
                pieces.append(Piece(known[form], "", kind, decoy=kind not in FILLERS))
            else:
                pieces += self.person(who, people, shape).piece(form)
        pieces = self.spoilt([piece for piece in pieces if piece.text], shape.ways)
        text = "".join(piece.text for piece in pieces)
        if "w" in shape.ways and rng.random() < 0.6:
            text = self.wrapped(text, rng.randrange(58, 78))
        return Made(shape.name, pieces, [person.origin for person in people.values()], text)

    def person(self, who: str, people: dict[str, Person], shape: Shape) -> Person:
        """The person of that letter; k and l are kin of a."""
        if who not in people:
            kin = self.person("a", people, shape) if who in "kl" else None
            ways = {flag[:-2] for flag in shape.flags if flag.endswith(f"={who}")}
            people[who] = Person(self.words, self.decks, kin, ways)
        return people[who]

    def spoilt(self, pieces: list[Piece], ways: str) -> list[Piece]:
        """Typing errors around the spans, letters without their marks, lower case."""
        rng = self.rng
        if "t" in ways and rng.random() < 0.7:
            rate = rng.choice((0.02, 0.04, 0.08))
            for at, piece in enumerate(pieces):
                if piece == Piece(piece.text):
                    pieces[at] = Piece(self.mistyped(piece.text, rate))
        if rng.random() < 0.15:
            for at, piece in enumerate(pieces):
                if piece.type in NAMES_AND_PLACES:
                    pieces[at] = replace(piece, text=folded(piece.text))
        if "l" in ways and rng.random() < 0.5:
            for at, piece in enumerate(pieces):
                if piece.type in ("", *NAMES_AND_PLACES):
                    pieces[at] = replace(piece, text=piece.text.lower())
        return pieces

    def mistyped(self, text: str, rate: float) -> str:
        rng = self.rng

        def spoil(found: re.Match[str]) -> str:
            word = found.group()
            if rng.random() >= rate:
                return word
            at = rng.randrange(1, len(word) - 2)
            one, two = word[at], word[at + 1]
            return word[:at] + rng.choice((two + one, one, one + one + two)) + word[at + 2 :]

        return re.sub(r"\b[a-z]{5,}\b", spoil, text)

    def wrapped(self, text: str, width: int) -> str:
        """Long lines broken at spaces, as mail programs do: the length stays the same."""
        lines = []
        for line in text.split("\n"):
            rest = line
            while len(rest) > width and not line.startswith((">", " ", "{")):
                if (at := rest.rfind(" ", 1, width + 1)) < 1:
                    break
                lines.append(rest[:at])
                rest = rest[at + 1 :]
            lines.append(rest)
        return "\n".join(lines)


def make() -> list[Made]:
    """All documents, in the order of the file."""
    writer, shapes, made = Writer(SEED), read_shapes(), []
    for count, empty in ((WITH, False), (WITHOUT, True)):
        of = [shape for shape in shapes if shape.empty == empty]
        made += [writer.write(of[at % len(of)]) for at in range(count)]
    writer.rng.shuffle(made)
    seen: Counter[str] = Counter()
    for document in made:
        seen[document.shape] += 1
        document.number = seen[document.shape]
    return made


def lines_of(made: list[Made]) -> bytes:
    """The file before it is packed."""
    return "".join(json.dumps(one.row(), ensure_ascii=False) + "\n" for one in made).encode()


if __name__ == "__main__":
    outcome = make()
    packed = gzip.compress(lines_of(outcome), 9, mtime=0)
    OUTCOME.write_bytes(packed)
    print(f"{len(packed)} bytes, sha256 {hashlib.sha256(packed).hexdigest()}")
    spans = [piece for one in outcome for *_, piece in one.found()]
    decoys = [piece for one in outcome for *_, piece in one.found(decoys=True)]
    for title, counts in (
        ("types", Counter(piece.type for piece in spans)),
        ("kinds", Counter(one.shape.split(".")[0] for one in outcome)),
        ("decoys", Counter(piece.scheme for piece in decoys)),
        ("identity numbers", Counter(p.scheme for p in spans if p.type == "ID_NUMBER")),
        ("origins", Counter(origin for one in outcome for origin in one.origins)),
    ):
        print(
            f"{title} ({counts.total():,}):",
            ", ".join(f"{a} {b}" for a, b in sorted(counts.items())),
        )
