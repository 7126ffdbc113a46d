"""Makers of numbers for the fifth set: identity numbers, cards, IBANs, phones, addresses of devices.

Each maker of an identity number takes the generator of chance and somebody (`born`, `sex`, `given`,
`family`) and gives the number as it is written. No maker uses python-stdnum; the check does.
"""

import datetime
import itertools
import string
import unicodedata

LETTERS = string.ascii_uppercase
OTHER = {"ø": "o", "ł": "l", "ß": "ss", "đ": "d", "ı": "i", "æ": "ae", "þ": "th", "ð": "d"}
OTHER |= {k.upper(): v.capitalize() for k, v in OTHER.items() if k != "ß"}


def ascii_of(text):
    text = "".join(OTHER.get(c, c) for c in text)
    return "".join(c for c in unicodedata.normalize("NFD", text) if ord(c) < 128)


def fill(r, pattern):
    """`%` becomes a figure, `^` a capital letter (no I, O, Q), `~` a hexadecimal figure."""
    sets = {"%": string.digits, "^": "ABCDEFGHJKLMNPRSTUVWXYZ", "~": "0123456789abcdef"}
    return "".join(r.choice(sets[c]) if c in sets else c for c in pattern)


def figures(r, count):
    return "".join(r.choice(string.digits) for _ in range(count))


def weighed(text, weights):
    return sum(int(c) * w for c, w in zip(text, weights, strict=False))


def luhn(text):
    total = 0
    for at, c in enumerate(reversed(text)):
        total += sum(divmod(int(c) * (2 - at % 2), 10))
    return str(-total % 10)


def mod11_10(text):
    check = 10
    for c in text:
        check = (check + int(c)) % 10 or 10
        check = check * 2 % 11
    return str((11 - check) % 10)


def until(make, good):
    """The first of what `make` gives that is good: some weighings leave numbers without a check."""
    return next(x for x in (make() for _ in itertools.count()) if good(x))


def ymd(p):
    return p.born.strftime("%y%m%d")


def dmy(p):
    return p.born.strftime("%d%m%y")


def sexed(r, p, count, *, male=1):
    """`count` figures, the last odd for men (or women, if `male` is 0)."""
    odd = (p.sex == "m") == bool(male)
    return figures(r, count - 1) + r.choice("13579" if odd else "02468")


# ---- the British Isles, North America, Oceania -------------------------------------------------


