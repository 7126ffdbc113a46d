"""Writes pii_documents_4.jsonl.gz: 1,000 made documents. Everything in them is made, about nobody.

    python make_documents_4.py
"""

import collections
import datetime
import gzip
import hashlib
import json
import pathlib
import random
import re
import unicodedata

import numbers_4 as num

HERE = pathlib.Path(__file__).resolve().parent
SEED = 58230914
FULL, EMPTY, SLIPS = 900, 100, 72
PLAIN_KINDS = ("csv", "json", "yaml", "xml", "log", "vcard", "ical")
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
LANG_LANDS = {
    "de": ["DE", "DE", "DE", "AT", "CH"], "fr": ["FR", "FR", "FR", "BE"], "es": ["ES", "ES", "MX", "AR"],
    "it": ["IT"], "pt": ["PT", "PT", "BR"], "nl": ["NL", "NL", "BE"], "pl": ["PL"], "sv": ["SE"],
    "en": ["GB"] * 40 + ["US"] * 18 + ["IE"] * 6 + ["CA"] * 5 + ["AU"] * 6 + ["NZ"] * 3 + ["ZA"] * 3 + ["IN"] * 4
    + "NG KE SG MY PH JM DE FR NL ES PT IT SE NO DK FI PL CZ HU RO GR TR CH BE AT JP".split(),
}  # fmt: skip
LANG_ORIGINS = {
    "de": ["german"], "fr": ["french"], "es": ["spanish", "mexican"], "it": ["italian"], "pt": ["portuguese", "brazilian"],
    "nl": ["dutch"], "pl": ["polish"], "sv": ["swedish"],
}  # fmt: skip
TITLES = {
    "en": (["Mrs", "Ms", "Miss", "Mrs.", "Ms.", "Dr"], ["Mr", "Mr", "Mr.", "Mr", "Dr"]),
    "de": (["Frau"], ["Herr"]), "fr": (["Mme", "Madame"], ["M.", "Monsieur"]), "es": (["Sra.", "D.ª"], ["Sr.", "D."]),
    "it": (["Sig.ra", "Dott.ssa"], ["Sig.", "Dott."]), "pt": (["Sra.", "D."], ["Sr."]), "nl": (["mevr."], ["dhr."]),
    "pl": (["Pani"], ["Pan"]), "sv": (["fru"], ["herr"]),
}  # fmt: skip
HOMES = {
    "scottish": "Perth/Scotland", "welsh": "Swansea/Wales", "ghanaian": "Kumasi/Ghana", "ethiopian": "Adama/Ethiopia",
    "somali": "Hargeisa/Somalia", "arabic": "Amman/Jordan", "persian": "Shiraz/Iran", "pakistani": "Sialkot/Pakistan",
    "bangladeshi": "Sylhet/Bangladesh", "srilankan": "Kandy/Sri Lanka", "nepali": "Pokhara/Nepal",
    "chinese": "Hangzhou/China", "cantonese": "Kowloon/Hong Kong", "korean": "Daegu/South Korea", "vietnamese": "Huế/Vietnam",
    "indonesian": "Bandung/Indonesia", "thai": "Chiang Mai/Thailand", "albanian": "Durrës/Albania", "balkan": "Novi Sad/Serbia",
    "russian": "Perm/Russia", "ukrainian": "Kharkiv/Ukraine", "lithuanian": "Kaunas/Lithuania", "icelandic": "Akureyri/Iceland",
    "jewish": "Haifa/Israel", "samoan": "Apia/Samoa", "english": "Norwich/England", "american": "Tulsa/USA",
    "irish": "Tralee/Ireland", "jamaican": "Mandeville/Jamaica", "yoruba": "Ibadan/Nigeria", "igbo": "Enugu/Nigeria",
    "kenyan": "Nakuru/Kenya", "zulu": "Durban/South Africa", "afrikaans": "Paarl/South Africa", "turkish": "Konya/Turkey",
    "hindi": "Jaipur/India", "gujarati": "Surat/India", "punjabi": "Jalandhar/India", "tamil": "Chennai/India",
    "japanese": "Sendai/Japan", "filipino": "Davao/Philippines", "malay": "Melaka/Malaysia", "german": "Kassel/Germany",
    "french": "Nantes/France", "dutch": "Utrecht/Netherlands", "spanish": "Zaragoza/Spain", "mexican": "Oaxaca/Mexico",
    "portuguese": "Coimbra/Portugal", "brazilian": "Salvador/Brazil", "italian": "Bari/Italy", "swedish": "Gävle/Sweden",
    "norwegian": "Stavanger/Norway", "danish": "Aarhus/Denmark", "finnish": "Tampere/Finland", "polish": "Kraków/Poland",
    "czech": "Ostrava/Czechia", "hungarian": "Győr/Hungary", "romanian": "Timișoara/Romania", "greek": "Heraklion/Greece",
    "maori": "Gisborne/New Zealand",
}  # fmt: skip
ORIGIN_ID = {
    "chinese": "CN", "cantonese": "HK", "korean": "KR", "thai": "TH", "balkan": "HR", "romanian": "RO", "malay": "MY",
    "czech": "CZ", "polish": "PL", "danish": "DK", "norwegian": "NO", "finnish": "FI", "turkish": "TR", "brazilian": "BR",
    "mexican": "MX", "spanish": "ES", "italian": "IT", "portuguese": "PT", "swedish": "SE", "zulu": "ZA", "afrikaans": "ZA",
    "hindi": "IN", "gujarati": "IN", "tamil": "IN", "russian": "EE", "lithuanian": "EE", "albanian": "BG", "french": "FR",
    "german": "DE", "dutch": "NL",
}  # fmt: skip
NICKS = {
    "Deborah": "Debs", "Victoria": "Vicky", "Gillian": "Gill", "Rosemary": "Rosie", "Charlotte": "Lottie", "Edmund": "Ted",
    "Stuart": "Stu", "Colin": "Col", "Desmond": "Des", "Wojciech": "Wojtek", "Małgorzata": "Gosia", "Krzysztof": "Krzysiek",
    "Agnieszka": "Aga", "Alejandro": "Alex", "Panagiotis": "Panos", "Vladislav": "Vlad", "Svetlana": "Sveta",
    "Temitope": "Temi", "Olumide": "Olu", "Chukwuemeka": "Emeka", "Abdirahman": "Abdi", "Jaswinder": "Jassi",
    "Folasade": "Sade", "Priyanka": "Pri", "Bernadette": "Bernie", "Pádraig": "Paudie", "Inmaculada": "Inma",
    "Guadalupe": "Lupe", "Madison": "Maddie", "Brittany": "Britt", "Lorraine": "Lori", "Catriona": "Trina", "Angharad": "Annie",
    "Winston": "Win", "Meenakshi": "Meena", "Harpreet": "Harps", "Senthil": "Sen", "Anne-Sophie": "Anso", "Wolfgang": "Wolfi",
    "Alexander": "Sandy", "Mihaela": "Miha", "Yitzhak": "Itzik", "Katherine": "Kate", "Kateřina": "Katka", "Luzviminda": "Luz",
}  # fmt: skip
WOMENS = ["Ní Dhomhnaill", "Jónsdóttir", "Sigurðardóttir", "Helgadóttir", "Jabłońska", "Nowak-Kamińska", "binti Osman", "Begum", "Kaur"]
WOMENS += ["Novotná", "Dvořáková", "Kučerová", "Kuznetsova", "Morozova", "Sokolova", "Kazlauskienė", "Butkutė", "Papadopoulou"]
MENS = ["ap Rhys", "Ó Súilleabháin", "bin Rashid", "wa Thiong'o", "Singh Gill", "Uddin", "Miah", "Jónsson", "Sigurðsson", "Magnússon"]
MENS += ["Novotný", "Dvořák", "Procházka", "Kučera", "Kuznetsov", "Morozov", "Vasilyev", "Sokolov", "Zaytsev"]
MENS += ["Kazlauskas", "Stankevičius", "Žukauskas", "Butkus", "Papadopoulos", "Abdul Karim", "Zainal Abidin"]
MAN = r"\b(?:[Uu]ncle|[Ff]ather|[Bb]rother(?:-in-law)?|husband|son|Mr|nephew|[Gg]randfather)"
WOMAN = r"\b(?:[Aa]unt|[Mm]other|[Ss]ister|wife|daughter|niece|gran|[Gg]randmother|Miss|Mrs|Dochter)"
CURRENCY = {"GB": "£", "US": "$", "CA": "$", "AU": "$", "NZ": "$", "ZA": "R", "IN": "₹", "NG": "₦", "KE": "KSh "}


