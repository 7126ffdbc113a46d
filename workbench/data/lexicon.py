"""Insults in answers, by a list of words: a lexicon, and called one.

A hit says that a word of the list stands there. It is no measure of toxicity: irony, quotation and
other senses count, and what insults without such a word does not.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable

BUILT_IN = "insults.txt"
_MOST_WORDS = 20_000


@dataclass(frozen=True)
class Lexicon(Viewable):
    """Words and phrases that are looked for. ``sha256`` is that of the file that they stand in."""

    name: str
    words: tuple[str, ...]
    sha256: str
    _pattern: re.Pattern[str] = field(repr=False, compare=False, default=re.compile(r"(?!)"))

    def find(self, text: str) -> list[str]:
        """The words of the lexicon that stand in a text, in lower case, each as often as it does.

        Whole words only, in any case, a plural ending allowed.
        """
        return [hit.group(1).lower() for hit in self._pattern.finditer(text)]


def read_lexicon(path: Path | None = None) -> Lexicon:
    """A lexicon of the user's own, or the built-in one of mild insults.

    Args:
        path: A UTF-8 file with a word or phrase a line; ``#`` begins a comment.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is not UTF-8 text, holds no word, or more than 20,000.
    """
    if path is None:
        name = BUILT_IN
        content = resources.files("workbench.data").joinpath(name).read_bytes()
    else:
        name = path.name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}") from None
        except IsADirectoryError:
            raise InputError(f"{path} is a folder, not a lexicon", hint=f"ls {path}") from None
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8: {error}", hint="iconv -t UTF-8") from None
    told = (line.partition("#")[0].strip().lower() for line in lines)
    words = tuple(dict.fromkeys(word for word in told if word))
    if not 0 < len(words) <= _MOST_WORDS:
        raise InputError(
            f"{name} has {len(words)} words; a lexicon has 1 to {_MOST_WORDS}",
            hint="one word or phrase a line",
        )
    return Lexicon(name, words, hashlib.sha256(content).hexdigest(), _compile(words))


def _compile(words: tuple[str, ...]) -> re.Pattern[str]:
    """All words as one pattern, the longest first, so that a phrase goes before its first word."""
    inside = "|".join(
        re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)({inside})(?:s|es)?(?!\w)", re.IGNORECASE)
