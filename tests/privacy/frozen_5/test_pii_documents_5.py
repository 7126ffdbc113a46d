"""The fifth set of made documents: whole, as it was frozen, and as its generator writes it."""

import pathlib

import pytest

from ..frozen_documents import CHECKS, FrozenSet

HERE = pathlib.Path(__file__).resolve().parent
SET = FrozenSet(
    HERE / "pii_documents_5.jsonl.gz",
    packed_sha256="22ae80ba4335ccbda1d90214a063c4560e7ac5d031eea646eb9a64075f140e31",
    plain_sha256="acc80eef63cf7f26c3145ed5e19e1608afc60e0d75906618dd2ef48fcab16b12",
    types={
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
    },
    shapes=286,
    kinds=40,
    generator="make_documents_5",
    most_of_a_shape=5,
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_set(check: str) -> None:
    CHECKS[check](SET)
