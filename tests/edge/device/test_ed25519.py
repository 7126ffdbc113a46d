"""Signatures by plain integers, against RFC 8032's vectors and the package ``cryptography``."""

from __future__ import annotations

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from workbench.edge.device import ed25519

# RFC 8032, section 7.1: public key, message, signature of the tests 1, 2, 3 and SHA(abc).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
        "feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
        "31e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc(key: str, message: str, signature: str) -> None:
    key_b, message_b, signature_b = map(bytes.fromhex, (key, message, signature))
    assert ed25519.verify(key_b, message_b, signature_b)
    assert not ed25519.verify(key_b, message_b + b"x", signature_b)


def test_it_agrees_with_openssl_on_what_is_right_and_on_each_flipped_bit() -> None:
    drawn = random.Random(5)
    for _ in range(12):
        key = Ed25519PrivateKey.from_private_bytes(drawn.randbytes(32))
        public, message = key.public_key(), drawn.randbytes(drawn.randrange(200))
        signature = key.sign(message)
        assert ed25519.verify(public.public_bytes_raw(), message, signature)
        for _ in range(3):
            flipped = bytearray(signature)
            flipped[drawn.randrange(64)] ^= 1 << drawn.randrange(8)
            ours = ed25519.verify(public.public_bytes_raw(), message, bytes(flipped))
            assert ours == openssl(public, message, bytes(flipped)) is False


def openssl(public: Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        public.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_a_signature_has_one_form() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signature, public = key.sign(b"said"), key.public_key().public_bytes_raw()
    s = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    other = signature[:32] + s.to_bytes(32, "little")
    assert ed25519.verify(public, b"said", signature)
    assert not ed25519.verify(public, b"said", other)


@pytest.mark.parametrize(
    "key",
    [
        bytes([1]) + bytes(31),  # the neutral point
        bytes(32),  # of order four
        (2**255 - 20).to_bytes(32, "little"),  # of order two
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        (2**255 - 19).to_bytes(32, "little"),  # y is the prime: no encoding of a point
        (2**255 - 18).to_bytes(32, "little"),  # the neutral point, written another way
        bytes([2]) + bytes(31),  # no point of the curve
    ],
)
def test_keys_that_anybody_could_sign_for_and_those_that_are_none_sign_nothing(key: bytes) -> None:
    for commitment in (bytes([1]) + bytes(31), bytes(32)):
        assert not ed25519.verify(key, b"x", commitment + bytes(32))
    assert not ed25519.verify(key[:31], b"x", bytes(64))
