"""Fills the shapes by hand of the fifth set with made people, places, numbers and decoys.

A shape begins with `=== kind-name language more`, where `more` may hold a land (`GB`, `GB/IE`),
`B~A` (B has A's family name and home), `B=A` (A's home alone), `B<A` (A's child), and `A:f`, `A:m`,
`A:k`, `A:y` (a woman, a man, a child, somebody young). In it:

    {A} {A.g} {A.e} ...     somebody's name, given name, mail: see `Somebody`
    {id:EMP-%%%%}           a number of somebody's that a house gives: ID_NUMBER
    {x:INV-%%%%}            a number that is nobody's; {x1:...} is the same each time
    {firm} {date} {ip} ...  decoys and the rest: see `Document`; {firm1} is the same each time
    [[this|that]]           one of them
    @@3-5 line              the line three to five times, with R and S new in each, {i} its number;
    @@,3-5 line             the same with a comma at the ends of all but the last
"""

import collections
import datetime
import gzip
import json
import pathlib
import random
import re

import numbers_5 as numbers

HERE = pathlib.Path(__file__).resolve().parent
SEED = 90417253
COUNT, EMPTY, SLIPS = 900, 100, 68
JOINED = {"PERSON", "LOCATION"}
NO_SLIPS = {"csv", "json", "yaml", "xml", "log", "ical", "vcard", "sql", "config"}
SLOT = re.compile(
    r"\{([A-Z]\d*(?:\.[a-zA-Z0-9]+)?|(?:id|x)\d?:[^{}]+|[a-z][a-z0-9]*)\}",
)
CHOICE = re.compile(r"\[\[((?:(?!\[\[|\]\]).)*)\]\]")
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie "
    "decembrie",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta "
    "syyskuuta lokakuuta marraskuuta joulukuuta",
}
LONG = {"de": "{}. {} {}", "es": "{} de {} de {}", "pt": "{} de {} de {}", "nb": "{}. {} {}"}
LONG |= {"da": "{}. {} {}", "cs": "{}. {} {}", "fi": "{}. {} {}"}
TITLES = {"de": ("Herr", "Frau"), "fr": ("M.", "Mme"), "es": ("D.", "D.ª"), "it": ("Sig.", "Sig.ra")}
TITLES |= {"pt": ("Sr.", "Sra."), "nl": ("dhr.", "mevr."), "pl": ("Pan", "Pani"), "cs": ("pan", "paní")}
ENGLISH = ["GB"] * 9 + ["US"] * 6 + ["IE", "CA", "AU", "NZ", "ZA", "IN", "SG", "NG", "KE", "GH"]
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def lines_of(name):
    text = (HERE / name).read_text(encoding="utf-8")
    return [x for x in text.splitlines() if x and not x.startswith("# ")]


def read_names():
    keys = ("origin", "land", "flags", "m", "f", "families", "towns")
    origins = [dict(zip(keys, x.split(";"), strict=True)) for x in lines_of("names_5.txt")]
    for o in origins:
        o["towns"], o["country"] = o["towns"].split("@")
        for key in ("m", "f", "families", "towns"):
            o[key] = o[key].split(",")
    return origins


def read_lands():
    keys = ("code", "english", "own", "lang", "parts", "streets", "towns")
    lands = {}
    for line in lines_of("lands_5.txt"):
        land = dict(zip(keys, line.split(";"), strict=True))
        land["streets"], land["parts"] = land["streets"].split(","), land["parts"].split("|")
        land["towns"] = [x.split("=") for x in land["towns"].split(",")]
        lands[land["code"]] = land
    return lands


def read_shapes():
    shapes = []
    for path in sorted(HERE.glob("shapes_5*.txt")):
        for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            head, _, body = block.partition("\n")
            name, lang, *more = head.split()
            shapes.append((name, lang, more, body.strip("\n")))
    return shapes


ORIGINS, LANDS = read_names(), read_lands()
DECOYS = {k: v.split(", ") for k, v in (x.split(": ", 1) for x in lines_of("decoys_5.txt"))}


