"""Made identity numbers of many lands, with right check digits where there are some."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pii_numbers import (
    LETTERS,
    checked,
    filled,
    folded,
    grouped,
    luhn,
    mod11_10,
    some,
    verhoeff,
    weigh,
)

# The identity numbers of a land, and how a document calls them.
IDS = {
    "United Kingdom": "nino=National Insurance number/NINO;nhs=NHS no./NHS number",
    "United States": "ssn=SSN/Social Security number", "Ireland": "pps=PPS number/PPSN",
    "Canada": "sin=SIN/Social Insurance Number", "Australia": "tfn=TFN/tax file number",
    "Spain": "dni=DNI/NIF", "Mexico": "curp=CURP", "Portugal": "nif=NIF/taxpayer no.",
    "Brazil": "cpf=CPF", "France": "nir=NIR/n° de sécurité sociale",
    "Germany": "steuer_id=Steuer-ID/tax ID (IdNr)", "Netherlands": "bsn=BSN/burgerservicenummer",
    "Italy": "codice_fiscale=codice fiscale/C.F.", "Sweden": "personnummer=personnummer",
    "Finland": "hetu=HETU/henkilötunnus", "Iceland": "kennitala=kennitala", "Poland": "pesel=PESEL",
    "Czechia": "rodne_cislo=rodné číslo/birth number", "Hungary": "taj=TAJ number",
    "Romania": "cnp=CNP", "Greece": "amka=AMKA", "Croatia": "oib=OIB",
    "Turkey": "tckn=T.C. Kimlik No/TCKN", "Russia": "snils=SNILS", "Ukraine": "rnokpp=RNOKPP",
    "Israel": "teudat_zehut=Teudat Zehut/ID no.", "India": "aadhaar=Aadhaar;pan=PAN",
    "Pakistan": "cnic=CNIC", "China": "resident_id=resident ID", "Singapore": "nric=NRIC",
    "South Korea": "rrn=RRN", "Japan": "my_number=My Number", "Iran": "melli=national code",
    "South Africa": "za_id=SA ID", "Thailand": "thai_id=Thai ID", "Indonesia": "nik=NIK",
    "Vietnam": "cccd=CCCD", "Nigeria": "nin=NIN", "Kenya": "kenya_id=ID no.",
    "Ghana": "ghana_card=Ghana Card",
}  # fmt: skip
# Numbers with a label but without a scheme: of patients, customers, employees, students, policies.
FREE = {
    "patient": ("00######", "P-######", "RX###-####", "#######", "H ### ###"),
    "customer": ("C-00#####", "KD-###-####", "########", "^^#######", "10-####-####"),
    "employee": ("E#####", "P00####", "######", "^-####"),
    "student": ("S22#####", "u#######"),
    "policy": ("POL/88/######", "HH-####-#####", "^^^#######"),
}


@dataclass(frozen=True)
class Bearer:
    """What an identity number may say about the one who bears it."""

    given: str
    surname: str
    female: bool
    born: date


def ymd(who: Bearer, form: str = "%y%m%d") -> str:
    return who.born.strftime(form)


def codice_fiscale(rng: random.Random, who: Bearer) -> str:
    def three(text: str, drop: bool) -> str:
        letters = [c for c in folded(text).upper() if c in LETTERS]
        hard = [c for c in letters if c not in "AEIOU"]
        if drop and len(hard) > 3:
            hard.pop(1)
        return "".join(hard + [c for c in letters if c in "AEIOU"] + ["X"] * 3)[:3]

    day = who.born.day + 40 * who.female
    text = three(who.surname, False) + three(who.given, True) + ymd(who, "%y")
    text += "ABCDEHLMPRST"[who.born.month - 1] + f"{day:02d}" + rng.choice(("H501", "Z114"))
    odd = "BAFHJNPRTVCESULDGIMOQKWZYX"
    place = [int(c) if c.isdigit() else LETTERS.index(c) for c in text]
    values = [v if at % 2 else LETTERS.index(odd[v]) for at, v in enumerate(place)]
    return text + LETTERS[sum(values) % 26]


def curp(rng: random.Random, who: Bearer) -> str:
    letters = [c for c in folded(who.surname).upper() if c in LETTERS] + ["X", "X"]
    text = "".join(letters[:3]) + folded(who.given)[0].upper()
    text += ymd(who) + "HM"[who.female] + rng.choice(("DF", "JC", "PL")) + some(rng, 3, "BCDFGHJ")
    text += "A" if who.born.year > 1999 else "0"
    signs = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return text + str(-sum((18 - at) * signs.index(c) for at, c in enumerate(text)) % 10)


def steuer_id(rng: random.Random, who: Bearer) -> str:
    signs = list("0123456789")
    rng.shuffle(signs)
    signs[rng.randrange(1, 5)] = signs[rng.randrange(5, 10)]
    number = "".join(signs)
    return steuer_id(rng, who) if number[0] == "0" else grouped(mod11_10(number), "2333")


def uk_licence(rng: random.Random, who: Bearer) -> str:
    born, name = who.born, "".join(c for c in folded(who.surname).upper() if c in LETTERS)
    day = f"{born.year % 100 // 10}{born.month + 50 * who.female:02d}{born.day:02d}{born.year % 10}"
    return f"{(name + '9999')[:5]}{day}{folded(who.given)[0].upper()}99{some(rng, 2, LETTERS)}"


def _rodne(rng: random.Random, who: Bearer) -> str:
    start = f"{who.born.year % 100:02d}{who.born.month + 50 * who.female:02d}{who.born.day:02d}"
    while True:
        serial = some(rng, 3)
        if (rest := int(start + serial) % 11) < 10:
            return f"{start}/{serial}{rest}"


def _cpf(rng: random.Random, who: Bearer) -> str:
    number = some(rng, 9)
    for length in (9, 10):
        number += str(weigh(number, list(range(length + 1, 1, -1))) * 10 % 11 % 10)
    return f"{grouped(number[:9], '3', '.')}-{number[9:]}"


def _tckn(rng: random.Random, who: Bearer) -> str:
    d = [int(c) for c in some(rng, 1, "123456789") + some(rng, 8)]
    d.append((7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10)
    return "".join(map(str, [*d, sum(d) % 10]))


def _nric(rng: random.Random, who: Bearer) -> str:
    number, late = some(rng, 7), who.born.year > 1999
    rest = (weigh(number, "2765432") + 4 * late) % 11
    return "ST"[late] + number + "JZIHGFEDCBA"[rest]


def _pps(rng: random.Random, who: Bearer) -> str:
    number = some(rng, 7)
    return number + "WABCDEFGHIJKLMNOPQRSTUV"[weigh(number, "8765432") % 23]


def _nir(rng: random.Random, who: Bearer) -> str:
    place = rng.choice(("75", "69", "33", "59"))
    number = f"{1 + who.female}{ymd(who, '%y%m')}{place}{some(rng, 6)}"
    return grouped(f"{number}{97 - int(number) % 97:02d}", "12223332")


def _dni(rng: random.Random, who: Bearer) -> str:
    number = some(rng, 8)
    return number + rng.choice(("", "-")) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def _century(who: Bearer) -> bool:
    return who.born.year > 1999


SCHEMES: dict[str, Callable[[random.Random, Bearer], str]] = {
    "ssn": lambda r, w: (
        f"{r.randrange(101, 660)}-{r.randrange(10, 99)}-{r.randrange(1000, 9999)}"
    ),
    "nino": lambda r, w: grouped(
        some(r, 1, "ABCEGHJ") + some(r, 1, "CEGHJPRSTW") + some(r, 6) + some(r, 1, "ABCD"),
        r.choice(("2", "9")),
    ),
    "nhs": lambda r, w: grouped(
        checked(r, "999" + some(r, 6), list(range(10, 1, -1)), lambda s: -s % 11),
        r.choice(("334", "55")),
    ),
    "uk_licence": uk_licence,
    "pps": _pps,
    "sin": lambda r, w: grouped(luhn(some(r, 1, "1234567") + some(r, 7)), "3", r.choice(" -")),
    "tfn": lambda r, w: grouped(
        checked(r, some(r, 8, "123456789"), [1, 4, 3, 7, 5, 8, 6, 9], lambda s: s % 11), "3"
    ),
    "dni": _dni,
    "curp": curp,
    "nif": lambda r, w: checked(
        r, some(r, 1, "12") + some(r, 7), "98765432", lambda s: 0 if s % 11 < 2 else 11 - s % 11
    ),
    "cpf": _cpf,
    "nir": _nir,
    "steuer_id": steuer_id,
    "bsn": lambda r, w: checked(r, some(r, 8, "123456789"), "98765432", lambda s: s % 11),
    "codice_fiscale": codice_fiscale,
    "personnummer": lambda r, w: f"{ymd(w)}-" + luhn(ymd(w) + some(r, 3))[-4:],
    "hetu": lambda r, w: (
        f"{ymd(w, '%d%m%y')}{'-A'[_century(w)]}{(n := r.randrange(2, 899)):03d}"
        + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(f"{ymd(w, '%d%m%y')}{n:03d}") % 31]
    ),
    "kennitala": lambda r, w: grouped(
        checked(r, ymd(w, "%d%m%y") + some(r, 2), "32765432", lambda s: -s % 11)
        + "90"[_century(w)], "64", "-",
    ),
    "pesel": lambda r, w: checked(
        r,
        f"{ymd(w, '%y')}{w.born.month + 20 * _century(w):02d}{ymd(w, '%d')}{some(r, 4)}",
        "1379137913",
        lambda s: -s % 10,
    ),
    "rodne_cislo": _rodne,
    "taj": lambda r, w: grouped(checked(r, some(r, 8), "37373737", lambda s: s % 10), "3"),
    "cnp": lambda r, w: checked(
        r,
        f"{1 + w.female + 4 * _century(w)}{ymd(w)}{r.randrange(1, 41):02d}{some(r, 3)}",
        "279146358279",
        lambda s: 1 if s % 11 == 10 else s % 11,
    ),
    "amka": lambda r, w: luhn(ymd(w, "%d%m%y") + some(r, 4)),
    "oib": lambda r, w: mod11_10(some(r, 10)),
    "tckn": _tckn,
    "snils": lambda r, w: (
        grouped(n := some(r, 9, "123456789"), "3", "-")
        + f" {weigh(n, '987654321') % 101 % 100:02d}"
    ),
    "rnokpp": lambda r, w: checked(
        r,
        f"{(w.born - date(1899, 12, 31)).days}{some(r, 4)}",
        [-1, 5, 7, 9, 4, 6, 10, 5, 7],
        lambda s: s % 11 % 10,
    ),
    "teudat_zehut": lambda r, w: luhn(some(r, 8)),
    "aadhaar": lambda r, w: grouped(verhoeff(some(r, 1, "23456789") + some(r, 10)), "4"),
    "pan": lambda r, w: (
        some(r, 3, LETTERS) + "P" + folded(w.surname)[0].upper() + some(r, 4) + some(r, 1, LETTERS)
    ),
    "cnic": lambda r, w: f"{some(r, 5, '34567')}-{some(r, 7)}-{some(r, 1, '13579')}",
    "resident_id": lambda r, w: (
        (n := "310104" + ymd(w, "%Y%m%d") + some(r, 3))
        + "10X98765432"[sum(int(d) * 2 ** (17 - at) for at, d in enumerate(n)) % 11]
    ),
    "nric": _nric,
    "rrn": lambda r, w: grouped(
        checked(
            r,
            f"{ymd(w)}{1 + w.female + 2 * _century(w)}{r.randrange(96):02d}{some(r, 3)}",
            "234567892345",
            lambda s: (11 - s % 11) % 10,
        ), "67", "-",
    ),
    "my_number": lambda r, w: grouped(
        checked(r, some(r, 11), "65432765432", lambda s: 0 if s % 11 < 2 else 11 - s % 11), "4"
    ),
    "melli": lambda r, w: checked(
        r, some(r, 9), [*range(10, 1, -1)], lambda s: s % 11 if s % 11 < 2 else 11 - s % 11
    ),
    "za_id": lambda r, w: luhn(f"{ymd(w)}{r.randrange(5 * (not w.female), 5 + 5 * (not w.female))}"
                               f"{some(r, 3)}08"),
    "thai_id": lambda r, w: grouped(
        checked(r, "1" + some(r, 11), [*range(13, 1, -1)], lambda s: (11 - s % 11) % 10),
        "14521", "-",
    ),
    "nik": lambda r, w: f"327301{w.born.day + 40 * w.female:02d}{ymd(w, '%m%y')}000{some(r, 1)}",
    "cccd": lambda r, w: f"001{w.female + 2 * _century(w)}{ymd(w, '%y')}{some(r, 6)}",
    "nin": lambda r, w: some(r, 11, "123456789"),
    "kenya_id": lambda r, w: some(r, 8, "123456789"),
    "ghana_card": lambda r, w: f"GHA-7{some(r, 8)}-{some(r, 1)}",
    "passport": lambda r, w: filled(
        r, r.choice(("#########", "^########", "^^#######", "^##^##^##", "^^ ######"))
    ),
    "licence": lambda r, w: filled(
        r, r.choice(("^#######", "^###-####-####", "### ### ###", "^^###-##-####"))
    ),
}  # fmt: skip
