"""Writes pii_documents_3.jsonl.gz: 1,000 made documents with personal data, about nobody."""

import collections
import datetime
import gzip
import hashlib
import json
import pathlib
import random
import re

import numbers_3 as num

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE / "pii_documents_3.jsonl.gz"
SEED = 90417733
COUNT, EMPTY = 1000, 100

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday", "fr": "lundi mardi mercredi jeudi vendredi",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag", "es": "lunes martes jueves viernes",
    "nl": "maandag dinsdag woensdag donderdag vrijdag",
}  # fmt: skip
LONG = {"de": "{d}. {m} {y}", "es": "{d} de {m} de {y}", "pt": "{d} de {m} de {y}"}
SHORT = {"de": "%d.%m.%Y", "pl": "%d.%m.%Y", "tr": "%d.%m.%Y", "nl": "%d-%m-%Y"}
LANDS = {
    "en": ["GB"] * 12 + ["US"] * 7 + ["IE"] * 2 + ["CA"] * 2 + ["AU"] * 2 + ["IN", "ZA"],
    "de": ["DE"] * 6 + ["AT", "CH"], "fr": ["FR"] * 6 + ["BE", "CH"], "es": ["ES"] * 4 + ["MX"],
    "it": ["IT"] * 6 + ["CH"], "nl": ["NL"] * 4 + ["BE"], "pl": ["PL"], "tr": ["TR"],
    "pt": ["PT"] * 3 + ["BR"] * 2,
}  # fmt: skip
LOCAL = {
    "de": ["german", "austrian"], "fr": ["french"], "es": ["spanish", "latin"], "it": ["italian"],
    "nl": ["dutch", "flemish"], "pl": ["polish"], "tr": ["turkish"], "pt": ["portuguese", "brazilian"],
}  # fmt: skip
FAMILY_FIRST = {"chinese", "cantonese", "korean", "vietnamese", "hungarian", "japanese"}
TWO_SURNAMES = {"spanish", "latin", "portuguese", "brazilian", "filipino"}
NICK = {
    "William": "Bill", "Robert": "Bob", "Daniel": "Danny", "Anthony": "Tony", "Elizabeth": "Liz",
    "Katherine": "Kate", "Susan": "Sue", "Margaret": "Peggy", "Michael": "Mike", "James": "Jimmy",
    "Jennifer": "Jen", "Deborah": "Debbie", "Philippa": "Pip", "Edwin": "Ed", "Desmond": "Des",
    "Francisca": "Chica", "Wolfgang": "Wolfi", "Matthias": "Matze", "Franziska": "Franzi",
    "Ignacio": "Nacho", "Guadalupe": "Lupe", "Montserrat": "Montse", "Dolores": "Lola",
    "Małgorzata": "Gosia", "Grzegorz": "Grzesiek", "Przemysław": "Przemek", "Agnieszka": "Aga",
    "Dmitry": "Dima", "Svetlana": "Sveta", "Tatyana": "Tanya", "Rajesh": "Raj", "Temitope": "Temi",
    "Abdelrahman": "Abdel", "Padraig": "Paddy", "Lorenzo": "Lollo", "Raffaele": "Lele",
    "Jaroslav": "Jarda", "Katalin": "Kati", "Anastasios": "Tasos", "Ioannis": "Yannis",
    "Henrique": "Rique", "Vytautas": "Vytas", "Gurpreet": "Gurps", "Maureen": "Mo", "Gwendolyn": "Gwen",
}  # fmt: skip
HOMES = (
    "Porto Alegre, Tbilisi, Aleppo, Kumasi, Lahore, Chennai, Da Nang, Cebu, Odesa, Vilnius, Split, "
    "Thessaloniki, Tromsø, Galway, Swansea, Inverness, Baton Rouge, Tucson, Montevideo, Valparaíso, "
    "Oaxaca, Tunis, Casablanca, Hargeisa, Addis Ababa, Mombasa, Bulawayo, Port Elizabeth, Dunedin, "
    "Hobart, Busan, Sapporo, Chengdu, Kraków, Brno, Debrecen, Ghent, Trieste, Bari, Málaga, Coimbra, "
    "Rennes, Bamberg, Linz, Reading, Bath, Nice, Cork, Orange County, Halle, Essen, Mobile, Batman"
).split(", ")
MARKS = {
    "de": ("Herr", "Frau"), "fr": ("Monsieur", "Madame"), "es": ("Sr.", "Sra."), "it": ("Sig.", "Sig.ra"),
    "nl": ("meneer", "mevrouw"), "pl": ("Pan", "Pani"), "tr": ("Sayın", "Sayın"), "pt": ("Sr.", "Sra."),
}  # fmt: skip


