"""The checks of numbers that states know people by, each as its state publishes it.

Numbers that hold a date of birth are in ``dated_id_checks``.
"""

from __future__ import annotations

import re

from workbench.privacy.anonymisation.check_digits import digits_of, luhn, weighted


def is_any(number: str) -> bool:
    """Every number: the form has no check."""
    return True


def is_ssn(number: str) -> bool:
    """The areas and groups that are never given."""
    area, group, serial = re.split(r"[- ]", number)
    return area not in ("000", "666") and group != "00" and serial != "0000"


def is_dni(number: str) -> bool:
    """The letter by the number modulo 23."""
    said = re.sub(r"[^0-9A-Z]", "", number.upper())
    if said[0] in "XYZ":
        said = str("XYZ".index(said[0])) + said[1:]
    return said[:-1].isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(said[:-1]) % 23] == said[-1]


def is_cpf(number: str) -> bool:
    """Two digits modulo 11."""
    digits = digits_of(number)
    first = -weighted(digits[:9], range(10, 1, -1)) % 11 % 10
    second = -weighted(digits[:10], range(11, 1, -1)) % 11 % 10
    return [first, second] == digits[9:] and len(set(digits)) > 1


def is_insee(number: str) -> bool:
    """The key: 97 less the number modulo 97."""
    said = re.sub(r"\s", "", number.upper()).replace("2A", "19").replace("2B", "18")
    return said.isdigit() and 97 - int(said[:13]) % 97 == int(said[13:])


def is_bsn(number: str) -> bool:
    """The eleven test."""
    digits = digits_of(number)
    return weighted(digits[:8], range(9, 1, -1)) % 11 == digits[8]


def is_steuer_id(number: str) -> bool:
    """ISO 7064, MOD 11,10."""
    product = 10
    digits = digits_of(number)
    for digit in digits[:10]:
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return digits[0] != 0 and (11 - product) % 10 == digits[10]


def is_chinese(number: str) -> bool:
    """ISO 7064, MOD 11-2."""
    said = number.upper()
    total = weighted(
        [int(d) for d in said[:17]], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    )
    return "10X98765432"[total % 11] == said[17]


