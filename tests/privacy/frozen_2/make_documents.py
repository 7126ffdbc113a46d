"""Makes 1,000 documents with personal data of nobody from the shapes and lists beside it.

python make_documents.py          writes pii_documents_2.jsonl.gz and prints its counts
"""

from __future__ import annotations

import collections
import datetime
import gzip
import hashlib
import io
import json
import pathlib
import random
import re

import national_ids
from pii_numbers import card, iban, ip_4, ip_6, some
from pii_numbers import folded as stripped

HERE = pathlib.Path(__file__).resolve().parent
SEED, TOTAL, EMPTY = 71420261, 1000, 100
OUT = HERE / "pii_documents_2.jsonl.gz"
SLOT = re.compile(r"\{([A-H]|[a-z]+)(?:\.([A-Za-z]\w*|\d))?\}")
CHOICE = re.compile(r"<<([^<>]*?)>>", re.S)
MONTHS = (
    "January February March April May June July August September October November December".split()
)
IBANS = dict(
    line.split(" ", 1)
    for line in """GB 4a14n;DE 18n;FR 10n11c2n;ES 20n;IT 1a10n12c;NL 4a10n;BE 12n;CH 5n12c;AT 16n
PL 24n;CZ 20n;SK 20n;SE 20n;NO 11n;DK 14n;FI 14n;PT 21n;GR 7n16c;IE 4a14n;HU 24n;RO 4a16c;BG 4a6n8c
HR 17n;RS 18n;LT 16n;LV 4a13c;EE 16n;IS 22n;TR 6n16c;IL 19n;PK 4a16c;BR 23n1a1c;UA 6n19c;EG 25n
MT 4a5n18c;CY 8n16c;LU 3n13c;SI 15n;AE 19n;SA 2n18c;GE 2a16n;KZ 3n13c;QA 4a21c;JO 4a4n18c;AL 8n16c
MD 20c;MC 10n11c2n;LI 5n12c;AD 8n12c;BA 16n;KW 4a22c;LB 4n20c;AZ 4a20c;MK 3n10c2n""".replace(
        "\n", ";"
    ).split(";")
)
PASSPORTS = {
    "GB": "5########", "US": "^########", "DE": "C0^X##^#", "FR": "##^^#####", "NL": "N^##^####",
    "IN": "^#######", "IT": "Y^#######", "PL": "E^#######", "CN": "E^#######", "JP": "T^#######",
    "KR": "M########", "VN": "C#######", "NG": "A########", "BR": "F^######", "TR": "U########",
    "IE": "P^#######", "ES": "P^^######", "SE": "########", "PH": "P#######A", "ZA": "A########",
    "HK": "K########", "UA": "F^######", "RO": "05#######", "GR": "A^#######", "IL": "3#######",
}  # fmt: skip
NUMBERS = {
    "cust": ("C-1#####", "CUST00####", "4400#####", "KD-##-####", "8########", "CU/#####/^"),
    "pat": ("P00#####", "MRN 00#####", "H-####-##", "70#####", "PT-2#####", "^00####"),
    "emp": ("E#####", "EMP-0###", "00####", "S-1####", "10####", "HR/####"),
    "stu": ("S20#####", "19######", "STU-####", "^####-2#", "20######"),
    "pol": ("POL-00######", "HX ## ####^", "9000#####", "UKM/0#####/#", "PL#######-01"),
    "tena": ("T-00####", "TEN/#####", "300####"),
    "memb": ("M-####", "0#####", "VOL-###", "LIB00####"),
}


def folded(text: str) -> str:
    for mark, plain in ("Þ", "Th"), ("þ", "th"), ("ß", "ss"), ("æ", "ae"), ("Æ", "Ae"):
        text = text.replace(mark, plain)
    return stripped(text)


def lines(name: str) -> list[str]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [x for x in text.splitlines() if x.strip() and not x.startswith("#")]


