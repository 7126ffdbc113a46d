"""Fills the shapes of the eighth set with made people, places, numbers and other words.

The mechanics of a shape are those of the sixth and the seventh set's makers (their heads explain
them); words, names, lands, shapes, labels, mails, pages and telephones are others.
"""

import collections
import datetime
import hashlib
import pathlib
import random
import re

import make_documents_6 as six
import make_documents_7 as seven
import numbers_8 as numbers
from make_documents_6 import as_document, holds_nothing, misread, packed, shared_out, slip, spoil
from make_documents_7 import FORMS, PLAIN, drawn, folded

HERE = pathlib.Path(__file__).resolve().parent
SEED = 80527318
FULL, EMPTY, SLIPS = 900, 100, 55
STRICT = {"csv", "json", "yaml", "xml", "log", "sql", "vcard", "code"}
ENGLISH = ["GB"] * 10 + ["US"] * 9 + "CA CA AU AU IE NZ ZA IN IN NG SG".split()
FLATS = {"US": ["Apt {}", "Apt. {}", "Unit {}", "#{}"], "CA": ["Apt {}", "Unit {}"], "GB": ["Flat {}", "Flat {}", "Apartment {}"]}
WORDS_OF_SIX = (
    "ts sp hms hm clf sys date iso ymd amt sum few nn nnn big year month wd time priv ver verfour hex uuid mac plate".split()
)


def rows(name):
    text = (HERE / name).read_text(encoding="utf-8")
    return [x for x in text.splitlines() if x and not x.startswith("# ")]


def read_names():
    keys, found, short = ("origin", "land", "flags", "m", "f", "families", "home"), [], {}
    for row in rows("names_8.txt"):
        one = dict(zip(keys, row.split(";"), strict=True))
        towns, one["country"] = one["home"].split("@")
        one["towns"], one["families"] = towns.split(","), one["families"].split(",")
        for key in "mf":
            pairs = [x.partition("=") for x in one[key].split(",")]
            short |= {full: nick for full, _, nick in pairs if nick}
            one[key] = [full for full, _, _ in pairs]
        found.append(one)
    return found, short


def read_lands():
    keys, found = ("code", "english", "own", "lang", "forms", "streets", "towns"), {}
    for row in rows("lands_8.txt"):
        land = dict(zip(keys, row.split(";"), strict=True))
        land["forms"] = [x.split("|") for x in land["forms"].split(" / ")]
        land["streets"] = land["streets"].split(",")
        land["towns"] = [x.split("=") for x in land["towns"].split(",")]
        found[land["code"]] = land
    return found


def read_shapes():
    found = []
    for path in sorted(HERE.glob("shapes_8*.txt")):
        for block in ("\n" + path.read_text(encoding="utf-8")).split("\n=== ")[1:]:
            head, _, body = block.partition("\n")
            name, lang, *marks = head.split()
            found.append((name, lang, marks, body.strip("\n")))
    return found


(ORIGINS, SHORT), LANDS = read_names(), read_lands()
WORDS = {k: v.split(" / ") for k, v in (x.split(": ", 1) for x in rows("words_8.txt"))}