def table(name):
    lines = (HERE / name).read_text().splitlines()
    return [x.split(" | ") for x in lines if x and not x.startswith("#")]


NAMES = {o: [x.split(", ") for x in rest] for o, *rest in (map(str.strip, r) for r in table("names_3.txt"))}
ADDRESSES = {r[0]: [r[1].split(", "), r[2].split(", "), r[3].split(", ")] for r in table("lands_3.txt")}
DECOYS = {r[0]: r[1].split(", ") for r in table("decoys_3.txt")}


def shapes():
    """[(name, lang, body)] of all shape files; the head is "== kind-name lang"."""
    found = []
    for path in sorted(HERE.glob("shapes_3*.txt")):
        for part in re.split(r"^== ", path.read_text(), flags=re.M)[1:]:
            head, _, body = part.partition("\n")
            name, _, lang = head.strip().partition(" ")
            found.append((name, lang or "en", body.strip("\n")))
    return found


def date_in(rng, day, lang, form=""):
    months = MONTHS[lang].split()
    month = months[day.month - 1]
    form = form or rng.choice(["long", "long", "short", "short", "more", "iso"])
    if form == "iso":
        return day.isoformat()
    if form == "short":
        return day.strftime(SHORT.get(lang, rng.choice(["%d/%m/%Y", "%d/%m/%Y", "%d/%m/%y"])))
    if form == "long" or lang not in ("en", "de"):
        return LONG.get(lang, "{d} {m} {y}").format(d=day.day, m=month, y=day.year)
    if lang == "de":
        return rng.choice([f"{day.day}.{day.month}.{day.year}", day.strftime("%d.%m.%y")])
    end = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return rng.choice(
        [
            f"{month} {day.day}, {day.year}",
            f"{day.day}{end} {month} {day.year}",
            f"{day.day:02d}-{month[:3]}-{day.year}",
            f"{day.day} {month[:3]} {day.year}",
            f"{month[:3]} {day.day}, {day.year}",
            day.strftime("%d.%m.%Y"),
            f"{day.day:02d}{month[:3].upper()}{day.year}",
            f"the {day.day}{end} of {month} {day.year}",
        ]
    )


