"""Checks the set: offsets, overlaps, check digits, personal data outside spans; prints what is odd."""

import collections
import gzip
import json
import pathlib
import random
import re
import string

import make_documents as m
import national_ids as n

HERE = pathlib.Path(__file__).resolve().parent
ALNUM = string.digits + string.ascii_uppercase


def luhn_ok(s):
    d = [int(c) for c in s if c.isdigit()]
    return sum(d[-1::-2]) % 10 == -sum(sum(divmod(2 * x, 10)) for x in d[-2::-2]) % 10


def iban_ok(s):
    s = re.sub(r"\s", "", s).upper()
    return int("".join(str(ALNUM.index(c)) for c in s[4:] + s[:4])) % 97 == 1


def dg(s):
    return [int(c) for c in s if c.isdigit()]


def w(d, ws):
    return sum(a * b for a, b in zip(d, ws))


def mod1110(d):
    p = 10
    for x in d[:-1]:
        p = (p + x) % 10 or 10
        p = p * 2 % 11
    return (p + d[-1]) % 10 == 1


def cpf(s):
    d = dg(s)
    a = w(d, range(10, 1, -1)) * 10 % 11 % 10
    b = w(d, range(11, 1, -1)) * 10 % 11 % 10
    return d[9:] == [a, b]


