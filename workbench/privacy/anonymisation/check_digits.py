"""The check digits of numbers that people are known by, each by its standard."""

from __future__ import annotations

from collections.abc import Sequence

_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def digits_of(number: str) -> list[int]:
    """The digits of a number, whatever stands between them."""
    return [int(char) for char in number if char.isdigit()]


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1: every second digit from the right doubled, the sum divisible by 10.

    Zeros pass the sum and are nobody's, so one digit repeated does not pass here.

    >>> luhn("4111 1111 1111 1111"), luhn("4111 1111 1111 1112")
    (True, False)
    """
    digits = digits_of(number)
    if len(set(digits)) < 2:
        return False
    return (
        sum(d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits[::-1])) % 10
        == 0
    )


def luhn_digit(number: str) -> int:
    """The digit that makes ``number`` pass when it is put behind it."""
    digits = digits_of(number)
    total = sum(sum(divmod(2 * d, 10)) if at % 2 == 0 else d for at, d in enumerate(digits[::-1]))
    return -total % 10


def mod97(number: str) -> bool:
    """ISO 13616 (IBAN): the first four characters behind the rest, letters from 10, remainder 1.

    >>> mod97("GB82 WEST 1234 5698 7654 32"), mod97("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    said = "".join(number.split()).upper()
    if not said.isascii() or not said.isalnum() or len(said) < 5:
        return False
    return int("".join(str(int(char, 36)) for char in said[4:] + said[:4])) % 97 == 1


def iban_digits(country: str, rest: str) -> str:
    """The two check digits of an IBAN with this country and basic account number."""
    said = int("".join(str(int(char, 36)) for char in rest + country + "00"))
    return f"{98 - said % 97:02d}"


def weighted(digits: Sequence[int], weights: Sequence[int]) -> int:
    """The sum of digits times weights, over the shorter of both."""
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def verhoeff(number: str) -> bool:
    """Verhoeff's dihedral check (1969), of an Aadhaar number.

    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    state = 0
    for at, digit in enumerate(reversed(digits_of(number))):
        state = int(_VERHOEFF_D[state][int(_VERHOEFF_P[at % 8][digit])])
    return state == 0


def mod11_nhs(number: str) -> bool:
    """The NHS number of England: weights 10 to 2, 11 less the remainder is the last digit."""
    digits = digits_of(number)
    check = -weighted(digits, range(10, 1, -1)) % 11
    return len(digits) == 10 and check != 10 and check == digits[9] and len(set(digits)) > 1