def is_codice(number: str) -> bool:
    """Odd and even places by two tables."""
    odd = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                   (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18,
                    20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip
    said = number.upper()
    total = sum(odd[c] if at % 2 == 0 else int(c, 36) - (10 if c.isalpha() else 0)
                for at, c in enumerate(said[:15]))  # fmt: skip
    return chr(ord("A") + total % 26) == said[15]


def is_turkish(number: str) -> bool:
    """Two sums modulo 10."""
    d = digits_of(number)
    tenth = (sum(d[0:9:2]) * 7 - sum(d[1:8:2])) % 10
    return d[0] != 0 and d[9] == tenth and sum(d[:10]) % 10 == d[10]


def is_finnish(number: str) -> bool:
    """One of 31 signs."""
    said = int(number[:6] + number[7:10])
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[said % 31] == number[10].upper()


def is_rut(number: str) -> bool:
    """Modulo 11 from the right."""
    body, check = re.sub(r"[.\s]", "", number.upper()).split("-")
    total = sum(int(d) * (2 + at % 6) for at, d in enumerate(reversed(body)))
    return "0123456789K0"[(11 - total % 11) % 11] == check


def is_nric(number: str) -> bool:
    """A letter by weights and the century."""
    said = number.upper()
    total = weighted([int(d) for d in said[1:8]], (2, 7, 6, 5, 4, 3, 2)) + (
        4 if said[0] in "TG" else 0
    )
    return said[8] == ("JZIHGFEDCBA" if said[0] in "ST" else "XWUTRQPNMLK")[total % 11]


def is_pps(number: str) -> bool:
    """Modulo 23."""
    said = number.upper()
    extra = (ord(said[8]) - 64) * 9 if len(said) > 8 and said[8] != "W" else 0
    total = weighted([int(d) for d in said[:7]], range(8, 1, -1)) + extra
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == said[7]


def is_ahv(number: str) -> bool:
    """An EAN-13."""
    digits = digits_of(number)
    return -weighted(digits[:12], (1, 3) * 6) % 10 == digits[12]


def is_cnp(number: str) -> bool:
    """Weights 279146358279."""
    digits = digits_of(number)
    return weighted(digits[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11 % 10 == digits[12]


def is_oib(number: str) -> bool:
    """Croatia: ISO 7064, MOD 11,10 over eleven digits."""
    product = 10
    digits = digits_of(number)
    for digit in digits[:10]:
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == digits[10]


def is_taj(number: str) -> bool:
    """Hungary, health: weights 3 and 7 by turns."""
    d = digits_of(number)
    return weighted(d[:8], (3, 7) * 4) % 10 == d[8]


def is_norwegian(number: str) -> bool:
    """Two check digits modulo 11."""
    d = digits_of(number)
    first = -weighted(d[:9], (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = -weighted(d[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return [first, second] == d[9:11] and any(d)


def is_cuil(number: str) -> bool:
    """Argentina: weights 5, 4, 3, 2, 7, 6, 5, 4, 3, 2."""
    d = digits_of(number)
    return -weighted(d[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11 == d[10]


def is_my_number(number: str) -> bool:
    """Japan: twelve digits, weights 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2."""
    d = digits_of(number)
    rest = weighted(d[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest <= 1 else 11 - rest) == d[11]


def is_taiwanese(number: str) -> bool:
    """A letter as two digits, then eight digits and a check."""
    first = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0].upper()) + 10
    d = [first // 10, first % 10, *digits_of(number)]
    return (weighted(d[:10], (1, 9, 8, 7, 6, 5, 4, 3, 2, 1)) + d[10]) % 10 == 0


def is_thai(number: str) -> bool:
    """Thirteen digits, weights 13 to 2."""
    d = digits_of(number)
    return -weighted(d[:12], range(13, 1, -1)) % 11 % 10 == d[12]


def is_steuer_like(number: str) -> bool:
    """Germany: eleven digits of which one comes two or three times, and the check."""
    digits = digits_of(number)[:10]
    most = max(digits.count(digit) for digit in digits)
    return is_steuer_id(number) and 2 <= most <= 3 and len(set(digits)) in (8, 9)


def is_insz(number: str) -> bool:
    """Belgium: a date, and 97 less the rest of nine digits, from 2000 with a 2 before them."""
    said = "".join(char for char in number if char.isdigit())
    if not (1 <= int(said[2:4]) % 20 <= 12 and 1 <= int(said[4:6]) <= 31):
        return False
    return int(said[9:]) in (97 - int(said[:9]) % 97, 97 - int("2" + said[:9]) % 97)


def is_spanish_nuss(number: str) -> bool:
    """Spain, social security: a province of 1 to 53 or 66, the number modulo 97."""
    said = "".join(char for char in number if char.isdigit())
    province, serial = int(said[:2]), int(said[2:10])
    if not (1 <= province <= 53 or province == 66):
        return False
    whole = province * 10**7 + serial if serial < 10**7 else int(said[:10])
    return whole % 97 == int(said[10:])


def is_ecuadorian(number: str) -> bool:
    """A province of 1 to 24, then Luhn's sum."""
    return 1 <= int(number[:2]) <= 24 and luhn(number)


def is_medicare(number: str) -> bool:
    """Australia: weights 1, 3, 7, 9 by turns over eight digits."""
    d = digits_of(number)
    return weighted(d[:8], (1, 3, 7, 9) * 2) % 10 == d[8]


def is_iranian(number: str) -> bool:
    """Weights 10 to 2 modulo 11."""
    d = digits_of(number)
    rest = weighted(d[:9], range(10, 1, -1)) % 11
    return len(set(d)) > 1 and d[9] == (rest if rest < 2 else 11 - rest)


def is_ukrainian(number: str) -> bool:
    """Weights -1, 5, 7, 9, 4, 6, 10, 5, 7 modulo 11, then 10."""
    d = digits_of(number)
    return weighted(d[:9], (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == d[9]
