"""What a password must be: long, of several characters, and not to be foretold from itself.

There is no list of forbidden passwords: a list would have to be carried, and ages. What is left
can be common all the same; the waits after failures (``attempts``) are what stands before those.
"""

from __future__ import annotations

import unicodedata

from workbench.core.errors import InputError

LEAST_CHARS, MOST_CHARS = 12, 256
LEAST_UNFORETOLD, LEAST_DIFFERENT = 8, 6
_HINT = "take four words or more that do not belong together, or what a password store makes"


def normalise(password: str) -> str:
    """The one form of a password, whatever keyboard it was typed on (RFC 8265, OpaqueString)."""
    plain = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    return unicodedata.normalize("NFC", plain)


def unforetold(text: str) -> int:
    """How many characters are not foretold by those before them.

    A character is, if it goes on from the one before by the same step as that one did (``aaaa``,
    ``1234``, ``gfed``), or if it and the two before it came in this order already (``passpass``).

    >>> unforetold("abcdefghijkl"), unforetold("xkcdxkcdxkcd"), unforetold("vbmzqtyo")
    (2, 6, 8)
    """
    count, seen = 0, set[str]()
    for place, character in enumerate(text):
        end = text[max(0, place - 2) : place + 1]
        if len(end) < 3:
            count += 1
            continue
        step, before = ord(character) - ord(end[1]), ord(end[1]) - ord(end[0])
        count += not ((step == before and abs(step) <= 1) or end in seen)
        seen.add(end)
    return count


def check_strength(password: str, *, user: str) -> str:
    """The password in its one form.

    Args:
        password: As it was typed.
        user: Whose; what is left without his name must be enough.

    Raises:
        InputError: It is too short, too long or too easily foretold, or has control characters.
            No message repeats it.
    """
    text = normalise(password)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InputError("the password has characters that cannot be typed", hint=_HINT)
    if not LEAST_CHARS <= len(text) <= MOST_CHARS:
        raise InputError(
            f"the password has {len(text)} characters; it may have {LEAST_CHARS} to {MOST_CHARS}",
            hint=_HINT,
        )
    own = text.casefold().replace(normalise(user).casefold(), "")
    if len(set(own)) < LEAST_DIFFERENT or unforetold(own) < LEAST_UNFORETOLD:
        raise InputError(
            "the password is easily foretold: it is made of repetitions, of characters in a row, "
            "of few different ones, or of the user's name",
            hint=_HINT,
        )
    return text