class Person:
    def __init__(self, rng, origin, lang, land, female=None):
        self.rng, self.origin, self.lang, self.land = rng, origin, lang, land
        men, women, surnames = NAMES[origin]
        self.female = rng.random() < 0.5 if female is None else female
        self.given = rng.choice(women if self.female else men)
        self.surname = self.one(surnames)
        odds = rng.random()
        if origin in TWO_SURNAMES and odds < 0.5:
            self.surname += " " + self.one([s for s in surnames if s != self.surname])
        elif odds < 0.05 and " " not in self.surname and "-" not in self.surname:
            self.surname += "-" + self.one([s for s in surnames if " " not in s and "-" not in s])
        self.middle = ""
        odds = rng.random()
        if " " not in self.given and "-" not in self.given and origin not in FAMILY_FIRST:
            if odds < 0.1:
                self.middle = rng.choice("ABCDEFGHJKLMNPRST") + "."
            elif odds < 0.17:
                self.middle = rng.choice([n for n in (women if self.female else men) if n != self.given])
        self.given_ascii = num.ascii_of(self.given)
        self.surname_ascii = num.ascii_of(self.surname)
        self.first = origin in FAMILY_FIRST and rng.random() < 0.5
        years = rng.choice([(1934, 1960), (1955, 1985), (1970, 2002), (1985, 2006)])
        self.born = datetime.date(rng.randrange(*years), rng.randrange(1, 13), rng.randrange(1, 29))
        self.kept = {}

    def one(self, surnames):
        return self.rng.choice(surnames).split("|")[-1 if self.female else 0]

    @property
    def nick(self):
        return NICK.get(self.given, self.given)

    def full(self, given=None):
        given = given or self.given
        if self.first:
            return f"{self.surname} {given}"
        name = " ".join(x for x in (given, self.middle, self.surname) if x)
        odds = self.rng.random()
        if self.land == "US" and not self.female and odds < 0.06:
            name += self.rng.choice([" Jr.", ", Jr.", " III"])
        return name

    def name(self, form):
        g, s = self.given, self.surname
        i = ".-".join(x[0] for x in g.split("-")[:2]) if "-" in g and g[0].isupper() else g[0]
        forms = {
            "": self.full, "g": lambda: g, "n": lambda: self.nick, "s": lambda: s,
            "S": lambda: s.upper(), "N": lambda: self.full().upper(), "l": lambda: self.full().lower(),
            "nl": lambda: self.nick.lower(), "gl": lambda: g.lower(), "sl": lambda: s.lower(),
            "nf": lambda: self.full(self.nick),
            "sf": lambda: f"{s}, {g}" + (f" {self.middle}" if self.middle else ""),
            "SG": lambda: f"{s.upper()} {g}", "SGG": lambda: f"{s} {g}".upper(),
            "i": lambda: f"{i}. {s}", "is": lambda: f"{s} {i}.",
            "ij": lambda: f"{i}.{self.rng.choice('ABEJLMRT')}. {s}", "ib": lambda: f"{g[0]} {s}",
            "ii": lambda: (g[0] + s[0]).upper(), "gi": lambda: f"{g} {s[0].upper()}.",
        }  # fmt: skip
        return forms[form]() if form in forms else None

    def address(self):
        if "address" not in self.kept:
            rng = self.rng
            streets, towns, lands = ADDRESSES[self.land]
            whole = rng.choice(streets) + "~" + rng.choice(towns)
            if rng.random() < 0.25:
                whole += "~" + lands[0 if self.lang != "en" else 1]
            house = str(rng.randrange(2, 190))
            self.kept["address"] = num.fill(rng, whole).replace("§", house).split("~")
        return self.kept["address"]

    def mail(self):
        rng = self.rng
        g, s = (re.sub("[^a-z0-9]", "", x.lower()) for x in (self.given_ascii, self.surname_ascii))
        year = str(self.born.year)
        local = rng.choice(
            [f"{g}.{s}", f"{g}.{s}", f"{g[0]}.{s}", f"{g[0]}{s}", f"{g}_{s}", f"{s}.{g}", f"{g}{year[2:]}"]
            + [f"{s}{g[0]}", f"{g}-{s}", f"{s}{rng.randrange(2, 99)}", f"{g}.{s}+{rng.choice(['news', 'bank'])}"]
            + [f"the.{s}.family", f"{g}{s}{year}"]
        )
        host = rng.choice(["", "", "", "mail.", "team.", "post.", "office.", "staff.", "uni."])
        mail = f"{local}@{host}example.{rng.choice(['com', 'com', 'org', 'net'])}"
        if rng.random() < 0.05:
            mail = mail.upper() if rng.random() < 0.3 else mail.title()
        return mail

    def number(self, form):
        """(type, text) of whatever else is the person's."""
        rng, f = self.rng, num.fill
        own = {
            "cust": ["C-1####+", "KD-#####-^", "88300#####", "CUST-00##-##", "^^######", "7##-##-####"],
            "emp": ["E1####", "EMP00###", "P-####", "####/##", "^^-#####", "00####"],
            "pat": ["H######", "00######", "^^^-#####", "##-##-##-##", "MRN00######", "9######"],
            "pol": ["POL/##/######", "HH-#######-0+", "^^^ ### ### ##", "#########-^", "MV-##-####-##"],
            "stu": ["s2######", "202#####", "^#######", "##/####/^^"],
            "mem": ["M-####-0#", "6#######", "^^#####", "10-####-####"],
        }
        if form in own:
            return "ID_NUMBER", f(rng, rng.choice(own[form]))
        ways = {
            "e": ("EMAIL_ADDRESS", self.mail),
            "es": ("EMAIL_ADDRESS", lambda: self.spelt()),
            "p": ("PHONE_NUMBER", lambda: num.phone(rng, self.land)),
            "pi": ("PHONE_NUMBER", lambda: num.phone(rng, self.land, "i")),
            "pn": ("PHONE_NUMBER", lambda: num.phone(rng, self.land, "n")),
            "dob": ("DATE_OF_BIRTH", lambda: date_in(rng, self.born, self.lang).removeprefix("the ")),
            "dobd": ("DATE_OF_BIRTH", lambda: date_in(rng, self.born, self.lang, "short")),
            "dobi": ("DATE_OF_BIRTH", self.born.isoformat),
            "dobl": ("DATE_OF_BIRTH", lambda: date_in(rng, self.born, self.lang, "long")),
            "dobc": ("DATE_OF_BIRTH", lambda: self.born.strftime("%d%m%Y")),
            "nat": ("ID_NUMBER", lambda: self.national()[1]),
            "pass": ("ID_NUMBER", lambda: num.passport(rng, self)),
            "lic": ("ID_NUMBER", lambda: num.licence(rng, self)),
            "nhs": ("ID_NUMBER", lambda: num.nhs(rng)),
            "ni": ("ID_NUMBER", lambda: num.gb(rng, self)[1]),
            "ssn": ("ID_NUMBER", lambda: num.us(rng, self)[1]),
            "iban": ("IBAN_CODE", lambda: num.iban(rng, self.land)),
            "card": ("CREDIT_CARD", lambda: num.card(rng)),
            "ip": ("IP_ADDRESS", lambda: num.ip4(rng)),
            "ip6": ("IP_ADDRESS", lambda: num.ip6(rng)),
            "url": ("URL", self.url),
            "city": ("LOCATION", lambda: rng.choice(HOMES)),
            "town": ("LOCATION", self.town),
            "land": ("LOCATION", lambda: ADDRESSES[self.land][2][0 if self.lang != "en" else 1]),
            "street": ("LOCATION", lambda: num.fill(rng, rng.choice(
                [s for s in ADDRESSES[self.land][0] if "~" not in s])).replace("§", str(rng.randrange(2, 150)))),
            "pc": ("LOCATION", self.place),
        }  # fmt: skip
        kind, make = ways[form]
        return kind, make()

    def place(self):
        """Postcode with town, as one part."""
        if "place" not in self.kept:
            towns = [t for t in ADDRESSES[self.land][1] if "~" not in t] or [
                "Boise ID 83702", "Tucson AZ 85719", "Macon GA 31201", "Ibadan", "Albany NY 12207"
            ]  # fmt: skip
            self.kept["place"] = num.fill(self.rng, self.rng.choice(towns))
        return self.kept["place"]

    def town(self):
        bare = re.sub(r"\b[\w-]*\d[\w-]*\b ?", "", self.place()).strip(" -")
        return bare[3:] if self.land == "NL" else bare

    def national(self):
        if "national" not in self.kept:
            land = self.land if self.land in num.NATIONAL else self.rng.choice(list(num.NATIONAL))
            self.kept["national"] = num.NATIONAL[land](self.rng, self)
        return self.kept["national"]

    def spelt(self):
        local, _, host = self.mail().lower().partition("@")
        at, dot = self.rng.choice([(" at ", " dot "), (" (at) ", "."), (" [at] ", " [dot] ")])
        return local + at + host.replace(".", dot)

    def url(self):
        g, s = (re.sub("[^a-z0-9]", "", x.lower()) for x in (self.given_ascii, self.surname_ascii))
        return self.rng.choice(
            [f"https://www.example.com/in/{g}-{s}", f"http://{g}{s}.example.org", f"www.{s}-{g}.example.net"]
            + [f"example.com/~{g[0]}{s}", f"https://{s}.example.org/about.html", f"https://example.net/u/{g}_{s}?tab=posts"]
        )

    def plain(self, form):
        """Words that are no personal data by themselves."""
        man, woman = MARKS.get(self.lang, ("Mr", "Ms"))
        title = woman if self.female else man
        if self.lang == "en":
            titles = ["Mrs", "Ms", "Miss", "Dr"] if self.female else ["Mr", "Mr", "Dr"]
            title = self.kept.setdefault("title", self.rng.choice(titles))
        dear = {"de": ("Sehr geehrter Herr", "Sehr geehrte Frau"), "fr": ("Cher Monsieur", "Chère Madame"),
                "es": ("Estimado Sr.", "Estimada Sra."), "it": ("Egregio Sig.", "Gentile Sig.ra"),
                "nl": ("Geachte heer", "Geachte mevrouw"), "pl": ("Szanowny Panie", "Szanowna Pani"),
                "tr": ("Sayın", "Sayın"), "pt": ("Exmo. Sr.", "Exma. Sra.")}  # fmt: skip
        words = {
            "t": title, "he": "she" if self.female else "he", "his": "her" if self.female else "his",
            "him": "her" if self.female else "him", "sex": "F" if self.female else "M",
            "age": str(2026 - self.born.year), "dear": dear.get(self.lang, ("Dear", "Dear"))[self.female],
            "bey": "Hanım" if self.female else "Bey",
        }  # fmt: skip
        if form == "natl":
            return self.national()[0]
        return words[form.lower()].capitalize() if form in ("He", "His") else words[form]


