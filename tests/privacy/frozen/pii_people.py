"""People who do not exist: names of many origins and what documents say about somebody."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pii_numbers as numbers
from pii_identity import FREE, IDS, SCHEMES, Bearer
from pii_numbers import filled, folded, ip_4, ip_6, some

HERE = Path(__file__).resolve().parent
ENGLISH = ("United Kingdom", "United States", "Ireland", "Canada", "Australia")
MONTHS = "January February March April May June July August September October November December"


@dataclass(frozen=True)
class Piece:
    """A stretch of a document: plain text, a span to be masked or a decoy that must not be."""

    text: str
    type: str = ""
    scheme: str = ""
    decoy: bool = False


class Decks:
    """Draws in turn from shuffled lists, so that nothing is drawn twice before all was once."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.left: dict[str, list[str]] = {}

    def draw(self, key: str, of: Sequence[str]) -> str:
        left = self.left.setdefault(key, [])
        if not left:
            left.extend(of)
            self.rng.shuffle(left)
        return left.pop()


Blocks = dict[str, dict[str, dict[str, list[str]]]]


def read_words() -> Blocks:
    """The word lists: kind of block, its heading, then the lists in it."""
    blocks: Blocks = {"name": {}, "country": {}, "list": {}}
    block: dict[str, list[str]] = {}
    for line in (HERE / "pii_words.txt").read_text("utf-8").splitlines():
        if line.startswith("@"):
            kind, head = line[1:].split(" ", 1)
            name, *rest = head.split("; ")
            block = blocks[kind][name] = {"head": rest}
        elif line not in ("", "#") and not line.startswith("# "):
            found = re.match(r"(\w+): (.*)", line)
            key, values = found.groups() if found else ("all", line)
            block[key] = values.split("; ")
    return blocks


