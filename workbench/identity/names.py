"""Users' names: one form of each, and which two names one sees as the same.

A name is kept in NFC. Whether two can be told apart is asked of their skeletons, as in UTS 39
(Unicode Security Mechanisms), section 4, with a table of letters that is made here: those of Greek,
Cyrillic, Armenian and phonetic alphabets that look like a Latin one. Digits stay what they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from workbench.core.errors import InputError

MOST_NAME_CHARS = 100
_LIKE_LATIN = {
    "a": "аɑα", "b": "Ьь", "c": "сϲⅽ", "d": "ԁ", "e": "еҽ", "f": "ƒ", "g": "ɡց", "h": "һհ",
    "i": "іıɩι", "j": "јϳ", "k": "кκ", "l": "ⅼǀӏ", "m": "м", "n": "ոп", "o": "оοσօ",
    "p": "рρ", "q": "ԛզ", "r": "гᴦ", "s": "ѕ", "t": "тτ", "u": "υսʋ", "v": "ѵν", "w": "ѡԝա",
    "x": "хχ", "y": "уүγ", "z": "ᴢ",
}  # fmt: skip
_AS_LATIN = {ord(like): letter for letter, all_ in _LIKE_LATIN.items() for like in all_}
# What fonts show as nothing, and what Python calls printable all the same.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f"
                     "\U000e0100-\U000e01ef]")  # fmt: skip
_DOTS = "\u0307"  # on an i, which has one


def one_form(name: str) -> str:
    """A name in NFC: what is typed on two keyboards as the same is the same."""
    return unicodedata.normalize("NFC", name)


def skeleton(name: str) -> str:
    """What two names have in common that look alike; it is compared, and never shown."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", name)).casefold().translate(_AS_LATIN)
    text = unicodedata.normalize("NFD", text).translate(_AS_LATIN)
    return unicodedata.normalize("NFC", text.replace("i" + _DOTS, "i"))


def look_alike(name: str, others: Iterable[str]) -> str | None:
    """The first of other names that one could take for this one, if any."""
    own = skeleton(name)
    return next((other for other in others if skeleton(other) == own), None)


def check_no_path(name: str) -> None:
    """Raise InputError if a new user's name could be read as a path: names stand in those of files
    and of authors' addresses.

    >>> check_no_path("anna.b")
    """
    if "/" in name or "\\" in name or not name.strip("."):
        raise InputError(
            f"the user's name {name!r:.80} could be read as a path",
            hint="use letters and digits, without slashes",
        )


def check_name(name: str, *, what: str) -> str:
    """A name that can stand in a list and a log line.

    Raises:
        InputError: It is empty, too long, has control characters or blanks about it, or looks like
            a key.
    """
    if re.search("wb[st]?-", name) and len(name) > 20:  # before any message that repeats the name
        raise InputError(
            f"the {what}'s name looks like a key, and names are not secret", hint="use another name"
        )
    bare = name.strip()
    if bare and bare != name and bare.isprintable():
        where = "end" if name.startswith(bare) else "beginning"
        raise InputError(f"the {what}'s name {name!r:.80} has a blank at its {where}", hint=bare)
    if not _UNSEEN.sub("", bare) or not name.isprintable():
        raise InputError(
            f"the {what}'s name {name!r:.80} is empty, or has characters that cannot be shown",
            hint="use letters and digits",
        )
    if len(name) > MOST_NAME_CHARS:
        raise InputError(
            f"the {what}'s name has {len(name)} characters; it may have {MOST_NAME_CHARS}"
        )
    return name
