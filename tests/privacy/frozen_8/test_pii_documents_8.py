"""The eighth set of made documents: whole, as it was frozen, and as its generator writes it."""

import pathlib

import pytest

from ..frozen_documents import CHECKS, FrozenSet

HERE = pathlib.Path(__file__).resolve().parent
SET = FrozenSet(
    HERE / "pii_documents_8.jsonl.gz",
    packed_sha256="019be0e5e78c9e6260cfbac0033b7de6c2cd249cdbdeeb109956aab960569f37",
    plain_sha256="649aad9dc9ca21415b5ecd57ad667a31562a4e974a0cb2418eafb2ea68480485",
    types={
        "PERSON": 4243,
        "LOCATION": 1480,
        "PHONE_NUMBER": 500,
        "ID_NUMBER": 370,
        "EMAIL_ADDRESS": 320,
        "DATE_OF_BIRTH": 246,
        "IBAN_CODE": 121,
        "IP_ADDRESS": 117,
        "CREDIT_CARD": 55,
        "URL": 48,
    },
    shapes=406,
    kinds=60,
    generator="make_documents_8",
    most_of_a_shape=4,
    borrows=(HERE.parent / "frozen_7", HERE.parent / "frozen_6", HERE.parent / "frozen_5"),
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_set(check: str) -> None:
    CHECKS[check](SET)
