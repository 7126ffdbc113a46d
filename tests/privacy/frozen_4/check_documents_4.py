"""Checks pii_documents_4.jsonl.gz, and its numbers with python-stdnum, which no maker uses.

    python check_documents_4.py
"""

import collections
import datetime
import gzip
import importlib
import json
import pathlib
import random

import numbers_4 as num

HERE = pathlib.Path(__file__).resolve().parent
STDNUM = {
    "gb_nhs": "gb.nhs", "us_ssn": "us.ssn", "us_itin": "us.itin", "ca_sin": "ca.sin", "au_tfn": "au.tfn", "nz_ird": "nz.ird",
    "ie_pps": "ie.pps", "za_id": "za.idnr", "in_aadhaar": "in_.aadhaar", "in_pan": "in_.pan", "de_tax": "de.idnr", "fr_nir": "fr.nir",
    "es_dni": "es.dni", "es_nie": "es.nie", "it_cf": "it.codicefiscale", "pt_nif": "pt.nif", "nl_bsn": "nl.bsn", "be_nn": "be.nn",
    "pl_pesel": "pl.pesel", "se_pnr": "se.personnummer", "no_fnr": "no.fodselsnummer", "dk_cpr": "dk.cpr", "fi_hetu": "fi.hetu",
    "cz_rc": "cz.rc", "ro_cnp": "ro.cnp", "ee_ik": "ee.ik", "hr_oib": "hr.oib", "bg_egn": "bg.egn", "tr_tc": "tr.tckimlik",
    "br_cpf": "br.cpf", "mx_curp": "mx.curp", "cl_rut": "cl.rut", "ar_dni": "ar.dni", "cn_id": "cn.ric", "kr_rrn": "kr.rrn",
    "my_nric": "my.nric", "th_id": "th.pin",
}  # fmt: skip


def main():
    r = random.Random(1)
    for name, module in STDNUM.items():
        if not module:
            continue
        bad = []
        for _ in range(300):
            born = datetime.date(1938, 1, 1) + datetime.timedelta(days=r.randint(0, 25000))
            s = getattr(num, name)(r, born, r.random() < 0.5)
            if not importlib.import_module("stdnum." + module).is_valid(s):
                bad.append((s, born))
        print(name, "right" if not bad else f"{len(bad)} wrong: {bad[:4]}")
    luhn, iban = importlib.import_module("stdnum.luhn"), importlib.import_module("stdnum.iban")
    docs = [json.loads(x) for x in gzip.decompress((HERE / "pii_documents_4.jsonl.gz").read_bytes()).decode().splitlines()]
    seen = collections.Counter()
    for d in docs:
        end = 0
        for s in d["spans"]:
            part = d["text"][s["start"] : s["end"]]
            seen[s["type"], part] += 1
            assert end <= s["start"] < s["end"] <= len(d["text"]) and part == part.strip() and "\n" not in part, d["id"]
            assert not d["text"][: s["start"]][-1:].isalnum() and not d["text"][s["end"] :][:1].isalnum(), (d["id"], part)
            end = s["end"]
            if s["type"] == "CREDIT_CARD":
                assert luhn.is_valid("".join(c for c in part if c.isdigit())), part
            if s["type"] == "IBAN_CODE":
                assert iban.is_valid(part, check_country=False), part
        # what is a span in one place of a document is one in all
        for t, part in {(s["type"], d["text"][s["start"] : s["end"]]) for s in d["spans"]}:
            if t in ("PERSON", "LOCATION") and len(part) > 4:
                here = [i for i in range(len(d["text"])) if d["text"].startswith(part, i)]
                if any(not any(s["start"] <= i < s["end"] for s in d["spans"]) for i in here):
                    print("also unmarked:", d["id"], t, part)
    assert len({d["text"] for d in docs}) == len(docs) == 1000
    print(len(docs), "documents are sound;", len(seen), "kinds of spans, the most frequent", seen.most_common(12))


if __name__ == "__main__":
    main()