def tckn(s):
    d = dg(s)
    return (7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10 == d[9] and sum(d[:10]) % 10 == d[10]


def isik(s):
    d = dg(s)
    r = w(d, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
    if r == 10:
        r = w(d, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10
    return r == d[10]


def fnr(s):
    d = dg(s)
    return (
        w(d, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 == 0
        and w(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
    )


def verhoeff_ok(s):
    D = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ]
    P = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ]
    c = 0
    for i, x in enumerate(reversed(dg(s))):
        c = D[c][P[i % 8][x]]
    return c == 0


def codfis(s):
    odd = {
        c: v
        for c, v in zip(
            ALNUM,
            [
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
            ],
        )
    }
    even = {c: int(c) if c.isdigit() else ord(c) - 65 for c in ALNUM}
    return chr(65 + sum((even if i % 2 else odd)[c] for i, c in enumerate(s[:15])) % 26) == s[15]


def curp(s):
    t = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return re.fullmatch("[A-Z]{4}\\d{6}[HM][A-Z]{5}[0-9A-Z]\\d", s) and (
        10 - sum((18 - i) * t.index(c) for i, c in enumerate(s[:17])) % 10
    ) % 10 == int(s[17])


def india(s):
    s = s.replace(" ", "")
    return (
        verhoeff_ok(s)
        if s.isdigit() and len(s) == 12
        else re.fullmatch("[A-Z]{3}P[A-Z]\\d{4}[A-Z]", s)
    )


def spain(s):
    s = s.replace("-", "")
    return (
        "TRWAGMYFPDXBNJZSQVHLCKE"[int({"X": "0", "Y": "1", "Z": "2"}.get(s[0], s[0]) + s[1:8]) % 23]
        == s[8]
    )


def belgium(s):
    d = re.sub(r"\D", "", s)
    return int(d[9:]) in (97 - int(d[:9]) % 97, 97 - int("2" + d[:9]) % 97)


def hk(s):
    c = re.sub("[()]", "", s)
    return (
        36 * 9
        + (ord(c[0]) - 55) * 8
        + w(dg(c[1:7]), range(7, 1, -1))
        + (10 if c[7] == "A" else int(c[7]))
    ) % 11 == 0


def nric(s):
    r = (w(dg(s[1:8]), [2, 7, 6, 5, 4, 3, 2]) + (4 if s[0] == "T" else 0)) % 11
    return "JZIHGFEDCBA"[r] == s[8]


CHECKS = {  # how, and a number known from the literature to be right
    "DE": (lambda s: mod1110(dg(s)), "36 574 261 809"),
    "FR": (
        lambda s: 97 - int(re.sub(r"\D", "", s)[:13]) % 97 == int(re.sub(r"\D", "", s)[13:]),
        "2 95 10 99 126 111 93",
    ),
    "ES": (spain, "54362315-K"),
    "IT": (codfis, "RCCMNL83S18D969H"),
    "PL": (lambda s: w(dg(s), [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0, "44051401359"),
    "NL": (lambda s: w(dg(s), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0, "111222333"),
    "BE": (belgium, "85.07.30-033.28"),
    "SE": (lambda s: luhn_ok(re.sub(r"\D", "", s)[-10:]), "880320-0016"),
    "NO": (fnr, "151086 95088"),
    "FI": (
        lambda s: "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(s[:6] + s[7:10]) % 31] == s[10],
        "131052-308T",
    ),
    "IE": (
        lambda s: (
            "WABCDEFGHIJKLMNOPQRSTUV"[
                (w(dg(s[:7]), range(8, 1, -1)) + 9 * (ord(s[8]) - 64 if len(s) > 8 else 0)) % 23
            ]
            == s[7]
        ),
        "6433435F",
    ),
    "PT": (
        lambda s: (11 - w(dg(s)[:8], range(9, 1, -1)) % 11) % 11 % 10 == dg(s)[8],
        "501 964 843",
    ),
    "BR": (cpf, "390.533.447-05"),
    "IN": (india, "2341 2341 2346"),
    "ZA": (luhn_ok, "7503305044089"),
    "CA": (luhn_ok, "123-456-782"),
    "AU": (lambda s: w(dg(s), [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0, "123 456 782"),
    "NZ": (
        lambda s: w(dg(s.replace("-", "").zfill(9)), [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0,
        "49091850",
    ),
    "CN": (
        lambda s: (
            sum(pow(2, 17 - i, 11) * (10 if c == "X" else int(c)) for i, c in enumerate(s)) % 11
            == 1
        ),
        "11010519491231002X",
    ),
    "KR": (
        lambda s: (11 - w(dg(s), [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10 == dg(s)[12],
        "971013-9019902",
    ),
    "TR": (tckn, "10000000146"),
    "RO": (
        lambda s: (
            w(dg(s), [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
            in (dg(s)[12], 10 if dg(s)[12] == 1 else -1)
        ),
        "1630615123457",
    ),
    "BG": (lambda s: w(dg(s), [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == dg(s)[9], "7523169263"),
    "CZ": (lambda s: int(s.replace("/", "")) % 11 == 0, "710319/2745"),
    "GR": (luhn_ok, "01013099997"),
    "HR": (lambda s: mod1110(dg(s)), "33392005961"),
    "EE": (isik, "37605030299"),
    "IL": (luhn_ok, "39337423"),
    "SG": (nric, "S1234567D"),
    "HK": (hk, "A123456(3)"),
    "MX": (curp, "BOXW310820HNERXN09"),
    "CH": (lambda s: (sum(dg(s)[0::2]) + 3 * sum(dg(s)[1::2])) % 10 == 0, "756.9217.0769.85"),
    "UA": (lambda s: w(dg(s), [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11 % 10 == dg(s)[9], "1759013776"),
    "US": (
        lambda s: re.fullmatch(r"(?!666|000|9)\d{3}[- ](?!00)\d\d[- ](?!0000)\d{4}", s),
        "536-90-4399",
    ),
    "GB": (
        lambda s: re.fullmatch(
            r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]",
            s.replace(" ", ""),
        ),
        "JG 10 37 59 A",
    ),
    "DK": (lambda s: re.fullmatch(r"\d{6}-\d{4}", s), "211062-5629"),
}
for code, (ok, known) in CHECKS.items():
    if not ok(known):
        print("CHECKER", code, known)
rng = random.Random(5)
for code in n.SCHEMES:
    bad = 0
    for _ in range(300):
        p = m.Person(rng, rng.choice(m.ORIGINS), None, "any", rng.choice("mf"))
        label, number = n.make(rng, code, p)
        bad += not CHECKS[code][0](number)
    if bad:
        print("BAD", code, bad, number)
for _ in range(500):
    d = dg(n.nhs(rng))
    assert (11 - w(d, range(10, 1, -1)) % 11) % 11 == d[9] and d[:3] == [9, 9, 9]

docs = [json.loads(x) for x in gzip.open(HERE / "pii_documents_2.jsonl.gz", "rt", encoding="utf-8")]
TYPES = set(
    "PERSON LOCATION EMAIL_ADDRESS PHONE_NUMBER CREDIT_CARD IBAN_CODE IP_ADDRESS URL DATE_OF_BIRTH ID_NUMBER".split()
)
for d in docs:
    at = 0
    for s in d["spans"]:
        t = d["text"][s["start"] : s["end"]]
        assert s["start"] >= at and s["type"] in TYPES and t and t == t.strip(), (d["id"], s, t)
        at = s["end"]
        flat = t.replace("\n", " ")
        if s["type"] == "CREDIT_CARD":
            assert luhn_ok(t), t
        elif s["type"] == "IBAN_CODE":
            assert iban_ok(t), t
        elif s["type"] == "EMAIL_ADDRESS":
            assert re.fullmatch(
                r"[\w.\-]+@([a-z]+\.)?example\.(com|org|net)|[\w -]+ at example dot \w{3}",
                flat,
                re.I | re.A,
            ), t
        elif s["type"] == "IP_ADDRESS":
            import ipaddress

            ip = ipaddress.ip_address(t)
            assert any(
                ip in ipaddress.ip_network(x)
                for x in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
                if ip.version == ipaddress.ip_network(x).version
            ), t
        elif s["type"] == "PERSON":
            assert not re.search(r"\d|[@_/=~]|^(Mr|Ms|Dr|Mrs)\b", t), t
    # shapes of numbers and mails outside spans
    mask = list(d["text"])
    for s in d["spans"]:
        mask[s["start"] : s["end"]] = "\x00" * (s["end"] - s["start"])
    rest = "".join(mask)
    for what in re.findall(
        r"[\w.]+@\w[\w.]+|\{[A-Za-z][^\"\n]{0,12}\}|<<|>>|\|\||example\.\w+", rest
    ):
        if what not in ("example.net", "example.org"):
            print("REST", d["id"], repr(what))

# a person's words outside spans, as they were filled
hits = collections.Counter()
people_of_origin = collections.Counter()
sexes = collections.Counter()


def watch(shape, people, parts, how):
    rest = "\x00".join(t for t, k, what in parts if not k and not what)
    for key, p in people.items():
        people_of_origin[p.origin.name] += 1
        sexes[p.sex] += 1
        words = {p.given, p.short, p.surname} | {
            t for v in p.memo.values() for t, k in v if k and len(t) > 3
        }
        for word in words:
            if len(word) > 2 and re.search(r"(?<!\w)" + re.escape(word) + r"(?!\w)", rest):
                hits[(shape.name, word)] += 1


made, _, _ = m.documents(watch)
assert made == docs, "the file is not what the generator makes"
print(
    "people",
    sum(people_of_origin.values()),
    dict(sexes),
    "origins",
    len(people_of_origin),
    min(people_of_origin.values()),
    max(people_of_origin.values()),
)
print("names outside spans:", sorted(hits))
import phonenumbers

bad = collections.Counter()
for d in docs:
    for s in d["spans"]:
        if s["type"] == "PHONE_NUMBER":
            t = d["text"][s["start"] : s["end"]].replace("\n", " ")
            bad["intl" if t[:1] == "+" else "00" if t[:2] == "00" else "national"] += 1
            if t[0] == "+":
                try:
                    x = phonenumbers.parse(t, None)
                    bad[
                        "valid"
                        if phonenumbers.is_valid_number(x)
                        else "possible"
                        if phonenumbers.is_possible_number(x)
                        else "impossible " + t[:6]
                    ] += 1
                except Exception as e:
                    bad["err " + t] += 1
print(bad)
P = [d["text"][s["start"] : s["end"]] for d in docs for s in d["spans"] if s["type"] == "PERSON"]
print(
    "names",
    len(P),
    "lower",
    sum(x == x.lower() for x in P),
    "upper",
    sum(x == x.upper() and len(x) > 2 and len(re.sub(r"\W", "", x)) > 2 for x in P),
    "one word",
    sum(not re.search(r"\s", x) for x in P),
    "non-ascii",
    sum(not x.isascii() for x in P),
    "broken",
    sum("\n" in x for x in P),
    "bare initials",
    sum(bool(re.fullmatch("[A-Z]{2}|[a-z]{2}", x)) for x in P),
)
L = [len(d["text"].split("\n")) for d in docs]
print("lines", min(L), sum(L) / len(L), max(L), "chars", sum(len(d["text"]) for d in docs) / 1000)
ibans = collections.Counter(
    d["text"][s["start"] : s["end"]][:2].upper()
    for d in docs
    for s in d["spans"]
    if s["type"] == "IBAN_CODE"
)
print("iban lands", len(ibans))
