"""The third set of made documents: whole, as it was frozen, and as its generator writes it."""

import collections
import gzip
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE / "pii_documents_3.jsonl.gz"
GZ = "87fce7b13291d64c1dfa5175e1de9a293b9b4332d5d8fe483c2172a25a2ecc59"
PLAIN = "f7e908a43e8fa029d1d5fbb3c7cdee76d786a2e5f78b08442326fdc96fe1ab44"
TYPES = {
    "PERSON": 3077,
    "LOCATION": 1161,
    "PHONE_NUMBER": 430,
    "ID_NUMBER": 422,
    "EMAIL_ADDRESS": 337,
    "DATE_OF_BIRTH": 235,
    "IP_ADDRESS": 145,
    "IBAN_CODE": 129,
    "CREDIT_CARD": 111,
    "URL": 102,
}
SHAPES, KINDS = 240, 22


def read() -> list[dict]:
    return [json.loads(x) for x in gzip.decompress(FILE.read_bytes()).decode().splitlines()]


def test_the_file_is_the_frozen_one():
    zipped = FILE.read_bytes()
    assert hashlib.sha256(zipped).hexdigest() == GZ
    assert hashlib.sha256(gzip.decompress(zipped)).hexdigest() == PLAIN


def test_counts():
    docs = read()
    shapes = collections.Counter(d["id"].rpartition("-")[0] for d in docs)
    assert len(docs) == len({d["id"] for d in docs}) == len({d["text"] for d in docs}) == 1000
    assert sum(not d["spans"] for d in docs) == 100
    assert len(shapes) == SHAPES
    assert max(shapes.values()) <= 10, "no shape gives more than one document in a hundred"
    assert len({d["kind"] for d in docs}) == KINDS
    assert dict(collections.Counter(s["type"] for d in docs for s in d["spans"])) == TYPES


def test_spans_stand_in_order_on_whole_words():
    for d in read():
        assert list(d) == ["id", "kind", "text", "spans"]
        assert d["id"].startswith(d["kind"] + "-")
        text, end = d["text"], 0
        for s in d["spans"]:
            assert list(s) == ["start", "end", "type"]
            assert end <= s["start"] < s["end"] <= len(text), d["id"]
            part, after = text[s["start"] : s["end"]], text[s["end"] : s["end"] + 1]
            assert part == part.strip(), d["id"]
            assert not text[: s["start"]][-1:].isalnum(), (d["id"], part)
            assert not after.isalnum() or after in "sS", (d["id"], part)
            end = s["end"]


def test_check_digits():
    for d in read():
        for s in d["spans"]:
            part = "".join(c for c in d["text"][s["start"] : s["end"]].upper() if c.isalnum())
            if s["type"] == "CREDIT_CARD":
                twice = [int(c) * (1 + at % 2) for at, c in enumerate(reversed(part))]
                assert sum(sum(divmod(x, 10)) for x in twice) % 10 == 0, (d["id"], part)
            elif s["type"] == "IBAN_CODE":
                moved = "".join(str(int(c, 36)) for c in part[4:] + part[:4])
                assert int(moved) % 97 == 1, (d["id"], part)


def test_the_generator_makes_the_same():
    sys.path.insert(0, str(HERE))
    try:
        import make_documents_3
    finally:
        sys.path.remove(str(HERE))
    plain, zipped = make_documents_3.packed(make_documents_3.documents()[0])
    assert hashlib.sha256(plain).hexdigest() == PLAIN
    assert gzip.decompress(zipped) == plain