def decoy(rng, form, lang):
    f = num.fill
    if form in DECOYS:
        return rng.choice(DECOYS[form])
    if form in ("date", "ldate", "sdate", "iso"):
        day = datetime.date(2022, 1, 1) + datetime.timedelta(rng.randrange(0, 1780))
        how = {"date": "", "ldate": "long", "sdate": "short", "iso": "iso"}[form]
        return date_in(rng, day, lang, how).removeprefix("the ")
    forms = {
        "weekday": lambda: rng.choice(WEEKDAYS.get(lang, WEEKDAYS["en"]).split()),
        "exp": lambda: f"{rng.randrange(1, 13):02d}/{rng.randrange(26, 32)}",
        "bp": lambda: f"{rng.randrange(95, 175)}/{rng.randrange(55, 100)} mmHg",
        "gluc": lambda: f"{rng.randrange(3, 18)}.{rng.randrange(10)} mmol/L",
        "area": lambda: f"{rng.randrange(3, 60)} m²", "tall": lambda: f"1.{rng.randrange(50, 97)} m",
        "len": lambda: rng.choice([f"{rng.randrange(2, 400)} mm", f"{rng.randrange(2, 90)}.{rng.randrange(10)} m"]),
        "wt": lambda: rng.choice([f"{rng.randrange(1, 98)}.{rng.randrange(10)} kg", f"{rng.randrange(5, 900)} g"]),
        "time": lambda: f"{rng.randrange(7, 20):02d}:{rng.choice([0, 5, 10, 15, 30, 45]):02d}",
        "clock": lambda: f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}",
        "n": lambda: str(rng.randrange(2, 40)), "big": lambda: str(rng.randrange(1000, 900000)),
        "pct": lambda: f"{rng.randrange(1, 99)}.{rng.randrange(10)}%",
        "amt": lambda: rng.choice(["£{}", "€{}", "${}", "{} EUR", "EUR {}", "GBP {}"]).format(
            rng.choice([f"{rng.randrange(3, 999)}.{rng.randrange(100):02d}", f"{rng.randrange(1, 60)},{rng.randrange(1000):03d}.00"])),
        "eur": lambda: f"{rng.randrange(8, 4000)},{rng.randrange(100):02d} €",
        "order": lambda: f(rng, rng.choice(["SO-######", "10########", "#114-#######-#######", "W######", "PO 45######"])),
        "inv": lambda: f(rng, rng.choice(["INV-202#-0####", "RE 2025/####", "2025-#####", "F25######", "#######"])),
        "ref": lambda: f(rng, rng.choice(["REF/####/^^", "^^-####-##", "Q#####", "####-^#-##", "CRN ##-######"])),
        "tick": lambda: f(rng, rng.choice(["#4#####", "INC00#####", "HELP-####", "TKT-######"])),
        "track": lambda: f(rng, rng.choice(["1Z###^^#0#########", "JD00########00######", "RR#########GB", "00340######+########"])),
        "serial": lambda: f(rng, rng.choice(["SN ^^^#####^##", "C02^#####^^", "4CE#######", "S/N 00########"])),
        "ver": lambda: f(rng, rng.choice(["v+.#.#", "+.##.#-rc+", "1#.0.#.+", "20#.+.#", "v+.+#"])),
        "ver4": lambda: f(rng, "+.#.+#.+##"),
        "isbn": lambda: f(rng, "978-0-###-#####-#"), "hex": lambda: f"{rng.randrange(16**10):010x}",
        "lan": lambda: f"{rng.choice(['10.0', '192.168', '172.16'])}.{rng.randrange(0, 9)}.{rng.randrange(2, 250)}",
        "port": lambda: str(rng.randrange(1024, 65000)), "ms": lambda: f"{rng.randrange(2, 990)} ms",
        "plate": lambda: f(rng, "^^## ^^^"), "flight": lambda: f(rng, rng.choice(["BA0###", "LH+###", "KL1###"])),
        "month": lambda: rng.choice(MONTHS[lang].split()), "year": lambda: str(rng.randrange(1998, 2026)),
    }  # fmt: skip
    return forms[form]()


