"""A list of names of the user's, or of a domain's: what stands in it is found and called by it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError

from .protocol import Extraction, Mention, Passage

_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Entry:
    """One thing: its name, its kind and the other forms of its name."""

    name: str
    kind: str
    aliases: tuple[str, ...] = ()


class GazetteerExtractor:
    """Finds the longest entry at each word; forms of up to five capitals only as they are written.

    Args:
        entries: What is to be found.
    """

    name = "gazetteer"
    names_from_list = True

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(sorted(set(entries), key=lambda each: (each.name, each.kind)))
        self._by_word: dict[str, list[tuple[tuple[str, ...], str, Entry]]] = {}
        for entry in self.entries:
            for form in (entry.name, *entry.aliases):
                words = tuple(_WORD.findall(form.casefold()))
                if words:
                    self._by_word.setdefault(words[0], []).append((words, form, entry))
        for forms in self._by_word.values():
            forms.sort(key=lambda each: (-len(each[0]), each[1], each[2].name))

    @property
    def version(self) -> str:
        """Its rules' version and a hash of its entries."""
        listed = json.dumps(self.settings, sort_keys=True).encode()
        return f"1 {hashlib.sha256(listed).hexdigest()[:16]}"

    @property
    def settings(self) -> dict[str, Any]:
        """The entries as plain data, for the graph to keep."""
        return {"entries": [[each.name, each.kind, list(each.aliases)] for each in self.entries]}

    @classmethod
    def of(cls, settings: dict[str, Any]) -> GazetteerExtractor:
        """The extractor of settings that a graph kept."""
        return cls(Entry(name, kind, tuple(more)) for name, kind, more in settings["entries"])

    def extract(self, chunk: Passage) -> Extraction:
        """The entries that stand in the passage."""
        return Extraction(tuple(self._mentions(chunk.text)))

    def _mentions(self, text: str) -> Iterator[Mention]:
        words = list(_WORD.finditer(text))
        folded = [each[0].casefold() for each in words]
        at = 0
        while at < len(words):
            taken = 1
            for form, written, entry in self._by_word.get(folded[at], ()):
                last = at + len(form) - 1
                if last >= len(words) or tuple(folded[at : last + 1]) != form:
                    continue
                start, end = words[at].start(), words[last].end()
                if _is_shouted(written) and text[start:end] != written:
                    continue
                yield Mention(start, end, kind=entry.kind, confidence=0.99, name=entry.name)
                taken = len(form)
                break
            at += taken


def _is_shouted(form: str) -> bool:
    """Whether it would be an everyday word in small letters: IT, US, WHO."""
    return len(form) <= 5 and form.isupper()


def read_gazetteer(path: Path) -> GazetteerExtractor:
    """A list in a file of tabs: name, kind, other forms parted by ``|``; ``#`` begins a remark.

    Raises:
        InputError: A line has no kind, or it is no UTF-8.
        NotFoundError: There is no such file.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} has over {_MOST_BYTES >> 20} MB", hint="name a shorter list")
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise NotFoundError(f"there is no list of names {path}", hint="name a file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8: {error.reason}", hint="convert it") from None
    entries = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, start=1):
        if not row or not row[0].strip() or row[0].startswith("#"):
            continue
        if len(row) < 2 or not row[1].strip():
            raise InputError(
                f"line {number} of {path} has no kind",
                hint="a line is: name TAB kind TAB other form | other form",
            )
        forms = row[2].split("|") if len(row) > 2 else []
        aliases = tuple(sorted({form.strip() for form in forms if form.strip()}))
        entries.append(Entry(row[0].strip(), row[1].strip(), aliases))
    if not entries:
        raise InputError(f"{path} lists no names", hint="a line is: name TAB kind")
    return GazetteerExtractor(entries)
