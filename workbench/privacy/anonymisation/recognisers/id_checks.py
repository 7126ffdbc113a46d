"""The checks of numbers that states know people by, each as its state publishes it."""

from __future__ import annotations

import datetime as dt
import re

from workbench.privacy.anonymisation.check_digits import (
    digits_of,
    luhn,
    weighted,
)


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


def is_pesel(number: str) -> bool:
    """Weights 1, 3, 7, 9, and a date."""
    digits = digits_of(number)
    sound = -weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == digits[10]
    return (
        sound
        and 1 <= digits[2] % 2 * 10 + digits[3] <= 12
        and 1 <= digits[4] * 10 + digits[5] <= 31
    )


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


def is_african(number: str) -> bool:
    """Luhn, and a date."""
    return luhn(number) and 1 <= int(number[2:4]) <= 12 and 1 <= int(number[4:6]) <= 31


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


def is_day(year: int, month: int, day: int) -> bool:
    """Whether there is such a day in a year of one or two digits less than a century."""
    try:
        dt.date(year or 2000, month, day)
    except ValueError:
        return False
    return True


def is_oib(number: str) -> bool:
    """Croatia: ISO 7064, MOD 11,10 over eleven digits."""
    product = 10
    digits = digits_of(number)
    for digit in digits[:10]:
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == digits[10]


def is_baltic(number: str) -> bool:
    """Estonia and Lithuania: two rows of weights, and a date."""
    d = digits_of(number)
    check = weighted(d[:10], (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = weighted(d[:10], (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return check == d[10] and is_day(1900 + 10 * d[1] + d[2], 10 * d[3] + d[4], 10 * d[5] + d[6])


def is_egn(number: str) -> bool:
    """Bulgaria: weights 2, 4, 8, 5, 10, 9, 7, 3, 6, and a date whose month tells the century."""
    d = digits_of(number)
    sound = weighted(d[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == d[9]
    return sound and is_day(1900 + 10 * d[0] + d[1], (10 * d[2] + d[3]) % 20, 10 * d[4] + d[5])


def is_jmbg(number: str) -> bool:
    """The countries of former Yugoslavia: day, month, three digits of the year, modulo 11."""
    d = digits_of(number)
    check = 11 - weighted(d[:12], (7, 6, 5, 4, 3, 2) * 2) % 11
    sound = (0 if check > 9 else check) == d[12]
    year = int(number[4:7])
    year += 2000 if year < 800 else 1000
    return sound and is_day(year, 10 * d[2] + d[3], 10 * d[0] + d[1])


def is_taj(number: str) -> bool:
    """Hungary, health: weights 3 and 7 by turns."""
    d = digits_of(number)
    return weighted(d[:8], (3, 7) * 4) % 10 == d[8]


def is_icelandic(number: str) -> bool:
    """Kennitala: weights 3, 2, 7, 6, 5, 4, 3, 2, and a date."""
    d = digits_of(number)
    sound = -weighted(d[:8], (3, 2, 7, 6, 5, 4, 3, 2)) % 11 == d[8]
    return sound and is_day(1900 + 10 * d[4] + d[5], 10 * d[2] + d[3], (10 * d[0] + d[1]) % 40)


def is_norwegian(number: str) -> bool:
    """Two check digits modulo 11."""
    d = digits_of(number)
    first = -weighted(d[:9], (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = -weighted(d[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return [first, second] == d[9:11] and any(d)


def is_amka(number: str) -> bool:
    """Greece: a date and Luhn over eleven digits."""
    d = digits_of(number)
    return luhn(number) and is_day(1900 + 10 * d[4] + d[5], 10 * d[2] + d[3], 10 * d[0] + d[1])


def is_svnr(number: str) -> bool:
    """Austria: a check in the fourth place, and a date."""
    d = digits_of(number)
    sound = weighted(d[:3] + d[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11 == d[3]
    return sound and is_day(1900 + 10 * d[8] + d[9], 10 * d[6] + d[7], 10 * d[4] + d[5])


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


def is_nik(number: str) -> bool:
    """Indonesia: a province and a date, of women with 40 more days."""
    d = digits_of(number)
    day, month, year = (10 * d[at] + d[at + 1] for at in (6, 8, 10))
    return 11 <= 10 * d[0] + d[1] <= 96 and is_day(
        1900 + year, month, day % 40 if day > 40 else day
    )


def is_egyptian(number: str) -> bool:
    """A century, a date and a governorate."""
    d = digits_of(number)
    place = 10 * d[7] + d[8]
    day = is_day(1900 + 10 * d[1] + d[2], 10 * d[3] + d[4], 10 * d[5] + d[6])
    return day and (1 <= place <= 35 or place == 88)


def is_steuer_like(number: str) -> bool:
    """Germany: eleven digits of which one comes two or three times, and the check."""
    digits = digits_of(number)[:10]
    most = max(digits.count(digit) for digit in digits)
    return is_steuer_id(number) and 2 <= most <= 3 and len(set(digits)) in (8, 9)
