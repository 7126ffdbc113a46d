"""Fills the shapes of the sixth set with made people, places, numbers and other words.

A shape: `=== kind-name language marks`, then its text. Marks are lands (`GB`, `GB/IE`), `b~a` (b is
of a's family and home), `b=a` (of a's home), `b<a` (a's child), `a:f`, `a:m`, `a:k` (woman, man,
child). In the text

    {a} {a.g} {a.mail}     somebody's name, given name, mail: see FORMS; {r} {s} are new in each row
    {id:EMP-####}          a house's number of somebody: ID_NUMBER; {no:INV-####} is nobody's
    {firm} {date} {ip}     other words; with a figure ({firm1}) the same each time
    <this|that>            one of them
    +3-5 line              the line three to five times; +,3-5 with commas between
"""

import collections
import datetime
import gzip
import json
import pathlib
import random
import re

import numbers_6 as numbers

HERE = pathlib.Path(__file__).resolve().parent
SEED = 61938042
FULL, EMPTY, SLIPS = 900, 100, 56
STRICT = {"csv", "json", "yaml", "xml", "log", "sql", "vcard", "code"}
SLOT = re.compile(r"\{([a-z]\d*(?:\.[a-z0-9]+)?|(?:id|no)\d?:[^{}]+|[a-z][a-z]+\d?)\}")
CHOICE = re.compile(r"<([^<>\n]*\|[^<>\n]*)>")
ENGLISH = ["GB"] * 8 + ["US"] * 8 + "CA AU NZ IE ZA IN IN GH KE NG SG PH".split()
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "en": "January February March April May June July August September October November December",
}
TITLES = {"de": ("Herr", "Frau"), "fr": ("M.", "Mme"), "es": ("Sr.", "Sra."), "it": ("Sig.", "Sig.ra")}
TITLES |= {"pt": ("Sr.", "Sra."), "nl": ("dhr.", "mevr."), "pl": ("pan", "pani"), "en": ("Mr", "Ms")}
TODAY = datetime.date(2026, 10, 1)


def rows(name):
    text = (HERE / name).read_text(encoding="utf-8")
    return [x for x in text.splitlines() if x and not x.startswith("# ")]


def read_names():
    keys = ("origin", "land", "flags", "m", "f", "families", "home")
    found = [dict(zip(keys, x.split(";"), strict=True)) for x in rows("names_6.txt")]
    for one in found:
        towns, one["country"] = one["home"].split("@")
        one["towns"] = towns.split(",")
        for key in ("m", "f", "families"):
            one[key] = one[key].split(",")
    return found


def read_lands():
    keys = ("code", "english", "own", "lang", "parts", "streets", "towns")
    found = {}
    for row in rows("lands_6.txt"):
        land = dict(zip(keys, row.split(";"), strict=True))
        land["parts"], land["streets"] = land["parts"].split("|"), land["streets"].split(",")
        land["towns"] = [x.split("=") for x in re.split(",(?! )", land["towns"])]
        found[land["code"]] = land
    return found


def read_shapes():
    found = []
    for path in sorted(HERE.glob("shapes_6*.txt")):
        for block in ("\n" + path.read_text(encoding="utf-8")).split("\n=== ")[1:]:
            head, _, body = block.partition("\n")
            name, lang, *marks = head.split()
            found.append((name, lang, marks, body.strip("\n")))
    return found


ORIGINS, LANDS = read_names(), read_lands()
WORDS = {k: v.split(" / ") for k, v in (x.split(": ", 1) for x in rows("words_6.txt"))}
NAME_FORMS = "full g f gf mf if fi ii cn up cu uf ug lo gl ini".split()
FORMS = dict.fromkeys(NAME_FORMS, "PERSON")
FORMS |= dict.fromkeys("st town pc country from old".split(), "LOCATION")
FORMS |= dict.fromkeys("dob dobl dobi dobs dobc".split(), "DATE_OF_BIRTH")
FORMS |= dict.fromkeys("id pass lic nhs".split(), "ID_NUMBER")
FORMS |= {"mail": "EMAIL_ADDRESS", "said": "EMAIL_ADDRESS", "page": "URL", "iban": "IBAN_CODE"}
FORMS |= {"tel": "PHONE_NUMBER", "mob": "PHONE_NUMBER"}
FORMS |= dict.fromkeys("t he him his hec hisc sex age idl spouse child".split())