class Person(seven.Person):
    """Somebody made; `form(x)` is the text that stands for `{a.x}`."""

    def __init__(self, r, lang, land, *, sex="", child=False, family_of=None, home_of=None):
        self.r, self.lang, self.land, self.kept = r, lang, land, {}
        near = [o for o in ORIGINS if o["land"] == land]
        own = near and r.random() < (0.7 if lang == "en" else 0.85)
        self.origin = lists = family_of.origin if family_of else r.choice(near if own else ORIGINS)
        self.sex = sex or r.choice("mf")
        if near and not own and not family_of and r.random() < 0.125:
            lists = r.choice(near)
        self.given, self.middle = drawn(r, lists[self.sex], 2)
        self.pair = family_of.pair if family_of else drawn(r, self.origin["families"])[0]
        self.family = self.pair.split("/")[-1 if self.sex == "f" else 0]
        self.second = ""
        if "2" in self.origin["flags"] and r.random() < 0.5:
            self.second = drawn(r, [x for x in self.origin["families"] if x != self.pair])[0].split("/")[0]
        self.alone = "1" in self.origin["flags"] and not family_of and r.random() < 0.2
        self.family_first = "E" in self.origin["flags"] and lists is self.origin and r.random() < 0.3
        days = r.randint(3 * 365, 16 * 365) if child else int(365 * r.triangular(18, 93, 42))
        self.born = six.TODAY - datetime.timedelta(days=days)
        self.home = home_of.home if home_of else self._home()

    def _home(self):
        r, land = self.r, LANDS[self.land]
        town, code = r.choice(land["towns"])
        american = self.land in {"US", "CA"}
        number = r.choice([r.randint(1, 30), r.randint(1, 140), *[r.randint(100, 9900)] * (4 * american)])
        letter = "" if american else r.choice(["", "", "", "", "", "", "b", "A"])
        street = r.choice(land["streets"])
        values = {"s": street, "n": f"{number}{letter}", "m": str(r.randint(1, 29)), "t": town, "p": numbers.fill(r, code)}
        values["h"] = r.choice(WORDS["house"])
        forms = [x for x in land["forms"] if code != "x" or "{p}" not in "".join(x)]
        parts = [y for x in r.choice(forms) for y in x.format(**values).strip().split(", ")]
        line = next((x for x in parts if street in x), parts[0])
        if self.land in FLATS and r.random() < 0.2:
            flat = r.choice(FLATS[self.land])
            parts.insert(1 if american else 0, flat.format(r.randint(1, 60)))
        return {"parts": parts, "town": town, "code": values["p"], "street": line}

    def form(self, key):
        if key == "nk":
            return SHORT.get(self.given, self.given)
        if key == "gl":
            return self.flat()[0] or self.given.lower()
        return self._name(key) if key in six.NAME_FORMS else getattr(self, "_" + key)()

    def _country(self):
        return LANDS[self.land]["english" if self.lang == "en" else "own"]

    def _both(self):
        def make():
            labels, maker = self.r.choice(numbers.IDS[self.land])
            return self.r.choice(labels.split("|")), maker(self.r, self._bearer()).strip()

        return self.keep("both", make)

    def _main(self):
        return self.keep("main", lambda: numbers.IDS[self.land][0][1](self.r, self._bearer()).strip())

    def _tel(self):
        return self.keep("tel", lambda: numbers.phone(self.r, self.land))

    def _mob(self):
        return self.keep("mob", lambda: numbers.phone(self.r, self.land))

    def _mail(self):
        def make():
            g, f, y = self.flat()
            users = [f"{g}.{f}"] * 4 + [f"{g}{f}", f"{g[:1]}{f}", f"{g[:1]}.{f}", f"{f}{g[:1]}", f"{g}-{f}", f"{g}{f}{y}", f"{f}.home", f"{g}+post"]
            hosts = ["example.com"] * 4 + ["example.org", "example.org", "example.net", "mail.example.net", "office.example.com"]
            return f"{self.r.choice(users).strip('.-')}@{self.r.choice(hosts)}"

        return self.keep("mail", make)

    def _said(self):
        g, f, y = self.flat()
        forms = [f"{g}.{f} at example.net", f"{f}{y} (at) example (dot) org", f"{g} underscore {f} at example dot com", f"{g}[at]example[dot]net"]
        return self.keep("said", lambda: self.r.choice(forms))

    def _page(self):
        g, f, y = self.flat()
        forms = (f"https://www.{g}-{f}.example.com", f"example.net/{g}{y}", f"https://example.org/people/{f}", f"www.{f}.example.org",
                 f"https://{g}.example.net/about", f"http://example.com/~{g}{f}", f"https://social.example.org/@{f}{y}")  # fmt: skip
        return self.keep("page", lambda: self.r.choice(forms))