def fill(rng: random.Random, pattern: str) -> str:
    """# a digit, ^ a letter, % a house number."""
    out = []
    for c in pattern:
        if c == "#":
            out.append(some(rng, 1))
        elif c == "^":
            out.append(some(rng, 1, "ABCDEFGHJKLMNPRSTUVWXYZ"))
        elif c == "%":
            out.append(str(rng.choice((rng.randrange(1, 30), rng.randrange(1, 190)))))
        else:
            out.append(c)
    return "".join(out)


class Land:
    def __init__(self, line: str) -> None:
        self.code, names, forms, streets, towns, flats, phones = line.split("|")
        self.names, self.streets = names.split(","), streets.split(",")
        self.forms, self.flats = forms.split("!"), flats.split(",")
        self.towns = [(t.split("=") + ["", ""])[:3] for t in towns.split(",")]
        self.phones = phones.split(",")


class Origin:
    def __init__(self, line: str) -> None:
        self.name, self.land, flags, men, women, surnames = line.split("|")
        self.flags = flags.split()
        self.given = {"m": men.split(), "f": women.split()}
        self.surnames = surnames.split()


LANDS = {x.code: x for x in map(Land, lines("lands.txt"))}
HOMES = {x.split("|")[0]: x.split("|")[1:] for x in lines("homes.txt")}
ORIGINS = [Origin(x) for x in lines("names.txt")]
DECOYS = {x.split(": ", 1)[0]: x.split(": ", 1)[1].split("|") for x in lines("decoys.txt")}


class Deck:
    """Draws every entry once before any comes again."""

    def __init__(self, rng: random.Random, entries: list) -> None:
        self.rng, self.entries, self.left = rng, entries, []

    def draw(self):
        if not self.left:
            self.left = list(self.entries)
            self.rng.shuffle(self.left)
        return self.left.pop()


def spell_date(rng: random.Random, day: datetime.date, form: str | None = None) -> str:
    d, m, y = day.day, day.month, day.year
    name = MONTHS[m - 1]
    th = "th" if 10 < d < 14 else {1: "st", 2: "nd", 3: "rd"}.get(d % 10, "th")
    forms = {
        "slash": f"{d:02d}/{m:02d}/{y}", "long": f"{d} {name} {y}", "iso": f"{y}-{m:02d}-{d:02d}",
        "dots": f"{d:02d}.{m:02d}.{y}", "us": f"{name} {d}, {y}", "th": f"{d}{th} {name} {y}",
        "mon": f"{d:02d}-{name[:3]}-{y}", "short": f"{d}/{m}/{y % 100:02d}",
        "caps": f"{d:02d} {name[:3].upper()} {y}", "usslash": f"{m:02d}/{d:02d}/{y}",
        "of": f"{d}{th} of {name} {y}", "dash": f"{d:02d}-{m:02d}-{y}",
        "abbr": f"{d} {name[:3]} {y}",
    }  # fmt: skip
    if form:
        return forms[form]
    keys = list(forms)
    return forms[rng.choices(keys, (9, 8, 5, 4, 4, 3, 3, 3, 2, 3, 0, 2, 4))[0]]


AGES = {"kid": (2010, 3700), "young": (1968, 13400), "any": (1939, 24000)}


