"""The sixth set of made documents: whole, as it was frozen, and as its generator writes it."""

import pathlib

import pytest

from ..frozen_documents import CHECKS, FrozenSet

HERE = pathlib.Path(__file__).resolve().parent
SET = FrozenSet(
    HERE / "pii_documents_6.jsonl.gz",
    packed_sha256="2436fea0e2e52f52177a4d2c7bae3d40f18c1debecafd44ee17a58833f2601ee",
    plain_sha256="9701a72fc65f7d926aa4f6d73682795ddea9986287eeaca548c66479b295f236",
    types={
        "PERSON": 3309,
        "LOCATION": 1418,
        "PHONE_NUMBER": 511,
        "ID_NUMBER": 412,
        "DATE_OF_BIRTH": 304,
        "EMAIL_ADDRESS": 289,
        "IP_ADDRESS": 164,
        "IBAN_CODE": 127,
        "URL": 69,
        "CREDIT_CARD": 61,
    },
    shapes=289,
    kinds=44,
    generator="make_documents_6",
    most_of_a_shape=4,
    borrows=(HERE.parent / "frozen_5",),
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_set(check: str) -> None:
    CHECKS[check](SET)
