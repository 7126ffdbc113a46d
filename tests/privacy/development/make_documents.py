"""Made documents to develop the recognisers on: shapes filled with values, every span marked.

Nobody in them exists. They were written with the recognisers at hand and by who tunes them, so no
figure of this project comes from them; ``python -m tests.privacy.development.make_documents FILE``
writes them in the form of ``tests/privacy/frozen``.
"""

from __future__ import annotations

import json
import random
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SEED = 2026
FILLED = 8
_SLOT = re.compile(r"\{([a-z]+)(\d*)(n?)\}")
Row = dict[str, Any]


def read_words() -> dict[str, list[str]]:
    """The values by their class."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / "words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            values = found.setdefault(line[1:], [])
        elif line and not line.startswith("#"):
            values.append(line)
    return found


def read_shapes() -> dict[str, str]:
    """The shapes by their names."""
    text = (FOLDER / "shapes.txt").read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in text.split("=== ")[1:]]
    return {name.strip(): shape.rstrip("\n") for name, _, shape in parts}


class Filling:
    """The values of one document, each drawn when its slot is first met."""

    def __init__(self, draw: random.Random, words: dict[str, list[str]]) -> None:
        self._draw, self._words = draw, words
        self._drawn: dict[str, str] = {}

    def of(self, kind: str, number: str) -> str:
        """One value; never the same of one class twice in a document."""
        key = f"{kind}{number or 1}"
        if key not in self._drawn:
            taken = {value for at, value in self._drawn.items() if at.startswith(kind)}
            left = [value for value in self._words[kind] if value not in taken]
            self._drawn[key] = self._draw.choice(left)
        return self._drawn[key]

    def digits(self, key: str, form: str) -> str:
        """A value of a form: ``#`` a digit, ``A`` a letter."""
        if key not in self._drawn:
            self._drawn[key] = "".join(
                str(self._draw.randrange(10)) if char == "#"
                else self._draw.choice("BCDHKLMRTX") if char == "A" else char
                for char in form
            )  # fmt: skip
        return self._drawn[key]


def pieces_of(slot: str, number: str, filling: Filling, *, lines: bool) -> list[tuple[str, str]]:
    """What fills a slot: texts, each with the type of its span or none."""
    if slot in ("p", "g", "f", "i", "ii", "l", "gl", "u", "t", "pad"):
        given, family = filling.of("person", number).split(" / ")
        said = {
            "p": f"{given} {family}", "g": given, "f": family, "i": f"{given[0]}. {family}",
            "ii": given[0] + family[0].upper(), "l": f"{given} {family}".lower(),
            "gl": given.lower(), "u": f"{given} {family}".upper(),
            "t": f"{family.upper()}, {given}", "pad": f"{given} {family}",
        }[slot]  # fmt: skip
        behind = " " * max(2, 22 - len(said)) if slot == "pad" else ""
        return [(said, "PERSON"), (behind, "")]
    if slot in ("city", "cityl", "country"):
        said = filling.of(slot.removesuffix("l"), number)
        article = "the " if said.startswith("the ") else ""
        said = said.removeprefix("the ")
        return [(article, ""), (said.lower() if slot == "cityl" else said, "LOCATION")]
    if slot in ("adr", "street"):
        parts = filling.of("address", number).split(" / ")
        parts = parts[:1] if slot == "street" else parts
        made: list[tuple[str, str]] = []
        for at, part in enumerate(parts):
            made += [("\n" if lines else ", ", "")] if at else []
            made.append((part, "LOCATION"))
        return made
    if slot in ("idl", "idn"):
        label, said = filling.of("id", number).split(" / ")
        return [(label.rstrip(":"), "")] if slot == "idl" else [(said, "ID_NUMBER")]
    return [_plain(slot, number, filling)]


def _plain(slot: str, number: str, filling: Filling) -> tuple[str, str]:
    """One text of a slot that is not taken apart."""
    key = f"{slot}{number}"
    marked = {"tel": ("phone", "PHONE_NUMBER"), "mail": ("mail", "EMAIL_ADDRESS")}
    if slot in marked:
        words, kind = marked[slot]
        return filling.of(words, number), kind
    if slot == "dob":
        return filling.of("birth", number), "DATE_OF_BIRTH"
    if slot == "dobn":
        year = 1930 + int(filling.digits(key, "##")) * 82 // 100
        day = 1 + int(filling.digits(f"{key}d", "##")) % 28
        month = 1 + int(filling.digits(f"{key}m", "##")) % 12
        form = int(filling.digits("dob form", "#")) % 3  # the same for all rows of a table
        said = (f"{year}-{month:02d}-{day:02d}", f"{day:02d}.{month:02d}.{year}",
                f"{day}/{month}/{year % 100:02d}")[form]  # fmt: skip
        return said, "DATE_OF_BIRTH"
    if slot == "memb":
        return filling.digits(key, "AA-#####"), "ID_NUMBER"
    if slot == "ip":
        return filling.digits(key, "203.0.113.1#"), "IP_ADDRESS"
    if slot == "ordn":
        return filling.digits(key, "A######"), ""
    if slot == "n":
        return filling.digits(key, "##"), ""
    if slot == "datei":
        return (
            f"2024-0{1 + int(filling.digits(key, '#')) % 9}-1{filling.digits(key + 'd', '#')}",
            "",
        )
    return filling.of(slot, number).replace(" / ", " "), ""


def fill(shape: str, filling: Filling) -> tuple[str, list[Row]]:
    """The text of a shape with its spans."""
    text, spans, at = "", [], 0
    for hit in _SLOT.finditer(shape):
        text += shape[at : hit.start()]
        at = hit.end()
        for said, kind in pieces_of(hit[1], hit[2], filling, lines=hit[3] == "n"):
            if kind and said:
                spans.append({"start": len(text), "end": len(text) + len(said), "type": kind})
            text += said
    return text + shape[at:], spans


def make_rows(*, seed: int = SEED, filled: int = FILLED) -> Iterator[Row]:
    """Every shape filled so many times, the same for a seed."""
    words = read_words()
    draw = random.Random(seed)
    for name, shape in read_shapes().items():
        for at in range(filled):
            text, spans = fill(unicodedata.normalize("NFC", shape), Filling(draw, words))
            yield {"id": f"{name}-{at}", "kind": name.partition("-")[0], "text": text,
                   "spans": spans}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the documents to a file, a row a line."""
    with Path(arguments[0]).open("w", encoding="utf-8") as file:
        for row in make_rows():
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
