"""Identity numbers of states with right check digits, made from a person's birth and sex."""

from __future__ import annotations

import re

from pii_numbers import folded, grouped, luhn, mod11_10, some, verhoeff, weigh

L23 = "TRWAGMYFPDXBNJZSQVHLCKE"


def nhs(rng):
    """Of the range 999, which is kept for tests."""
    while True:
        body = "999" + some(rng, 6)
        check = 11 - weigh(body, list(range(10, 1, -1))) % 11
        if check != 10:
            number = body + str(check % 11)
            return number if rng.random() < 0.3 else grouped(number, "334")


def gb(rng, p):
    n = some(rng, 1, "ABCEGHJLMNPRSTWXYZ") + some(rng, 1, "ACEHJKLMPRSTWXYZ")
    n += "00" + some(rng, 4) + some(rng, 1, "ABCD")
    n = "JK" + n[2:] if n[:2] in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ") else n
    return rng.choice(("NI number", "National Insurance no.", "NINO")), rng.choice(
        (n, grouped(n, "2"), grouped(n, "2"))
    )


def us(rng, p):
    area = rng.choice(list(range(1, 666)) + list(range(667, 772)))
    n = f"{area:03d}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"
    return rng.choice(("SSN", "Social Security Number")), n if rng.random() < 0.85 else n.replace(
        "-", " "
    )


def de(rng, p):
    while True:
        ds = rng.sample("0123456789", 9)
        body = ds + [rng.choice(ds)]
        rng.shuffle(body)
        if body[0] != "0":
            break
    n = mod11_10("".join(body))
    return rng.choice(("Steuer-ID", "tax ID (IdNr)")), rng.choice((n, grouped(n, "2333")))


def fr(rng, p):
    sex = "1" if p.sex == "m" else "2"
    body = f"{sex}{p.born.year % 100:02d}{p.born.month:02d}{rng.randrange(1, 95):02d}{some(rng, 3, '123456789')}{some(rng, 3, '123456789')}"
    key = 97 - int(body) % 97
    parts = (body[0], body[1:3], body[3:5], body[5:7], body[7:10], body[10:13], f"{key:02d}")
    return rng.choice(("NIR", "French social security number")), rng.choice((" ", " ", "")).join(
        parts
    )


def es(rng, p):
    if p.origin.land != "ES" or rng.random() < 0.2:
        first = rng.choice("XYZ")
        body = some(rng, 7)
        return "NIE", f"{first}{body}{L23[int(str('XYZ'.index(first)) + body) % 23]}"
    body = some(rng, 8)
    return rng.choice(("DNI", "DNI/NIF")), body + rng.choice(("", "", "-")) + L23[int(body) % 23]


def italy(rng, p):
    def take(word, given):
        word = re.sub("[^A-Z]", "", folded(word).upper())
        cons, vows = re.sub("[AEIOU]", "", word), re.sub("[^AEIOU]", "", word)
        if given and len(cons) > 3:
            cons = cons[0] + cons[2:4]
        return (cons + vows + "XXX")[:3]

    day = p.born.day + (40 if p.sex == "f" else 0)
    code = take(p.surname, False) + take(p.given, True) + f"{p.born.year % 100:02d}"
    code += (
        "ABCDEHLMPRST"[p.born.month - 1]
        + f"{day:02d}"
        + rng.choice(("H501", "F205", "L219", "A662", "Z114"))
    )
    odd = dict(
        zip(
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            (
                1,
                0,
                5,
                7,
                9,
                13,
                15,
                17,
                19,
                21,
                1,
                0,
                5,
                7,
                9,
                13,
                15,
                17,
                19,
                21,
                2,
                4,
                18,
                20,
                11,
                3,
                6,
                8,
                12,
                14,
                16,
                10,
                22,
                25,
                24,
                23,
            ),
        )
    )
    total = sum(
        odd[c] if at % 2 == 0 else (int(c) if c.isdigit() else ord(c) - 65)
        for at, c in enumerate(code)
    )
    return "codice fiscale", code + chr(65 + total % 26)


def pl(rng, p):
    month = p.born.month + (20 if p.born.year >= 2000 else 0)
    body = f"{p.born.year % 100:02d}{month:02d}{p.born.day:02d}{some(rng, 3)}"
    body += rng.choice("13579" if p.sex == "m" else "02468")
    return "PESEL", body + str(-weigh(body, "1379137913") % 10)


