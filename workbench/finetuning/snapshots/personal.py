"""Personal data in a text, as far as its form gives it away: flags, no proof that none is there."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?![\w-])", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
# With a country's code, a trunk zero or an area in brackets: a bare run of digits is an amount.
_PHONE = re.compile(
    r"(?<![\w.,+-])(?<!\d )(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?|\(\d{2,5}\)[ .-]?|0(?=\d)|"
    r"(?=\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d)))\d(?:[ ./-]?\d){5,11}(?![\w-]|[.,]\d)"
)
# Short local numbers, where a word says what they are.
_CALL = re.compile(
    r"\b(?:call|phone|tel|telephone|mobile|fax|ring|dial|text)\b[^\d\n]{0,25}"
    r"(\d(?:[ .-]?\d){5,11})(?!\w)",
    re.IGNORECASE,
)


def find_personal(text: str) -> tuple[str, ...]:
    """What kinds stand in a text: ``e-mail``, ``card``, ``iban``, ``phone``.

    A card's number must pass the check digit of Luhn (ISO/IEC 7812-1), an IBAN the remainder 1 by
    97 (ISO 13616).
    """
    kinds = []
    if _EMAIL.search(text):
        kinds.append("e-mail")
    rest = text
    for kind, pattern, sound in (("card", _CARD, _luhn), ("iban", _IBAN, _mod97)):
        hits = [hit.group() for hit in pattern.finditer(rest) if sound(hit.group())]
        if hits:
            kinds.append(kind)
        for hit in hits:
            rest = rest.replace(hit, " ")
    if _PHONE.search(rest) or _CALL.search(rest):
        kinds.append("phone")
    return tuple(kinds)


def _luhn(number: str) -> bool:
    digits = [int(char) for char in number if char.isdigit()]
    if len(set(digits)) == 1:  # zeros pass the sum and are nobody's card
        return False
    doubled = (d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits[::-1]))
    return sum(doubled) % 10 == 0


def _mod97(number: str) -> bool:
    """The four first characters go behind the rest, letters count from 10; a longer run of words
    behind the number may have been caught with it, so shorter ends are tried too."""
    said = number.replace(" ", "")
    return any(
        int("".join(str(int(char, 36)) for char in said[4:end] + said[:4])) % 97 == 1
        for end in range(len(said), 14, -1)
    )
