"""The fourth set of made documents: whole, as it was frozen, and as its generator writes it."""

import pathlib

import pytest

from ..frozen_documents import CHECKS, FrozenSet

HERE = pathlib.Path(__file__).resolve().parent
SET = FrozenSet(
    HERE / "pii_documents_4.jsonl.gz",
    packed_sha256="142e4ae60339839d5947f52235e9ad5b7a8f5526f8317ddbcf664c2471a93c3b",
    plain_sha256="e1331d1113f01f0aa92589879fc9ce36641527200428b535deaf0638a736c60a",
    types={
        "PERSON": 3391,
        "LOCATION": 1401,
        "PHONE_NUMBER": 544,
        "ID_NUMBER": 495,
        "DATE_OF_BIRTH": 372,
        "EMAIL_ADDRESS": 353,
        "IP_ADDRESS": 101,
        "IBAN_CODE": 101,
        "CREDIT_CARD": 73,
        "URL": 58,
    },
    shapes=265,
    kinds=32,
    generator="make_documents_4",
    most_of_a_shape=10,
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_set(check: str) -> None:
    CHECKS[check](SET)
