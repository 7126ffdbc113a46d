"""The checks of numbers in which a date of birth stands: their digits, and if the day exists."""

from __future__ import annotations

import datetime as dt

from workbench.privacy.anonymisation.check_digits import digits_of, luhn, weighted


def is_day(year: int, month: int, day: int) -> bool:
    """Whether there is such a day in a year; where a number says ``00``, 2000 may be meant, which
    has a 29th of February and 1900 has not."""
    try:
        dt.date(2000 if year == 1900 else year, month, day)
    except ValueError:
        return False
    return True


def is_pesel(number: str) -> bool:
    """Weights 1, 3, 7, 9, and a date."""
    digits = digits_of(number)
    sound = -weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == digits[10]
    return (
        sound
        and 1 <= digits[2] % 2 * 10 + digits[3] <= 12
        and 1 <= digits[4] * 10 + digits[5] <= 31
    )


def is_african(number: str) -> bool:
    """Luhn, and a date."""
    return luhn(number) and 1 <= int(number[2:4]) <= 12 and 1 <= int(number[4:6]) <= 31


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


def is_icelandic(number: str) -> bool:
    """Kennitala: weights 3, 2, 7, 6, 5, 4, 3, 2, and a date."""
    d = digits_of(number)
    sound = -weighted(d[:8], (3, 2, 7, 6, 5, 4, 3, 2)) % 11 == d[8]
    return sound and is_day(1900 + 10 * d[4] + d[5], 10 * d[2] + d[3], (10 * d[0] + d[1]) % 40)


def is_amka(number: str) -> bool:
    """Greece: a date and Luhn over eleven digits."""
    d = digits_of(number)
    return luhn(number) and is_day(1900 + 10 * d[4] + d[5], 10 * d[2] + d[3], 10 * d[0] + d[1])


def is_svnr(number: str) -> bool:
    """Austria: a check in the fourth place, and a date."""
    d = digits_of(number)
    sound = weighted(d[:3] + d[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11 == d[3]
    return sound and is_day(1900 + 10 * d[8] + d[9], 10 * d[6] + d[7], 10 * d[4] + d[5])


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
