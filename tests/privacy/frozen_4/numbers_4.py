"""Made numbers of the fourth set: identity numbers with right check digits, cards, IBANs, phones, IPs.

Everything is made, about nobody. Each maker takes a random.Random `r` and, where the number tells
it, the day of birth `d` and whether the holder is a woman `f`.
"""

import string

L = string.ascii_uppercase


def digits(r, n, first="123456789"):
    return r.choice(first) + "".join(r.choice("0123456789") for _ in range(n - 1))


def weighed(s, weights):
    return sum(int(c) * w for c, w in zip(s, weights))


def luhn_digit(s):
    total = 0
    for at, c in enumerate(reversed(s)):
        x = int(c) * (2 - at % 2)
        total += x // 10 + x % 10
    return str(-total % 10)


def iso7064_11_10(s):
    p = 10
    for c in s:
        p = (p + int(c)) % 10 or 10
        p = p * 2 % 11
    return str((11 - p) % 10)


def gb_nino(r, d, f):
    a = r.choice("ABCEGHJKLMNPRSTWXYZ") + r.choice("ABCEGHJKLMPRSTWXYZ")
    if a in ("GB", "NK", "ZZ", "BG", "KN", "TN", "NT"):
        a = "JX"
    x = digits(r, 6, "0123456789")
    return r.choice([f"{a} {x[:2]} {x[2:4]} {x[4:]} {{}}", f"{a}{x}{{}}"]).format(r.choice("ABCD"))


def gb_nhs(r, d, f):
    while True:
        s = "999" + digits(r, 6, "0123456789")
        c = 11 - weighed(s, range(10, 1, -1)) % 11
        if c != 10:
            s += str(c % 11)
            return r.choice([f"{s[:3]} {s[3:6]} {s[6:]}", s])


def gb_licence(r, d, f):
    m = d.month + (50 if f else 0)
    return (
        "".join(r.choice("BCDFGHLMNPRSTW") for _ in range(5))
        + f"{d.year // 10 % 10}{m:02}{d.day:02}{d.year % 10}"
        + r.choice(L)
        + "9"
        + r.choice("AHJRW")
        + r.choice(L)
        + r.choice(L)
    )


def us_ssn(r, d, f):
    a = r.choice([x for x in range(101, 772) if x != 666])
    return f"{a:03}-{r.randint(11, 98):02}-{r.randint(1001, 9899)}"


def us_itin(r, d, f):
    return f"9{r.randint(10, 99)}-{r.choice([70, 72, 75, 78, 81, 84, 88])}-{r.randint(1001, 9899)}"


def ca_sin(r, d, f):
    s = digits(r, 8, "1245679")
    s += luhn_digit(s)
    return r.choice([f"{s[:3]} {s[3:6]} {s[6:]}", f"{s[:3]}-{s[3:6]}-{s[6:]}"])