class Document(seven.Document):
    def __init__(self, r, shape):
        self.r, (self.name, self.lang, marks, body) = r, shape
        self.body = "\n".join(x.removeprefix("? ") for x in body.split("\n") if not x.startswith("? ") or r.random() < 0.5)
        lands = [x for x in marks if re.fullmatch(r"[A-Z]{2}(/[A-Z]{2})*", x)]
        self.fixed = bool(lands) or self.lang != "en"
        if lands:
            self.land = r.choice(lands[0].split("/"))
        elif self.lang != "en":
            self.land = r.choice([k for k, v in LANDS.items() if v["lang"] == self.lang])
        else:
            self.land = r.choice(ENGLISH) if r.random() < 0.75 else r.choice(list(LANDS))
        self.ties = {x[0]: x[1:] for x in marks if re.fullmatch("[a-z][~=<][a-z]", x)}
        self.signs = {x[0]: x[2] for x in marks if re.fullmatch("[a-z]:[fmk]", x)}
        self.people, self.kept = {}, {}
        self.clock = datetime.datetime(2023, 5, 2, 7) + datetime.timedelta(minutes=r.randrange(1_800_000))
        self.dates = r.choice(["said", "said", "short", "figures", "iso"])

    def person(self, key):
        if key in self.people:
            return self.people[key]
        sign, tie = self.signs.get(key[0], ""), self.ties.get(key[0], "")
        more = {"sex": sign.strip("k"), "child": sign == "k" or tie.startswith("<")}
        land = self.land
        if tie:
            near = self.person(tie[1] + key[1:])
            land, more["home_of"] = near.land, near
            more["family_of"] = near if tie[0] in "~<" else None
        elif not self.fixed and self.r.random() < 0.12:
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
            person, form = self.person(key), form or "full"
            if form in {"addr", "addrc", "addrl", "addrlc"}:
                parts = list(person.home["parts"]) + ([person.form("country")] if form.endswith("c") else [])
                between = "\n" + indent if "l" in form else ", "
                return [y for x in parts for y in ((x, "LOCATION"), (between, None))][:-1]
            return [(person.form(form), FORMS[form])]
        if slot in self.kept:
            return self.kept[slot]
        kind, colon, pattern = slot.partition(":")
        plain = kind.rstrip("0123456789")
        if colon:
            made = [(numbers.fill(self.r, pattern), "ID_NUMBER" if plain == "id" else None)]
        else:
            made = [(self.word(plain), PLAIN.get(plain))]
        if kind != plain:
            self.kept[slot] = made
        return made

    def word(self, kind):
        r = self.r
        if kind in WORDS:
            return r.choice(WORDS[kind])
        if kind == "dest":
            return r.choice(LANDS[r.choice(list(LANDS))]["towns"])[0]
        if kind == "goto":
            return LANDS[r.choice(list(LANDS))]["english"]
        if kind in {"ip", "ipsix", "card"}:
            return {"ip": numbers.ip, "ipsix": numbers.ip6, "card": numbers.card}[kind](r)
        if kind == "dmy":
            return f"{self.clock.date() + datetime.timedelta(days=r.randint(-40, 40)):%d.%m.%Y}"
        assert kind in WORDS_OF_SIX, (self.name, kind)
        return six.Document.word(self, kind)[0]


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
            for mark in sorted({"wrap", "lower", "upper"}.intersection(shape[2])):
                document["text"] = folded(document["text"], mark)
            if document["text"] not in seen:
                break
        seen.add(document["text"])
        made.append(document)
    return made, len(shapes), len(slipped)


def main():
    made, shapes, slipped = documents()
    plain, zipped = packed(made)
    (HERE / "pii_documents_8.jsonl.gz").write_bytes(zipped)
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
