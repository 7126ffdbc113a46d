"""The seventh set of made documents: whole, as it was frozen, and as its generator writes it."""

import pathlib

import pytest

from ..frozen_documents import CHECKS, FrozenSet

HERE = pathlib.Path(__file__).resolve().parent
SET = FrozenSet(
    HERE / "pii_documents_7.jsonl.gz",
    packed_sha256="488794e4328ab495886472ba1cee82e2210c9ef6b13625486c683deddbce3323",
    plain_sha256="0a5f04cc60ca3cf94eb2c1181af511ae1c9ac0a294000760cc8954424e1b5a8d",
    types={
        "PERSON": 4290,
        "LOCATION": 1667,
        "PHONE_NUMBER": 514,
        "ID_NUMBER": 455,
        "DATE_OF_BIRTH": 373,
        "EMAIL_ADDRESS": 338,
        "IBAN_CODE": 106,
        "IP_ADDRESS": 111,
        "CREDIT_CARD": 74,
        "URL": 38,
    },
    shapes=364,
    kinds=60,
    generator="make_documents_7",
    most_of_a_shape=4,
    borrows=(HERE.parent / "frozen_6", HERE.parent / "frozen_5"),
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_set(check: str) -> None:
    CHECKS[check](SET)
