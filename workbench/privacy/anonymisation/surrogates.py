"""Made values in the place of real ones: of the same kind and shape, the same by one key.

Numbers keep their length, groups and country and have right check digits, so that what reads the
text afterwards still works. Where a range is set aside for examples (domains by RFC 2606, IP
addresses by RFC 5737 and 3849) values come from it; a made card or telephone number may happen to
be somebody's.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from pathlib import Path

from .check_digits import iban_digits, luhn, luhn_digit
from .consistency import Person, parts_of_name
from .keys import Choices
from .recognisers.capitals import words_of
from .words import PARTICLES, bare, read_lexicon

_STREETS = ("Alder", "Birch", "Cedar", "Elm", "Foundry", "Garden", "Harbour", "Juniper", "Linden",
            "Maple", "Orchard", "Poplar", "Quarry", "Rowan", "Spruce", "Willow")  # fmt: skip
_TOWNS = ("Ashford Mills", "Brackenfield", "Claybourne", "Dunmere", "Eastholm", "Fairwick",
          "Glenhollow", "Harrowdale", "Kingsmere", "Lakeholm", "Norwick", "Redmarsh")  # fmt: skip
_DOMAINS = ("example.com", "example.net", "example.org")
_MOST_DAYS = 600  # a date of birth moves by less than two years
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


@functools.cache
def _names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    file = Path(__file__).with_name("lexicon") / "surrogate_names.txt"
    given, family = [line.split() for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    return tuple(given), tuple(family)


class Surrogates:
    """Makes them with one key, and never gives two persons of one corpus the same name.

    Nor the same family name, until half of those that there are have been given.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._persons: dict[str, tuple[str, str]] = {}
        self._taken: dict[tuple[str, str], str] = {}
        self._families: set[str] = set()

    def make(self, kind: str, said: str, *, person: Person | None = None) -> str:
        """What takes the place of ``said``."""
        if kind == "PERSON" and person is not None:
            return self._name(said, person)
        if kind == "EMAIL" and person is not None:
            given, family = self._full(person)
            domain = _DOMAINS[self._choices(kind, said).below(3)]
            return f"{given}.{family}@{domain}".lower()
        maker = {
            "EMAIL": self._email, "IBAN": self._iban, "CARD": self._card, "IP": self._ip,
            "URL": self._url,
            "BIRTH_DATE": self._date, "ADDRESS": self._address, "LOCATION": self._place,
            "OTHER_SCRIPT": self._script,
        }.get(kind, self._number)  # fmt: skip
        return maker(said, self._choices(kind, _plain(said)))

    def _choices(self, kind: str, value: str) -> Choices:
        return Choices(self._key, kind, value)

    def _full(self, person: Person) -> tuple[str, str]:
        """The given and the family name of a person's surrogate."""
        known = self._persons.get(person.key)
        if known is not None:
            return known
        given, family = _names()
        choices = self._choices("PERSON", person.key)
        while True:
            made = (given[choices.below(len(given))], family[choices.below(len(family))])
            own = {made[0].lower(), made[1].lower()} & set(person.parts)
            # Past half of all pairs two persons may share one, or it would never end.
            new = made not in self._taken or len(self._taken) > len(given) * len(family) / 2
            # Who is called by the family name alone is to be told from others, too.
            fresh = made[1] not in self._families or len(self._families) > len(family) / 2
            if not own and new and fresh:
                break
        self._persons[person.key] = made
        self._taken[made] = person.key
        self._families.add(made[1])
        return made

    def _name(self, said: str, person: Person) -> str:
        given, family = self._full(person)
        words = list(words_of(said))
        turned = "," in said
        wanted = parts_of_name(said)
        last_of_many = person.parts[-1] if len(person.parts) > 1 else None
        made: list[str] = []
        used = 0
        for at, word in enumerate(words):
            low = bare(word.lower).rstrip(".").replace("’", "'")
            if low in PARTICLES and len(words) > 1 and not word.said[0].isupper():
                continue
            first = (
                (at == 0) != turned
                if len(wanted) > 1
                else low != last_of_many and not _is_family(low, person)
            )
            new = given if first else family
            # Of further family names one is enough.
            again = bool(made) and made[-1] == _as_written(family, word.said)
            if not first and used and not turned and again:
                continue
            made.append(_as_written(new, word.said))
            used += 1
        if turned and len(made) > 1:
            return f"{_as_written(family, words[0].said)}, {_as_written(given, words[-1].said)}"
        kept = _without_doubles(made)
        return " ".join(kept) or given

    def _email(self, said: str, choices: Choices) -> str:
        given, family = _names()
        first, last = given[choices.below(len(given))], family[choices.below(len(family))]
        return f"{first}.{last}{choices.below(90) + 10}@{_DOMAINS[choices.below(3)]}".lower()

    def _url(self, said: str, choices: Choices) -> str:
        scheme = re.match(r"https?://|", said, re.IGNORECASE)
        begin = scheme.group() if scheme else ""
        return f"{begin}{_DOMAINS[choices.below(3)]}/p{choices.below(100000)}"

    def _iban(self, said: str, choices: Choices) -> str:
        plain = re.sub(r"[^A-Za-z0-9]", "", said).upper()
        rest = "".join(_like(char, choices) for char in plain[4:])
        return _in_shape(said, plain[:2] + iban_digits(plain[:2], rest) + rest)

    def _card(self, said: str, choices: Choices) -> str:
        digits = [char for char in said if char.isdigit()]
        made = digits[0] + "".join(str(choices.below(10)) for _ in digits[1:-1])
        return _in_shape(said, made + str(luhn_digit(made)))

    def _ip(self, said: str, choices: Choices) -> str:
        if ":" in said:
            return f"2001:db8::{choices.below(65536):x}:{choices.below(65536):x}"
        return ("192.0.2.", "198.51.100.", "203.0.113.")[choices.below(3)] + str(
            choices.below(254) + 1
        )

    def _date(self, said: str, choices: Choices) -> str:
        return move_date(said, choices.below(2 * _MOST_DAYS) - _MOST_DAYS or 1)

    def _address(self, said: str, choices: Choices) -> str:
        street = f"{choices.below(180) + 1} {_STREETS[choices.below(len(_STREETS))]} Street"
        if "," not in said and "\n" not in said:
            only_code = len(said) < 12 and " " not in said.strip()[:-4]
            return self._number(said, choices) if only_code else street
        return f"{street}, {_TOWNS[choices.below(len(_TOWNS))]}"

    def _place(self, said: str, choices: Choices) -> str:
        return _as_written(_TOWNS[choices.below(len(_TOWNS))], said)

    def _script(self, said: str, choices: Choices) -> str:
        given, family = _names()
        return f"{given[choices.below(len(given))]} {family[choices.below(len(family))]}"

    def _number(self, said: str, choices: Choices) -> str:
        """Digits for digits and letters for letters; a country's code and checks stay true."""
        kept = re.match(r"(?:\+|00)\d{1,3}(?=\D|\d{6})", said)
        start = len(kept.group()) if kept else 0
        made = said[:start] + "".join(_like(char, choices) for char in said[start:])
        plain = "".join(char for char in made if char.isdigit())
        if luhn(said) and len(plain) > 8 and not kept:
            made = _in_shape_digits(made, plain[:-1] + str(luhn_digit(plain[:-1])))
        return made if made != said else said[:-1] + _like("0", choices)