class Person:
    """Somebody made up; what is asked for once stays the same through the document."""

    def __init__(self, words: Blocks, decks: Decks, kin: Person | None, ways: set[str]) -> None:
        self.words, self.decks, self.rng = words, decks, decks.rng
        rng, names = self.rng, words["name"]
        self.origin: str = kin.origin if kin else decks.draw("origin", list(names))
        own = names[self.origin]
        self.home, order = own["head"]
        self.order, *self.ways = order.split()
        self.female = "f" in ways or ("m" not in ways and rng.random() < 0.5)
        given = decks.draw(f"{self.origin} {self.female}", own["f" if self.female else "m"])
        self.given = given
        self.country = self.home if rng.random() < 0.5 else rng.choice(ENGLISH)
        self.surnames = [decks.draw(self.origin, own["s"]) for _ in range(2)]
        between = rng.choice(own["p"]) if "p" in own and rng.random() < 0.4 else ""
        self.middle = self.gendered(between)
        self.nick = dict(n.split("=") for n in own.get("n", [])).get(given, given)
        self.western = self.order == "gs" or (self.order == "both" and rng.random() < 0.5)
        if kin:
            self.country, self.western = kin.country, kin.western
            self.surnames[0] = kin.surnames[0]
        first, years = (2009, 10) if "kid" in ways else (1938, 66)
        self.born = date(first, 1, 5) + timedelta(rng.randrange(365 * years))
        surname = self.gendered(self.surnames[0])
        self.bearer = Bearer(given, surname, self.female, self.born)
        self.known: dict[str, list[Piece]] = {}

    def gendered(self, form: str) -> str:
        man, _, woman = form.partition("/")
        return woman if woman and self.female else man

    def named(self, given: str, middle: str, surname: str) -> str:
        parts = [given, middle, surname] if self.western else [surname, middle, given]
        return " ".join(part for part in parts if part)

    def name(self, form: str) -> str:
        """The name in one of the forms in which documents write it."""
        given, surname, rng = self.given, self.bearer.surname, self.rng
        whole = f"{surname} {self.gendered(self.surnames[1])}" if "two" in self.ways else surname
        if "initial" in self.ways and self.middle:
            full = f"{self.middle} {given}"
        else:
            full = self.named(given, self.middle, whole)
        if form == "full" and self.nick != given and self.western and rng.random() < 0.12:
            full = self.named(given, f"({self.nick})", surname)
        elif form == "full" and self.origin == "american" and not self.female:
            full += rng.choice(("", "", "", " Jr.", " III"))
        initials = re.sub(r"([^\W\d_])[\w'’]*", r"\1.", given).upper()
        calls = given if "given" in self.ways else surname
        capital = next((c for c in surname if c.isupper()), surname[0])
        turned = self.named(given, "", surname.upper())
        return {
            "full": full, "first": given, "last": calls, "nick": self.nick, "upper": full.upper(),
            "lower": full.lower(), "short": self.named(given, "", surname),
            "nickfull": f"{self.nick} {surname}", "inv": f"{whole}, {given}",
            "ini": f"{initials} {surname}", "bare": given[0] + capital, "lastup": turned,
            "lastonlyup": surname.upper(), "surname": surname, "firstup": given.upper(),
        }[form]  # fmt: skip

    def said(self, form: str) -> str | None:
        """Words about the person that name nobody."""
        pick, woman = self.rng.choice, self.female
        said = {
            "he": ("he", "she"), "his": ("his", "her"), "him": ("him", "her"), "sal": ("Mr", "Ms"),
            "sex": ("M", "F"), "salup": ("MR", "MS"), "rel": ("son", "daughter"),
        }  # fmt: skip
        if form == "title":
            return pick(("Dr", "Dr", "Dr.", "Prof.", "Professor"))
        if form == "age":
            return str(2026 - self.born.year)
        return said[form][woman] if form in said else None

    def birth(self) -> str:
        born, month = self.born, MONTHS.split()[self.born.month - 1]
        day, year = born.day, born.year
        forms = [f"{born:%Y-%m-%d}", f"{day:02d}-{month[:3]}-{year}", f"{day} {month[:3]} {year}"]
        if self.country == "United States":
            forms += [f"{born:%m/%d/%Y}", f"{month} {day}, {year}", f"{born.month}/{day}/{born:%y}"]
        else:
            forms += [f"{born:%d/%m/%Y}", f"{born:%d.%m.%Y}", f"{day} {month} {year}"]
            forms += [f"{born:%d-%m-%y}", f"{day}.{born.month}.{year}"]
        return self.rng.choice(forms)

    def login(self) -> tuple[str, str]:
        both = (self.given, self.bearer.surname)
        parts = [re.sub(r"[^a-z]", "", folded(name).lower()) for name in both]
        return parts[0] or "x", parts[1] or "y"

    def email(self) -> str:
        (first, last), rng = self.login(), self.rng
        host = rng.choice(("", "", "", "", "mail.", "post.")) + rng.choice(("com", "org", "net"))
        before, dot, top = host.rpartition(".")
        forms = [f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}_{last}"]
        forms += [f"{first}{self.born:%y}", f"{first}.{last}+news", f"{first}-{last}"]
        return f"{rng.choice([*forms, f'{last}{first[0]}7'])}@{before}{dot}example.{top}"

    def spelt(self) -> str:
        """The mail address as people write it who do not want it to be found."""
        at, dot = self.rng.choice(((" at ", " dot "), (" (at) ", " (dot) "), (" [at] ", ".")))
        return self.email().replace(".", dot).replace("@", at)

    def url(self) -> str:
        first, last = self.login()
        forms = (
            f"https://example.org/~{first[0]}{last}",
            f"http://www.example.com/people/{first}-{last}",
            f"https://{first}{last}.example.net",
            f"{first}-{last}.example.org/cv",
            f"https://social.example.com/@{first}{last}",
            f"www.{last}{first[0]}.example.com",
            f"https://www.example.net/in/{first}-{last}-{some(self.rng, 4)}/",
            f"https://blog.example.org/{last}/about?lang=en",
        )
        return self.rng.choice(forms)

    def address(self, form: str, country: str) -> list[Piece]:
        """One span for each part between commas or line breaks."""
        own, rng = self.words["country"][country], self.rng
        if "town" not in self.known:
            self.known["town"] = [Piece(rng.choice(own["town"]))]
        town = self.known["town"][0].text
        if form == "city":
            return [Piece(re.findall(r"\*(.*)\*", town)[0], "LOCATION")]
        lines = {"locality": filled(rng, town.replace("*", "")), "country": country}
        lines["street"] = filled(rng, self.decks.draw(f"street {country}", own["street"]))
        if form == "addr":
            parts: list[Piece] = []
            for line in ("street", "locality", "country")[: 2 + (rng.random() < 0.4)]:
                parts += [Piece(", ")] * bool(parts) + self.piece(line)
            return parts
        found = re.split(r"(, )", lines[form])
        return [Piece(part, "" if at % 2 else "LOCATION") for at, part in enumerate(found)]

    def number(self, form: str) -> list[Piece]:
        """An identity number, a customer's or a patient's number."""
        rng = self.rng
        if form in FREE:
            return [Piece(filled(rng, rng.choice(FREE[form])), "ID_NUMBER", form)]
        if form.startswith("nat"):
            if "scheme" not in self.known:
                land = self.home if rng.random() < 0.8 else self.country
                kinds = IDS.get(land, "passport=passport no.").split(";")
                scheme, labels = self.decks.draw(f"id {land}", kinds).split("=")
                value = Piece(SCHEMES[scheme](rng, self.bearer), "ID_NUMBER", scheme)
                self.known["scheme"] = [Piece(rng.choice(labels.split("/"))), Piece(" "), value]
            label, space, value = self.known["scheme"]
            return {"natlabel": [label], "natnum": [value]}.get(form, [label, space, value])
        if form == "licence" and self.country == "United Kingdom":
            form = "uk_licence"
        return [Piece(SCHEMES[form](rng, self.bearer), "ID_NUMBER", form)]

    def contact(self, form: str) -> Piece | None:
        rng, own = self.rng, self.words["country"][self.country]
        if form in ("phone", "mobile", "ext"):
            number = filled(rng, self.decks.draw(f"phone {self.country}", own["phone"]))
            ext = rng.choice((" ext. ###", " x##", ", extension ####", "-##", " ext ###"))
            plain = form != "ext" or "x" in number
            return Piece(number if plain else number + filled(rng, ext), "PHONE_NUMBER")
        if form == "iban":
            lands = [self.country, *sorted(self.words["country"])]
            kept = [land for land in lands if "iban" in self.words["country"][land]]
            land = kept[0] if kept[0] == self.country else rng.choice(kept)
            return Piece(numbers.iban(rng, self.words["country"][land]["iban"][0]), "IBAN_CODE")
        makers: dict[str, tuple[str, Callable[[], str]]] = {
            "dob": ("DATE_OF_BIRTH", self.birth),
            "email": ("EMAIL_ADDRESS", self.email),
            "emailup": ("EMAIL_ADDRESS", lambda: self.email().upper()),
            "spelt": ("EMAIL_ADDRESS", self.spelt),
            "url": ("URL", self.url),
            "card": ("CREDIT_CARD", lambda: numbers.card(rng)),
            "ip": ("IP_ADDRESS", lambda: (ip_4, ip_4, ip_4, ip_6)[rng.randrange(4)](rng)),
            "ipsix": ("IP_ADDRESS", lambda: ip_6(rng)),
        }
        if form not in makers:
            return None
        kind, maker = makers[form]
        return Piece(maker(), kind)

    def piece(self, form: str) -> list[Piece]:
        """What a slot of this person stands for."""
        if form in self.known:
            return self.known[form]
        bare = form.rstrip("0123456789")
        if (said := self.said(bare.lower())) is not None:
            return [Piece(said.capitalize() if bare[0].isupper() else said)]
        if bare in ("addr", "street", "locality", "city", "country"):
            if bare != form:
                other = self.decks.draw("country", sorted(self.words["country"]))
                towns = self.words["country"][other]["town"]
                found = [Piece(self.rng.choice(towns).split("*")[1], "LOCATION")]
            else:
                found = self.address(bare, self.country)
        elif (contact := self.contact(bare)) is not None:
            found = [contact]
        elif bare in ("natid", "natnum", "natlabel") or bare in {*SCHEMES, *FREE}:
            found = self.number(bare)
        else:
            found = [Piece(self.name(bare), "PERSON")]
        self.known[form] = found
        return found