def au_tfn(r, d, f):
    while True:
        s = digits(r, 9)
        if weighed(s, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0:
            return f"{s[:3]} {s[3:6]} {s[6:]}"


def au_medicare(r, d, f):
    s = digits(r, 8, "23456")
    s += str(weighed(s, (1, 3, 7, 9, 1, 3, 7, 9)) % 10) + "1"
    return f"{s[:4]} {s[4:9]} {s[9]}"


def nz_ird(r, d, f):
    while True:
        s = str(r.randint(10_000_000, 13_999_999) * 1)
        c = -weighed("0" + s[:7], (3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if c == 10:
            c = -weighed("0" + s[:7], (7, 4, 3, 2, 5, 2, 7, 6)) % 11
        if c != 10:
            s = s[:7] + str(c)
            return f"{s[:2]}-{s[2:5]}-{s[5:]}"


def ie_pps(r, d, f):
    s = digits(r, 7)
    second = r.choice(["", "A"])
    return s + "WABCDEFGHIJKLMNOPQRSTUV"[(weighed(s, range(8, 1, -1)) + 9 * len(second)) % 23] + second


def za_id(r, d, f):
    s = f"{d:%y%m%d}" + f"{r.randint(0, 4999) + (0 if f else 5000):04}" + "08"
    return s + luhn_digit(s)


D5 = [[(a + b) % 5 if a < 5 and b < 5 else 0 for b in range(10)] for a in range(10)]
for a in range(10):
    for b in range(10):
        if a < 5:
            D5[a][b] = (a + b) % 5 if b < 5 else 5 + (a + b) % 5
        else:
            D5[a][b] = 5 + (a - b) % 5 if b < 5 else (a - b) % 5
P8 = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    P8.append([P8[-1][x] for x in P8[1]])


def in_aadhaar(r, d, f):
    while True:
        s = digits(r, 11, "23456789")
        for c in "0123456789":
            k = 0
            for at, x in enumerate(reversed(s + c)):
                k = D5[k][P8[at % 8][int(x)]]
            if k == 0:
                s += c
                if s != s[::-1]:
                    return f"{s[:4]} {s[4:8]} {s[8:]}"
                break


def in_pan(r, d, f):
    return "".join(r.choice(L) for _ in range(3)) + "P" + r.choice(L) + digits(r, 4) + r.choice(L)


def de_tax(r, d, f):
    while True:
        s = digits(r, 10)
        counts = sorted(s.count(c) for c in set(s))
        if counts[-1] == 2 and counts.count(2) == 1:
            s += iso7064_11_10(s)
            return r.choice([s, f"{s[:2]} {s[2:5]} {s[5:8]} {s[8:]}"])


def fr_nir(r, d, f):
    s = f"{2 if f else 1}{d:%y%m}{r.choice([13, 31, 33, 44, 59, 67, 69, 75]):02}{r.randint(1, 400):03}{r.randint(1, 400):03}"
    k = f"{97 - int(s) % 97:02}"
    return r.choice([s + k, f"{s[0]} {s[1:3]} {s[3:5]} {s[5:7]} {s[7:10]} {s[10:]} {k}"])


DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def es_dni(r, d, f):
    n = r.randint(10_000_000, 79_999_999)
    return r.choice([f"{n}{DNI[n % 23]}", f"{n}-{DNI[n % 23]}"])


def es_nie(r, d, f):
    a, n = r.randint(0, 2), r.randint(1_000_000, 9_999_999)
    return "XYZ"[a] + f"{n}" + DNI[int(f"{a}{n}") % 23]


ODD = dict(
    zip(
        "0123456789" + L,
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23],
    )
)


def it_cf(r, d, f):
    s = "".join(r.choice("BCDFGLMNPRSTVZ") for _ in range(6))
    s += f"{d:%y}" + "ABCDEHLMPRST"[d.month - 1] + f"{d.day + (40 if f else 0):02}"
    s += r.choice(["H501", "F205", "L219", "A944", "D612", "F839", "G273"])
    total = sum(ODD[c] if at % 2 == 0 else int(c) if c.isdigit() else L.index(c) for at, c in enumerate(s))
    return s + L[total % 26]


def pt_nif(r, d, f):
    s = digits(r, 8, "12")
    s += str((11 - weighed(s, range(9, 1, -1)) % 11) % 11 % 10)
    return r.choice([s, f"{s[:3]} {s[3:6]} {s[6:]}"])


def nl_bsn(r, d, f):
    while True:
        s = digits(r, 9, "12")
        if (weighed(s[:8], range(9, 1, -1)) - int(s[8])) % 11 == 0:
            return s


def be_nn(r, d, f):
    n = r.randrange(2, 900, 2) + (0 if f else 1)
    s = f"{d:%y%m%d}{n:03}"
    k = 97 - int(("2" if d.year >= 2000 else "") + s) % 97
    return r.choice([f"{s[:2]}.{s[2:4]}.{s[4:6]}-{s[6:]}.{k:02}", f"{s}{k:02}"])


def pl_pesel(r, d, f):
    s = f"{d:%y}{d.month + (20 if d.year >= 2000 else 0):02}{d:%d}{r.randint(0, 999):03}"
    s += str(r.choice([0, 2, 4, 6, 8]) + (0 if f else 1))
    return s + str(-weighed(s, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def se_pnr(r, d, f):
    s = f"{d:%y%m%d}{r.randint(10, 99)}{r.choice([0, 2, 4, 6, 8]) + (0 if f else 1)}"
    s += luhn_digit(s)
    return r.choice([f"{s[:6]}-{s[6:]}", f"{d.year // 100}{s[:6]}-{s[6:]}"])


def no_fnr(r, d, f):
    while True:
        n = r.randint(500, 999) if d.year >= 2000 else r.randint(0, 499)
        if n % 2 == (1 if f else 0):
            continue
        s = f"{d:%d%m%y}{n:03}"
        a = -weighed(s, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        b = -weighed(f"{s}{a}"[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if a < 10 and b < 10:
            return r.choice([f"{s}{a}{b}", f"{s[:6]} {s[6:]}{a}{b}"])


def dk_cpr(r, d, f):
    n = r.randrange(4000, 4999) if d.year >= 2000 else r.randrange(100, 3999)
    n += (n % 2 == (1 if f else 0)) or 0
    return f"{d:%d%m%y}-{n:04}"


def fi_hetu(r, d, f):
    n = r.randrange(2, 898, 2) + (0 if f else 1)
    s = f"{d:%d%m%y}{n:03}"
    return f"{d:%d%m%y}{'A' if d.year >= 2000 else '-'}{n:03}" + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(s) % 31]


def cz_rc(r, d, f):
    while True:
        s = f"{d:%y}{d.month + (50 if f else 0):02}{d:%d}{r.randint(0, 999):03}"
        if d.year >= 1954 and int(s) % 11 < 10:
            return f"{s[:6]}/{s[6:]}{int(s) % 11}"
        if d.year < 1954:
            return f"{s[:6]}/{s[6:]}"


def ro_cnp(r, d, f):
    s = f"{(5 if d.year >= 2000 else 1) + (1 if f else 0)}{d:%y%m%d}{r.randint(1, 40):02}{r.randint(1, 999):03}"
    k = weighed(s, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return s + str(1 if k == 10 else k)


def ee_ik(r, d, f):
    s = f"{(5 if d.year >= 2000 else 3) + (1 if f else 0)}{d:%y%m%d}{r.randint(1, 700):03}"
    k = weighed(s, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if k == 10:
        k = weighed(s, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return s + str(k)


def hr_oib(r, d, f):
    s = digits(r, 10)
    return s + iso7064_11_10(s)


def bg_egn(r, d, f):
    s = f"{d:%y}{d.month + (40 if d.year >= 2000 else 0):02}{d:%d}{r.randint(0, 99):02}{r.choice([0, 2, 4, 6, 8]) + (1 if f else 0)}"
    return s + str(weighed(s, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10)


def tr_tc(r, d, f):
    s = digits(r, 9)
    x = [int(c) for c in s]
    a = (7 * sum(x[::2]) - sum(x[1::2])) % 10
    return f"{s}{a}{(sum(x) + a) % 10}"


def br_cpf(r, d, f):
    s = digits(r, 9)
    s += str((11 - weighed(s, range(10, 1, -1)) % 11) % 11 % 10)
    s += str((11 - weighed(s, range(11, 1, -1)) % 11) % 11 % 10)
    return f"{s[:3]}.{s[3:6]}.{s[6:9]}-{s[9:]}"


def mx_curp(r, d, f):
    s = r.choice("BCDFGLMPRSTV") + r.choice("AEIO") + r.choice("BCDFGLMPRSTV") + r.choice("CDGLMRST")
    s += f"{d:%y%m%d}" + ("M" if f else "H") + r.choice(["DF", "JC", "NL", "PL", "OC", "YN"])
    s += "".join(r.choice("BCDGLMNPRSTV") for _ in range(3)) + ("A" if d.year >= 2000 else "0")
    order = "0123456789ABCDEFGHIJKLMN\u00d1OPQRSTUVWXYZ"
    return s + str(-sum(order.index(c) * (18 - at) for at, c in enumerate(s)) % 10)


def cl_rut(r, d, f):
    n = str(r.randint(5_000_000, 24_999_999))
    k = -weighed(n[::-1], (2, 3, 4, 5, 6, 7, 2, 3)) % 11
    return f"{int(n):,}".replace(",", ".") + "-" + "0123456789K"[k]


def ar_dni(r, d, f):
    return f"{r.randint(10_000_000, 46_999_999):,}".replace(",", ".")


def cn_id(r, d, f):
    s = r.choice(["110105", "310104", "310105"])
    s += f"{d:%Y%m%d}{r.randint(10, 99)}{r.choice([0, 2, 4, 6, 8]) + (0 if f else 1)}"
    return s + "10X98765432"[weighed(s, [2 ** (17 - at) % 11 for at in range(17)]) % 11]


def sg_nric(r, d, f):
    a, s = ("T" if d.year >= 2000 else "S"), f"{d:%y}" + digits(r, 5)
    return a + s + "JZIHGFEDCBA"[(weighed(s, (2, 7, 6, 5, 4, 3, 2)) + (4 if a == "T" else 0)) % 11]


def hk_id(r, d, f):
    a, s = r.choice("ACDEGHKPRYZ"), digits(r, 6)
    k = (9 * 36 + 8 * (L.index(a) + 10) + weighed(s, range(7, 1, -1))) % 11
    return f"{a}{s}({'0A987654321'[k]})"


def kr_rrn(r, d, f):
    s = f"{d:%y%m%d}{(3 if d.year >= 2000 else 1) + (1 if f else 0)}{r.randint(10000, 39999)}"
    k = (11 - weighed(s, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return f"{s[:6]}-{s[6:]}{k}"


def my_nric(r, d, f):
    return f"{d:%y%m%d}-{r.choice(['01', '07', '10', '14'])}-{r.choice('567')}{r.randint(10, 99)}{r.choice([0, 2, 4, 6, 8]) + (0 if f else 1)}"


def th_id(r, d, f):
    s = digits(r, 12, "1345")
    s += str((11 - weighed(s, range(13, 1, -1)) % 11) % 10)
    return f"{s[0]} {s[1:5]} {s[5:10]} {s[10:12]} {s[12]}"


def passport(r, d=None, f=None):
    return r.choice(
        [
            digits(r, 9),
            r.choice(L) + digits(r, 8),
            r.choice("CFGHJK") + "".join(r.choice("0123456789CFGHJKLMNPRTVWXYZ") for _ in range(7)) + r.choice("0123456789"),
            r.choice(L) + r.choice(L) + digits(r, 7),
            digits(r, 2) + r.choice(L) + r.choice(L) + digits(r, 5),
        ]
    )


NATIONAL = {
    "GB": [(gb_nino, ["NI number", "National Insurance No", "NINO", "NI no."])],
    "US": [(us_ssn, ["SSN", "Social Security number", "Soc. Sec. No."]), (us_itin, ["ITIN"])],
    "CA": [(ca_sin, ["SIN", "Social Insurance Number"])],
    "AU": [(au_tfn, ["TFN", "Tax file number"]), (au_medicare, ["Medicare no.", "Medicare card"])],
    "NZ": [(nz_ird, ["IRD number", "IRD no"])],
    "IE": [(ie_pps, ["PPS number", "PPSN", "PPS No"])],
    "ZA": [(za_id, ["ID number", "SA ID", "RSA identity no."])],
    "IN": [(in_aadhaar, ["Aadhaar", "Aadhaar No."]), (in_pan, ["PAN", "PAN card"])],
    "DE": [(de_tax, ["Steuer-ID", "IdNr.", "Steueridentifikationsnummer"])],
    "FR": [(fr_nir, ["N\u00b0 de s\u00e9curit\u00e9 sociale", "NIR", "N\u00b0 SS"])],
    "ES": [(es_dni, ["DNI", "NIF"]), (es_nie, ["NIE"])],
    "IT": [(it_cf, ["Codice fiscale", "C.F."])],
    "PT": [(pt_nif, ["NIF", "Contribuinte n.\u00ba"])],
    "NL": [(nl_bsn, ["BSN", "Burgerservicenummer"])],
    "BE": [(be_nn, ["Rijksregisternummer", "NN", "Num\u00e9ro national"])],
    "PL": [(pl_pesel, ["PESEL", "nr PESEL"])],
    "SE": [(se_pnr, ["Personnummer", "Pers.nr"])],
    "NO": [(no_fnr, ["F\u00f8dselsnummer", "Fnr"])],
    "DK": [(dk_cpr, ["CPR-nr.", "CPR"])],
    "FI": [(fi_hetu, ["Henkil\u00f6tunnus", "HETU"])],
    "CZ": [(cz_rc, ["Rodn\u00e9 \u010d\u00edslo", "R.\u010d."])],
    "RO": [(ro_cnp, ["CNP"])],
    "EE": [(ee_ik, ["Isikukood"])],
    "HR": [(hr_oib, ["OIB"])],
    "BG": [(bg_egn, ["EGN"])],
    "TR": [(tr_tc, ["T.C. Kimlik No", "TC No"])],
    "BR": [(br_cpf, ["CPF"])],
    "MX": [(mx_curp, ["CURP"])],
    "CL": [(cl_rut, ["RUT"])],
    "AR": [(ar_dni, ["DNI"])],
    "CN": [(cn_id, ["Resident ID", "ID card no."])],
    "SG": [(sg_nric, ["NRIC", "NRIC no."])],
    "HK": [(hk_id, ["HKID", "HKID No."])],
    "KR": [(kr_rrn, ["RRN", "Resident registration no."])],
    "MY": [(my_nric, ["MyKad", "IC no."])],
    "TH": [(th_id, ["Thai ID"])],
}

CARDS = ["424242", "411111", "400005", "555555", "520082", "510510", "222300", "400000"]


def card(r):
    if r.random() < 0.12:
        s = r.choice(["378282", "371449"]) + digits(r, 8, "0123456789")
        s += luhn_digit(s)
        return r.choice([s, f"{s[:4]} {s[4:10]} {s[10:]}"])
    s = r.choice(CARDS) + digits(r, 9, "0123456789")
    s += luhn_digit(s)
    g = [s[at : at + 4] for at in range(0, 16, 4)]
    return r.choice([s, " ".join(g), " ".join(g), "-".join(g)])


# n a digit, a a letter
BBAN = {
    "GB": "aaaannnnnnnnnnnnnn", "DE": "n" * 18, "FR": "n" * 23, "NL": "aaaa" + "n" * 10, "ES": "n" * 20,
    "IT": "a" + "n" * 22, "BE": "n" * 12, "IE": "aaaa" + "n" * 14, "PL": "n" * 24, "AT": "n" * 16,
    "CH": "n" * 17, "SE": "n" * 20, "DK": "n" * 14, "NO": "n" * 11, "PT": "n" * 21, "FI": "n" * 14,
    "CZ": "n" * 20, "TR": "n" * 22, "HU": "n" * 24, "GR": "n" * 23, "RO": "aaaa" + "n" * 16, "LU": "n" * 16,
}  # fmt: skip


def iban(r, land):
    land = land if land in BBAN else r.choice(sorted(BBAN))
    s = "".join(r.choice("0123456789") if c == "n" else r.choice("BCDFGHKLMNPRST") for c in BBAN[land])
    k = 98 - int("".join(str(int(c, 36)) for c in s + land + "00")) % 97
    s = f"{land}{k:02}{s}"
    return r.choice([s, " ".join(s[at : at + 4] for at in range(0, len(s), 4))])


PHONES = {
    "GB": ["01632 960###", "(01632) 960 ###", "020 7946 0###", "0113 496 0###", "+44 20 7946 0###", "0161 4960###"],
    "US": ["(2$$) 555-01##", "2$$-555-01##", "+1 3$$ 555 01##", "4$$.555.01##", "1-7$$-555-01##"],
    "CA": ["(416) 555-01##", "604-555-01##", "+1 514 555 01##"],
    "AU": ["(02) 5550 ####", "03 7010 ####", "+61 7 7010 ####"],
    "NZ": ["09 900 0###", "(04) 900 0###", "+64 3 900 0###"],
    "IE": ["01 000 0###", "(021) 000 0###", "+353 1 000 0###"],
    "ZA": ["011 000 0###", "+27 21 000 0###"], "IN": ["+91 00000 0####", "022 0000 0###"],
    "NG": ["0800 000 0###", "+234 800 000 0###"], "KE": ["0700 000 ###", "+254 700 000 ###"],
    "SG": ["6000 0###", "+65 6000 0###"], "MY": ["03-0000 0###", "+60 3-0000 0###"],
    "PH": ["(02) 8000 0###", "+63 2 8000 0###"], "JM": ["876-555-01##"],
    "DE": ["030 23125 ###", "(0221) 4710 ###", "+49 89 99998 ###", "069/90009-###"],
    "AT": ["01 0000 0##", "+43 1 0000 0##"], "CH": ["044 000 00 ##", "+41 22 000 00 ##"],
    "FR": ["01 99 00 ## ##", "+33 2 61 91 ## ##", "03.53.01.##.##"], "BE": ["02 000 00 ##", "+32 9 000 00 ##"],
    "NL": ["020 000 0###", "010-0000###", "+31 20 000 0###"], "ES": ["910 000 0##", "+34 930 00 00 ##"],
    "PT": ["210 000 0##", "+351 220 000 0##"], "IT": ["06 0000 0###", "+39 02 0000 0###"],
    "SE": ["08-465 004 ##", "031-390 06 ##", "+46 8 465 004 ##"], "NO": ["22 00 00 ##", "+47 55 00 00 ##"],
    "DK": ["33 00 00 ##", "+45 86 00 00 ##"], "FI": ["09 000 00##", "+358 9 000 00##"],
    "PL": ["22 000 00 ##", "+48 12 000 00 ##"], "CZ": ["220 000 0##", "+420 220 000 0##"],
    "HU": ["(1) 000 00##", "+36 1 000 00##"], "RO": ["021 000 00##", "+40 21 000 00##"],
    "GR": ["210 000 00##", "+30 210 000 00##"], "TR": ["0212 000 00 ##", "+90 312 000 00 ##"],
    "BR": ["(11) 0000-00##", "+55 21 0000-00##"], "MX": ["55 0000 00##", "+52 33 0000 00##"],
    "AR": ["011 0000-00##", "+54 11 0000-00##"], "JP": ["03-0000-00##", "+81 3 0000 00##"],
}  # fmt: skip
MOBILES = {
    "GB": ["07700 900###", "07700 900 ###", "+44 7700 900###", "+44 (0)7700 900 ###", "07700900###"],
    "AU": ["0491 570 ###", "+61 491 570 ###"], "NZ": ["021 000 0###", "+64 21 000 0###"],
    "IE": ["020 910 0###", "+353 20 910 0###"], "ZA": ["082 000 0###"], "SG": ["8000 0###", "+65 8000 0###"],
    "MY": ["012-000 0###"], "PH": ["0900 000 0###"], "DE": ["0171 39200##", "0152 28817###", "+49 171 39200##"],
    "AT": ["0660 000 00##"], "CH": ["079 000 00 ##"], "FR": ["06 39 98 ## ##", "+33 6 39 98 ## ##", "0639 98 ## ##"],
    "BE": ["0470 00 00 ##"], "NL": ["06 00000###", "06-0000 0###", "+31 6 0000 0###"], "ES": ["600 000 0##", "+34 600 00 00 ##"],
    "PT": ["910 000 0##"], "IT": ["300 000 0###", "+39 300 000 0###"], "SE": ["070-174 06 ##", "+46 70 174 06 ##"],
    "NO": ["400 00 0##"], "DK": ["20 00 00 ##"], "FI": ["040 000 00##"], "PL": ["500 000 0##", "+48 600 000 0##"],
    "CZ": ["600 000 0##"], "HU": ["+36 20 000 00##"], "RO": ["0700 000 0##"], "GR": ["690 000 00##"],
    "TR": ["0500 000 00 ##"], "BR": ["(11) 90000-00##"], "AR": ["11 0000-00##"], "JP": ["090-0000-00##"],
}  # fmt: skip


def phone(r, land, mobile=False):
    table = MOBILES if mobile and land in MOBILES else PHONES
    s = r.choice(table.get(land, PHONES["GB"]))
    return "".join(r.choice("0123456789") if c == "#" else r.choice("23456789") if c == "$" else c for c in s)


def ip4(r):
    return r.choice(["192.0.2.", "198.51.100.", "203.0.113."]) + str(r.randint(2, 254))


def ip6(r):
    return "2001:db8:" + ":".join(f"{r.randint(1, 65535):x}" for _ in range(r.choice([2, 3]))) + "::" + f"{r.randint(1, 65535):x}"