def said_date(day, lang, american=False):
    month = MONTHS[lang].split()[day.month - 1]
    if lang == "en":
        return f"{month} {day.day}, {day.year}" if american else f"{day.day} {month} {day.year}"
    if lang in {"es", "pt"}:
        return f"{day.day} de {month} de {day.year}"
    return f"{day.day}. {month} {day.year}" if lang in {"de", "da"} else f"{day.day} {month} {day.year}"


class Person:
    """Somebody made; `form(x)` is the text that stands for `{a.x}`."""

    def __init__(self, r, lang, land, *, sex="", child=False, family_of=None, home_of=None):
        self.r, self.lang, self.land, self.kept = r, lang, land, {}
        near = [o for o in ORIGINS if o["land"] == land]
        own = near and r.random() < (0.75 if lang != "en" else 0.55 if land in {"GB", "US"} else 0.65)
        self.origin = family_of.origin if family_of else r.choice(near if own else ORIGINS)
        self.sex = sex or r.choice("mf")
        self.given, self.middle = r.sample(self.origin[self.sex], 2)
        self.pair = family_of.pair if family_of else r.choice(self.origin["families"])
        self.family = self.pair.split("/")[-1 if self.sex == "f" else 0]
        self.second = ""
        if "2" in self.origin["flags"] and r.random() < 0.5:
            other = r.choice([x for x in self.origin["families"] if x != self.pair])
            self.second = other.split("/")[0]
        self.alone = "1" in self.origin["flags"] and not family_of and r.random() < 0.25
        self.family_first = "E" in self.origin["flags"] and r.random() < 0.5
        years = (3, 16) if child else (19, 90)
        self.born = TODAY - datetime.timedelta(days=r.randint(years[0] * 365, years[1] * 365))
        self.home = home_of.home if home_of else self._home()

    def _home(self):
        r, land = self.r, LANDS[self.land]
        town, code = r.choice(land["towns"])
        values = {"s": r.choice(land["streets"]), "n": str(r.randint(1, 96)), "m": str(r.randint(1, 9))}
        values |= {"n2": r.choice(["", "04", "17", "50", "82"]), "n3": str(r.randint(1, 30))}
        values |= {"t": town, "p": numbers.fill(r, code)}
        parts = []
        for part in land["parts"]:
            # "Boise, ID 83702" is two: a comma parts them.
            parts += part.format(**values).split(", ") if "{t}" in part else [part.format(**values)]
        street = next(x for x in parts if values["s"] in x)
        if self.land in {"GB", "US", "AU", "IE"} and r.random() < 0.2:
            parts.insert(0, f"{'Apt' if self.land == 'US' else 'Flat'} {r.randint(1, 28)}")
        return {"parts": parts, "town": town.split(",")[0], "code": values["p"], "street": street}

    def keep(self, key, make):
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def flat(self):
        names = [re.sub("[^a-z]", "", numbers.ascii_of(x).lower()) for x in (self.given, self.family)]
        return (*names, f"{self.born:%y}")

    def form(self, key):
        return self._name(key) if key in NAME_FORMS else getattr(self, "_" + key)()

    def _name(self, key):
        given, family = self.given, f"{self.family} {self.second}".strip()
        first = given[0]
        if self.alone:
            shown = {"up": given.upper(), "cu": given.upper(), "uf": given.upper(), "ug": given.upper(), "ini": first}
            return shown.get(key, given.lower() if key in {"lo", "gl"} else given)
        usual = f"{family} {given}" if self.family_first else f"{given} {family}"
        middle = self.keep("mid", lambda: self.r.choice(["", "", "", "", "", f"{self.middle[0]}. ", f"{self.middle} "]))
        full = usual if self.family_first else f"{given} {middle}{family}"
        return {
            "full": full, "g": given, "f": self.family, "gf": usual, "mf": f"{given} {self.middle} {family}",
            "if": f"{first}. {self.family}", "fi": f"{self.family} {first}{self.keep('dot', lambda: self.r.choice(['', '.']))}",
            "ii": f"{first}.{self.middle[0]}. {self.family}", "cn": f"{family}, {given}", "up": full.upper(),
            "cu": f"{family.upper()}, {given}", "uf": family.upper(), "ug": given.upper(), "lo": usual.lower(),
            "gl": given.lower(), "ini": self.keep("ini", lambda: self.r.choice(["{}{}", "{}.{}."])).format(first, self.family[0]),
        }[key]  # fmt: skip

    def _st(self):
        return self.home["street"]

    def _town(self):
        return self.home["town"]

    def _pc(self):
        return self.home["town"] if self.home["code"] == "x" else self.home["code"]

    def _country(self):
        return LANDS[self.land]["english" if self.lang == "en" else "own"]

    def _from(self):
        return self.keep("from", lambda: self.r.choice(self.origin["towns"]))

    def _old(self):
        return self.origin["country"]

    def _dob(self):
        ways = [self._dobl, self._dobi, self._dobs, self._dobs, lambda: f"{self.born.day} {self.born:%b %Y}"]
        if self.lang != "en":
            ways = ways[:1] + ways[2:3]
        return self.keep("way", lambda: self.r.choice(ways))()

    def _dobl(self):
        return said_date(self.born, self.lang, self.land == "US")

    def _dobi(self):
        return self.born.isoformat()

    def _dobs(self):
        if self.lang in {"de", "pl", "da"}:
            return f"{self.born:%d.%m.%Y}"
        form = "%m/%d/%Y" if self.land == "US" else self.keep("form", lambda: self.r.choice(["%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y"]))
        return self.born.strftime(form)

    def _dobc(self):
        return f"{self.born:%Y%m%d}"

    def _both(self):
        def make():
            labels, maker = self.r.choice(numbers.IDS[self.land])
            return self.r.choice(labels.split("|")), maker(self.r, self._bearer()).strip()

        return self.keep("both", make)

    def _bearer(self):
        keys = ("born", "sex", "given", "family", "second")
        return collections.namedtuple("Bearer", keys)(self.born, self.sex, self.given, self.family, self.second)

    def _id(self):
        return self._both()[1]

    def _idl(self):
        return self._both()[0]

    def _pass(self):
        form = numbers.PASSPORTS.get(self.land, "@@#######|@########")
        return self.keep("pass", lambda: numbers.fill(self.r, self.r.choice(form.split("|"))))

    def _lic(self):
        return self.keep("lic", lambda: numbers.licence(self.r, self._bearer(), self.land))

    def _nhs(self):
        return self.keep("nhs", lambda: numbers.nhs(self.r, self._bearer()))

    def _mail(self):
        def make():
            g, f, y = self.flat()
            user = self.r.choice([f"{g}.{f}", f"{g}{f}", f"{g[0]}.{f}", f"{f}{g[0]}", f"{f}-{g}", f"{g}{y}", f"{g}+news", f"{f}_{g[:2]}{y}"])
            host = self.r.choice(["example.com", "example.org", "example.net", "mail.example.com", "corp.example.net", "edu.example.org"])
            return f"{user.strip('.')}@{host}"

        return self.keep("mail", make)

    def _said(self):
        g, f, _ = self.flat()
        return self.keep("said", lambda: self.r.choice([f"{g}.{f} (at) example.org", f"{g} [at] example [dot] com", f"{f} AT example DOT net"]))

    def _page(self):
        g, f, y = self.flat()
        forms = (f"https://{f}{y}.example.net", f"https://example.org/u/{g}-{f}", f"www.example.com/{g}{f}", f"http://{g}.example.org/blog",
                 f"https://photos.example.com/@{g}_{f}", f"{f}.example.com/{g}")  # fmt: skip
        return self.keep("page", lambda: self.r.choice(forms))

    def _tel(self):
        return self.keep("tel", lambda: numbers.phone(self.r, self.land))

    def _mob(self):
        return self.keep("mob", lambda: numbers.phone(self.r, self.land))

    def _iban(self):
        return self.keep("iban", lambda: numbers.iban(self.r, self.land))

    def _t(self):
        men, women = TITLES.get(self.lang, ("", ""))
        return men if self.sex == "m" else self.keep("t", lambda: self.r.choice([women, "Mrs"]) if self.lang == "en" else women)

    def _he(self):
        return "he" if self.sex == "m" else "she"

    def _hec(self):
        return self._he().capitalize()

    def _him(self):
        return "him" if self.sex == "m" else "her"

    def _his(self):
        return "his" if self.sex == "m" else "her"

    def _hisc(self):
        return self._his().capitalize()

    def _sex(self):
        return self.sex.upper()

    def _age(self):
        return str((TODAY - self.born).days // 365)

    def _spouse(self):
        return "husband" if self.sex == "m" else "wife"

    def _child(self):
        return "son" if self.sex == "m" else "daughter"


class Document:
    def __init__(self, r, shape):
        self.r, (self.name, self.lang, marks, self.body) = r, shape
        lands = [x for x in marks if re.fullmatch(r"[A-Z]{2}(/[A-Z]{2})*", x)]
        self.fixed = bool(lands) or self.lang != "en"
        if lands:
            self.land = r.choice(lands[0].split("/"))
        elif self.lang != "en":
            self.land = r.choice([k for k, v in LANDS.items() if v["lang"] == self.lang])
        else:
            self.land = r.choice(ENGLISH) if r.random() < 0.7 else r.choice(list(LANDS))
        self.ties = {x[0]: x[1:] for x in marks if re.fullmatch("[a-z][~=<][a-z]", x)}
        self.signs = {x[0]: x[2] for x in marks if re.fullmatch("[a-z]:[fmk]", x)}
        self.people, self.kept = {}, {}
        self.clock = datetime.datetime(2022, 3, 1, 6) + datetime.timedelta(minutes=r.randrange(2_300_000))
        self.dates = r.choice(["said", "said", "short", "figures", "iso"])

    def person(self, key):
        if key in self.people:
            return self.people[key]
        letter, sign, tie = key[0], self.signs.get(key[0], ""), self.ties.get(key[0], "")
        more = {"sex": sign.strip("k"), "child": sign == "k" or tie.startswith("<")}
        land = self.land
        if tie:
            near = self.person(tie[1] + key[1:])
            land, more["home_of"] = near.land, near
            more["family_of"] = near if tie[0] in "~<" else None
        elif not self.fixed and self.r.random() < 0.15:
            land = self.r.choice(list(LANDS))
        taken = {x for p in self.people.values() for x in (p.given, p.family)}
        while True:
            made = Person(self.r, self.lang, land, **more)
            if made.given not in taken and (more.get("family_of") or made.family not in taken):
                break
        self.people[key] = made
        return made

    def pieces_of(self, slot, indent):
        """The pieces, with their types, that a slot stands for."""
        if re.fullmatch(r"[a-z]\d*(\.[a-z0-9]+)?", slot):
            key, _, form = slot.partition(".")
            person = self.person(key)
            if form in {"addr", "addrc", "addrl", "addrlc"}:
                parts = list(person.home["parts"]) + ([person.form("country")] if form.endswith("c") else [])
                between = "\n" + indent if "l" in form else ", "
                return [y for x in parts for y in ((x, "LOCATION"), (between, None))][:-1]
            return [(person.form(form or "full"), FORMS[form or "full"])]
        if slot in self.kept:
            return self.kept[slot]
        kind, colon, pattern = slot.partition(":")
        bare = kind.rstrip("0123456789")
        if colon:
            made = [(numbers.fill(self.r, pattern), "ID_NUMBER" if bare == "id" else None)]
        else:
            made = [self.word(bare)]
        if kind != bare:
            self.kept[slot] = made
        return made

    def word(self, kind):
        r = self.r
        if kind in WORDS:
            return r.choice(WORDS[kind]), None
        if kind in {"ts", "sp", "hms", "hm", "clf", "sys"}:
            self.clock += datetime.timedelta(seconds=r.randint(2, 700))
            form = {"ts": "%Y-%m-%dT%H:%M:%SZ", "sp": "%Y-%m-%d %H:%M:%S,%f", "hms": "%H:%M:%S", "hm": "%H:%M"}
            form |= {"clf": "%d/%b/%Y:%H:%M:%S +0000", "sys": "%b %d %H:%M:%S"}
            text = self.clock.strftime(form[kind])
            return (text[:-3] if kind == "sp" else text), None
        day = self.clock.date() + datetime.timedelta(days=r.randint(-40, 40))
        if kind == "date":
            return self.date(day), None
        whole, cents = r.choice([r.randint(4, 95), r.randint(110, 3900)]), r.choice([0, 0, 50, 95, 99, r.randint(1, 98)])
        sign = {"US": "$", "GB": "£", "IN": "₹", "NG": "₦", "CA": "CA$", "AU": "A$"}.get(self.land, "€")
        amount = f"{whole:,}.{cents:02d}"
        if self.lang != "en":
            amount, sign = amount.translate(str.maketrans(",.", ".,")), ""
        simple = {
            "iso": day.isoformat(), "ymd": f"{day:%Y%m%d}", "amt": f"{sign}{amount}", "sum": f"{whole}.{cents:02d}",
            "few": str(r.randint(2, 9)), "nn": str(r.randint(11, 97)), "nnn": str(r.randint(102, 979)), "big": f"{r.randint(1100, 98000):,}",
            "year": str(r.randint(1999, 2026)), "month": MONTHS[self.lang].split()[day.month - 1],
            "wd": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()[day.weekday()],
            "time": f"{r.randint(7, 20)}:{r.choice(['00', '15', '30', '45', '10'])}", "priv": f"10.{r.randint(0, 40)}.{r.randint(0, 9)}.{r.randint(2, 250)}",
            "ver": f"{r.randint(0, 12)}.{r.randint(0, 30)}.{r.randint(0, 9)}", "verfour": f"{r.randint(2, 12)}.{r.randint(0, 9)}.{r.randint(0, 9)}.{r.randint(0, 99)}",
            "hex": numbers.fill(r, "~" * 12), "uuid": numbers.fill(r, "~~~~~~~~-~~~~-4~~~-b~~~-~~~~~~~~~~~~"),
            "mac": "-".join(numbers.fill(r, "~~").upper() for _ in range(6)), "plate": numbers.fill(r, r.choice(["@@## @@@", "@-@@ ####", "###-@@@"])),
        }  # fmt: skip
        if kind in simple:
            return simple[kind], None
        if kind == "dest":
            land = LANDS[r.choice(list(LANDS))]
            return r.choice(land["towns"])[0].split(",")[0], "LOCATION"
        if kind == "goto":
            return LANDS[r.choice(list(LANDS))]["english"], "LOCATION"
        makers = {"ip": (numbers.ip, "IP_ADDRESS"), "ipsix": (numbers.ip6, "IP_ADDRESS"), "card": (numbers.card, "CREDIT_CARD")}
        maker, label = makers[kind]
        return maker(r), label

    def date(self, day):
        if self.lang != "en":
            return said_date(day, self.lang) if self.dates in {"said", "iso"} else f"{day:%d.%m.%Y}"
        american = self.land == "US"
        if self.dates == "said":
            return said_date(day, "en", american)
        forms = {"short": f"{day.day} {day:%b %Y}", "iso": day.isoformat()}
        return forms.get(self.dates, f"{day:%m/%d/%Y}" if american else f"{day:%d/%m/%Y}")

    def pieces(self):
        lines, count = [], 0
        for line in self.body.split("\n"):
            more = re.match(r"\+(,?)(\d+)-(\d+) (.*)", line)
            if not more:
                lines.append(line)
                continue
            times = self.r.randint(int(more[2]), int(more[3]))
            for at in range(times):
                count += 1
                one = re.sub(r"\{([rs])(?=[.}])", rf"{{\g<1>{count}", more[4]).replace("{i}", str(at + 1))
                lines.append(one + ("," if more[1] and at < times - 1 else ""))
        body = "\n".join(lines).replace("\\n", "\n")
        while CHOICE.search(body):
            body = CHOICE.sub(lambda m: self.r.choice(m[1].split("|")), body)
        found = []
        for line in body.split("\n"):
            indent, at = re.match(r"[>\s]*", line)[0], 0
            for m in SLOT.finditer(line):
                found += [(line[at : m.start()], None), *self.pieces_of(m[1], indent)]
                at = m.end()
            found += [(line[at:], None), ("\n", None)]
        return [x for x in found[:-1] if x[0]]


# ---- slips of the keys, and what a scanner misreads ------------------------------------------------


def slip(r, word):
    at = r.randint(1, len(word) - 2)
    cut = word[:at] + word[at + 1 :]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return r.choice([cut, swapped, word[:at] + word[at] * 2 + word[at + 1 :]])


def misread(r, word):
    pairs = [x for x in (("rn", "m"), ("m", "rn"), ("l", "1"), ("o", "0"), ("e", "c"), ("h", "b"), ("O", "0")) if x[0] in word[1:]]
    if not pairs:
        return word
    old, new = r.choice(pairs)
    return word[0] + word[1:].replace(old, new, 1)


def spoil(r, pieces, change, most):
    """Up to `most` words changed within: in plain words, names and places, never in a number or mail."""
    places = [(at, m.start(), m.end()) for at, (text, kind) in enumerate(pieces) if kind in (None, "PERSON", "LOCATION")
              for m in re.finditer(r"(?<![\w.@:/\-#'’{])[^\W\d_]{5,}(?![\w@:/\-]|\.\w)", text)]  # fmt: skip
    for at, start, end in sorted(r.sample(places, min(len(places), r.randint(1, most))), reverse=True):
        text, kind = pieces[at]
        pieces[at] = (text[:start] + change(r, text[start:end]) + text[end:], kind)
    return pieces


# ---- documents -----------------------------------------------------------------------------------


def as_document(name, number, pieces):
    text, spans = "", []
    for part, kind in pieces:
        last = spans[-1] if spans else None
        if kind in {"PERSON", "LOCATION"} and last and last["type"] == kind and text[last["end"] :] == " ":
            # Side by side they are one: given and family name, postcode and town.
            if part.casefold() == text[last["start"] : last["end"]].casefold():
                text = text[:-1]
                continue
            last["end"] += 1 + len(part)
        elif kind:
            spans.append({"start": len(text), "end": len(text) + len(part), "type": kind})
        text += part
    return {"id": f"{name}-{number}", "kind": name.split("-")[0], "text": text, "spans": spans}


def holds_nothing(shape):
    spans = r"\{([a-z]\d*(\.[a-z0-9]+)?|id\d?:[^{}]+|(ip|ipsix|card|dest|goto)\d?)\}"
    return not re.search(spans, shape[3])


def shared_out(shapes, count):
    """Each shape as often as the others, one more of those that come first by length."""
    base, rest = divmod(count, len(shapes))
    more = set(sorted(range(len(shapes)), key=lambda at: len(shapes[at][3]))[:rest])
    return [(x, n) for at, x in enumerate(shapes) for n in range(1, base + 1 + (at in more))]


def documents():
    r = random.Random(SEED)
    shapes = read_shapes()
    todo = shared_out([x for x in shapes if not holds_nothing(x)], FULL)
    todo += shared_out([x for x in shapes if holds_nothing(x)], EMPTY)
    free = [at for at, x in enumerate(todo) if x[0][0].split("-")[0] not in STRICT | {"scan"}]
    slipped = set(r.sample(free, SLIPS))
    made, seen = [], set()
    for at, (shape, number) in enumerate(todo):
        while True:
            pieces = Document(r, shape).pieces()
            if at in slipped:
                pieces = spoil(r, pieces, slip, 3)
            if shape[0].startswith("scan-"):
                pieces = spoil(r, pieces, misread, 6)
            document = as_document(shape[0], number, pieces)
            if document["text"] not in seen:
                break
        seen.add(document["text"])
        made.append(document)
    return made, len(shapes), len(slipped)


def packed(made):
    plain = "".join(json.dumps(x, ensure_ascii=False, separators=(",", ":")) + "\n" for x in made).encode()
    return plain, gzip.compress(plain, 9, mtime=0)


def main():
    import hashlib

    made, shapes, slipped = documents()
    plain, zipped = packed(made)
    (HERE / "pii_documents_6.jsonl.gz").write_bytes(zipped)
    print(hashlib.sha256(zipped).hexdigest(), hashlib.sha256(plain).hexdigest())
    print(len(made), "documents", shapes, "shapes", slipped, "with slips")
    total = collections.Counter(s["type"] for d in made for s in d["spans"])
    within = collections.Counter(t for d in made for t in {s["type"] for s in d["spans"]})
    for kind, count in total.most_common():
        print(f"| {kind} | {count:,} | {within[kind]} |")
    print(f"| all | {sum(total.values()):,} | {sum(bool(d['spans']) for d in made)} |\n")
    for kind in sorted({d["kind"] for d in made}):
        of = [d for d in made if d["kind"] == kind]
        print(f"| {kind} | {len(of)} | {len({d['id'].rpartition('-')[0] for d in of})} | {sum(len(d['spans']) for d in of)} |")


if __name__ == "__main__":
    main()
