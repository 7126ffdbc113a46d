"""Checks the eighth set with python-stdnum, which no maker uses, and for what was left unlabelled.

    pip install python-stdnum
    PYTHONPATH=../frozen_7:../frozen_6:../frozen_5 python check_documents_8.py
"""

import importlib
import random
import re

import make_documents_8 as maker
import numbers_8 as numbers
from check_documents_7 import CHECKS, somebody


def makers():
    """The makers of identity numbers, in the order in which the seventh set's check knows them."""
    r, count, wrong = random.Random(83), 0, 0
    for land, modules in CHECKS.items():
        for module, (labels, make) in zip(modules, numbers.IDS[land], strict=True):
            if not module:
                continue
            check, count = importlib.import_module("stdnum." + module).validate, count + 1
            for _ in range(100):
                number = make(r, somebody(r)).strip()
                try:
                    check(number)
                except ValueError as error:
                    wrong += 1
                    print("WRONG", land, labels, number, type(error).__name__)
                    break
    print(count, "makers, 100 numbers of each,", wrong, "wrong")


def documents():
    from stdnum import iban, luhn

    seen = {"CREDIT_CARD": 0, "IBAN_CODE": 0}
    for d in maker.documents()[0]:
        for s in d["spans"]:
            part = d["text"][s["start"] : s["end"]]
            if s["type"] == "CREDIT_CARD":
                luhn.validate(re.sub(r"\D", "", part))
            elif s["type"] == "IBAN_CODE":
                iban.validate(part, check_country=False)
            if s["type"] in seen:
                seen[s["type"]] += 1
    print(seen, "have right check figures")


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
                if len(value) > 2 and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", outside):
                    print(d["id"], repr(value))
                    shown += 1
    print(looked, "documents looked at,", shown, "left over")


if __name__ == "__main__":
    makers()
    documents()
    left_over()
