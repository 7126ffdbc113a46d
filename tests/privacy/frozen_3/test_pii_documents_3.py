"""The third set of made documents: whole, as it was frozen, and as its generator writes it."""

import pathlib

import pytest

from ..frozen_documents import CHECKS, FrozenSet

HERE = pathlib.Path(__file__).resolve().parent
SET = FrozenSet(
    HERE / "pii_documents_3.jsonl.gz",
    packed_sha256="87fce7b13291d64c1dfa5175e1de9a293b9b4332d5d8fe483c2172a25a2ecc59",
    plain_sha256="f7e908a43e8fa029d1d5fbb3c7cdee76d786a2e5f78b08442326fdc96fe1ab44",
    types={
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
    },
    shapes=240,
    kinds=22,
    generator="make_documents_3",
    most_of_a_shape=10,
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_set(check: str) -> None:
    CHECKS[check](SET)
