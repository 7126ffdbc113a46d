"""Made numbers with right check digits: cards of the test ranges, accounts, what both need."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALNUM = "0123456789" + LETTERS
STROKES = str.maketrans("łŁđĐøØßþÞðÐı", "lLdDoOsttdDi")
# Beginnings of the well-known test cards: Visa, Mastercard (both series), Amex, Discover, JCB,
# Diners, UnionPay, Maestro; with the length and how the digits are grouped when they are.
CARDS = (
    ("411111", 16, "4444"), ("424242", 16, "4444"), ("401288", 16, "4444"), ("400005", 16, "4444"),
    ("555555", 16, "4444"), ("510510", 16, "4444"), ("222300", 16, "4444"), ("520082", 16, "4444"),
    ("378282", 15, "465"), ("371449", 15, "465"), ("601111", 16, "4444"), ("601100", 16, "4444"),
    ("353011", 16, "4444"), ("356600", 16, "4444"), ("305693", 14, "464"), ("621234", 16, "4444"),
    ("675964", 16, "4444"),
)  # fmt: skip


def folded(text: str) -> str:
    """The text in ASCII letters: Łukasz Đặng becomes Lukasz Dang."""
    parts = unicodedata.normalize("NFKD", text.translate(STROKES))
    return parts.encode("ascii", "ignore").decode()


def some(rng: random.Random, count: int, of: str = "0123456789") -> str:
    """So many characters, drawn."""
    return "".join(of[rng.randrange(len(of))] for _ in range(count))


def filled(rng: random.Random, pattern: str) -> str:
    """A pattern with # as a digit, ^ as a letter and % as a house number."""
    fill = {"#": lambda: some(rng, 1, "123456789"), "^": lambda: some(rng, 1, "ABCDEFGHJKLNPRTW")}
    fill["%"] = lambda: str(rng.randrange(2, 190))
    return "".join(fill[c]() if c in fill else c for c in pattern)


def grouped(text: str, sizes: str, by: str = " ") -> str:
    """The text in groups of these sizes, the last one repeated as long as there is text."""
    parts, at, turn = [], 0, 0
    while at < len(text):
        size = int(sizes[min(turn, len(sizes) - 1)])
        parts.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return by.join(parts)


def weigh(number: str, weights: str | list[int]) -> int:
    """The digits times their weights, added."""
    return sum(int(d) * w for d, w in zip(number, map(int, weights), strict=True))


def luhn(number: str) -> str:
    """The number with its Luhn digit."""
    doubled = [int(d) * (2 - at % 2) for at, d in enumerate(reversed(number))]
    return number + str(-sum(sum(divmod(d, 10)) for d in doubled) % 10)


def mod11_10(number: str) -> str:
    """The number with its digit of ISO 7064 mod 11,10."""
    rest = 10
    for d in number:
        rest = ((rest + int(d)) % 10 or 10) * 2 % 11
    return number + str((11 - rest) % 10)


def verhoeff(number: str) -> str:
    """The number with its Verhoeff digit, by the dihedral group of ten."""

    def times(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
        return (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5

    turn, rest = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), 0
    for at, d in enumerate(reversed(number), start=1):
        value = int(d)
        for _ in range(at):
            value = turn[value]
        rest = times(rest, value)
    return number + str(rest if rest > 4 else (5 - rest) % 5)


def checked(
    rng: random.Random, number: str, weights: str | list[int], digit: Callable[[int], int]
) -> str:
    """The number and the digit that its weighed sum gives; another last digit where that is 10."""
    while not 0 <= (found := digit(weigh(number, weights))) <= 9:
        number = number[:-1] + some(rng, 1)
    return number + str(found)


def card(rng: random.Random, valid: bool = True) -> str:
    """A card number of a test range; grouped by spaces or hyphens, or not."""
    start, length, sizes = rng.choice(CARDS)
    number = luhn(start + some(rng, length - 1 - len(start)))
    if not valid:
        number = number[:-1] + str((int(number[-1]) + rng.randrange(1, 10)) % 10)
    by = rng.choice((" ", " ", "-", "", ""))
    return grouped(number, sizes, by) if by else number


def iban(rng: random.Random, pattern: str, valid: bool = True) -> str:
    """An account number: `pattern` is the land and its form, such as "GB 4a14n"."""
    land, form = pattern.split()
    bban, count = "", ""
    for c in form:
        if c.isdigit():
            count += c
            continue
        kinds = {"n": "0123456789", "a": LETTERS, "c": ALNUM}
        bban, count = bban + some(rng, int(count), kinds[c]), ""
    check = 98 - int("".join(str(int(c, 36)) for c in bban + land + "00")) % 97
    check = check if valid else (check + rng.randrange(1, 90)) % 97
    number = f"{land}{check:02d}{bban}"
    return grouped(number, "4") if rng.random() < 0.6 else number


def ip_4(rng: random.Random) -> str:
    """An address of the ranges that are kept for documentation."""
    net = rng.choice(("192.0.2", "198.51.100", "203.0.113"))
    return f"{net}.{rng.randrange(1, 255)}"


def ip_6(rng: random.Random) -> str:
    """The same of version 6: whole, shortened or in capitals."""
    parts = [some(rng, 4, "123456789abcdef") for _ in range(8)]
    few, whole = f"{parts[4]}:{parts[5]}", ":".join(parts[:4])
    forms = (
        f"2001:db8::{few}",
        f"2001:db8:{parts[6]}::{parts[7][:2]}",
        f"2001:0db8:0000:0042:{whole}",
        f"2001:DB8:{few.upper()}::1",
        f"2001:db8:{parts[7][:1]}:{parts[6]}:{whole}",
    )
    return rng.choice(forms)
