"""Made numbers: identity numbers of 28 lands, accounts, cards, phones, network addresses."""

import unicodedata

STROKES = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ı": "i", "ß": "s", "æ": "a",
                         "Æ": "A", "œ": "o", "þ": "t", "ð": "d"})  # fmt: skip
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def ascii_of(text):
    parts = unicodedata.normalize("NFKD", text.translate(STROKES))
    return parts.encode("ascii", "ignore").decode()


def draw(rng, count, of=DIGITS):
    return "".join(rng.choice(of) for _ in range(count))


def fill(rng, form):
    """A form with # a digit, + a digit from 1 on, ^ a letter."""
    of = {"#": DIGITS, "+": DIGITS[1:], "^": "ABCDEFGHJKLMNPRSTWXY"}
    return "".join(rng.choice(of[c]) if c in of else c for c in form)


def luhn_digit(body):
    total = 0
    for at, c in enumerate(reversed(body)):
        d = int(c)
        if at % 2 == 0:
            d = d * 2 - 9 if d > 4 else d * 2
        total += d
    return str(-total % 10)


def dot(digits, weights):
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True))


def until(rng, form, check):
    """Draws the form until `check` gives something to put behind it."""
    while True:
        body = fill(rng, form)
        last = check(body)
        if last is not None:
            return body + last


def cut(text, *sizes, by=" "):
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return by.join(parts)


def d10(value):
    return str(value) if 0 <= value <= 9 else None


# --- identity numbers: each takes the draw and the person, gives (label, number) ---------------


def us(rng, p):
    area = rng.choice([*range(1, 666), *range(667, 900)])
    number = f"{area:03d}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"
    return rng.choice(["SSN", "Social Security number", "Soc. Sec. No.", "SSN/TIN"]), number


def gb(rng, p):
    first = rng.choice(["AB", "CE", "EG", "HJ", "JM", "KP", "LS", "NR", "PW", "SX", "TH", "WL", "YZ"])
    number = first + draw(rng, 6) + rng.choice("ABCD")
    if rng.random() < 0.6:
        number = cut(number, 2, 2, 2, 2, 1)
    return rng.choice(["NI number", "National Insurance no.", "NINO", "N.I. No."]), number


def nhs(rng):
    weights = range(10, 1, -1)
    number = until(
        rng, "999######", lambda b: d10(0 if dot(b, weights) % 11 == 0 else 11 - dot(b, weights) % 11)
    )
    return cut(number, 3, 3, 4) if rng.random() < 0.7 else number


def ie(rng, p):
    body = fill(rng, "+######")
    number = body + "WABCDEFGHIJKLMNOPQRSTUV"[(dot(body, range(8, 1, -1)) + 9 * 1) % 23] + "A"
    return rng.choice(["PPS number", "PPSN"]), number


def de(rng, p):
    digits = rng.sample(DIGITS, 10)
    if digits[0] == "0":
        digits[0], digits[1] = digits[1], digits[0]
    digits[9] = digits[rng.randrange(1, 8)]  # one digit stands twice, one is missing
    rest = 10
    for d in digits:
        rest = ((rest + int(d)) % 10 or 10) * 2 % 11
    number = "".join(digits) + str((11 - rest) % 10)
    label = {"de": ["Steuer-ID", "Steueridentifikationsnummer", "IdNr."]}
    return rng.choice(label.get(p.lang, ["German tax ID", "Steuer-ID"])), (
        cut(number, 2, 3, 3, 3) if rng.random() < 0.6 else number
    )