def nl(rng, p):
    while True:
        n = some(rng, 9)
        if n[0] in "12" and weigh(n, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0:
            return "BSN", rng.choice((n, n, grouped(n, "432")[:11]))


def be(rng, p):
    serial = rng.randrange(1, 499) * 2 - (1 if p.sex == "m" else 0)
    body = f"{p.born.year % 100:02d}{p.born.month:02d}{p.born.day:02d}{serial:03d}"
    check = 97 - int(("2" if p.born.year >= 2000 else "") + body) % 97
    return "national register no.", f"{body[:2]}.{body[2:4]}.{body[4:6]}-{body[6:]}.{check:02d}"


def se(rng, p):
    n = luhn(
        p.born.strftime("%y%m%d") + some(rng, 2) + rng.choice("13579" if p.sex == "m" else "02468")
    )
    return "personnummer", rng.choice(("", p.born.strftime("%Y")[:2])) + n[:6] + "-" + n[6:]


def no(rng, p):
    lo, hi = (0, 500) if p.born.year < 2000 else (500, 1000)
    while True:
        i = rng.randrange(lo, hi)
        if i % 2 != (1 if p.sex == "m" else 0):
            continue
        body = p.born.strftime("%d%m%y") + f"{i:03d}"
        a = -weigh(body, "376189452") % 11
        if a == 10:
            continue
        b = -weigh(body + str(a), "5432765432") % 11
        if b < 10:
            return "fødselsnummer", body[:6] + rng.choice((" ", "")) + body[6:] + f"{a}{b}"


def dk(rng, p):
    lo, hi = (1, 4000) if p.born.year < 2000 else (4000, 10000)
    n = rng.randrange(lo, hi)
    n -= (n % 2) != (1 if p.sex == "m" else 0) and n > lo and 1 or 0
    return "CPR number", p.born.strftime("%d%m%y") + f"-{n:04d}"


def fi(rng, p):
    i = rng.randrange(2, 899)
    i += i % 2 != (1 if p.sex == "m" else 0)
    body = p.born.strftime("%d%m%y") + f"{i:03d}"
    return "henkilötunnus", body[:6] + ("-" if p.born.year < 2000 else "A") + body[
        6:
    ] + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(body) % 31]


def ie(rng, p):
    body = some(rng, 7)
    return rng.choice(("PPS number", "PPSN")), body + "WABCDEFGHIJKLMNOPQRSTUV"[
        (weigh(body, "8765432") + 9) % 23
    ] + "A"


def pt(rng, p):
    body = rng.choice("12") + some(rng, 7)
    r = weigh(body, "98765432") % 11
    return "NIF", grouped(body + str(0 if r < 2 else 11 - r), "3", rng.choice((" ", "")))


def br(rng, p):
    body = some(rng, 9)
    for size in (10, 11):
        r = weigh(body, list(range(size, 1, -1))) % 11
        body += str(0 if r < 2 else 11 - r)
    return "CPF", f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def india(rng, p):
    if rng.random() < 0.5:
        return rng.choice(("Aadhaar", "Aadhaar no.")), grouped(
            verhoeff(rng.choice("23456789") + some(rng, 10)), "4", rng.choice((" ", " ", ""))
        )
    last = re.sub("[^A-Z]", "", folded(p.surname).upper())[:1] or "X"
    return "PAN", some(rng, 3, "ABCDEFGHJKLMNPQRSTUVW") + "P" + last + some(rng, 4) + some(
        rng, 1, "ABCDEFGHJKLM"
    )


def za(rng, p):
    return "SA ID number", luhn(
        p.born.strftime("%y%m%d")
        + rng.choice("56789" if p.sex == "m" else "01234")
        + some(rng, 3)
        + "08"
    )


def ca(rng, p):
    return "SIN", grouped(luhn(rng.choice("1234567") + some(rng, 7)), "3", rng.choice((" ", "-")))