def read(name):
    rows = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            rows.append([x.strip() for x in line.split(" | ")])
    return rows


NAMES = {r[0]: (r[1], *([x.strip() for x in c.split(",")] for c in r[2:5])) for r in read("names_4.txt")}
LANDS = {}
for row in read("lands_4.txt"):
    towns = [(t.strip().split("~") + ["", ""])[:3] for t in row[4].split(";")]
    LANDS[row[0]] = ([x.strip() for x in row[1].split(",")], row[2], [x.strip() for x in row[3].split(",")], towns)
DECOYS = {r[0]: [x.strip() for x in r[1].split(";")] for r in read("decoys_4.txt")}
ORIGINS = [o for o in NAMES for _ in range({"english": 10, "american": 5, "scottish": 2, "welsh": 2, "irish": 3}.get(o, 1))]


def folded(s):
    s = s.translate(str.maketrans("øØłŁđĐßıþÞæÆ", "oOlLdDsitTaA"))
    return unicodedata.normalize("NFKD", s).encode("ascii", "ignore").decode()


def letters(s):
    return re.sub("[^a-z]", "", folded(s).lower())


def filled(r, s):
    return "".join(r.choice("0123456789") if c == "#" else r.choice("ABDEFGHJLNPRSTUWXYZ") if c == "@" else c for c in s)