class Person:
    """Somebody who is nobody: what is said of one person in one document stays the same."""

    def __init__(
        self, rng: random.Random, origin: Origin, like: "Person | None", age: str, sex: str
    ):
        self.rng, self.origin, self.memo, self.style = rng, origin, {}, None
        self.sex = sex
        given, _, short = rng.choice(origin.given[self.sex]).partition("=")
        self.given, self.short = given.replace("_", " "), short or given.replace("_", " ")
        self.surname = self.family(like.word if like else None)
        self.middle, self.first = "", False
        if like is None and "dbl" in origin.flags and rng.random() < 0.55:
            second = self.draw_surname(rng.choice(origin.surnames))
            if second != self.surname and " " not in self.surname:
                self.surname += " " + second
        elif like:
            self.surname = self.family(like.word) if "/" in like.word else like.surname
        roll = rng.random()
        if "mid" in origin.flags and roll < 0.4 or roll < 0.05:
            second = rng.choice(origin.given[self.sex]).partition("=")[0].replace("_", " ")
            if second != self.given and " " not in second:
                self.middle = second if rng.random() < 0.5 else second[0] + "."
        if "ff" in origin.flags:
            self.first = rng.random() < 0.5 if like is None else like.first
        self.suffix = (
            " Jr."
            if origin.name in ("american", "filipino") and self.sex == "m" and (rng.random() < 0.15)
            else ""
        )
        first, days = AGES[age]
        self.born = datetime.date(first, 1, 1) + datetime.timedelta(rng.randrange(days))
        home = LANDS[origin.land] if origin.land in LANDS else None
        roll = rng.random()
        if home is None or roll < 0.45:
            roll = rng.random()
            home = (
                LANDS["GB"]
                if roll < 0.45
                else LANDS["US"]
                if roll < 0.6
                else (LANDS[rng.choice(sorted(LANDS))])
            )
        self.home = like.home if like else home
        self.place = like.place if like else self.draw_place()

    def draw_surname(self, word: str) -> str:
        parts = word.split("/")
        return parts[-1 if self.sex == "f" else 0].replace("_", " ")

    def family(self, word: str | None) -> str:
        self.word = word or self.rng.choice(self.origin.surnames)
        return self.draw_surname(self.word)

    def draw_place(self) -> dict:
        rng, land = self.rng, self.home
        town, code, state = rng.choice(land.towns)
        place = {"C": town, "Z": fill(rng, code), "T": state}
        place["S"] = fill(rng, rng.choice(land.streets)).replace("~", "#")
        place["F"] = re.sub(r"(?<!\d)0(?=\D|$)", "1", fill(rng, rng.choice(land.flats)))
        form = rng.choice(land.forms)
        if "F" in form.split(";") and rng.random() < 0.35:
            form = ";".join(p for p in form.split(";") if p != "F")
        parts = [re.sub(r"\b[CZTSF]\b", lambda m: place[m[0]], p) for p in form.split(";")]
        place["parts"] = [p.strip() for p in parts if p.strip()]
        place["land"] = rng.choice(land.names)
        if rng.random() < (0.12 if land.code in ("GB", "US") else 0.6) and land.code != "SG":
            place["parts"].append(place["land"])
        return place

    # names -----------------------------------------------------------------------------------
    def name(self) -> str:
        middle = f" {self.middle}" if self.middle else ""
        if self.first:
            return f"{self.surname} {self.given}"
        return f"{self.given}{middle} {self.surname}{self.suffix}"

    def letters(self) -> str:
        last = re.split(r"[ ]", self.surname)[-1]
        return folded(self.given)[0] + (folded(re.sub(r"^\W+", "", last)) or "X")[0].upper()

    def mailname(self) -> str:
        g = re.sub(r"[^a-z]", "", folded(self.given).lower().split(" ")[0]) or "me"
        s = re.sub(r"[^a-z]", "", folded(self.surname).lower()) or "x"
        n = re.sub(r"[^a-z]", "", folded(self.short).lower()) or g
        y = f"{self.born.year % 100:02d}"
        forms = (f"{g}.{s}", f"{g[0]}.{s}", f"{g}{s[0]}{y}", f"{s}.{g}", f"{g}_{s}", f"{n}{y}")
        forms += (
            f"{g[0]}{s}",
            f"{g}.{s}",
            f"{g}-{s}",
            f"{s}{self.rng.randrange(2, 99)}",
            f"{g}.{s}",
        )
        return self.rng.choice(forms)

    def get(self, form: str) -> list[tuple[str, str | None]]:
        if form not in self.memo:
            self.memo[form] = self.make(form)
        return self.memo[form]

    def make(self, form: str) -> list[tuple[str, str | None]]:
        rng, person = self.rng, "PERSON"
        he = self.sex == "m"
        words = {
            "he": "he" if he else "she", "his": "his" if he else "her", "him": "him" if he else "her",
            "He": "He" if he else "She", "His": "His" if he else "Her", "mf": "M" if he else "F",
            "sex": "male" if he else "female", "man": "man" if he else "woman",
            "son": "son" if he else "daughter", "bro": "brother" if he else "sister",
            "husb": "husband" if he else "wife", "dad": "father" if he else "mother",
        }  # fmt: skip
        if form in words:
            return [(words[form], None)]
        if form == "t":
            return [
                (
                    rng.choice(("Mr", "Mr", "Mr", "Mr.") if he else ("Ms", "Mrs", "Miss", "Ms.")),
                    None,
                )
            ]
        if form == "age":
            return [(str(2025 - self.born.year), None)]
        initials = "".join(x[0].upper() + "." for x in re.split(r"[ -]", self.given) if x)
        if form in ("full", ""):
            return [(self.name(), person)]
        if form == "g":
            return [(self.given, person)]
        if form == "n":
            return [(self.short, person)]
        if form == "s":
            return [(self.surname, person)]
        if form == "up":
            return [(self.surname.upper(), person)]
        if form == "i":
            gap = rng.choice((" ", " ", " ", " ", " ", " ", "")) if "." in initials else " "
            return [(f"{initials}{gap}{self.surname}", person)]
        if form == "l":
            return [(f"{self.surname}, {self.given}", person)]
        if form == "li":
            return [(f"{self.surname}, {initials[:2]}", person)]
        if form == "lu":
            return [(f"{self.surname.upper()}, {self.given}", person)]
        if form == "ug":
            return [(f"{self.surname} {self.given}".upper(), person)]
        if form == "gu":
            return [(self.given.upper(), person)]
        if form == "ini":
            return [(self.letters(), person)]
        if form == "b":
            if self.short != self.given and not self.first and len(self.short) > 2:
                return [(f"{self.given} ({self.short}) {self.surname}", person)]
            return [(self.name(), person)]
        if form == "gl":
            return [(f"{self.given} {self.letters()[1]}.", person)]
        # places
        place, loc = self.place, "LOCATION"
        if form in ("addr", "lines", "addrq", "semi"):
            by = {"lines": "\n", "semi": "; "}.get(form, ", ")
            out: list[tuple[str, str | None]] = []
            for part in place["parts"]:
                out += [(by, None)] if out else []
                out.append((part, loc))
            return out
        if form == "street":
            return [(place["S"], loc)]
        if form == "city":
            return [(place["C"], loc)]
        if form == "pc":
            return [
                (
                    place["Z"]
                    if not place["Z"][:2].isalpha() or self.home.code != "PH"
                    else place["C"],
                    loc,
                )
            ]
        if form == "land":
            return [(place["land"], loc)]
        if form in ("from", "fromland") and self.origin.land in HOMES:
            name, towns, _ = HOMES[self.origin.land]
            return [(name if form == "fromland" else rng.choice(towns.split(",")), loc)]
        if form == "from":
            return [(rng.choice(LANDS[self.origin.land].towns)[0], loc)]
        if form == "fromland":
            return [(LANDS[self.origin.land].names[0], loc)]
        if form in ("to", "to2"):
            land = LANDS[rng.choice(sorted(LANDS))]
            return [(rng.choice(land.towns)[0], loc)]
        if form == "toland":
            return [(rng.choice(LANDS[rng.choice(sorted(LANDS))].names), loc)]
        # numbers
        if form in ("ph", "mob", "ph2"):
            phones = self.home.phones
            if rng.random() < 0.25:
                code = self.origin.land
                phones = LANDS[code].phones if code in LANDS else [HOMES[code][2]]
            area = str(rng.choice((202, 312, 415, 503, 617, 704, 816, 919)))
            number = fill(rng, re.sub(r"###(?=[ .)-]+555)", area, rng.choice(phones)))
            return [(number, "PHONE_NUMBER")]
        if form in ("mail", "mail2", "work"):
            dom = rng.choice(("example.com", "example.org", "example.net"))
            if form == "work" or rng.random() < 0.25:
                sub = ("mail", "post", "kestrel", "northgate", "inbox", "dept", "oakfield", "uni")
                dom = f"{rng.choice(sub)}.{dom}"
            return [(f"{self.mailname()}@{dom}", "EMAIL_ADDRESS")]
        if form == "spelt":
            name = self.mailname().replace(".", " dot ").replace("_", " underscore ")
            return [(f"{name} at example dot {rng.choice(('com', 'org', 'net'))}", "EMAIL_ADDRESS")]
        if form == "mailup":
            return [(self.get("mail")[0][0].upper(), "EMAIL_ADDRESS")]
        if form == "url":
            name = re.sub(r"[._]", "-", self.mailname())
            end = rng.choice(("com", "org", "net"))
            forms = (
                f"https://www.example.{end}/{name}",
                f"www.example.{end}/~{name}",
                f"{name}.example.{end}",
                f"https://{name}.example.{end}/blog",
                f"http://example.{end}/u/{name}",
                f"example.{end}/in/{name}",
            )
            return [(rng.choice(forms), "URL")]
        if form in ("dob", "dobiso", "dobus", "dobth"):
            key = {"dobiso": "iso", "dobus": "us", "dobth": "of"}.get(form)
            return [(spell_date(rng, self.born, key or self.style), "DATE_OF_BIRTH")]
        if form in ("card", "card2"):
            return [(card(rng), "CREDIT_CARD")]
        if form in ("cardend",):
            return [(self.get("card")[0][0][-4:], None)]
        if form in ("iban", "iban2"):
            land = (
                self.home.code
                if rng.random() < 0.5 and self.home.code in IBANS
                else (rng.choice(sorted(IBANS)))
            )
            return [(iban(rng, f"{land} {IBANS[land]}"), "IBAN_CODE")]
        if form in ("ip", "ip2"):
            return [(ip_4(rng) if rng.random() < 0.75 else ip_6(rng), "IP_ADDRESS")]
        if form == "ipv4":
            return [(ip_4(rng), "IP_ADDRESS")]
        if form == "ipv6":
            return [(ip_6(rng), "IP_ADDRESS")]
        if form in ("nid", "nidl"):
            code = self.origin.land if rng.random() < 0.5 else self.home.code
            if code not in national_ids.SCHEMES:
                code = self.home.code
            if code not in national_ids.SCHEMES:
                code = rng.choice(sorted(national_ids.SCHEMES)) if rng.random() < 0.6 else "GB"
            label, number = national_ids.make(rng, code, self)
            self.memo["nid"], self.memo["nidl"] = [(number, "ID_NUMBER")], [(label, None)]
            return self.memo[form]
        if form == "nhs":
            return [(national_ids.nhs(rng), "ID_NUMBER")]
        if form == "nino":
            return [(national_ids.make(rng, "GB", self)[1], "ID_NUMBER")]
        if form == "pass":
            code = self.origin.land if self.origin.land in PASSPORTS else "GB"
            return [(fill(rng, PASSPORTS[code]), "ID_NUMBER")]
        if form == "dl":
            return [(national_ids.licence(rng, self), "ID_NUMBER")]
        if form in NUMBERS:
            number = fill(rng, rng.choice(NUMBERS[form]))
            return [(number.removeprefix("MRN "), "ID_NUMBER")]
        raise KeyError(form)