def at(rng, p):
    day = p.born.strftime("%d%m%y")
    while True:
        serial = fill(rng, "+##")
        check = dot(serial + day, (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11
        if check < 10:
            label = ["SVNR", "Sozialversicherungsnummer", "SV-Nummer"]
            return rng.choice(label), f"{serial}{check} {day}"


def ch(rng, p):
    body = "756" + draw(rng, 9)
    check = -sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10
    return rng.choice(["AHV-Nr.", "AHV number"]), cut(body + str(check), 3, 4, 4, 2, by=".")


def fr(rng, p):
    sex = "2" if p.female else "1"
    body = sex + p.born.strftime("%y%m") + f"{rng.randrange(21, 95):02d}" + fill(rng, "+##+##")
    body = body[:13]
    number = body + f"{97 - int(body) % 97:02d}"
    label = ["n° de sécurité sociale", "NIR", "numéro de sécu"]
    label = label if p.lang == "fr" else ["French social security no.", "NIR"]
    return rng.choice(label), cut(number, 1, 2, 2, 2, 3, 3, 2) if rng.random() < 0.6 else number


def es(rng, p):
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    if rng.random() < 0.3:
        first = rng.choice("XYZ")
        body = draw(rng, 7)
        number = first + body + letters[int(str("XYZ".index(first)) + body) % 23]
        return "NIE", rng.choice([number, f"{number[0]}-{number[1:8]}-{number[8]}"])
    body = fill(rng, "+#######")
    last = letters[int(body) % 23]
    return rng.choice(["DNI", "NIF"]), rng.choice([body + last, f"{body}-{last}", f"{body} {last}"])


ODD = dict(
    zip(
        DIGITS + LETTERS,
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20]
        + [11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23],
        strict=True,
    )
)


def it(rng, p):
    def three(name, given=False):
        name = [c for c in ascii_of(name).upper() if c.isalpha()]
        cons = [c for c in name if c not in "AEIOU"]
        if given and len(cons) > 3:
            cons = [cons[0], cons[2], cons[3]]
        return "".join([*cons, *(c for c in name if c in "AEIOU"), "X", "X", "X"][:3])

    day = p.born.day + (40 if p.female else 0)
    body = three(p.surname) + three(p.given, True) + p.born.strftime("%y")
    body += "ABCDEHLMPRST"[p.born.month - 1] + f"{day:02d}" + rng.choice(["H501", "F205", "L219", "G273"])
    even = {c: (int(c) if c.isdigit() else LETTERS.index(c)) for c in DIGITS + LETTERS}
    total = sum(even[c] if i % 2 else ODD[c] for i, c in enumerate(body))
    label = ["codice fiscale", "C.F.", "Cod. Fisc."] if p.lang == "it" else ["codice fiscale"]
    return rng.choice(label), body + LETTERS[total % 26]


def nl(rng, p):
    number = until(rng, "+#######", lambda b: d10(dot(b, range(9, 1, -1)) % 11))
    return rng.choice(["BSN", "burgerservicenummer"]), number


def be(rng, p):
    day = p.born.strftime("%y%m%d")
    serial = f"{rng.randrange(1, 499) * 2 + (0 if p.female else 1):03d}"
    body = ("2" if p.born.year >= 2000 else "") + day + serial
    check = f"{97 - int(body) % 97:02d}"
    number = f"{day[:2]}.{day[2:4]}.{day[4:]}-{serial}.{check}"
    return rng.choice(["rijksregisternummer", "Belgian national number", "NISS"]), number


def pl(rng, p):
    month = p.born.month + (20 if p.born.year >= 2000 else 0)
    body = p.born.strftime("%y") + f"{month:02d}" + p.born.strftime("%d") + draw(rng, 3)
    body += rng.choice("02468" if p.female else "13579")
    return "PESEL", body + str(-dot(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def tr(rng, p):
    b = fill(rng, "+########")
    d = [int(c) for c in b]
    ten = (sum(d[0::2]) * 7 - sum(d[1::2])) % 10
    label = ["T.C. Kimlik No", "TCKN"] if p.lang == "tr" else ["Turkish ID no.", "TCKN"]
    return rng.choice(label), f"{b}{ten}{(sum(d) + ten) % 10}"


def pt(rng, p):
    def check(b):
        rest = dot(b, range(9, 1, -1)) % 11
        return "0" if rest < 2 else str(11 - rest)

    number = until(rng, "2#######", check)
    return rng.choice(["NIF", "contribuinte n.º"]), rng.choice([number, cut(number, 3, 3, 3)])


def br(rng, p):
    b = draw(rng, 9)
    for n in (10, 11):
        rest = dot(b, range(n, 1, -1)) % 11
        b += "0" if rest < 2 else str(11 - rest)
    return "CPF", rng.choice([b, f"{b[:3]}.{b[3:6]}.{b[6:9]}-{b[9:]}", f"{b[:3]}.{b[3:6]}.{b[6:9]}-{b[9:]}"])


def se(rng, p):
    body = p.born.strftime("%y%m%d") + draw(rng, 2) + rng.choice("02468" if p.female else "13579")
    number = body + luhn_digit(body)
    century = rng.choice(["", p.born.strftime("%Y")[:2]])
    return rng.choice(["personnummer", "Swedish personal no."]), f"{century}{number[:6]}-{number[6:]}"


def no(rng, p):
    while True:
        span = range(500) if p.born.year < 2000 else range(500, 1000)
        b = p.born.strftime("%d%m%y") + f"{rng.choice(span):03d}"
        one = -dot(b, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        two = -dot(b + str(one % 10), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if one < 10 and two < 10 and int(b[8]) % 2 == (0 if p.female else 1):
            return "fødselsnummer", rng.choice([f"{b}{one}{two}", f"{b[:6]} {b[6:]}{one}{two}"])


def dk(rng, p):
    seven = rng.choice("0123" if p.born.year < 2000 else "4567")
    return rng.choice(["CPR-nr.", "CPR number"]), p.born.strftime("%d%m%y") + "-" + seven + draw(rng, 3)


def fi(rng, p):
    day = p.born.strftime("%d%m%y")
    serial = f"{rng.randrange(1, 449) * 2 + (0 if p.female else 1):03d}"
    mark = "A" if p.born.year >= 2000 else "-"
    return "henkilötunnus", day + mark + serial + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(day + serial) % 31]


def cz(rng, p):
    while True:
        month = p.born.month + (50 if p.female else 0)
        body = p.born.strftime("%y") + f"{month:02d}" + p.born.strftime("%d") + draw(rng, 3)
        if int(body) % 11 < 10:
            return rng.choice(["rodné číslo", "r.č."]), f"{body[:6]}/{body[6:]}{int(body) % 11}"


def ro(rng, p):
    sex = (6 if p.female else 5) if p.born.year >= 2000 else (2 if p.female else 1)
    body = str(sex) + p.born.strftime("%y%m%d") + f"{rng.randrange(1, 40):02d}" + fill(rng, "##+")
    rest = dot(body, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return "CNP", body + ("1" if rest == 10 else str(rest))


def ca(rng, p):
    body = fill(rng, rng.choice("124567") + "#######")
    return rng.choice(["SIN", "Social Insurance No."]), cut(body + luhn_digit(body), 3, 3, 3)


def au(rng, p):
    while True:
        body = fill(rng, "+########")
        if dot(body, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0:
            return rng.choice(["TFN", "Tax File Number"]), cut(body, 3, 3, 3)


def za(rng, p):
    body = p.born.strftime("%y%m%d") + f"{rng.randrange(0, 5000) + (0 if p.female else 5000):04d}08"
    return rng.choice(["SA ID no.", "RSA ID"]), body + luhn_digit(body)


D5 = [[(a + b) % 5 if b < 5 else (a + b) % 5 + 5 for b in range(10)] for a in range(5)]
D5 += [[(a - b) % 5 + 5 if b < 5 else (a - b) % 5 for b in range(10)] for a in range(5, 10)]


def verhoeff_digit(body):
    step, rest = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], 0
    for i, c in enumerate(reversed(body), start=1):
        value = int(c)
        for _ in range(i):
            value = step[value]
        rest = D5[rest][value]
    return str([row.index(0) for row in D5][rest])


def india(rng, p):
    if rng.random() < 0.5:
        body = rng.choice("23456789") + draw(rng, 10)
        return rng.choice(["Aadhaar", "Aadhaar no."]), cut(body + verhoeff_digit(body), 4, 4, 4)
    return "PAN", draw(rng, 3, LETTERS) + "P" + p.surname_ascii[0].upper() + fill(rng, "####^")


def passport(rng, p):
    forms = {
        "US": "+########", "DE": "C01X0####", "FR": "##AA#####", "ES": "AAB######", "IT": "YA#######",
        "NL": "NX#######", "PL": "EK#######", "TR": "U########", "PT": "CB######", "BR": "FZ######",
        "IN": "P#######", "IE": "PA#######", "CA": "AB######", "AU": "N#######", "SE": "########",
    }  # fmt: skip
    return fill(rng, forms.get(p.land, "+########"))


def licence(rng, p):
    """Of the British form (its check is not public), or of an American or German one."""
    if p.land in ("GB", "IE"):
        stem = "".join(c for c in p.surname_ascii.upper() if c.isalpha())[:5].ljust(5, "9")
        month = p.born.month + (50 if p.female else 0)
        year = p.born.strftime("%y")
        first = p.given_ascii[0].upper()
        return f"{stem}{year[0]}{month:02d}{p.born.day:02d}{year[1]}{first}9{fill(rng, '+^^')}"
    if p.land == "US":
        return fill(rng, rng.choice(["^#######", "^###-####-####", "########", "^##-##-####"]))
    return fill(rng, rng.choice(["^0##^^###+#", "##########", "^^#######^", "^#######"]))


NATIONAL = {
    "US": us, "GB": gb, "IE": ie, "DE": de, "AT": at, "CH": ch, "FR": fr, "ES": es, "IT": it,
    "NL": nl, "BE": be, "PL": pl, "TR": tr, "PT": pt, "BR": br, "SE": se, "NO": no, "DK": dk,
    "FI": fi, "CZ": cz, "RO": ro, "CA": ca, "AU": au, "ZA": za, "IN": india,
}  # fmt: skip

# --- accounts, cards, network -------------------------------------------------------------------
IBANS = {
    "GB": "4a14n", "IE": "4a14n", "DE": "18n", "AT": "16n", "CH": "5n12c", "FR": "10n11c2n",
    "ES": "20n", "IT": "1a10n12c", "NL": "4a10n", "BE": "12n", "PL": "24n", "TR": "5n1z16n",
    "PT": "21n", "SE": "20n", "NO": "11n", "DK": "14n", "FI": "14n", "CZ": "20n", "RO": "4a16n",
    "GR": "7n16n", "HU": "24n", "BR": "23n1a1n", "LU": "3n13n", "HR": "17n",
}  # fmt: skip


def iban(rng, land):
    land = land if land in IBANS else rng.choice(["GB", "DE", "FR", "NL", "ES", "IE", "LU", "HR", "GR"])
    body, count = "", ""
    for c in IBANS[land]:
        if c.isdigit():
            count += c
            continue
        of = {"n": DIGITS, "a": LETTERS, "c": DIGITS + DIGITS + LETTERS, "z": "0"}[c]
        body, count = body + draw(rng, int(count), of), ""
    check = 98 - int("".join(str(int(c, 36)) for c in body + land + "00")) % 97
    number = f"{land}{check:02d}{body}"
    if rng.random() < 0.6:
        number = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    return number


# Beginnings that payment firms give for tests.
CARDS = [("424242", 16), ("411111", 16), ("401288", 16), ("555555", 16), ("520082", 16), ("222300", 16),
         ("510510", 16), ("378282", 15), ("371449", 15), ("601111", 16), ("356600", 16), ("305693", 14)]  # fmt: skip


def card(rng):
    start, length = rng.choice(CARDS)
    body = start + draw(rng, length - 1 - len(start))
    number = body + luhn_digit(body)
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[length]
    by = rng.choice([" ", " ", " ", "-", ""])
    return cut(number, *sizes, by=by)


def ip4(rng):
    return rng.choice(["192.0.2.", "198.51.100.", "203.0.113."]) + str(rng.randrange(1, 255))


def ip6(rng):
    def h(n):
        return f"{rng.randrange(16 ** (n - 1), 16**n):x}"

    return rng.choice(
        [
            f"2001:db8::{h(4)}",
            f"2001:db8:{h(4)}:{h(2)}::{h(3)}",
            f"2001:0db8:{h(4)}:{h(4)}:{h(4)}:{h(4)}:{h(4)}:{h(4)}",
            f"2001:DB8:{h(4).upper()}::{h(1)}:{h(4).upper()}",
        ]
    )


# (national, international) forms; of ranges kept for drama where there are such, else with zeros.
PHONES = {
    "GB": ["020 7946 0###", "07700 900###", "01632 960###", "(0117) 496 0###", "07700900###", "0161 496 0###",
           "+44 20 7946 0###", "+44 7700 900###", "+44 (0)1632 960###", "+447700900###", "0044 7700 900 ###"],
    "US": ["(212) 555-01##", "415-555-01##", "312.555.01##", "(617) 555-01## ext. 4#", "70355501##",
           "+1 206-555-01##", "+1 (404) 555-01##", "+1.503.555.01##", "1-646-555-01##"],
    "CA": ["(416) 555-01##", "604-555-01##", "514 555-01##", "+1 403 555-01##", "+1 (902) 555-01##"],
    "IE": ["020 915 ####", "(020) 913 ####", "020 910####", "+353 20 914 ####", "+353 (0)20 911 ####"],
    "AU": ["(02) 5550 ####", "03 7010 ####", "0491 570 1##", "+61 2 7010 ####", "+61 491 571 ###"],
    "DE": ["030 23125 ###", "0171 39200##", "(030) 23125-###", "040/66969-###", "0221-4710-###", "+49 30 23125 ###",
           "+49 171 39200##", "+49 (0)89 99998-###", "0049 40 66969 ###"],
    "AT": ["01 2000 ###", "0664 00 00 ###", "+43 1 2000 ###", "+43 664 000 0###"],
    "CH": ["044 200 00 ##", "079 200 00 ##", "+41 44 200 00 ##", "+41 79 200 0# ##"],
    "FR": ["01 99 00 ## ##", "06 39 98 ## ##", "02 61 91 ## ##", "06.39.98.##.##", "+33 1 99 00 ## ##", "+33 (0)6 39 98 ## ##", "+33639980###"],
    "ES": ["910 00 0# ##", "600 000 ###", "93 000 0# ##", "+34 600 00 0# ##", "+34 910 000 ###"],
    "IT": ["06 2000 ####", "02 2000 0###", "320 000 0###", "+39 320 000 0###", "+39 02 2000 0###"],
    "NL": ["020 200 00 ##", "06-10000###", "06 1000 0###", "+31 6 1000 0###", "+31 (0)20 200 00##"],
    "BE": ["02 200 00 ##", "0470 00 0# ##", "+32 470 00 0# ##", "+32 2 200 00 ##"],
    "PL": ["22 200 00 ##", "500 000 ###", "+48 500 000 ###", "+48 22 200 00 ##"],
    "TR": ["0212 200 00 ##", "0532 000 0# ##", "(0312) 200 00 ##", "+90 532 000 0# ##", "+90 212 200 00 ##"],
    "PT": ["21 200 00 ##", "910 000 ###", "+351 910 000 ###", "+351 21 200 00 ##"],
    "BR": ["(11) 90000-0###", "(21) 2000-0###", "+55 11 90000-0###", "+55 21 2000 0###"],
    "SE": ["08-465 004 ##", "070-174 06 ##", "+46 8 465 004 ##", "+46 70 174 06 ##"],
    "NO": ["22 00 0# ##", "900 00 ###", "+47 900 00 ###", "+47 22 00 0# ##"],
    "DK": ["20 00 0# ##", "+45 20 00 0# ##", "32000###"],
    "FI": ["09 200 0###", "040 000 0###", "+358 40 000 0###", "+358 9 200 0###"],
    "CZ": ["601 000 ###", "+420 601 000 ###", "220 000 ###"],
    "RO": ["0721 000 ###", "+40 721 000 ###", "021 200 0###"],
    "IN": ["098000 00###", "022 2000 0###", "+91 98000 00###", "+91-98000-00###", "98000 00###"],
    "ZA": ["011 200 0###", "082 000 0###", "+27 82 000 0###", "+27 11 200 0###"],
    "JP": ["03-3000-0###", "090-1000-0###", "+81 90-1000-0###", "+81 3 3000 0###"],
    "MX": ["55 2000 0###", "+52 55 2000 0###", "(33) 2000 0###"],
    "NG": ["0803 000 0###", "+234 803 000 0###"],
}  # fmt: skip


def phone(rng, land, how=""):
    forms = PHONES.get(land, PHONES["GB"])
    abroad = [f for f in forms if f.startswith(("+", "00"))]
    home = [f for f in forms if f not in abroad]
    form = rng.choice({"i": abroad, "n": home}.get(how, forms))
    return "".join(rng.choice(DIGITS) if c == "#" else c for c in form)
