"""Checks the sixth set with python-stdnum, which no maker uses, and for what was left unlabelled.

    pip install python-stdnum && PYTHONPATH=../frozen_5 python check_documents_6.py
"""

import datetime
import importlib
import random
import re
import types

import make_documents_6 as maker
import numbers_6 as numbers

NEW = {
    "chi": "gb.nhs", "phn_bc": "ca.bc_phn", "nif_fr": "fr.nif", "coordination_se": "luhn",
    "d_number_no": "no.fodselsnummer", "nip": "pl.nip", "jmbg": "si.emso", "inn": "ru.inn", "cedula_ec": "ec.ci",
    "cedula_do": "do.cedula", "epic": "in_.epic", "nik": "id.nik", "id_sa": "luhn",
}  # fmt: skip
OLD = {
    "nhs": "gb.nhs", "utr": "gb.utr", "ssn": "us.ssn", "pps": "ie.pps", "sin": "ca.sin", "tfn": "au.tfn", "ird": "nz.ird",
    "idnr": "de.idnr", "nir": "fr.nir", "bsn": "nl.bsn", "dni": "es.dni", "codice": "it.codicefiscale", "pesel": "pl.pesel",
    "cpf": "br.cpf", "ric": "cn.ric", "aadhaar": "in_.aadhaar", "tckn": "tr.tckimlik", "id_za": "za.idnr",
}  # fmt: skip


def makers():
    r = random.Random(11)
    for names, where in ((NEW, numbers), (OLD, numbers.five)):
        for name, module in names.items():
            try:
                check = importlib.import_module("stdnum." + module).validate
            except ModuleNotFoundError:
                print("not in python-stdnum:", module)
                continue
            for _ in range(300):
                born = datetime.date(1936, 1, 1) + datetime.timedelta(days=r.randrange(32000))
                who = types.SimpleNamespace(born=born, sex=r.choice("mf"), second="", given="Ana", family="Sosa")
                number = getattr(where, name)(r, who)
                try:
                    check(re.sub(r"\D", "", number) if module == "luhn" else number.strip())
                except ValueError as error:
                    print("WRONG", name, number, type(error).__name__)
                    break
    print(len(NEW) + len(OLD), "makers, 300 numbers of each")


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
    """What of the document's people stands outside of all spans: by hand it is told what of it is right."""
    people = []
    made_init = maker.Document.pieces

    def kept(self):
        pieces = made_init(self)
        people.append((self, "".join(x for x, _ in pieces)))
        return pieces

    maker.Document.pieces = kept
    docs = maker.documents()[0]
    maker.Document.pieces = made_init
    # The last try of each document is the one that stands.
    shown = 0
    texts = {}
    for document, text in people:
        texts[text] = document
    for d in docs:
        document = texts.get(d["text"])
        if not document:
            continue  # with slips
        outside, at = "", 0
        for s in d["spans"]:
            outside += d["text"][at : s["start"]] + "\0"
            at = s["end"]
        outside += d["text"][at:]
        for p in document.people.values():
            for value in {p.given, p.family, *p.home["parts"], *(str(v) for k, v in p.kept.items() if k != "t")}:
                if len(value) > 3 and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", outside):
                    print(d["id"], repr(value))
                    shown += 1
    print(shown, "left over")


if __name__ == "__main__":
    makers()
    documents()
    left_over()