class Setting:
    """When a document is written, how it spells dates, its money: the same throughout."""

    def __init__(self, rng: random.Random, kind: str) -> None:
        self.day = datetime.date(2023, 3, 1) + datetime.timedelta(rng.randrange(1100))
        self.steady = kind in ("log", "chat")
        self.at = rng.randrange(7 * 3600, 18 * 3600)
        form = spell_date(rng, datetime.date(2024, 5, 27))
        self.style = next(
            k for k in STYLES if spell_date(rng, datetime.date(2024, 5, 27), k) == form
        )
        self.born = self.style if rng.random() < 0.7 else None
        self.money = rng.choices("£€$", (8, 2, 1))[0]


STYLES = "slash long iso dots us th mon short caps usslash dash abbr".split()


def decoy(rng: random.Random, kind: str, now: Setting) -> str:
    day = now.day + datetime.timedelta(0 if now.steady else rng.randrange(-45, 45))
    if kind in DECOYS:
        return rng.choice(DECOYS[kind])
    if kind == "date":
        return spell_date(rng, day, now.style if rng.random() < 0.85 else None)
    if kind == "iso":
        return spell_date(rng, day, "iso")
    if kind == "short":
        return f"{day.day} {MONTHS[day.month - 1]}"
    if kind == "stamp":
        now.at = (now.at + rng.randrange(2, 900)) % 86400
        return f"{now.day}T{now.at // 3600:02d}:{now.at // 60 % 60:02d}:{now.at % 60:02d}Z"
    if kind == "time":
        h, m = rng.randrange(7, 20), rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50))
        return rng.choice(
            (
                f"{h:02d}:{m:02d}",
                f"{h}:{m:02d}",
                f"{(h - 1) % 12 + 1}.{m:02d} {'am' if h < 12 else 'pm'}",
            )
        )
    if kind == "clock":
        now.at = (now.at + rng.randrange(40, 600)) % 86400
        return f"{now.at // 3600:02d}:{now.at // 60 % 60:02d}"
    if kind == "amt":
        whole, rest = (
            rng.choice((rng.randrange(4, 99), rng.randrange(100, 4000))),
            rng.choice((0, 50, 99, 20)),
        )
        return f"{now.money}{whole:,}.{rest:02d}"
    if kind == "num":
        return f"{rng.randrange(4, 900)}.{rng.randrange(100):02d}"
    if kind == "n":
        return str(rng.randrange(2, 13))
    if kind == "nn":
        return str(rng.randrange(14, 98))
    patterns = {
        "order": ("#########", "SO-######", "W#######", "ORD-20##-####", "##-#####-#####"),
        "inv": ("INV-#####", "20##/####", "INV20##-###", "A-####"),
        "ref": ("REF/####/##", "^^-####-##", "CAS-######", "#######", "Q####/2#"),
        "tick": ("#####", "INC00#####", "TCK-####", "HD-#####"),
        "track": ("JD00########", "1Z^^########", "RM########GB", "00#########"),
        "serial": ("SN^^###^####", "C02^#####^", "7^^####-##", "S/N 00#####"),
        "ver": ("2.##.#", "1#.#.#", "v#.#", "4.2.0.1#", "2025.#.1", "3.#.1-beta2"),
        "flight": ("BA ####", "LH###", "FR####", "KL 10##", "TK19##"),
        "room": ("Room 1##", "Room B#", "Meeting Room #", "Hall #"),
        "batch": ("LOT ^####", "B-######", "####^^"),
        "isbn": (),
        "reg": ("^^2# ^^^", "^^1# ^^^"),
    }
    if kind == "isbn":
        body = "978" + some(rng, 9, "123456789")
        check = -sum(int(d) * (1 + 2 * (at % 2)) for at, d in enumerate(body)) % 10
        return f"978-{body[3]}-{body[4:8]}-{body[8:12]}-{check}"
    return fill(rng, rng.choice(patterns[kind]))