def _is_family(low: str, person: Person) -> bool:
    lexicon = read_lexicon()
    if len(person.parts) > 1:
        return low == person.family
    return low in lexicon.family and low not in lexicon.given


def _without_doubles(words: list[str]) -> list[str]:
    kept: list[str] = []
    for word in words:
        if not kept or word.lower() not in (each.lower() for each in kept):
            kept.append(word)
    return kept


def _as_written(new: str, said: str) -> str:
    """A word in the way of another: capitals, small letters, or an initial."""
    if len(said) <= 2 and said[:1].isupper() and (len(said) == 1 or said[1] == "."):
        return new[0] + said[1:]
    if len(said) > 1 and said.isupper():
        return new.upper()
    return new.lower() if said.islower() else new


def _like(char: str, choices: Choices) -> str:
    if char.isdigit():
        return str(choices.below(10))
    if char.isalpha() and char.isascii():
        made = chr(ord("A") + choices.below(26))
        return made if char.isupper() else made.lower()
    return char


def _in_shape(said: str, plain: str) -> str:
    """The characters of ``plain`` in the groups of ``said``."""
    left = iter(plain)
    return "".join(next(left, "0") if char.isalnum() else char for char in said)


def _in_shape_digits(said: str, digits: str) -> str:
    left = iter(digits)
    return "".join(next(left) if char.isdigit() else char for char in said)


def _plain(said: str) -> str:
    return re.sub(r"\W", "", bare(said.lower()))


def move_date(said: str, days: int) -> str:
    """A date so many days on, written as it was; one that cannot be read gets other digits.

    >>> move_date("12/03/1985", 20), move_date("3 March 1985", 30)
    ('01/04/1985', '2 April 1985')
    """
    numbers = re.findall(r"\d+", said)
    month = next(
        (at for at, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name[:3]}", said, re.I)), 0
    )
    year = next((int(n) for n in numbers if len(n) == 4), 0)
    rest = [int(n) for n in numbers if len(n) <= 2]
    try:
        if month:
            old = dt.date(year or 1980, month, rest[0])
        elif numbers and len(numbers[0]) == 4:
            old = dt.date(year, rest[0], rest[1])
        else:
            day, mon = (rest[0], rest[1]) if rest[1] <= 12 else (rest[1], rest[0])
            old = dt.date(year or 1900 + rest[2], mon, day)
    except (ValueError, IndexError):
        return re.sub(r"\d", lambda hit: str((int(hit.group()) + days) % 10), said)
    return _written_as(said, old, old + dt.timedelta(days=days), bool(month))


def _written_as(said: str, old: dt.date, new: dt.date, named: bool) -> str:
    seen = {"day": False, "month": named}
    out = []
    for piece in re.split(r"(\d+|[^\W\d_]+)", said):
        if piece.isdigit() and len(piece) == 4:
            piece = str(new.year)
        elif piece.isdigit():
            number = int(piece)
            if number == old.day and not seen["day"]:
                seen["day"], piece = True, f"{new.day:0{len(piece)}d}"
            elif number == old.month and not seen["month"]:
                seen["month"], piece = True, f"{new.month:0{len(piece)}d}"
            else:
                piece = f"{new.year % 100:02d}"
        elif named and piece[:3].lower() == _MONTHS[old.month - 1][:3] and piece[:1].isalpha():
            name = _MONTHS[new.month - 1]
            name = name[:3] if len(piece) == 3 else name
            piece = name.title() if piece[0].isupper() and not piece.isupper() else name
        elif piece in ("st", "nd", "rd", "th"):
            piece = (
                "th"
                if 10 <= new.day % 100 <= 20
                else {1: "st", 2: "nd", 3: "rd"}.get(new.day % 10, "th")
            )
        out.append(piece)
    return "".join(out)
