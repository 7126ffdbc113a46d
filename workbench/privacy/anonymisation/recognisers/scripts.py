"""Words in another script inside a Latin text: nobody here can read them, so they do not stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.writing import is_latin

_RUN = re.compile(r"[^\W\d_]+(?:[ '’·.\-\u200c\u200d\u0300-\u036f]*[^\W\d_]+)*")
_LEAST = 2  # a single letter is a symbol: an angle, a mean, a deviation


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Runs of letters that are not Latin; the words of a formula are single letters and stay."""
    if text.isascii():
        return
    for hit in re.finditer(r"[^\x00-\x7f]+(?:[\s'’·.-]+[^\x00-\x7f]+)*", text):
        letters = [char for char in hit.group() if char.isalpha() and not is_latin(char)]
        if len(letters) >= _LEAST:
            start = hit.start() + next(
                at for at, char in enumerate(hit.group()) if char.isalpha() and not is_latin(char)
            )
            end = hit.start() + 1 + max(
                at for at, char in enumerate(hit.group()) if char.isalpha() and not is_latin(char)
            )  # fmt: skip
            yield Found(start, end, "OTHER_SCRIPT", 0.9, "scripts", "letters that are not Latin")