Seg = tuple[str, "str | None", "str | None"]  # text, type, decoy


def fit(text: str, how: str) -> str:
    """The text in lower or upper case, letter by letter where that keeps one letter."""
    return "".join(getattr(c, how)() if len(getattr(c, how)()) == 1 else c for c in text)


def slip(rng: random.Random, word: str) -> str:
    """A word with one slip of the keys."""
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 2)
    return rng.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
    )


def noise(rng: random.Random, how: str, parts: list[Seg]) -> list[Seg]:
    out = list(parts)
    if how in ("lower", "upper"):
        return [(fit(t, how), k, d) for t, k, d in parts]
    if how == "folded":
        return [(folded(t) if k in ("PERSON", "LOCATION") else t, k, d) for t, k, d in parts]
    if how == "namelower":
        return [(fit(t, "lower") if k in ("PERSON", "LOCATION") else t, k, d) for t, k, d in parts]
    if how == "slips":
        for at, (text, kind, what) in enumerate(out):
            near = any(0 <= at + s < len(out) and out[at + s][1] for s in (-1, 1))
            if kind is None and near and what is None and rng.random() < 0.2:
                words = re.split(r"(\s+)", text)
                spots = [i for i, w in enumerate(words) if re.fullmatch(r"[A-Za-z]{4,}[:,.]?", w)]
                if spots:
                    spot = rng.choice((spots[0], spots[-1]))
                    words[spot] = slip(rng, words[spot])
                text = "".join(words)
                if rng.random() < 0.25:
                    text = (
                        text.replace(", ", ",", 1)
                        if rng.random() < 0.5
                        else text.replace(": ", ":", 1)
                    )
                if rng.random() < 0.15:
                    text = text.replace(" ", "  ", 1)
            elif kind == "PERSON" and rng.random() < 0.06 and len(text) > 6:
                text = slip(rng, text)
            out[at] = (text, kind, what)
        return out
    if how == "wrapped":
        width, column = rng.randrange(34, 58), 0
        done: list[Seg] = []
        whole = "".join(t for t, _, _ in parts)
        broken = list(whole)
        last = -1
        for at, c in enumerate(whole):
            if c == "\n":
                column, last = 0, -1
                continue
            column += 1
            if c == " ":
                last = at
            if column > width and last >= 0:
                broken[last] = "\n"
                column, last = at - last, -1
        at = 0
        for text, kind, what in parts:
            done.append(("".join(broken[at : at + len(text)]), kind, what))
            at += len(text)
        return done
    raise KeyError(how)


