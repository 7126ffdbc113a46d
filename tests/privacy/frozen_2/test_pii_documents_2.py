"""The second set of made documents: whole, as it was frozen, and as its generator writes it."""

import collections
import gzip
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE / "pii_documents_2.jsonl.gz"
GZ = "ba5f2e4e8589f412582d62a7e7e5390e50615765c31a9764f8b6fb0f4badd9c3"
PLAIN = "e6b56545310874f80c02fca6c8b9ce2dce68d60c72b3eea2b6d02faba168febd"
TYPES = {
    "PERSON": 4139,
    "LOCATION": 1608,
    "PHONE_NUMBER": 596,
    "EMAIL_ADDRESS": 515,
    "ID_NUMBER": 411,
    "DATE_OF_BIRTH": 282,
    "IP_ADDRESS": 180,
    "IBAN_CODE": 160,
    "CREDIT_CARD": 107,
    "URL": 97,
}
SHAPES, KINDS = 255, 25


def read() -> list[dict]:
    return [json.loads(x) for x in gzip.decompress(FILE.read_bytes()).decode().splitlines()]


def test_the_file_is_the_frozen_one():
    zipped = FILE.read_bytes()
    assert hashlib.sha256(zipped).hexdigest() == GZ
    assert hashlib.sha256(gzip.decompress(zipped)).hexdigest() == PLAIN


def test_counts():
    made = read()
    assert len(made) == 1000
    assert len({d["id"] for d in made}) == 1000
    assert len({d["text"] for d in made}) == 1000
    assert sum(not d["spans"] for d in made) == 100
    assert len({d["id"].rpartition("-")[0] for d in made}) == SHAPES
    assert len({d["kind"] for d in made}) == KINDS
    assert dict(collections.Counter(s["type"] for d in made for s in d["spans"])) == TYPES


def test_offsets():
    for d in read():
        assert list(d) == ["id", "kind", "text", "spans"]
        assert d["id"].startswith(d["kind"] + "-")
        end = 0
        for s in d["spans"]:
            assert list(s) == ["start", "end", "type"]
            assert end <= s["start"] < s["end"] <= len(d["text"]), d["id"]
            part = d["text"][s["start"] : s["end"]]
            assert part == part.strip(), d["id"]
            # a span is of whole words: no letter or digit touches it
            before, after = d["text"][: s["start"]][-1:], d["text"][s["end"] :][:1]
            assert not before.isalnum(), (d["id"], part)
            assert not after.isalnum() or after in "sS", (d["id"], part)
            end = s["end"]


def test_check_digits():
    for d in read():
        for s in d["spans"]:
            part = "".join(c for c in d["text"][s["start"] : s["end"]].upper() if c.isalnum())
            if s["type"] == "CREDIT_CARD":
                doubled = [int(c) * (1 + at % 2) for at, c in enumerate(reversed(part))]
                assert sum(sum(divmod(x, 10)) for x in doubled) % 10 == 0
            elif s["type"] == "IBAN_CODE":
                assert int("".join(str(int(c, 36)) for c in part[4:] + part[:4])) % 97 == 1


def test_the_generator_makes_the_same():
    where = [str(HERE), str(HERE.parent / "frozen")]  # pii_numbers is the first set's
    sys.path[:0] = where
    try:
        import make_documents
    finally:
        del sys.path[: len(where)]
    made, _, _ = make_documents.documents()
    plain, zipped = make_documents.packed(made)
    assert hashlib.sha256(plain).hexdigest() == PLAIN
    assert gzip.decompress(zipped) == plain
