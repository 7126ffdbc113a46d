"""The fifth set of made documents: whole, as it was frozen, and as its generator writes it."""

import collections
import gzip
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE / "pii_documents_5.jsonl.gz"
GZ = "22ae80ba4335ccbda1d90214a063c4560e7ac5d031eea646eb9a64075f140e31"
PLAIN = "acc80eef63cf7f26c3145ed5e19e1608afc60e0d75906618dd2ef48fcab16b12"
TYPES = {
    "PERSON": 4089,
    "LOCATION": 1593,
    "PHONE_NUMBER": 585,
    "ID_NUMBER": 515,
    "EMAIL_ADDRESS": 460,
    "DATE_OF_BIRTH": 376,
    "IP_ADDRESS": 236,
    "IBAN_CODE": 194,
    "URL": 94,
    "CREDIT_CARD": 87,
}
SHAPES, KINDS = 286, 40


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
    assert max(shapes.values()) <= 5, "no shape gives more than five documents"
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
        import make_documents_5
    finally:
        sys.path.remove(str(HERE))
    plain, zipped = make_documents_5.packed(make_documents_5.documents()[0])
    assert hashlib.sha256(plain).hexdigest() == PLAIN
    assert gzip.decompress(zipped) == plain