class Shape:
    def __init__(self, head: str, body: str) -> None:
        self.name, *rest = head.split()
        self.kind = self.name.split("-")[0]
        self.family, self.kids, self.men, self.women, self.young = "", "", "", "", ""
        for word in rest:
            key, _, value = word.partition("=")
            self.family = value if key == "fam" else self.family
            self.kids = value if key == "kid" else self.kids
            self.men = value if key == "m" else self.men
            self.young = value if key == "young" else self.young
            self.women = value if key == "f" else self.women
        self.body = body.strip("\n")
        self.empty = not re.search(r"\{[A-H][.}]", self.body)

    def age(self, name: str) -> str:
        return "kid" if name in self.kids else "young" if name in self.young else "any"


def read_shapes() -> list[Shape]:
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted(HERE.glob("shapes_*.txt")))
    found = re.split(r"^== ?", text, flags=re.M)[1:]
    return [Shape(*part.split("\n", 1)) for part in found]


def write(rng: random.Random, shape: Shape, origins: Deck) -> tuple[list[Seg], dict]:
    body = shape.body
    while CHOICE.search(body):
        body = CHOICE.sub(lambda m: rng.choice(m[1].split("|")), body)
    people: dict[str, Person] = {}
    now = Setting(rng, shape.kind)
    style = now.born
    cache: dict[tuple[str, str], str] = {}
    names = sorted({m[1] for m in SLOT.finditer(body) if m[1].isupper()} | set())
    if shape.family and names:
        names = [shape.family[0]] + [n for n in names if n != shape.family[0]]
    taken: set[str] = set()
    for name in names:
        like = people.get(shape.family[0]) if name in shape.family[1:] else None
        origin = like.origin if like else origins.draw()
        for _ in range(40):
            sex = "m" if name in shape.men else "f" if name in shape.women else rng.choice("mf")
            person = Person(rng, origin, like, shape.age(name), sex)
            person.style = style
            if person.given not in taken and person.short not in taken:
                break
        taken |= {person.given, person.short}
        people[name] = person
    out: list[Seg] = []
    at = 0
    for m in SLOT.finditer(body):
        out.append((body[at : m.start()], None, None))
        at = m.end()
        if m[1].isupper():
            out += [(t, k, None) for t, k in people[m[1]].get(m[2] or "full")]
            continue
        key = (m[1], m[2] or "")
        if not m[2]:
            text = decoy(rng, m[1], now)
        else:
            text = cache.setdefault(key, decoy(rng, m[1], now))
        out.append((text, None, m[1]))
    out.append((body[at:], None, None))
    return [x for x in out if x[0]], people