TOKEN = re.compile(r"\{([A-HMW])(?:\.(\w+))?\}|\{=([A-Z_]+):([^{}]+)\}|\{([a-z]\w*?)(?::(\d))?\}")


def choose(rng, text):
    """[[a||b]] becomes a or b; innermost first."""
    while found := re.search(r"\[\[((?:(?!\[\[|\]\]).)*)\]\]", text, flags=re.S):
        text = text[: found.start()] + rng.choice(found[1].split("||")) + text[found.end() :]
    return text


def made(rng, body, lang, person):
    people, kept, out, spans, at = {}, {}, [], [], 0

    def put(text, kind=""):
        nonlocal at
        if kind:
            spans.append({"start": at, "end": at + len(text), "type": kind})
        out.append(text)
        at += len(text)

    body, last = choose(rng, body), 0
    for found in TOKEN.finditer(body):
        put(body[last : found.start()])
        last = found.end()
        who, form, kind, fixed, word, again = found.groups()
        if kind:
            put(fixed, kind)
        elif word:
            key = (word, again)
            if not again or key not in kept:
                kept[key] = decoy(rng, word, lang)
            put(kept[key])
        else:
            if who not in people:
                people[who] = person(people.values(), {"M": False, "W": True}.get(who))
            p, form = people[who], form or ""
            name = p.name(form)
            if name:
                put(name, "PERSON")
            elif form in ("addr", "lines"):
                for i, part in enumerate(p.address()):
                    put((", " if form == "addr" else "\n") if i else "")
                    put(part, "LOCATION")
            elif form in ("t", "he", "his", "him", "He", "His", "sex", "age", "dear", "natl", "bey"):
                put(p.plain(form))
            else:
                if form not in p.kept or form in ("ip", "ip6"):
                    p.kept[form] = p.number(form)
                kind, text = p.kept[form]
                put(text, kind)
    put(body[last:])
    return "".join(out), spans


