"""Checks the fifth set's numbers with python-stdnum, which no maker uses: first what the makers
give (300 of each kind), then the labelled numbers, cards and IBANs that stand in the documents.

    pip install python-stdnum && python check_documents_5.py
"""

import datetime
import gzip
import importlib
import json
import pathlib
import random
import re
import types

import numbers_5 as numbers

HERE = pathlib.Path(__file__).resolve().parent
MODULES = {
    "nhs": "gb.nhs", "utr": "gb.utr", "ssn": "us.ssn", "itin": "us.itin", "pps": "ie.pps",
    "sin": "ca.sin", "tfn": "au.tfn", "ird": "nz.ird", "idnr": "de.idnr", "vnr": "at.vnr",
    "ahv": "ch.ssn", "nir": "fr.nir", "rijksregister": "be.nn", "bsn": "nl.bsn", "dni": "es.dni",
    "nie": "es.nie", "nif": "pt.nif", "codice": "it.codicefiscale",
    "personnummer": "se.personnummer", "fodselsnummer": "no.fodselsnummer", "cpr": "dk.cpr",
    "hetu": "fi.hetu", "kennitala": "is_.kennitala", "pesel": "pl.pesel", "rodne": "cz.rc",
    "cnp": "ro.cnp", "egn": "bg.egn", "amka": "gr.amka", "afm": "gr.vat", "oib": "hr.oib",
    "emso": "si.emso", "baltic": "ee.ik", "personas": "lv.pvn", "tckn": "tr.tckimlik",
    "rntrc": "ua.rntrc", "id_za": "za.idnr", "pan": "in_.pan", "aadhaar": "in_.aadhaar",
    "ric": "cn.ric", "rrn": "kr.rrn", "mynumber": "jp.in_", "nric_my": "my.nric",
    "pin_th": "th.pin", "cnic": "pk.cnic", "teudat": "il.idnr", "cpf": "br.cpf", "rut": "cl.rut",
    "cuit": "ar.cuit", "dni_ar": "ar.dni", "curp": "mx.curp",
}  # fmt: skip


def checker(maker):
    return importlib.import_module("stdnum." + MODULES[maker]).validate


def makers():
    r = random.Random(7)
    for maker in MODULES:
        check = checker(maker)
        for _ in range(300):
            born = datetime.date(1935, 1, 1) + datetime.timedelta(days=r.randrange(30000))
            who = types.SimpleNamespace(born=born, sex=r.choice("mf"), second="Sosa")
            who.given, who.family = r.choice("Anna Łukasz Ó".split()), r.choice(["'t Hart", "Fo"])
            check(getattr(numbers, maker)(r, who))
    print(len(MODULES), "makers right, 300 numbers of each")


def labels():
    """The words before an identity number, each with the checkers that may hold for it."""
    found = {"NHS": [checker("nhs")]}
    for kinds in numbers.IDS.values():
        for english, own, maker in kinds:
            if maker.__name__ in MODULES:
                for label in (english, own):
                    found.setdefault(label, []).append(checker(maker.__name__))
    return found


def is_right(check, number):
    try:
        return bool(check(number))
    except ValueError:
        return False


def documents():
    from stdnum import iban, luhn

    known, seen = labels(), dict.fromkeys(("card", "iban", "labelled", "other"), 0)
    lines = gzip.decompress((HERE / "pii_documents_5.jsonl.gz").read_bytes()).decode().splitlines()
    for d in map(json.loads, lines):
        for s in d["spans"]:
            part, before = d["text"][s["start"] : s["end"]], d["text"][: s["start"]]
            if s["type"] == "CREDIT_CARD":
                luhn.validate(re.sub(r"\D", "", part))
                seen["card"] += 1
            elif s["type"] == "IBAN_CODE":
                iban.validate(part, check_country=False)
                seen["iban"] += 1
            elif s["type"] == "ID_NUMBER":
                before = re.sub(r"""(\W|\bno\b)*$""", "", before)
                fit = [v for k, v in known.items() if before.endswith(re.sub(r"\W+$", "", k))]
                checks = [x for y in fit for x in y]
                assert not checks or any(is_right(x, part) for x in checks), (d["id"], part)
                seen["labelled" if checks else "other"] += 1
    print("in the documents:", seen)


if __name__ == "__main__":
    makers()
    documents()