QUIET = {"json", "csv", "log"}


def documents(watch=None) -> tuple[list[dict], collections.Counter, collections.Counter]:
    """All documents, the decoys and the noise in them; `watch` sees each with its people."""
    rng = random.Random(SEED)
    shapes = read_shapes()
    full, empty = [s for s in shapes if not s.empty], [s for s in shapes if s.empty]
    origins = Deck(rng, ORIGINS)
    jobs: list[Shape] = []
    for group, count in ((full, TOTAL - EMPTY), (empty, EMPTY)):
        deck = Deck(rng, group)
        jobs += [deck.draw() for _ in range(count)]
    rng.shuffle(jobs)
    counts: collections.Counter = collections.Counter()
    decoys: collections.Counter = collections.Counter()
    noises: collections.Counter = collections.Counter()
    made, seen = [], set()
    for shape in jobs:
        for _ in range(20):
            parts, people = write(rng, shape, origins)
            how = None
            roll = rng.random()
            kinds = [
                "slips",
                "slips",
                "slips",
                "lower",
                "upper",
                "folded",
                "namelower",
                "wrapped",
                "wrapped",
            ]
            if shape.kind in QUIET:
                kinds = ["folded", "namelower"]
            if roll < 0.14:
                how = rng.choice(kinds)
                parts = noise(rng, how, parts)
            text = "".join(t for t, _, _ in parts)
            if text not in seen:
                break
        seen.add(text)
        if watch:
            watch(shape, people, parts, how)
        noises[how] += 1
        counts[shape.name] += 1
        spans, at = [], 0
        for part, kind, what in parts:
            if kind:
                spans.append({"start": at, "end": at + len(part), "type": kind})
            if what:
                decoys[what] += 1
            at += len(part)
        made.append(
            {
                "id": f"{shape.name}-{counts[shape.name]}",
                "kind": shape.kind,
                "text": text,
                "spans": spans,
            }
        )
    return made, decoys, noises


def packed(made: list[dict]) -> tuple[bytes, bytes]:
    plain = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in made).encode()
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=9) as file:
        file.write(plain)
    return plain, buffer.getvalue()


def main() -> None:
    made, decoys, noises = documents()
    plain, zipped = packed(made)
    OUT.write_bytes(zipped)
    print("plain", hashlib.sha256(plain).hexdigest())
    print("gz   ", hashlib.sha256(zipped).hexdigest())
    types = collections.Counter(s["type"] for d in made for s in d["spans"])
    holding = collections.Counter(t for d in made for t in {s["type"] for s in d["spans"]})
    for kind, count in types.most_common():
        print(f"| {kind} | {count:,} | {holding[kind]} |")
    print(f"| all | {sum(types.values()):,} | {sum(1 for d in made if d['spans'])} |")
    kinds = collections.Counter(d["kind"] for d in made)
    for kind in sorted(kinds):
        docs = [d for d in made if d["kind"] == kind]
        shapes = {d["id"].rpartition("-")[0] for d in docs}
        print(f"| {kind} | {len(docs)} | {len(shapes)} | {sum(len(d['spans']) for d in docs)} |")
    print(dict(noises))
    print(dict(decoys))


if __name__ == "__main__":
    main()