def each(text, change, where=None):
    """The text with every character changed, where that leaves its length."""
    out = []
    for i, c in enumerate(text):
        new = change(c) if where is None or i in where else c
        out.append(new if len(new) == 1 else c)
    return "".join(out)


def noisy(rng, text, spans, sort):
    named = {i for s in spans if s["type"] in ("PERSON", "LOCATION") for i in range(s["start"], s["end"])}
    fixed = {i for s in spans for i in range(s["start"], s["end"])} - named
    if sort == "folded":
        return each(text, lambda c: num.ascii_of(c) or c, named)
    if sort == "namelower":
        return each(text, str.lower, named)
    if sort in ("lower", "upper"):
        free = set(range(len(text))) - fixed
        return each(text, str.lower if sort == "lower" else str.upper, free)
    if sort == "wrapped":
        chars, start, width = list(text), 0, rng.randrange(36, 64)
        for i, c in enumerate(text):
            if c == "\n":
                start = i
            elif c == " " and i - start > width:
                chars[i], start = "\n", i
        return "".join(chars)
    words = [m for m in re.finditer(r"[^\W\d_]{5,}", text) if m.start() not in fixed]
    for m in rng.sample(words, min(len(words), rng.randrange(2, 5))):
        i = m.start() + rng.randrange(1, len(m[0]) - 2)
        text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text