def nhs(r, p):
    def make():
        body = "999" + figures(r, 6)
        return body, -weighed(body, range(10, 1, -1)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    digits = body + str(check)
    return r.choice([f"{digits[:3]} {digits[3:6]} {digits[6:]}", digits])


def nino(r, p):
    bad = {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}
    first, second = "ABCEGHJKLMNOPRSTWXYZ", "ABCEGHJKLMNPRSTWXYZ"
    two = until(lambda: r.choice(first) + r.choice(second), lambda x: x not in bad)
    d = figures(r, 6)
    return r.choice([f"{two} {d[:2]} {d[2:4]} {d[4:]} ", f"{two}{d}"]) + r.choice("ABCD")


def utr(r, p):
    body = figures(r, 9)
    return "21987654321"[weighed(body, (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11] + body


def driver_gb(r, p):
    name = (ascii_of(p.family).upper().replace(" ", "").replace("'", "") + "99999")[:5]
    year = p.born.strftime("%y")
    month = p.born.month + (50 if p.sex == "f" else 0)
    first = ascii_of(p.given)[0].upper()
    return f"{name}{year[0]}{month:02d}{p.born:%d}{year[1]}{first}9" + fill(r, "%^^")


def pps(r, p):
    body = str(r.randint(1000000, 9999999))
    more = r.choice(["", "A"])
    total = weighed(body, range(8, 1, -1)) + 9 * len(more)
    return body + "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] + more


def ssn(r, p):
    area = until(lambda: r.randint(1, 899), lambda x: x not in (666, 78, 219, 457))
    return f"{area:03d}-{r.randint(1, 99):02d}-{r.randint(1, 9999):04d}"


def itin(r, p):
    return f"9{figures(r, 2)}-{r.randint(70, 88)}-{figures(r, 4)}"


def sin(r, p):
    body = r.choice("1234567") + figures(r, 7)
    body += luhn(body)
    return f"{body[:3]}{(s := r.choice(' -'))}{body[3:6]}{s}{body[6:]}"


def tfn(r, p):
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10)
    body = until(
        lambda: r.choice("12345678") + figures(r, 8), lambda x: weighed(x, weights) % 11 == 0
    )
    return f"{body[:3]} {body[3:6]} {body[6:]}"


def ird(r, p):
    def make():
        body = str(r.randint(1000000, 13999999)).zfill(8)
        check = -weighed(body, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if check == 10:
            check = -weighed(body, (7, 4, 3, 2, 5, 2, 7, 6)) % 11
        return body, check

    body, check = until(make, lambda x: x[1] != 10 and int(x[0]) >= 1000000)
    whole = str(int(body)) + str(check)
    return f"{whole[:-6]}-{whole[-6:-3]}-{whole[-3:]}"


# ---- western and northern Europe ---------------------------------------------------------------


def idnr(r, p):
    twice = r.choice("123456789")
    rest = r.sample([c for c in string.digits if c != twice], 8)
    body = [twice, twice, *rest]
    while True:
        r.shuffle(body)
        text = "".join(body)
        if text[0] != "0":
            break
    text += mod11_10(text)
    return r.choice([f"{text[:2]} {text[2:5]} {text[5:8]} {text[8:]}", text])


def pension_de(r, p):
    letter = ascii_of(p.family).lstrip("'")[0].upper()
    serial = r.randint(0, 49) + (50 if p.sex == "f" else 0)
    area, serial = r.choice(["12", "15", "24", "53", "65"]), f"{serial:02d}"
    text = f"{area}{dmy(p)}{LETTERS.index(letter) + 1:02d}{serial}"
    products = (int(c) * w for c, w in zip(text, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    check = sum(sum(divmod(x, 10)) for x in products) % 10
    return f"{area} {dmy(p)} {letter} {serial}{check}"


def vnr(r, p):
    def make():
        head = r.choice("123456789") + figures(r, 2)
        return head, (weighed(head, (3, 7, 9)) + weighed(dmy(p), (5, 8, 4, 2, 1, 6))) % 11

    head, check = until(make, lambda x: x[1] != 10)
    return f"{head}{check} {dmy(p)}"


def ahv(r, p):
    body = "756" + figures(r, 9)
    check = -weighed(body, (1, 3) * 6) % 10
    return f"{body[:3]}.{body[3:7]}.{body[7:11]}.{body[11:]}{check}"


def nir(r, p):
    town = r.randint(1, 400)
    area = r.choice(["13", "31", "35", "44", "59", "69", "75", "86"])
    body = f"{'1' if p.sex == 'm' else '2'}{p.born:%y%m}{area}{town:03d}{figures(r, 3)}"
    key = f"{97 - int(body) % 97:02d}"
    parts = (body[0], body[1:3], body[3:5], body[5:7], body[7:10], body[10:], key)
    return r.choice([" ", " ", ""]).join(parts)


def rijksregister(r, p):
    serial = r.randrange(1 if p.sex == "m" else 2, 998, 2)
    body = f"{ymd(p)}{serial:03d}"
    check = 97 - int(("2" if p.born.year >= 2000 else "") + body) % 97
    return f"{p.born:%y.%m.%d}-{serial:03d}.{check:02d}"


def bsn(r, p):
    def make():
        body = str(r.randint(10000000, 79999999))
        return body, weighed(body, range(9, 1, -1)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return body + str(check)


DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def dni(r, p):
    body = r.randint(10000000, 79999999)
    return r.choice(["{}{}", "{}-{}"]).format(body, DNI[body % 23])


def nie(r, p):
    first, body = r.choice("XYZ"), figures(r, 7)
    return first + body + DNI[int(str("XYZ".index(first)) + body) % 23]


def nif(r, p):
    body = r.choice("12") + figures(r, 7)
    check = -weighed(body, range(9, 1, -1)) % 11
    body += str(check % 10)
    return r.choice([body, f"{body[:3]} {body[3:6]} {body[6:]}"])


TEN = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
ODD = dict(
    zip(
        string.digits + LETTERS,
        (*TEN, *TEN, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def _three(name, *, given=False):
    name = [c for c in ascii_of(name).upper() if c in LETTERS]
    consonants = [c for c in name if c not in "AEIOU"]
    if given and len(consonants) > 3:
        consonants = [consonants[0], *consonants[2:4]]
    return "".join([*consonants, *(c for c in name if c in "AEIOU"), "XXX"])[:3]


def codice(r, p):
    day = p.born.day + (40 if p.sex == "f" else 0)
    body = _three(p.family) + _three(p.given, given=True) + f"{p.born:%y}"
    body += "ABCDEHLMPRST"[p.born.month - 1] + f"{day:02d}"
    body += r.choice(["H501", "F205", "L219", "D612", "A944", "G273", "Z112", "Z330"])
    total = sum(ODD[c] if at % 2 == 0 else int(c, 36) % 10 if c.isdigit() else LETTERS.index(c)
                for at, c in enumerate(body))
    return body + LETTERS[total % 26]


def personnummer(r, p):
    body = ymd(p) + sexed(r, p, 3)
    check = luhn(body)
    return r.choice(["", p.born.strftime("%Y")[:2]]) + f"{body[:6]}-{body[6:]}{check}"


def fodselsnummer(r, p):
    def make():
        low, high = (0, 499) if p.born.year < 2000 else (500, 999)
        serial = until(lambda: r.randint(low, high), lambda x: x % 2 == (p.sex == "m"))
        body = f"{dmy(p)}{serial:03d}"
        one = -weighed(body, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        two = -weighed(body + str(one % 10), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        return body, one, two

    body, one, two = until(make, lambda x: 10 not in x[1:])
    return r.choice([f"{body[:6]} {body[6:]}{one}{two}", f"{body}{one}{two}"])


def cpr(r, p):
    def make():
        body = dmy(p) + r.choice("0123" if p.born.year < 2000 else "4") + figures(r, 2)
        return body, -weighed(body, (4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11

    body, check = until(make, lambda x: x[1] != 10 and x[1] % 2 == (p.sex == "m"))
    return f"{body[:6]}-{body[6:]}{check}"


def hetu(r, p):
    serial = until(lambda: r.randint(2, 899), lambda x: x % 2 == (p.sex == "m"))
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(f"{dmy(p)}{serial:03d}") % 31]
    return f"{dmy(p)}{'-' if p.born.year < 2000 else 'A'}{serial:03d}{check}"


def kennitala(r, p):
    def make():
        body = dmy(p) + str(r.randint(20, 99))
        return body, -weighed(body, (3, 2, 7, 6, 5, 4, 3, 2)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return f"{body[:6]}-{body[6:]}{check}{'9' if p.born.year < 2000 else '0'}"


# ---- eastern and southern Europe ---------------------------------------------------------------


def pesel(r, p):
    month = p.born.month + (20 if p.born.year >= 2000 else 0)
    body = f"{p.born:%y}{month:02d}{p.born:%d}" + sexed(r, p, 4)
    return body + str(-weighed(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def rodne(r, p):
    month = p.born.month + (50 if p.sex == "f" else 0)
    head = f"{p.born:%y}{month:02d}{p.born:%d}"
    tail = until(lambda: figures(r, 4), lambda x: int(head + x) % 11 == 0)
    return f"{head}/{tail}"


def cnp(r, p):
    first = ("1" if p.sex == "m" else "2") if p.born.year < 2000 else "5" if p.sex == "m" else "6"
    body = f"{first}{ymd(p)}{r.randint(1, 40):02d}{r.randint(1, 999):03d}"
    check = weighed(body, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return body + str(1 if check == 10 else check)


def egn(r, p):
    month = p.born.month + (40 if p.born.year >= 2000 else 0)
    body = f"{p.born:%y}{month:02d}{p.born:%d}" + sexed(r, p, 3, male=0)
    return body + str(weighed(body, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10)


def amka(r, p):
    body = dmy(p) + figures(r, 3) + r.choice("13579" if p.sex == "m" else "02468")
    return body + luhn(body)


def afm(r, p):
    body = r.choice("0134") + figures(r, 7)
    return body + str(weighed(body, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10)


def oib(r, p):
    body = figures(r, 10)
    return body + mod11_10(body)


def emso(r, p):
    def make():
        serial = r.randint(0, 499) + (500 if p.sex == "f" else 0)
        body = f"{p.born:%d%m}{p.born.year % 1000:03d}50{serial:03d}"
        return body, -weighed(body, (7, 6, 5, 4, 3, 2) * 2) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return body + str(check)


def baltic(r, p):
    first = (3 if p.born.year < 2000 else 5) + (p.sex == "f")
    body = f"{first}{ymd(p)}{r.randint(1, 710):03d}"
    check = weighed(body, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = weighed(body, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return body + str(check)


def personas(r, p):
    body = dmy(p) + ("1" if p.born.year < 2000 else "2") + figures(r, 3)
    check = (1 + weighed(body, (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))) % 11 % 10
    return f"{body[:6]}-{body[6:]}{check}"


def tckn(r, p):
    body = r.choice("123456789") + figures(r, 8)
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    body += str((7 * odd - even) % 10)
    return body + str(sum(map(int, body)) % 10)


def taj(r, p):
    body = figures(r, 8)
    body += str(weighed(body, (3, 7) * 4) % 10)
    return f"{body[:3]} {body[3:6]} {body[6:]}"


def rntrc(r, p):
    days = (p.born - datetime.date(1899, 12, 31)).days
    body = f"{days:05d}" + sexed(r, p, 4)
    return body + str(weighed(body, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10)


# ---- Africa, Asia, South America ---------------------------------------------------------------


def id_za(r, p):
    serial = r.randint(0, 4999) + (5000 if p.sex == "m" else 0)
    body = f"{ymd(p)}{serial:04d}08"
    body += luhn(body)
    return r.choice([body, f"{body[:6]} {body[6:10]} {body[10:]}"])


def pan(r, p):
    last = ascii_of(p.family).lstrip("'")[0].upper()
    number = r.randint(1, 9999)
    return "".join(r.choice(LETTERS) for _ in range(3)) + f"P{last}{number:04d}" + r.choice(LETTERS)


FIVE = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    FIVE.append([FIVE[1][x] for x in FIVE[-1]])


def _dihedral(a, b):
    if a < 5:
        return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
    return (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5


def verhoeff(text):
    check = 0
    for at, c in enumerate(reversed(text), 1):
        check = _dihedral(check, FIVE[at % 8][int(c)])
    return str(next(x for x in range(10) if _dihedral(check, FIVE[0][x]) == 0))


def aadhaar(r, p):
    body = r.choice("23456789") + figures(r, 10)
    body += verhoeff(body)
    return f"{body[:4]} {body[4:8]} {body[8:]}"


def nric_sg(r, p):
    first, body = "S" if p.born.year < 2000 else "T", figures(r, 7)
    total = weighed(body, (2, 7, 6, 5, 4, 3, 2)) + (4 if first == "T" else 0)
    return first + body + "JZIHGFEDCBA"[total % 11]


def ric(r, p):
    area = r.choice(["110101", "110105", "120103", "310101", "310105"])
    body = f"{area}{p.born:%Y%m%d}" + sexed(r, p, 3)
    total = sum(int(c) * pow(2, 17 - at) for at, c in enumerate(body))
    return body + "10X98765432"[total % 11]


def rrn(r, p):
    first = (1 if p.born.year < 2000 else 3) + (p.sex == "f")
    body = f"{ymd(p)}{first}{r.randint(0, 95):02d}{figures(r, 3)}"
    check = (11 - weighed(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return f"{body[:6]}-{body[6:]}{check}"


def mynumber(r, p):
    body = r.choice("123456789") + figures(r, 10)
    rest = weighed(body, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    body += str(0 if rest <= 1 else 11 - rest)
    return f"{body[:4]} {body[4:8]} {body[8:]}"


def nric_my(r, p):
    place = r.choice(["01", "05", "07", "10", "12", "14"])
    return f"{ymd(p)}-{place}-" + sexed(r, p, 4)


def pin_th(r, p):
    body = r.choice("1345") + figures(r, 11)
    body += str((11 - weighed(body, range(13, 1, -1)) % 11) % 10)
    return f"{body[0]}-{body[1:5]}-{body[5:10]}-{body[10:12]}-{body[12]}"


def cnic(r, p):
    last = r.choice("13579" if p.sex == "m" else "2468")
    return f"{r.choice('1234567')}{figures(r, 4)}-{figures(r, 7)}-{last}"


def emirates(r, p):
    body = f"784{p.born.year}{figures(r, 7)}"
    return f"784-{p.born.year}-{body[7:]}-{luhn(body)}"


def teudat(r, p):
    body = r.choice("0234") + figures(r, 7)
    return body + luhn(body)


def nin_ng(r, p):
    return r.choice("123456789") + figures(r, 10)


def id_ke(r, p):
    return str(r.randint(10000000, 39999999))


def cpf(r, p):
    body = figures(r, 9)
    for top in (10, 11):
        check = -weighed(body, range(top, 1, -1)) % 11
        body += str(check % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def rut(r, p):
    body = str(r.randint(5000000, 26000000))
    check = -weighed(reversed(body), (2, 3, 4, 5, 6, 7, 2, 3)) % 11
    return f"{int(body):,}".replace(",", ".") + "-" + "0123456789K"[check]


def cuit(r, p):
    def make():
        body = ("20" if p.sex == "m" else "27") + str(r.randint(12000000, 45999999))
        return body, -weighed(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return f"{body[:2]}-{body[2:]}-{check}"


def dni_ar(r, p):
    return f"{r.randint(12000000, 45999999):,}".replace(",", ".")


def cedula_co(r, p):
    return f"{r.randint(10000000, 1199999999):,}".replace(",", ".")


def curp(r, p):
    def letters(name):
        return [c for c in ascii_of(name).upper() if c in LETTERS]

    one, first = letters(p.family), letters(p.given)
    two = letters(p.second or p.family)
    vowel = next((c for c in one[1:] if c in "AEIOU"), "X")

    def inner(x):
        return next((c for c in x[1:] if c not in "AEIOU"), "X")

    head = one[0] + vowel + two[0] + first[0]
    if head in {"PENE", "PUTA", "MEAR", "CACA", "MAME", "PUTO", "CAGO", "PEDO", "MION", "COGE"}:
        head = head[0] + "X" + head[2:]
    body = head + ymd(p) + ("H" if p.sex == "m" else "M")
    body += r.choice(["JC", "PL", "OC", "YN", "DF"]) + inner(one) + inner(two) + inner(first)
    body += r.choice(string.digits) if p.born.year < 2000 else r.choice("ABCD")
    table = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum((18 - at) * table.index(c) for at, c in enumerate(body))
    return body + str(-total % 10)


# land: (label in English, label of the land, maker)
IDS = {
    "GB": [("NI number", "NI number", nino), ("UTR", "UTR", utr)],
    "US": [("SSN", "SSN", ssn), ("SSN", "SSN", ssn), ("ITIN", "ITIN", itin)],
    "CA": [("SIN", "SIN", sin)],
    "AU": [("Tax file number", "TFN", tfn)],
    "NZ": [("IRD number", "IRD", ird)],
    "IE": [("PPS No.", "PPSN", pps)],
    "ZA": [("SA ID", "ID number", id_za)],
    "IN": [("PAN", "PAN", pan), ("Aadhaar no.", "Aadhaar", aadhaar)],
    "SG": [("NRIC", "NRIC", nric_sg)],
    "KE": [("National ID no.", "ID no.", id_ke)],
    "NG": [("NIN", "NIN", nin_ng)],
    "PK": [("CNIC", "CNIC", cnic)],
    "MY": [("MyKad no.", "No. K/P", nric_my)],
    "TH": [("Thai ID", "Thai ID", pin_th)],
    "AE": [("Emirates ID", "Emirates ID", emirates)],
    "IL": [("Israeli ID", "Teudat zehut", teudat)],
    "JP": [("My Number", "My Number", mynumber)],
    "KR": [("RRN", "RRN", rrn)],
    "CN": [("Resident ID", "ID card", ric)],
    "DE": [("German tax ID", "Steuer-ID", idnr), ("RV-Nr.", "Rentenvers.-Nr.", pension_de)],
    "AT": [("Austrian SV no.", "SV-Nr.", vnr)],
    "CH": [("AHV no.", "AHV-Nr.", ahv)],
    "FR": [("French social security no.", "N° de sécurité sociale", nir)],
    "BE": [("Belgian national number", "Rijksregisternr.", rijksregister)],
    "NL": [("BSN", "BSN", bsn)],
    "ES": [("DNI", "DNI", dni), ("NIE", "NIE", nie)],
    "MX": [("CURP", "CURP", curp)],
    "AR": [("CUIT", "CUIT", cuit), ("DNI", "DNI", dni_ar)],
    "CL": [("RUT", "RUT", rut)],
    "CO": [("Cédula", "C.C.", cedula_co)],
    "PT": [("NIF", "NIF", nif)],
    "BR": [("CPF", "CPF", cpf)],
    "IT": [("Codice fiscale", "Codice fiscale", codice)],
    "SE": [("Personnummer", "Personnr", personnummer)],
    "NO": [("Fødselsnummer", "Fødselsnr.", fodselsnummer)],
    "DK": [("CPR no.", "CPR-nr.", cpr)],
    "FI": [("Finnish personal ID", "Hetu", hetu)],
    "IS": [("Kennitala", "Kt.", kennitala)],
    "EE": [("Isikukood", "Isikukood", baltic)],
    "LV": [("Personas kods", "Personas kods", personas)],
    "LT": [("Asmens kodas", "Asmens kodas", baltic)],
    "PL": [("PESEL", "PESEL", pesel)],
    "CZ": [("Birth number (RČ)", "RČ", rodne)],
    "SK": [("Birth number (RČ)", "RČ", rodne)],
    "HU": [("TAJ number", "TAJ-szám", taj)],
    "RO": [("CNP", "CNP", cnp)],
    "BG": [("EGN", "EGN", egn)],
    "GR": [("AMKA", "AMKA", amka), ("AFM", "AFM", afm)],
    "HR": [("OIB", "OIB", oib)],
    "SI": [("EMŠO", "EMŠO", emso)],
    "TR": [("T.C. kimlik no.", "T.C. No", tckn)],
    "UA": [("Ukrainian tax number", "RNOKPP", rntrc)],
}

PASSPORTS = {"GB": "%%%%%%%%%", "US": "^%%%%%%%%", "DE": "C%^%^%^%%", "FR": "%%^^%%%%%"}
PASSPORTS |= {"IT": "Y^%%%%%%%", "NL": "N^%%^%%%%", "IN": "^%%%%%%%", "IE": "P^%%%%%%%"}
LICENCES = {"US": "^%%%-%%%%-%%%%", "AU": "%%%%%%%%", "CA": "^%%%%-%%%%%-%%%%%"}

# Test numbers of payment firms; the others begin as these do and end in figures of chance.
CARDS = (
    "4242424242424242 4000056655665556 4111111111111111 4012888888881881 5555555555554444 "
    "2223003122003222 5200828282828210 5105105105105100 378282246310005 371449635398431 "
    "6011111111111117 6011000990139424 3056930009020004 3566002020360505 30569309025904"
).split()


def card(r):
    number = r.choice(CARDS)
    if r.random() < 0.5:
        body = number[:8] + figures(r, len(number) - 9)
        number = body + luhn(body)
    if len(number) < 16:
        parts = (number[:4], number[4:10], number[10:])
    else:
        parts = tuple(number[at : at + 4] for at in range(0, 16, 4))
    return r.choice([" ", " ", "-", ""]).join(parts)


IBANS = {
    "GB": "^^^^%%%%%%%%%%%%%%", "IE": "^^^^%%%%%%%%%%%%%%", "DE": "%" * 18, "AT": "%" * 16,
    "CH": "%" * 17, "FR": "%" * 23, "BE": "%" * 12, "NL": "^^^^%%%%%%%%%%", "ES": "%" * 20,
    "PT": "%" * 21, "IT": "^" + "%" * 22, "SE": "%" * 20, "NO": "%" * 11, "DK": "%" * 14,
    "FI": "%" * 14, "IS": "%" * 22, "EE": "%" * 16, "LV": "^^^^" + "%" * 13, "LT": "%" * 16,
    "PL": "%" * 24, "CZ": "%" * 20, "SK": "%" * 20, "HU": "%" * 24, "RO": "^^^^" + "%" * 16,
    "BG": "^^^^" + "%" * 14, "GR": "%" * 23, "HR": "%" * 17, "SI": "%" * 15, "TR": "0" * 1 + "%" * 5
    + "0" + "%" * 15, "UA": "%" * 25, "IL": "%" * 19, "AE": "%" * 19, "PK": "^^^^" + "%" * 16,
    "BR": "%" * 23 + "C1",
}  # fmt: skip


def iban(r, land):
    if land not in IBANS:
        land = r.choice(["GB", "DE", "NL", "FR", "ES", "PL"])
    body = fill(r, IBANS[land])
    check = 98 - int("".join(str(int(c, 36)) for c in body + land + "00")) % 97
    whole = f"{land}{check:02d}{body}"
    if r.random() < 0.6:
        whole = " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))
    return whole


# Drama ranges of Ofcom, the FCC's 555-01xx, ACMA, ComReg, ARCEP, the Bundesnetzagentur and PTS;
# for the other lands numbers full of zeros.
PHONES = {
    "GB": "01632 960%%%|07700 900%%%|+44 7700 900%%%|020 7946 0%%%|(0113) 496 0%%%|0131 496 0%%%"
    "|07700900%%%|+44 (0)161 496 0%%%|01632 960%%% ext. %%",
    "US": "(937) 555-01%%|509-555-01%%|+1 212-555-01%%|1-800-555-01%%|(225) 555-01%% x%%%"
    "|415.555.01%%",
    "CA": "(514) 555-01%%|+1 604 555 01%%|416-555-01%%",
    "AU": "(02) 5550 %%%%|0491 570 1%%|+61 491 571 %%%|07 7010 %%%%",
    "IE": "020 91%%%%%|+353 20 91%%%%%|(020) 91%%%%%",
    "FR": "01 99 00 %% %%|06 39 98 %% %%|+33 6 39 98 %% %%|02.61.91.%%.%%|04 65 71 %% %%",
    "DE": "030 23125 %%%|(069) 90009 %%%|+49 89 99998 %%%|0221 4710 %%%|+49 (0)171 39200 %%",
    "SE": "08-465 004 %%|070-174 06 %%|+46 70 174 06 %%|040-628 04 %%",
    "NZ": "021 000 0%%%|+64 3 000 0%%%", "ZA": "082 000 0%%%|+27 82 000 0%%%",
    "IN": "+91 90000 00%%%|080 0000 0%%%", "SG": "+65 8000 0%%%|9000 0%%%",
    "KE": "+254 700 000 %%%|0700 000 %%%", "NG": "+234 803 000 0%%%|0803 000 0%%%",
    "GH": "+233 24 000 0%%%|024 000 0%%%", "PH": "+63 917 000 0%%%|0917 000 0%%%",
    "PK": "+92 300 0000 %%%|0300-0000%%%", "LK": "+94 77 000 0%%%|077 000 0%%%",
    "MY": "+60 12-000 0%%%|012-000 0%%%", "TH": "+66 81 000 0%%%|081-000-0%%%",
    "AE": "+971 50 000 0%%%|050 000 0%%%", "IL": "+972 50-000-0%%%|050-0000%%%",
    "EG": "+20 100 000 0%%%|0100 000 0%%%", "MA": "+212 600-000%%%|06 00 00 0% %%",
    "JP": "+81 90-0000-0%%%|03-0000-0%%%", "KR": "+82 10-0000-0%%%|010-0000-0%%%",
    "CN": "+86 130 0000 0%%%|13000000%%%", "AT": "+43 660 0000%%%|01 0000%%%",
    "CH": "+41 79 000 0% %%|044 000 0% %%", "BE": "+32 470 00 0% %%|02 000 0% %%",
    "NL": "+31 6 0000 0%%%|06-00000%%%", "ES": "+34 600 000 %%%|910 000 %%%|600 00 0% %%",
    "MX": "+52 55 0000 0%%%|(55) 0000 0%%%", "AR": "+54 9 11 0000-0%%%|(011) 0000-0%%%",
    "CL": "+56 9 0000 0%%%|9 0000 0%%%", "CO": "+57 300 000 0%%%|300 000 0%%%",
    "PT": "+351 910 000 %%%|210 000 %%%", "BR": "+55 11 90000-0%%%|(11) 90000-0%%%",
    "IT": "+39 320 000 0%%%|06 0000 0%%%", "NO": "+47 400 00 %%%|22 00 0% %%",
    "DK": "+45 20 00 0% %%|30 00 0% %%", "FI": "+358 40 000 0%%%|040 000 0%%%",
    "IS": "+354 600 0%%%|500 0%%%", "EE": "+372 5000 0%%%", "LV": "+371 2000 0%%%",
    "LT": "+370 600 00 %%%|8 600 00%%%", "PL": "+48 500 000 %%%|22 000 0% %%|500 000 %%%",
    "CZ": "+420 600 000 %%%|600 000 %%%", "SK": "+421 900 000 %%%|0900 000 %%%",
    "HU": "+36 20 000 0%%%|06 30 000 0%%%", "RO": "+40 720 000 %%%|0720 000 %%%",
    "BG": "+359 88 000 0%%%|088 000 0%%%", "GR": "+30 690 000 0%%%|210 000 0%%%",
    "HR": "+385 91 000 0%%%|091 000 0%%%", "SI": "+386 40 000 %%%|040 000 %%%",
    "TR": "+90 530 000 0% %%|0530 000 0% %%", "UA": "+380 67 000 0% %%|067 000 0% %%",
}  # fmt: skip


def phone(r, land):
    return fill(r, r.choice(PHONES[land].split("|")))


def ip(r):
    return f"{r.choice(['192.0.2', '198.51.100', '203.0.113'])}.{r.randint(1, 254)}"


def ip6(r):
    groups = [fill(r, "~" * r.randint(1, 4)).lstrip("0") or "1" for _ in range(4)]
    return r.choice(["2001:db8::" + ":".join(groups[:2]), "2001:db8:" + ":".join(groups) + "::1"])