def au(rng, p):
    while True:
        n = some(rng, 9)
        if n[0] != "0" and weigh(n, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0:
            return rng.choice(("TFN", "tax file number")), grouped(n, "3", rng.choice((" ", "")))


def nz(rng, p):
    while True:
        body = "0" + rng.choice("56789") + some(rng, 6)
        check = -weigh(body, "32765432") % 11
        if check < 10:
            n = body[1:] + str(check)
            return "IRD number", f"{n[:2]}-{n[2:5]}-{n[5:]}"


def cn(rng, p):
    odd = p.sex == "m"
    body = rng.choice(("110101", "310104", "440305", "510107")) + p.born.strftime("%Y%m%d")
    body += some(rng, 2) + rng.choice("13579" if odd else "02468")
    return "Chinese ID card no.", body + "10X98765432"[
        weigh(body, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11
    ]


def kr(rng, p):
    s = {("m", 0): "1", ("f", 0): "2", ("m", 1): "3", ("f", 1): "4"}[
        (p.sex, int(p.born.year >= 2000))
    ]
    body = p.born.strftime("%y%m%d") + s + some(rng, 5)
    n = body + str((11 - weigh(body, "234567892345") % 11) % 10)
    return "resident registration no.", n[:6] + "-" + n[6:]


def tr(rng, p):
    d = [int(c) for c in some(rng, 1, "123456789") + some(rng, 8)]
    d.append((sum(d[0:9:2]) * 7 - sum(d[1:8:2])) % 10)
    d.append(sum(d) % 10)
    return "T.C. kimlik no", "".join(map(str, d))


def ro(rng, p):
    s = {("m", 0): "1", ("f", 0): "2", ("m", 1): "5", ("f", 1): "6"}[
        (p.sex, int(p.born.year >= 2000))
    ]
    body = (
        s
        + p.born.strftime("%y%m%d")
        + f"{rng.randrange(1, 47):02d}"
        + f"{rng.randrange(1, 999):03d}"
    )
    r = weigh(body, "279146358279") % 11
    return "CNP", body + str(1 if r == 10 else r)


def bg(rng, p):
    month = p.born.month + (40 if p.born.year >= 2000 else 0)
    body = f"{p.born.year % 100:02d}{month:02d}{p.born.day:02d}{some(rng, 2)}"
    body += rng.choice("02468" if p.sex == "m" else "13579")
    return "EGN", body + str(weigh(body, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10)


def cz(rng, p):
    month = p.born.month + (50 if p.sex == "f" else 0)
    while True:
        n = f"{p.born.year % 100:02d}{month:02d}{p.born.day:02d}{some(rng, 4)}"
        if int(n) % 11 == 0:
            return "rodné číslo", n[:6] + "/" + n[6:]


def gr(rng, p):
    return "AMKA", luhn(p.born.strftime("%d%m%y") + some(rng, 4))


def hr(rng, p):
    return "OIB", mod11_10(some(rng, 10))


def ee(rng, p):
    s = {("m", 0): "3", ("f", 0): "4", ("m", 1): "5", ("f", 1): "6"}[
        (p.sex, int(p.born.year >= 2000))
    ]
    body = s + p.born.strftime("%y%m%d") + some(rng, 3)
    r = weigh(body, "1234567891") % 11
    r = weigh(body, "3456789123") % 11 % 10 if r == 10 else r
    return "personal code", body + str(r)


def il(rng, p):
    return "teudat zehut", luhn(some(rng, 8))


def sg(rng, p):
    first = "S" if p.born.year < 2000 else "T"
    body = p.born.strftime("%y") + some(rng, 5)
    total = weigh(body, "2765432") + (4 if first == "T" else 0)
    return "NRIC", first + body + "JZIHGFEDCBA"[total % 11]


def hk(rng, p):
    first, body = some(rng, 1, "ABCDEGHKPRVYZ"), some(rng, 6)
    total = 36 * 9 + (ord(first) - 55) * 8 + weigh(body, "765432")
    r = -total % 11
    return "HKID", f"{first}{body}({'A' if r == 10 else r})"


def mx(rng, p):
    def word(w):
        return (
            re.sub(
                "[^A-Z]",
                "",
                folded(w.split(" ")[-1] if w[0].islower() else w.split(" ")[0]).upper(),
            )
            or "X"
        )

    def inner(w, what):
        return (re.findall(f"[{what}]", w[1:]) or ["X"])[0]

    cons = "BCDFGHJKLMNPQRSTVWXYZ"
    parts = p.surname.split(" ")
    one, two, name = word(p.surname), word(parts[-1]), word(p.given)
    code = one[0] + inner(one, "AEIOU") + two[0] + name[0] + p.born.strftime("%y%m%d")
    code += (
        ("H" if p.sex == "m" else "M")
        + rng.choice(("DF", "JC", "YN", "GT", "NE"))
        + inner(one, cons)
        + inner(two, cons)
        + inner(name, cons)
    )
    code += "0" if p.born.year < 2000 else "A"
    table = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(table.index(c) * (18 - at) for at, c in enumerate(code))
    return "CURP", code + str(-total % 10)


def ch(rng, p):
    body = "756" + some(rng, 9)
    check = -sum(int(d) * (1 + 2 * (at % 2)) for at, d in enumerate(body)) % 10
    n = body + str(check)
    return "AHV number", f"{n[:3]}.{n[3:7]}.{n[7:11]}.{n[11:]}"


def ua(rng, p):
    body = some(rng, 9, "123456789")
    return "Ukrainian tax no. (RNOKPP)", body + str(
        weigh(body, [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11 % 10
    )


SCHEMES = {
    "GB": gb, "US": us, "DE": de, "FR": fr, "ES": es, "IT": italy, "PL": pl, "NL": nl, "BE": be,
    "SE": se, "NO": no, "DK": dk, "FI": fi, "IE": ie, "PT": pt, "BR": br, "IN": india, "ZA": za,
    "CA": ca, "AU": au, "NZ": nz, "CN": cn, "KR": kr, "TR": tr, "RO": ro, "BG": bg, "CZ": cz,
    "GR": gr, "HR": hr, "EE": ee, "IL": il, "SG": sg, "HK": hk, "MX": mx, "CH": ch, "UA": ua,
}  # fmt: skip


def make(rng, code, person):
    return SCHEMES[code](rng, person)


def licence(rng, p):
    """A British driving licence number: name, birth and sex are in it."""
    sur = re.sub("[^A-Z]", "", folded(p.surname).upper())
    sur = ("MC" + sur[3:] if sur.startswith("MAC") else sur)[:5].ljust(5, "9")
    month = p.born.month + (50 if p.sex == "f" else 0)
    given = re.sub("[^A-Z]", "", folded(p.given).upper())[:1] or "X"
    y = f"{p.born.year % 100:02d}"
    n = f"{sur}{y[0]}{month:02d}{p.born.day:02d}{y[1]}{given}9{some(rng, 1)}{some(rng, 2, 'ABCDEFGHJKLMNPRTUVWXY')}"
    return n if rng.random() < 0.6 else f"{n[:5]} {n[5:11]} {n[11:]}"
