"""Checks the set by hands apart from its makers'; prints what is odd. Needs python-stdnum."""

import collections
import gzip
import json
import pathlib
import random
import re

import make_documents_3 as m
import numbers_3 as num
from stdnum import iban, luhn
from stdnum.at import vnr
from stdnum.au import tfn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn
from stdnum.za import idnr as za_id

HERE = pathlib.Path(__file__).resolve().parent
BY = {
    "US": [ssn], "IE": [pps], "DE": [idnr], "AT": [vnr], "CH": [ahv], "FR": [nir], "ES": [dni, nie],
    "IT": [codicefiscale], "NL": [bsn], "BE": [nn], "PL": [pesel], "TR": [tckimlik], "PT": [nif],
    "BR": [cpf], "SE": [personnummer], "NO": [fodselsnummer], "DK": [cpr], "FI": [hetu], "CZ": [rc],
    "RO": [cnp], "CA": [sin], "AU": [tfn], "ZA": [za_id], "IN": [aadhaar, pan],
}  # fmt: skip


def makers():
    rng, bad = random.Random(1), collections.Counter()
    for land, checks in BY.items():
        for _ in range(300):
            p = m.Person(rng, rng.choice(sorted(m.NAMES)), "en", land)
            number = num.NATIONAL[land](rng, p)[1]
            if not any(c.is_valid(number) for c in checks):
                bad[land] += 1
                last = number
                if bad[land] < 3:
                    print("bad", land, last, p.born)
    bad["NHS"] = sum(not nhs.is_valid(num.nhs(rng)) for _ in range(300))
    bad["card"] = sum(not luhn.is_valid(re.sub("[ -]", "", num.card(rng))) for _ in range(300))
    print("made wrongly:", {k: v for k, v in bad.items() if v})


def main():
    makers()
    packed = (HERE / "pii_documents_3.jsonl.gz").read_bytes()
    docs = [json.loads(x) for x in gzip.decompress(packed).decode().splitlines()]
    assert len({d["text"] for d in docs}) == len({d["id"] for d in docs}) == len(docs) == 1000
    shapes = collections.Counter(d["id"].rpartition("-")[0] for d in docs)
    print("most of one shape:", shapes.most_common(1))
    for d in docs:
        text, end = d["text"], 0
        rest = list(text)
        for s in d["spans"]:
            part = text[s["start"] : s["end"]]
            before, after = text[: s["start"]][-1:], text[s["end"] :][:1]
            if not (end <= s["start"] < s["end"] <= len(text)) or part != part.strip():
                print("span", d["id"], repr(part))
            if before.isalnum() or (after.isalnum() and after not in "sS"):
                print("touched", d["id"], repr(before + part + after))
            if s["type"] == "IBAN_CODE" and not iban.is_valid(re.sub(r"\s", "", part), check_country=False):
                print("iban", d["id"], part)
            if s["type"] == "CREDIT_CARD" and not luhn.is_valid(re.sub("[ \n-]", "", part)):
                print("card", d["id"], part)
            if s["type"] == "EMAIL_ADDRESS" and not re.search("@|at", part.lower()):
                print("mail", d["id"], part)
            rest[s["start"] : s["end"]] = "\0" * len(part)
            end = s["end"]
        left = "".join(rest)
        for found in re.finditer(r"\{[A-HMW]?[.=a-z]|\[\[|\]\]|[\w.]@[\w]|example\.|\b\w+@", left):
            print("left", d["id"], left[max(0, found.start() - 20) : found.end() + 20])
        for s in d["spans"]:  # a full name that stands elsewhere too, without a span
            name = text[s["start"] : s["end"]]
            if s["type"] == "PERSON" and len(name) > 6 and " " in name and name in left:
                print("unmarked", d["id"], name)


if __name__ == "__main__":
    main()
