"""Checks the seventh set with python-stdnum, which no maker uses, and for what was left unlabelled.

    pip install python-stdnum
    PYTHONPATH=../frozen_6:../frozen_5 python check_documents_7.py
"""

import datetime
import importlib
import random
import re
import types

import make_documents_7 as maker
import numbers_7 as numbers

# Of each land: the check of python-stdnum for the numbers in the order of `numbers_7.IDS`, None for none.
CHECKS = {
    "GB": ["", "", "gb.utr", "gb.nhs"], "US": ["us.ssn", "us.ssn", "", "us.itin", ""], "CA": ["ca.sin", "", "ca.bc_phn"],
    "AU": ["", "au.tfn"], "NZ": ["nz.ird", ""], "IE": ["ie.pps"], "ZA": ["za.idnr", "za.idnr"], "IN": ["in_.pan", "in_.aadhaar", "in_.epic"],
    "IL": ["il.idnr"], "MY": ["my.nric"], "TH": ["th.pin"], "ID": ["id.nik"], "CN": ["cn.ric"], "KR": ["kr.rrn"],
    "DE": ["de.idnr", "", ""], "AT": ["at.vnr"], "CH": ["ch.ssn"], "FR": ["fr.nir", "fr.nif"], "BE": ["be.nn"], "NL": ["nl.bsn"],
    "ES": ["es.dni", "es.nie", ""], "PT": ["pt.nif"], "IT": ["it.codicefiscale"], "SE": ["se.personnummer"], "NO": ["no.fodselsnummer"],
    "DK": ["dk.cpr"], "FI": ["fi.hetu"], "IS": ["is_.kennitala"], "EE": ["ee.ik"], "LT": ["lt.asmens"], "LV": ["lv.pvn"],
    "PL": ["pl.pesel", "pl.pesel", "pl.nip", ""], "CZ": ["cz.rc"], "SK": ["sk.rc"], "RO": ["ro.cnp"], "BG": ["bg.egn"],
    "GR": ["gr.vat", "gr.amka"], "HR": ["hr.oib"], "RS": ["si.emso"], "SI": ["si.emso"], "UA": ["ua.rntrc"], "TR": ["tr.tckimlik"],
    "MX": ["mx.curp", ""], "AR": ["ar.cuit", "ar.dni"], "CL": ["cl.rut"], "EC": ["ec.ci"], "BR": ["br.cpf", "br.cpf", ""], "PK": ["pk.cnic"],
}  # fmt: skip


def somebody(r):
    born = datetime.date(1936, 1, 1) + datetime.timedelta(days=r.randrange(32000))
    return types.SimpleNamespace(born=born, sex=r.choice("mf"), second="", given="Ana", family="Sosa")


def makers():
    r, count = random.Random(17), 0
    for land, modules in CHECKS.items():
        for module, (labels, make) in zip(modules, numbers.IDS[land], strict=True):
            if not module:
                continue
            check, count = importlib.import_module("stdnum." + module).validate, count + 1
            for _ in range(300):
                number = make(r, somebody(r)).strip()
                try:
                    check(number)
                except ValueError as error:
                    print("WRONG", land, labels, number, type(error).__name__)
                    break
    print(count, "makers, 300 numbers of each")


def documents():
    from stdnum import iban, luhn

    for d in maker.documents()[0]:
        for s in d["spans"]:
            part = d["text"][s["start"] : s["end"]]
            if s["type"] == "CREDIT_CARD":
                luhn.validate(re.sub(r"\D", "", part))
            elif s["type"] == "IBAN_CODE":
                iban.validate(part, check_country=False)


def left_over():
    """What of a document's people stands outside of all spans: by hand it is told what of it is right."""
    pieces_of, seen = maker.Document.pieces, {}

    def kept(self):
        pieces = pieces_of(self)
        seen["".join(x for x, _ in pieces)] = self
        return pieces

    maker.Document.pieces = kept
    docs = maker.documents()[0]
    maker.Document.pieces = pieces_of
    looked = shown = 0
    for d in docs:
        document = seen.get(d["text"])
        if not document:
            continue  # with slips, or folded
        looked, outside, at = looked + 1, "", 0
        for s in d["spans"]:
            outside, at = outside + d["text"][at : s["start"]] + "\0", s["end"]
        outside += d["text"][at:]
        for p in document.people.values():
            for value in {p.given, p.family, *p.home["parts"], *(str(v) for k, v in p.kept.items() if k not in {"t", "dr", "mid"})}:
                if len(value) > 3 and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", outside):
                    print(d["id"], repr(value))
                    shown += 1
    print(looked, "documents looked at,", shown, "left over")


if __name__ == "__main__":
    makers()
    documents()
    left_over()