def documents():
    rng = random.Random(SEED)
    bag = []
    used = collections.Counter()

    def origin(lang):
        if lang in LOCAL and rng.random() < 0.55:
            return rng.choice(LOCAL[lang])
        if not bag:
            bag.extend(sorted(NAMES))
            rng.shuffle(bag)
        return bag.pop()

    def person_for(lang):
        def person(others, female):
            while True:
                own = rng.random() < 0.85
                land = rng.choice(LANDS[lang]) if own else rng.choice(sorted(ADDRESSES))
                found = Person(rng, origin(lang), lang, land, female)
                taken = {x.given for x in others} | {x.surname for x in others}
                if found.given not in taken and found.surname not in taken:
                    used[found.origin] += 1
                    return found

        return person

    full = [s for s in shapes() if re.search(r"\{[A-HMW][.}]|\{=", s[2])]
    empty = [s for s in shapes() if s not in full]
    plan = []
    for group, count in ((full, COUNT - EMPTY), (empty, EMPTY)):
        order = group[:]
        rng.shuffle(order)
        plan += [order[i % len(order)] for i in range(count)]
    rng.shuffle(plan)
    seen, turn, result, noise = set(), collections.Counter(), [], collections.Counter()
    for name, lang, body in plan:
        while True:
            text, spans = made(rng, body, lang, person_for(lang))
            sort = ""
            if rng.random() < 0.15:
                sort = rng.choice(["slips", "slips", "folded", "namelower", "lower", "upper", "wrapped", "wrapped"])
                if name.split("-")[0] in ("log", "json", "csv", "table"):
                    sort = "folded"
                text = noisy(rng, text, spans, sort)
            if text not in seen:
                break
        seen.add(text)
        noise[sort] += 1
        turn[name] += 1
        kind = name.split("-")[0]
        result.append({"id": f"{name}-{turn[name]}", "kind": kind, "text": text, "spans": spans})
    return result, noise, used


def packed(docs):
    plain = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in docs).encode()
    return plain, gzip.compress(plain, mtime=0)


if __name__ == "__main__":
    docs, noise, used = documents()
    plain, zipped = packed(docs)
    FILE.write_bytes(zipped)
    print("gz   ", hashlib.sha256(zipped).hexdigest())
    print("plain", hashlib.sha256(plain).hexdigest())
    spans = collections.Counter(s["type"] for d in docs for s in d["spans"])
    within = collections.Counter(t for d in docs for t in {s["type"] for s in d["spans"]})
    for kind, count in spans.most_common():
        print(f"| {kind} | {count:,} | {within[kind]} |")
    print(f"| all | {sum(spans.values()):,} | {sum(bool(d['spans']) for d in docs)} |")
    kinds = collections.Counter(d["kind"] for d in docs)
    forms = collections.Counter(n.split("-")[0] for n, _, _ in shapes())
    inside = collections.Counter(d["kind"] for d in docs for _ in d["spans"])
    for kind in sorted(kinds):
        print(f"| {kind} | {kinds[kind]} | {forms[kind]} | {inside[kind]} |")
    print(len(shapes()), "shapes;", "most of one:", collections.Counter(d["id"].rpartition("-")[0] for d in docs).most_common(1))
    lang = {n: x for n, x, _ in shapes()}
    print(collections.Counter(lang[d["id"].rpartition("-")[0]] for d in docs), dict(noise))
    print(len(used), "origins", sum(used.values()), "people", used.most_common(2), used.most_common()[-1])