class Somebody:
    """A made person. Each method without an underscore is what may stand after the dot of a slot."""

    def __init__(self, r, lang, land, *, kin=None, home=None, sex="", years=(19, 88)):
        self.r, self.lang, self.land = r, lang, land
        near = [o for o in ORIGINS if o["land"] == land]
        likely = 0.3 if lang == "en" else 0.7
        self.origin = r.choice(near) if near and r.random() < likely else r.choice(ORIGINS)
        if kin:
            self.origin = kin.origin
        self.sex = sex or r.choice("mf")
        flags = self.origin["flags"]
        self.given = r.choice(self.origin[self.sex])
        self.middle = r.choice([x for x in self.origin[self.sex] if x != self.given])
        pair = kin.pair if kin else r.choice(self.origin["families"])
        self.pair = pair
        self.family = pair.split("/")[-1 if self.sex == "f" else 0]
        self.second = ""
        if "2" in flags and r.random() < 0.55:
            others = [x for x in self.origin["families"] if x != pair and not x.startswith("i ")]
            self.second = r.choice(others)
        if self.family.startswith("i "):
            self.family = self.family[2:]
        self.alone = "1" in flags and not kin and r.random() < 0.3
        self.first = "E" in flags and r.random() < 0.5
        self.shown_middle = not self.first and not self.alone and r.random() < 0.12
        days = r.randint(years[0] * 365, years[1] * 365)
        self.born_on = datetime.date(2026, 9, 1) - datetime.timedelta(days=days)
        self.home = home or self._home()
        self.kept = {}

    def _home(self):
        r, land = self.r, LANDS[self.land]
        town, code = r.choice(land["towns"])
        values = {"n": str(r.randint(1, 98)), "s": r.choice(land["streets"]), "t": town}
        values["p"] = numbers.fill(r, code)
        parts = [x.format(**values) for x in land["parts"]]
        street = next(x for x in parts if values["s"] in x)
        if self.land == "GB" and r.random() < 0.35:
            parts = [parts[0], f"{parts[1]} {parts[2]}"]
        if self.land in {"GB", "IE", "AU", "ZA", "IN"} and r.random() < 0.15:
            parts = [f"Flat {r.randint(1, 30)}", *parts]
        return parts, town, values["p"], street

    def _said(self, key, make):
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    # ---- names

    def _families(self):
        return f"{self.family} {self.second}".strip()

    def full(self):
        if self.alone:
            return self.given
        if self.first:
            return f"{self.family} {self.given}"
        middle = ""
        if self.shown_middle:
            middle = self._said("mid", lambda: self.r.choice([self.middle, self.middle[0] + "."]))
        return " ".join(x for x in (self.given, middle, self._families()) if x)

    def g(self):
        return self.given

    def f(self):
        return self.given if self.alone else self.family

    def i(self):
        dot = self._said("dot", lambda: self.r.choice([".", ".", ""]))
        return self.given if self.alone else f"{self.given[0]}{dot} {self.family}"

    def ii(self):
        parts = [x for x in re.split(r"[ \-']", self._families()) if x[:1].isupper()]
        return (self.given[0] + parts[0][0]).upper()

    def gi(self):
        return self.given if self.alone else f"{self.given} {self.family.lstrip(chr(39))[0].upper()}"

    def c(self):
        return self.given if self.alone else f"{self._families()}, {self.given}"

    def u(self):
        return self.given.upper() if self.alone else f"{self._families().upper()} {self.given}"

    def m(self):
        return self.given if self.alone else f"{self.given} {self.middle} {self._families()}"

    def C(self):  # noqa: N802
        return self.c().upper()

    def U(self):  # noqa: N802
        return self.full().upper()

    def F(self):  # noqa: N802
        return self.f().upper()

    def G(self):  # noqa: N802
        return self.given.upper()

    def l(self):  # noqa: E743
        return self.full().lower()

    def gl(self):
        return self.given.lower()

    def n(self):
        return self._slug()[0]

    # ---- what is no span

    def t(self):
        men, women = TITLES.get(self.lang, ("Mr", "Ms"))
        if self.lang == "en":
            women = self._said("title", lambda: self.r.choice(["Ms", "Mrs", "Miss"]))
        return men if self.sex == "m" else women

    def he(self):
        return "he" if self.sex == "m" else "she"

    def He(self):  # noqa: N802
        return "He" if self.sex == "m" else "She"

    def him(self):
        return "him" if self.sex == "m" else "her"

    def his(self):
        return "his" if self.sex == "m" else "her"

    def His(self):  # noqa: N802
        return self.his().capitalize()

    def sexword(self):
        return "male" if self.sex == "m" else "female"

    def wife(self):
        return "husband" if self.sex == "m" else "wife"

    def sib(self):
        return "brother" if self.sex == "m" else "sister"

    def kid(self):
        return "son" if self.sex == "m" else "daughter"

    def mum(self):
        return "dad" if self.sex == "m" else "mum"

    def mf(self):
        return self.sex.upper()

    def age(self):
        return str((datetime.date(2026, 9, 1) - self.born_on).days // 365)

    def idl(self):
        return self._id()[0]

    # ---- mail, web, phone, numbers

    def _slug(self):
        def flat(x):
            return re.sub("[^a-z]", "", numbers.ascii_of(x).lower())

        return flat(self.given), flat(self.family), str(self.born_on.year)[2:]

    def e(self):
        def make():
            g, f, year = self._slug()
            name = self.r.choice(
                [f"{g}.{f}", f"{g[0]}{f}", f"{f}.{g}", f"{g}_{f}", f"{g}{year}", f"{g}{f[:1]}{year}"]
            )
            at = self.r.choice(["example.com", "example.com", "example.org", "example.net"])
            at = self.r.choice(["", "", "", "mail.", "post.", "staff.", "uni."]) + at
            return f"{name}@{at}"

        return self._said("e", make)

    def eo(self):
        g, f, _ = self._slug()
        return f"{g} dot {f} at example dot {self.r.choice(['com', 'org'])}"

    def w(self):
        def make():
            g, f, _ = self._slug()
            return self.r.choice(
                [
                    f"https://www.example.org/~{g}{f[:1]}",
                    f"https://{g}-{f}.example.com",
                    f"www.example.net/people/{g}.{f}",
                    f"https://example.com/in/{g}{f}{self.r.randint(2, 99)}",
                    f"{g}{f}.example.org",
                    f"http://blog.example.net/{f}",
                ]
            )

        return self._said("w", make)

    def p(self):
        return self._said("p", lambda: numbers.phone(self.r, self.land))

    def p2(self):
        return self._said("p2", lambda: numbers.phone(self.r, self.land))

    def _id(self):
        def make():
            kinds = numbers.IDS.get(self.land) or [("Passport no.", "Passeport", None)]
            english, own, maker = self.r.choice(kinds)
            number = maker(self.r, self._bearer()) if maker else self.pp()
            return (english if self.lang == "en" else own), number

        return self._said("id", make)

    def _bearer(self):
        keys = ("born", "sex", "given", "family", "second")
        return collections.namedtuple("Bearer", keys)(
            self.born_on, self.sex, self.given, self.family, self.second
        )

    def id(self):
        return self._id()[1]

    def pp(self):
        pattern = numbers.PASSPORTS.get(self.land, "^^%%%%%%%")
        return self._said("pp", lambda: numbers.fill(self.r, pattern))

    def dr(self):
        if self.land in {"GB", "NG"}:
            return self._said("dr", lambda: numbers.driver_gb(self.r, self._bearer()))
        return self._said("dr", lambda: numbers.fill(self.r, numbers.LICENCES.get(self.land, "^%%%%%%%%")))

    def nhs(self):
        return self._said("nhs", lambda: numbers.nhs(self.r, self._bearer()))

    def iban(self):
        return self._said("iban", lambda: numbers.iban(self.r, self.land))

    # ---- birth

    def d(self):
        way = self._said("way", lambda: self.r.choice(["long", "slash", "iso", "dots", "short"]))
        if self.lang != "en":
            way = {"slash": "dots", "short": "dots", "iso": "dots"}.get(way, way)
            if self.lang in {"fr", "es", "it", "pt"} and way == "dots":
                return self.ds()
        return {"long": self.dl, "slash": self.ds, "iso": self.diso, "dots": self.dd}.get(
            way, lambda: self.born_on.strftime("%d %b %Y")
        )()

    def dl(self):
        return long_date(self.born_on, self.lang, american=self.land == "US")

    def ds(self):
        return self.born_on.strftime("%m/%d/%Y" if self.land == "US" else "%d/%m/%Y")

    def dd(self):
        return self.born_on.strftime("%d.%m.%Y")

    def diso(self):
        return self.born_on.isoformat()

    def dc(self):
        return self.born_on.strftime("%Y%m%d")

    # ---- places

    def st(self):
        return self.home[3]

    def town(self):
        return self.home[1]

    def townl(self):
        return self.home[1].lower()

    def pc(self):
        return self.home[2] if self.home[2] != "x" else self.home[1]

    def country(self):
        return LANDS[self.land]["english" if self.lang == "en" else "own"]

    def born(self):
        return self._said("born", lambda: self.r.choice(self.origin["towns"]))

    def old(self):
        return self.origin["country"]


TYPES = {}
TYPES |= dict.fromkeys("full g f i ii gi c u m C U F G l gl n".split(), "PERSON")
TYPES |= dict.fromkeys("st town townl pc country born old".split(), "LOCATION")
TYPES |= dict.fromkeys("d dl ds dd diso dc".split(), "DATE_OF_BIRTH")
TYPES |= dict.fromkeys("id pp dr nhs".split(), "ID_NUMBER")
TYPES |= {"e": "EMAIL_ADDRESS", "eo": "EMAIL_ADDRESS", "w": "URL", "iban": "IBAN_CODE"}
TYPES |= {"p": "PHONE_NUMBER", "p2": "PHONE_NUMBER"}
TYPES |= dict.fromkeys("t he He him his His wife sib kid mum sexword mf age idl".split())


def long_date(day, lang, *, american=False):
    month = MONTHS[lang].split()[day.month - 1]
    if american and lang == "en":
        return f"{month} {day.day}, {day.year}"
    return LONG.get(lang, "{} {} {}").format(day.day, month, day.year)


class Document:
    def __init__(self, r, shape):
        self.r = r
        self.name, self.lang, more, self.body = shape
        lands = [x for x in more if re.fullmatch(r"[A-Z]{2}(/[A-Z]{2})*", x)]
        self.fixed = bool(lands)
        if lands:
            self.land = r.choice(lands[0].split("/"))
        elif self.lang != "en":
            self.land = r.choice([k for k, v in LANDS.items() if v["lang"] == self.lang])
        else:
            self.land = r.choice(ENGLISH) if r.random() < 0.6 else r.choice(list(LANDS))
        self.bonds = {x[0]: (x[1], x[2]) for x in more if re.fullmatch("[A-Z][~=<][A-Z]", x)}
        self.marks = {x[0]: x[2:] for x in more if re.fullmatch("[A-Z]:[mfky]+", x)}
        self.people, self.kept = {}, {}
        self.now = datetime.datetime(2023, 1, 9) + datetime.timedelta(minutes=r.randrange(1900000))
        self.style = r.choice(["long", "long", "short", "slash"])

    # ---- somebody

    def person(self, letter):
        if letter not in self.people:
            bond, other = self.bonds.get(letter[0], ("", ""))
            mark = self.marks.get(letter[0], "")
            child = "k" in mark or bond == "<"
            years = (4, 16) if child else (19, 40) if "y" in mark else (19, 88)
            more = {"sex": mark.strip("ky"), "years": years}
            if bond:
                near = self.person(other + letter[1:])
                kin = near if bond in "~<" else None
                given = {p.given for p in self.people.values()}
                while True:
                    made = Somebody(self.r, self.lang, near.land, kin=kin, home=near.home, **more)
                    if made.given not in given:
                        break
            else:
                land = self.land
                if not self.fixed and self.r.random() < 0.2:
                    land = self.r.choice(list(LANDS))
                    if self.lang != "en":
                        land = self.land
                made = Somebody(self.r, self.lang, land, **more)
                taken = {x for p in self.people.values() for x in (p.family, p.given)}
                while made.family in taken or made.given in taken:
                    made = Somebody(self.r, self.lang, land, **more)
            self.people[letter] = made
        return self.people[letter]

    def slot_of_person(self, slot, indent):
        letter, _, field = slot.partition(".")
        p = self.person(letter)
        field = field or "full"
        if field in {"a", "ac", "al", "alc"}:
            parts = list(p.home[0])
            if field in {"ac", "alc"}:
                parts.append(p.country())
            between = "\n" + indent if field in {"al", "alc"} else ", "
            pieces = [x for part in parts for x in ((part, "LOCATION"), (between, None))]
            return pieces[:-1]
        return [(getattr(p, field)(), TYPES[field])]

    # ---- the rest

    def day(self):
        """A day within three months of the document's own."""
        return self.now.date() + datetime.timedelta(days=self.r.randint(-45, 45))

    def date(self):
        day = self.day()
        if self.lang != "en":
            if self.style == "slash":
                return day.strftime("%d/%m/%Y" if self.lang in {"fr", "es", "it", "pt"} else "%d.%m.%Y")
            return long_date(day, self.lang)
        if self.style == "slash":
            return day.strftime("%m/%d/%Y" if self.land == "US" else "%d/%m/%Y")
        if self.style == "short":
            return f"{day.day} {day:%b %Y}"
        return long_date(day, "en", american=self.land == "US")

    def amount(self):
        whole, cents = self.r.choice([self.r.randint(3, 99), self.r.randint(100, 4800)]), self.r.choice(
            [0, 50, 99, 25, 75, self.r.randint(1, 98)]
        )
        if self.lang == "en":
            sign = {"US": "$", "CA": "$", "AU": "$", "NZ": "$", "GB": "£"}.get(self.land, "€")
            return f"{sign}{whole:,}.{cents:02d}"
        text = f"{whole:,}".replace(",", ".") + f",{cents:02d}"
        ends = {"sv": "kr", "nb": "kr", "da": "kr.", "pl": "zł", "cs": "Kč", "ro": "lei"}
        return f"R$ {text}" if self.land == "BR" else f"{text} {ends.get(self.lang, '€')}"

    def plain(self, slot):
        r = self.r
        day = self.day()
        timed = slot in {"clock", "hms", "ts", "sp", "clf", "sys"}
        if timed:  # the clock of a document runs forward
            self.now += datetime.timedelta(seconds=r.randint(4, 900))
        now = self.now
        since = day + datetime.timedelta(days=r.randint(2, 90))
        early, late = r.randint(7, 12), r.randint(13, 19)
        begun = r.randint(1996, 2021)
        ended = begun + r.randint(1, 5)
        months = MONTHS[self.lang].split()
        table = {
            "date": self.date, "amt": self.amount,
            "iso": day.isoformat, "dmy": lambda: day.strftime("%d/%m/%Y"),
            "dots": lambda: day.strftime("%d.%m.%Y"), "ymd": lambda: day.strftime("%Y%m%d"),
            "dm": lambda: f"{day.day} {MONTHS[self.lang].split()[day.month - 1]}",
            "time": lambda: f"{r.randint(7, 19)}:{r.choice(['00', '15', '30', '40', '45', '10'])}",
            "clock": lambda: f"{now:%H:%M}", "hms": lambda: f"{now:%H:%M:%S}",
            "ts": lambda: f"{now:%Y-%m-%dT%H:%M:%SZ}", "sp": lambda: f"{now:%Y-%m-%d %H:%M:%S}",
            "clf": lambda: f"{now:%d/%b/%Y:%H:%M:%S} +0000", "sys": lambda: f"{now:%b %d %H:%M:%S}",
            "dates": lambda: f"{day.day} {day:%b %Y} to {since.day} {since:%b %Y}",
            "years": lambda: f"{begun}–{ended}", "between": lambda: f"{early}:30 and {late}:15",
            "slot": lambda: f"{early}:00 – {early + 1}:30",
            "span": lambda: f"{r.choice(months)} {begun} to {r.choice(months)} {ended}",
            "wd": lambda: r.choice(DAYS), "month": lambda: r.choice(MONTHS[self.lang].split()),
            "year": lambda: str(r.randint(1998, 2026)), "n": lambda: str(r.randint(2, 9)),
            "nn": lambda: str(r.randint(11, 98)), "nnn": lambda: str(r.randint(101, 980)),
            "num": lambda: f"{r.randint(2, 950)}.{r.randint(0, 99):02d}",
            "ver": lambda: f"{r.randint(0, 14)}.{r.randint(0, 30)}.{r.randint(0, 9)}",
            "verfour": lambda: f"{r.randint(1, 12)}.{r.randint(0, 30)}.{r.randint(0, 9)}.{r.randint(1, 99)}",
            "privip": lambda: r.choice(["192.168.{}.{}", "10.0.{}.{}"]).format(r.randint(0, 9), r.randint(2, 250)),
            "hex": lambda: numbers.fill(r, "~" * 10), "mac": lambda: ":".join(numbers.fill(r, "~~") for _ in range(6)),
            "uuid": lambda: numbers.fill(r, "~~~~~~~~-~~~~-4~~~-a~~~-~~~~~~~~~~~~"),
            "plate": lambda: numbers.fill(r, r.choice(["^^%% ^^^", "^-^^ %%%", "%%%-^^^"])),
        }  # fmt: skip
        if slot in table:
            return [(table[slot](), None)]
        spans = {
            "ip": (lambda: numbers.ip(r), "IP_ADDRESS"), "ipv": (lambda: numbers.ip6(r), "IP_ADDRESS"),
            "card": (lambda: numbers.card(r), "CREDIT_CARD"),
            "dest": (lambda: r.choice(LANDS[r.choice(list(LANDS))]["towns"])[0], "LOCATION"),
            "destland": (lambda: r.choice(list(LANDS.values()))["english"], "LOCATION"),
        }  # fmt: skip
        if slot in spans:
            return [(spans[slot][0](), spans[slot][1])]
        return [(r.choice(DECOYS[slot]), None)]

    def fill(self, slot, indent):
        if re.match("[A-Z]", slot):
            return self.slot_of_person(slot, indent)
        if slot in self.kept:
            return self.kept[slot]
        kind, colon, pattern = slot.partition(":")
        bare = kind.rstrip("0123456789")
        if colon:
            made = [(numbers.fill(self.r, pattern), "ID_NUMBER" if bare == "id" else None)]
        else:
            made = self.plain(bare)
        if kind != bare:
            self.kept[slot] = made
        return made

    def text(self):
        body = self.body
        lines, count = [], 0
        for line in body.split("\n"):
            m = re.match(r"@@(,?)(\d+)-(\d+) (.*)", line)
            if not m:
                lines.append(line)
                continue
            times = self.r.randint(int(m[2]), int(m[3]))
            for at in range(times):
                count += 1
                one = re.sub(r"\{([RS])(?=[.}])", rf"{{\g<1>{count}", m[4]).replace("{i}", str(at + 1))
                one = one.replace("\\n", "\n")
                lines.append(one + ("," if m[1] and at < times - 1 else ""))
        body = "\n".join(lines)
        while "[[" in body:
            body = CHOICE.sub(lambda m: self.r.choice(m[1].split("|")), body)
        pieces = []
        for line in body.split("\n"):
            indent = re.match(r"[>\s]*", line)[0]
            at = 0
            for m in SLOT.finditer(line):
                pieces += [(line[at : m.start()], None), *self.fill(m[1], indent)]
                at = m.end()
            pieces += [(line[at:], None), ("\n", None)]
        return [x for x in pieces[:-1] if x[0]]


def slip(r, word):
    at = r.randint(1, len(word) - 3)
    way = r.choice(["swap", "drop", "twice", "near"])
    if way == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if way == "drop":
        return word[:at] + word[at + 1 :]
    if way == "twice":
        return word[:at] + word[at] + word[at:]
    return word[:at] + r.choice("aersintolm") + word[at + 1 :]


def with_slips(r, pieces):
    """One to three words with a slip of the keys, inside the word: never in a number, mail or URL."""
    places = []
    for at, (text, kind) in enumerate(pieces):
        if kind in (None, "PERSON", "LOCATION"):
            for m in re.finditer(r"(?<![\w.@:/\-#'’{])[^\W\d_]{5,}(?![\w@:/\-]|\.\w)", text):
                places.append((at, m.start(), m.end()))
    for at, start, end in sorted(r.sample(places, min(len(places), r.randint(1, 3))), reverse=True):
        text, kind = pieces[at]
        new = slip(r, text[start:end])
        pieces[at] = (text[:start] + new + text[end:], kind)
    return pieces


def as_line(name, number, pieces):
    text, spans = "", []
    for part, kind in pieces:
        if kind in JOINED and text.endswith(" ") and spans:
            last = spans[-1]
            if last["type"] == kind and last["end"] == len(text) - 1:
                # given name and family name, post code and town: one span
                if part.casefold() == text[last["start"] : last["end"]].casefold():
                    text = text[:-1]  # somebody with one name alone
                    continue
                last["end"] += 1 + len(part)
                text += part
                continue
        if kind:
            spans.append({"start": len(text), "end": len(text) + len(part), "type": kind})
        text += part
    return {"id": f"{name}-{number}", "kind": name.split("-")[0], "text": text, "spans": spans}


def plan(shapes, count):
    """Each shape as often as the others; what is left over goes to the shortest."""
    base, rest = divmod(count, len(shapes))
    more = set(sorted(range(len(shapes)), key=lambda at: len(shapes[at][3]))[:rest])
    return [(x, n) for at, x in enumerate(shapes) for n in range(1, base + 1 + (at in more))]


def is_empty(shape):
    spans = r"\{([A-Z]\d*(\.[a-zA-Z0-9]+)?|id\d?:[^{}]+|(ip|ipv|card|dest|destland)\d?)\}"
    return not re.search(spans, shape[3])


def documents():
    r = random.Random(SEED)
    shapes = read_shapes()
    todo = plan([x for x in shapes if not is_empty(x)], COUNT)
    todo += plan([x for x in shapes if is_empty(x)], EMPTY)
    can = [at for at, x in enumerate(todo) if x[0][0].split("-")[0] not in NO_SLIPS]
    slipped = set(r.sample(can, SLIPS))
    made, seen = [], set()
    for at, (shape, number) in enumerate(todo):
        while True:
            pieces = Document(r, shape).text()
            if at in slipped:
                pieces = with_slips(r, pieces)
            doc = as_line(shape[0], number, pieces)
            if doc["text"] not in seen:
                break
        seen.add(doc["text"])
        made.append(doc)
    return made, len(shapes), len(slipped)


def packed(docs):
    plain = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) + "\n" for x in docs).encode()
    return plain, gzip.compress(plain, 9, mtime=0)


def main():
    import hashlib

    docs, shapes, slipped = documents()
    plain, zipped = packed(docs)
    (HERE / "pii_documents_5.jsonl.gz").write_bytes(zipped)
    print(hashlib.sha256(zipped).hexdigest(), hashlib.sha256(plain).hexdigest())
    print(len(docs), "documents", shapes, "shapes", slipped, "with slips")
    total = collections.Counter(s["type"] for d in docs for s in d["spans"])
    within = collections.Counter(t for d in docs for t in {s["type"] for s in d["spans"]})
    for kind, count in total.most_common():
        print(f"| {kind} | {count:,} | {within[kind]} |")
    print(f"| all | {sum(total.values()):,} | {sum(bool(d['spans']) for d in docs)} |\n")
    for kind in sorted({d["kind"] for d in docs}):
        of = [d for d in docs if d["kind"] == kind]
        names = {d["id"].rpartition("-")[0] for d in of}
        print(f"| {kind} | {len(of)} | {len(names)} | {sum(len(d['spans']) for d in of)} |")


if __name__ == "__main__":
    main()