class Person:
    def __init__(self, doc, number):
        r, self.doc, self.cache = doc.r, doc, {}
        self.r = r
        if doc.lang != "en" and r.random() < 0.7:
            self.origin = r.choice(LANG_ORIGINS[doc.lang])
        else:
            self.origin = doc.kin if 7 <= number <= 9 and doc.kin else r.choice(ORIGINS)
        order, women, men, surs = NAMES[self.origin]
        self.f = doc.sex[number] if number in doc.sex else r.random() < 0.5
        if number in doc.opposite:
            self.f = not doc.person(doc.opposite[number]).f
        if number in doc.same:
            self.f = doc.person(doc.same[number]).f
        family = None
        if number >= 200 and number - 100 in doc.people and r.random() < 0.7:
            family = doc.people[number - 100]
        elif 7 <= number <= 9 and doc.kind in ("form", "yaml", "letter", "thread", "social") and 1 in doc.people and r.random() < 0.7:
            family = doc.people[1]
        if family:
            self.origin = family.origin
            order, women, men, surs = NAMES[self.origin]
        for _ in range(60):
            self.g, self.s = r.choice(women if self.f else men), r.choice(surs)
            fits = self.s not in (MENS if self.f else WOMENS)
            if fits and self.g not in doc.used and self.s not in doc.used:
                break
        else:
            self.s = next(x for x in surs if x not in (MENS if self.f else WOMENS))
        if family and family.s not in (MENS if self.f else WOMENS):
            self.s = family.s
        doc.used |= {self.g, self.s}
        self.jr = self.g.endswith(" Jr.")
        self.g = self.g.removesuffix(" Jr.")
        self.second = r.choice(women if self.f else men).removesuffix(" Jr.")
        self.sf = order == "sf" and r.random() < 0.6
        form = r.random()
        if self.sf:
            self.whole = f"{self.s} {self.g}"
        elif form < 0.84 or doc.lang != "en" or self.second == self.g:
            self.whole = f"{self.g} {self.s}"
        elif form < 0.94:
            self.whole = f"{self.g} {self.second[0]}. {self.s}"
        else:
            self.whole = f"{self.g} {self.second} {self.s}"
        if self.jr:
            self.whole += " Jr."
        self.land = doc.land if r.random() < 0.78 or doc.lang != "en" else r.choice(sorted(LANDS))
        today = doc.today
        years = (5, 16) if 7 <= number <= 9 or number >= 200 else (66, 94) if doc.aged and number < 3 else (19, 38) if doc.young else (18, 79)
        if doc.past:
            years = (150, 158) if number < 3 else (118, 132)
        self.born = today - datetime.timedelta(days=r.randint(years[0] * 366, years[1] * 365))
        names, form, streets, towns = LANDS[self.land]
        self.names, self.form, self.town = names, form, r.choice(towns)
        self.street_name = r.choice(streets)
        self.number = r.choice([str(r.randint(1, 180)), str(r.randint(1, 180)), f"{r.randint(1, 99)}{r.choice('abc')}", str(r.randint(2, 40))])
        if self.land == "US":
            self.number = str(r.randint(101, 8999))

    def address(self):
        if "addr" in self.cache:
            return self.cache["addr"]
        r, (town, code, region) = self.r, self.town
        code, region = filled(r, code), filled(r, region)
        text = re.sub(
            r"\b[NSTZRx]\b", lambda m: {"N": self.number, "S": self.street_name, "T": town, "Z": code, "R": region, "x": ""}[m[0]], self.form
        )
        lines = [x for x in text.split("/") if x.strip()]
        if self.land in ("GB", "IE", "AU", "NZ") and r.random() < 0.2:
            lines.insert(0, r.choice([f"Flat {r.randint(1, 60)}", "Rose Cottage", f"Apt {r.randint(1, 30)}", f"Unit {r.randint(1, 19)}"]))
        elif self.land == "US" and r.random() < 0.25:
            lines[0] += r.choice([f" Apt {r.randint(1, 40)}", f", Unit {r.randint(1, 40)}B", f" #{r.randint(1, 400)}"])
        if self.land != self.doc.land and r.random() < 0.6:
            lines.append(self.abroad())
        parts = [[p.strip() for p in x.split(", ")] for x in lines]
        self.cache["addr"] = parts
        return parts

    def abroad(self):
        return self.names[-1] if self.doc.lang == "en" and self.r.random() < 0.8 else self.r.choice(self.names)

    def kept(self, key, make):
        if key not in self.cache:
            self.cache[key] = make()
        return self.cache[key]

    def mail(self):
        r, g, s = self.r, letters(self.g.split()[0]), letters(self.s.split()[-1])
        s = s or "x"
        local = r.choice([f"{g}.{s}", f"{g[0]}.{s}", f"{g}{s}", f"{s}.{g}", f"{g}_{s}{r.randint(1, 99)}", f"{g}{self.born:%y}", f"{g[0]}{s}"])
        host = r.choice(["example.com", "example.org", "example.net", "mail.example.com", "example.com", "post.example.org"])
        return f"{local}@{host}"

    def national(self):
        land = self.land
        if self.origin in ORIGIN_ID and (self.r.random() < 0.5 or land not in num.NATIONAL):
            land = ORIGIN_ID[self.origin]
        if land not in num.NATIONAL:
            return "Passport no.", num.passport(self.r)
        maker, labels = self.r.choice(num.NATIONAL[land])
        self.doc.ids[land + ":" + maker.__name__] += 1
        return self.r.choice(labels), maker(self.r, self.born, self.f)

    def own(self, key):
        """The number that a house gave to somebody."""
        r = self.r
        forms = {
            "cust": ["C-#####", "#######", "CUS######", "KD-####-##", "@@####"], "staff": ["E####", "#####", "STF-###", "EMP0####"],
            "pat": ["P#######", "MRN #######", "H######", "##-##-##"], "member": ["M-####", "####", "GC/####", "LIB########", "#### ####"],
            "pupil": ["P###-##", "#######", "UPN @############"], "tenant": ["T######", "TEN/####", "########"],
            "policy": ["POL-########", "HH/######/#", "@@@#######"], "student": ["s#######", "20######", "ST######"],
        }[key]  # fmt: skip
        form = self.doc.forms.setdefault(key, r.choice(forms))
        label = re.match(r"(MRN |UPN )?(.*)", form)
        return filled(r, label[2])

    def title(self):
        return self.kept("ttl", lambda: self.r.choice(TITLES[self.doc.lang][0 if self.f else 1]))

    def formal(self):
        return self.g if self.origin == "icelandic" else self.s

    def get(self, a):
        r, g, s = self.r, self.g, self.s
        first = g if self.origin in ("cantonese", "vietnamese", "malay") or g.startswith("Abdul") else g.split()[0]
        p, loc = "PERSON", "LOCATION"
        names = {
            "gl": f"{g} {s}", "fl": f"{first} {s}", "nl": f"{NICKS.get(first, first)} {s}", "SG": f"{s} {g}".upper(),
            "full": self.whole, "given": g, "sur": self.formal(), "first": first, "last": s, "cat": f"{s}, {g}", "SUR": s.upper(), "GIVEN": g.upper(),
            "CAT": f"{s.upper()}, {g}", "FULL": self.whole.upper(), "SURG": f"{s.upper()} {g}", "slash": f"{folded(s).upper().replace(' ', '')}/{folded(g).upper().replace(' ', '')}",
            "init": f"{first[0]}. {s}", "init0": f"{first[0]} {s}", "lgiven": first.lower(), "lfull": f"{g} {s}".lower(), "lsur": s.lower(),
            "nick": NICKS.get(first, first), "lnick": NICKS.get(first, first).lower(), "user": letters(first), "sinit": f"{s} {first[0]}.",
            "nickfull": f"{g} ({NICKS[first]}) {s}" if first in NICKS else self.whole, "inits": first[0] + s.split()[-1].lstrip("'")[0].upper(),
        }  # fmt: skip
        if a in names:
            return [(names[a], p)]
        if a == "title":
            return [(self.title() + " ", None), (self.formal(), p)]
        if a == "tfull":
            return [(self.title() + " ", None), (self.whole, p)]
        if a == "tinit":
            return [(self.title() + " ", None), (f"{first[0]} {s}", p)]
        if a == "mr":
            return [(self.title(), None)]
        if a == "age":
            return [(str((self.doc.today - self.born).days * 100 // 36525), None)]
        if a == "self":
            return [("wife" if self.f else "husband", None)]
        if a in ("he", "He", "his", "His", "him", "son", "wife", "sex", "brother", "Mother"):
            women = {"he": "she", "He": "She", "his": "her", "His": "Her", "him": "her", "son": "daughter", "wife": "husband", "sex": "F", "brother": "sister", "Mother": "Mother"}
            return [(women[a] if self.f else {"sex": "M", "Mother": "Father"}.get(a, a), None)]
        if a in ("addr", "addr1", "ADDR1"):
            out, parts = [], self.address()
            for i, line in enumerate(parts):
                for j, x in enumerate(line):
                    if i or j:
                        out.append(("\n" + self.doc.indent if a == "addr" and j == 0 else ", ", None))
                    out.append((x.upper() if a == "ADDR1" else x, loc))
            return out
        if a == "town":
            return [(self.town[0], loc)]
        if a == "street":
            lines = self.address()
            flat = lines[0][0].startswith(("Flat", "Rose", "Apt", "Unit")) or (self.land == "HU")
            return [(lines[1 if flat else 0][0], loc)]
        if a == "land":
            return [(self.kept("land", self.abroad), loc)]
        if a in ("home", "homeland"):
            return [(HOMES[self.origin].split("/")[a == "homeland"], loc)]
        if a in ("email", "EMAIL"):
            mail = self.kept("mail", self.mail)
            return [(mail.upper() if a == "EMAIL" else mail, "EMAIL_ADDRESS")]
        if a in ("phone", "mobile"):
            return [(self.kept(a, lambda: num.phone(r, self.land, a == "mobile")), "PHONE_NUMBER")]
        if a == "url":
            g, s = letters(first), letters(s)
            forms = [f"https://{g}{s}.example.com", f"www.{s}.example.org", f"https://example.net/~{g}{s[:1]}", f"http://www.example.org/people/{g}-{s}", f"{g}{s}.example.net"]
            return [(self.kept("url", lambda: r.choice(forms)), "URL")]
        if a == "iban":
            land = self.land if r.random() < 0.7 else "GB"
            return [(self.kept("iban", lambda: num.iban(r, land)), "IBAN_CODE")]
        if a == "card":
            return [(self.kept("card", lambda: num.card(r)), "CREDIT_CARD")]
        if a == "ip":
            return [(self.kept("ip", lambda: num.ip4(r) if r.random() < 0.85 else num.ip6(r)), "IP_ADDRESS")]
        if a.startswith("dob"):
            return [(self.doc.birth(self.born, a[3:]), "DATE_OF_BIRTH")]
        if a in ("nid", "nidl", "nlabel"):
            label, number = self.kept("nid", self.national)
            return [(label, None)] if a == "nlabel" else ([(label + self.doc.colon, None)] if a == "nidl" else []) + [(number, "ID_NUMBER")]
        if a in ("nhs", "nino", "licence", "ssn"):
            maker = {"nhs": num.gb_nhs, "nino": num.gb_nino, "licence": num.gb_licence, "ssn": num.us_ssn}[a]
            self.doc.ids[maker.__name__] += 1
            return [(self.kept(a, lambda: maker(r, self.born, self.f)), "ID_NUMBER")]
        if a == "passport":
            self.doc.ids["passport"] += 1
            return [(self.kept(a, lambda: num.passport(r)), "ID_NUMBER")]
        if a in ("cust", "staff", "pat", "member", "pupil", "tenant", "policy", "student"):
            self.doc.ids[a] += 1
            return [(self.kept(a, lambda: self.own(a)), "ID_NUMBER")]
        raise KeyError(a)


class Document:
    def __init__(self, r, shape, ids):
        self.r, self.ids = r, ids
        self.lang, self.kind = shape["lang"], shape["kind"]
        self.young, self.cursor = shape["young"], None
        self.past, self.aged, self.opposite, self.same = shape["past"], shape["aged"], dict(shape["opp"]), {}
        self.sex = {int(n): True for n in shape["women"]} | {int(n): False for n in shape["men"]}
        self.clock = r.randint(7 * 3600, 17 * 3600)
        self.land = shape["land"] or r.choice(LANG_LANDS[self.lang])
        self.today = datetime.date(2025, 1, 6) + datetime.timedelta(days=r.randint(0, 640))
        self.colon = r.choice([": ", ": ", " "])
        self.indent, self.kin, self.used, self.forms, self.people, self.cache = "", None, set(), {}, {}, {}
        self.style = r.randrange(3)

    def kin_words(self, text):
        """Who is a man and who a woman, told by the words before their names."""
        for women, word in ((False, MAN), (True, WOMAN)):
            for m in re.finditer(word + r"(?:'s name)?,? \{(\d)\.", text):
                self.sex[int(m[1])] = women
        for m in re.finditer(r"\{(\d)\.(wife|son|brother|Mother)\}(?:,| is|:)? \{(\d)\.", text):
            if m[1] != m[3]:
                (self.opposite if m[2] == "wife" else self.same)[int(m[3])] = int(m[1])

    def person(self, n):
        if n not in self.people:
            self.people[n] = Person(self, n)
            if n == 1:
                self.kin = self.people[n].origin
        return self.people[n]

    def day(self, d, style=None):
        month = MONTHS[self.lang].split()[d.month - 1]
        if self.lang in ("es", "pt"):
            long = f"{d.day} de {month} de {d.year}"
        elif self.lang == "de":
            long = f"{d.day}. {month} {d.year}"
        elif self.land in ("US", "CA") and self.lang == "en":
            return [f"{d.month}/{d.day}/{d.year}", f"{month} {d.day}, {d.year}", f"{d:%m/%d/%Y}"][self.style if style is None else style]
        else:
            long = f"{d.day} {month} {d.year}"
        short = f"{d:%d.%m.%Y}" if self.lang in ("de", "pl") else f"{d:%Y-%m-%d}" if self.lang == "sv" else f"{d:%d/%m/%Y}"
        return [short, long, short][self.style if style is None else style]

    def birth(self, d, how):
        if how == "iso":
            return d.isoformat()
        if how == "flat":
            return f"{d:%Y%m%d}"
        if how == "long":
            return self.day(d, 1)
        if how == "short":
            return self.day(d, 0)
        forms = [self.day(d, 0), self.day(d, 1)]
        if self.lang == "en" and self.land not in ("US", "CA"):
            th = "th" if 10 < d.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(d.day % 10, "th")
            forms += [f"{d:%d-%b-%Y}", f"{d:%d/%m/%y}", f"{d.day}.{d.month}.{d.year}", f"{d.day}{th} {d:%B %Y}", f"{d.day} {d:%b %Y}", d.isoformat()]
        elif self.lang == "en":
            forms += [f"{d:%b} {d.day}, {d.year}", f"{d:%m-%d-%Y}", d.isoformat(), f"{d.month}/{d.day}/{d:%y}"]
        key = "dobform"
        at = self.forms.setdefault(key, self.r.randrange(60))
        return forms[at % len(forms)]

    def when(self, back=200):
        return self.today - datetime.timedelta(days=self.r.randint(0, back))

    def decoy(self, a):
        r = self.r
        if a == "inst":
            a = {"clinic": "hosp", "school": "college", "cv": "college", "minutes": "hall", "notice": "hall"}.get(self.kind, a)
        if a in DECOYS:
            return r.choice(DECOYS[a])
        sign = CURRENCY.get(self.land, "€")
        forms = {
            "order": ["#######", "SO-#####", "W######", "###-#######-#######", "ORD/25/####"], "inv": ["INV-####", "2025-####", "R25#####", "#####"],
            "part": ["@@-####-##", "#### ### ###", "##-@###"], "serial": ["SN@@########", "@#@#-####-@@", "##########"],
            "track": ["JD############", "1Z###@#########", "@@#########GB"], "plate": ["@@## @@@", "@###@@"], "isbn": ["978-0-##-######-#"], "mac": ["00:1b:44:11:#a:b#"],
            "priv": ["192.168.1.##", "10.0.4.1##", "172.16.0.2#", "127.0.0.1"], "ver": ["v#.#.##", "#.#.#.##", "2.1#.#", "10.0.1####.###"], "ref": ["REF/####/@@", "TKT-#####", "CAS-######", "Q####"],
            "n1": ["#"], "n2": ["##"], "n3": ["###"], "n4": ["####"], "n5": ["#####"], "big": ["##,###"], "batch": ["####@", "B#####", "24@###"], "room": ["Room ##", "Bay #", "B#.##"],
            "kwh": ["#####"], "meter": ["@##@#####", "########"], "hex": ["a#f#c##e", "#b##d#f0"], "vat": ["GB 000 #### ##"], "flight": ["BA####", "EI###", "U2 ####", "LH###"],
        }  # fmt: skip
        if a in forms:
            form = self.forms.setdefault("d" + a, r.choice(forms[a]))
            s = filled(r, form)
            return re.sub(r"^0(?=\d)", "1", s) if a in ("n2", "n3", "n4", "n5", "big", "kwh") else "3" if s == "0" and a == "n1" else s
        if a == "date":
            return self.day(self.when())
        if a == "today":
            return self.day(self.today)
        if a == "soon":
            return self.day(self.today + datetime.timedelta(days=r.randint(3, 60)))
        if a == "old":
            return self.day(self.today - datetime.timedelta(days=r.randint(900, 5000)))
        if a == "iso":
            return self.when().isoformat()
        if a in ("stamp", "log"):
            self.clock += r.randint(1, 90)
            now = f"{self.clock // 3600 % 24:02}:{self.clock // 60 % 60:02}:{self.clock % 60:02}"
            return f"{self.today.isoformat()}T{now}Z" if a == "stamp" else f"{self.today.isoformat()} {now}"
        if a == "tick":
            self.clock += r.randint(20, 900)
            return f"{self.clock // 3600 % 24:02}:{self.clock // 60 % 60:02}"
        if a == "flat":
            return f"{self.today:%Y%m%d}"
        if a == "time":
            return f"{r.randint(7, 21):02}:{r.choice([0, 15, 30, 45, r.randint(0, 59)]):02}"
        if a == "amt":
            if self.lang == "en" and sign in "₹₦KSh ":
                return f"{sign}{r.randint(20, 950) * 10:,}"
            x = f"{r.randint(3, 480)}.{r.choice(['00', '50', '99', '20', '75'])}"
            return f"{sign}{x}" if self.lang == "en" else x.replace(".", ",") + (" zł" if self.lang == "pl" else " kr" if self.lang == "sv" else " €")
        if a == "amt0":
            x = f"{r.randint(2, 60)}" + r.choice(["00", "50"])
            return f"{sign}{x}" if self.lang == "en" else x + (" zł" if self.lang == "pl" else " kr" if self.lang == "sv" else " €")
        if a == "num":
            return f"{r.randint(3, 480)}.{r.randint(0, 99):02}"
        if a == "year":
            return str(r.randint(1994, 2024))
        if a == "weekday":
            return r.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
        if a == "month":
            return r.choice(MONTHS[self.lang].split())
        if a == "puburl":
            return r.choice(["https://www.gov.uk/renew", "https://example.org/help", "www.example.com/terms", "https://status.example.net", "https://example.org/faq#returns"])
        if a == "sml":
            return self.decoy("amt") if self.lang != "en" else f"{sign}{r.randint(4, 29)}" + r.choice(["", ".50", ".00"])
        if a == "next":
            self.cursor = (self.cursor or self.today - datetime.timedelta(days=30)) + datetime.timedelta(days=r.randint(1, 6))
            return self.day(self.cursor)
        if a == "clock":
            return f"{r.randint(17, 59)}:{r.randint(0, 59):02}"
        if a == "grave":
            return self.day(datetime.date(1931, 1, 1) + datetime.timedelta(days=r.randint(0, 9000)))
        if a == "wed":
            return self.day(datetime.date(1888, 1, 1) + datetime.timedelta(days=r.randint(0, 1500)))
        raise KeyError(a)

    def dest(self, tag):
        r = self.r
        if tag not in self.cache:
            self.cache[tag] = r.choice(r.choice([x for k, x in LANDS.items() if k not in ("SG", "IE", "JM")])[3])[0]
        return self.cache[tag]

    def slot(self, what, row=None, last=False):
        who, dot, a = what.partition(".")
        if what == ",":
            return [("" if last else ",", None)]
        if dot and (who.isdigit() or who in "@&"):
            n = int(who) if who.isdigit() else (100 if who == "@" else 200) + row
            return self.person(n).get(a)
        name, _, tag = what.partition(":")
        if name == "dest":
            return [(self.dest(what), "LOCATION")]
        if name == "row":
            return [(str(row), None)]
        if tag:
            if what not in self.cache:
                self.cache[what] = self.decoy("tick" if name == "time" else name)
            return [(self.cache[what], "decoy")]
        return [(self.decoy(name), "decoy")]


SLOT = re.compile(r"\{([a-z]+\d?(?::\w+)?|,|(?:\d|@|&)\.\w+)\}")


def grown(r, body):
    """The shape with its choices made and its rows repeated; a repeated slot carries its row."""
    while True:
        made = re.sub(r"\[\[([^\[\]]*)\]\]", lambda m: r.choice(m[1].split("|")), body)
        if made == body:
            break
        body = made
    out, lines, at, row = [], body.split("\n"), 0, 0
    while at < len(lines):
        m = re.match(r"\*(\d+)-(\d+)([:\[])(.*)", lines[at])
        if not m:
            out.append((lines[at], None, False))
            at += 1
            continue
        if m[3] == ":":
            block = [m[4].removeprefix(" ")]
        else:
            block = []
            while lines[at + 1] != "*]":
                at += 1
                block.append(lines[at])
            at += 1
        times = r.randint(int(m[1]), int(m[2]))
        for k in range(times):
            row += 1
            out += [(x, row, k == times - 1) for x in block]
        at += 1
    return out


def render(r, shape, ids):
    doc, pieces = Document(r, shape, ids), []
    lines = grown(r, shape["body"])
    doc.kin_words("\n".join(x[0] for x in lines))
    for i, (line, row, last) in enumerate(lines):
        if i:
            pieces.append(("\n", None))
        doc.indent = re.match(r"[ >|]*", line)[0]
        at = 0
        for m in SLOT.finditer(line):
            pieces.append((line[at : m.start()], "text"))
            doc.indent = re.match(r"[> ]*", line)[0] if m.start() == len(doc.indent) or line.startswith(">") else ""
            pieces += doc.slot(m[1], row, last)
            at = m.end()
        pieces.append((line[at:], "text"))
    return [x for x in pieces if x[0]], doc


NEAR = dict(zip("abcdefghijklmnoprstuvwy", "svxfrdghukjlmnbiptoyibet", strict=False))


def slipped(r, word):
    if word.isupper():
        return slipped(r, word.lower()).upper()
    at = r.randint(1, len(word) - 2)
    how = r.randrange(4)
    if how == 0 and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if how == 1:
        return word[:at] + word[at + 1 :]
    if how == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + NEAR.get(word[at], "e") + word[at + 1 :]


def with_slips(r, pieces):
    pieces = list(pieces)
    for kind, times in (("text", r.randint(1, 3)), ("PERSON", r.random() < 0.4)):
        for _ in range(int(times)):
            at = [i for i, (t, k) in enumerate(pieces) if k == kind and re.search(r"(?<![\w@./<\"{-])[^\W\d_]{5,}(?![\w@./>\"=}-])", t)]
            if at:
                i = r.choice(at)
                words = list(re.finditer(r"(?<![\w@./<\"{-])[^\W\d_]{5,}(?![\w@./>\"=}-])", pieces[i][0]))
                w = r.choice(words)
                t = pieces[i][0]
                pieces[i] = (t[: w.start()] + slipped(r, w[0]) + t[w.end() :], kind)
    return pieces


def shapes():
    out, count = [], collections.Counter()
    for path in sorted(HERE.glob("shapes_4*.txt")):
        for chunk in path.read_text(encoding="utf-8").split("\n## ")[1:]:
            head, _, body = chunk.partition("\n")
            kind, *rest = head.split()
            options = dict(x.partition("=")[::2] for x in rest)
            count[kind] += 1
            out.append(
                {
                    "id": f"{kind}-{count[kind]:02}",
                    "kind": kind,
                    "body": body.strip("\n"),
                    "lang": options.get("lang", "en"),
                    "land": options.get("land"),
                    "neg": "neg" in options,
                    "past": "past" in options,
                    "aged": "aged" in options,
                    "young": "young" in options,
                    "women": options.get("women", ""),
                    "men": options.get("men", ""),
                    "opp": [(int(x[2]), int(x[0])) for x in options.get("opp", "").split(",") if x],
                }
            )
    return out


def documents():
    r, made, seen, ids, langs = random.Random(SEED), [], set(), collections.Counter(), collections.Counter()
    everything = shapes()
    plan = []
    for neg, total in ((False, FULL), (True, EMPTY)):
        some = [s for s in everything if s["neg"] == neg]
        if not some:
            continue
        # shapes in other languages come five times each, so that they make an eighth of the whole
        other = [s for s in some if s["lang"] != "en" and not neg]
        some = [s for s in some if s not in other]
        total -= 5 * len(other)
        plan += other * 5 + some * (total // len(some)) + r.sample(some, total % len(some))
    r.shuffle(plan)
    slips = set(r.sample([i for i, s in enumerate(plan) if s["kind"] not in PLAIN_KINDS], SLIPS))
    count = collections.Counter()
    for i, shape in enumerate(plan):
        while True:
            pieces, doc = render(r, shape, ids)
            if i in slips:
                pieces = with_slips(r, pieces)
            text, spans = "", []
            for t, kind in pieces:
                if kind and kind.isupper():
                    spans.append({"start": len(text), "end": len(text) + len(t), "type": kind})
                text += t
            if text not in seen:
                break
        seen.add(text)
        count[shape["id"]] += 1
        langs[doc.lang] += 1
        made.append({"id": f"{shape['id']}-{count[shape['id']]}", "kind": shape["kind"], "text": text, "spans": spans})
    return made, ids, langs


def packed(made):
    plain = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in made).encode()
    return plain, gzip.compress(plain, 9, mtime=0)


def main():
    made, ids, langs = documents()
    plain, zipped = packed(made)
    (HERE / "pii_documents_4.jsonl.gz").write_bytes(zipped)
    print(hashlib.sha256(zipped).hexdigest(), "\n" + hashlib.sha256(plain).hexdigest())
    by = collections.Counter(s["type"] for d in made for s in d["spans"])
    for t, n in by.most_common():
        print(f"| {t} | {n:,} | {sum(any(s['type'] == t for s in d['spans']) for d in made)} |")
    for k in sorted({d["kind"] for d in made}):
        of = [d for d in made if d["kind"] == k]
        print(f"| {k} | {len(of)} | {len({d['id'].rpartition('-')[0] for d in of})} | {sum(len(d['spans']) for d in of)} |")
    print(len(made), sum(by.values()), len({d["id"].rpartition("-")[0] for d in made}), langs, ids, len(ids))


if __name__ == "__main__":
    main()
