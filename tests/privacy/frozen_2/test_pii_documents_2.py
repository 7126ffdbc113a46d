"""The second set of made documents: whole, as it was frozen, and as its generator writes it."""

import pathlib

import pytest

from ..frozen_documents import CHECKS, FrozenSet

HERE = pathlib.Path(__file__).resolve().parent
SET = FrozenSet(
    HERE / "pii_documents_2.jsonl.gz",
    packed_sha256="ba5f2e4e8589f412582d62a7e7e5390e50615765c31a9764f8b6fb0f4badd9c3",
    plain_sha256="e6b56545310874f80c02fca6c8b9ce2dce68d60c72b3eea2b6d02faba168febd",
    types={
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
    },
    shapes=255,
    kinds=25,
    generator="make_documents",
    borrows=(HERE.parent / "frozen",),  # pii_numbers is the first set's
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_set(check: str) -> None:
    CHECKS[check](SET)
