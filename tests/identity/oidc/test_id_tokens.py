"""Attacks by id_tokens: each is refused by its rule, and gets in where that rule is broken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workbench.core.errors import AccessError
from workbench.identity.oidc.id_tokens import ALGORITHMS, RULES, Expected, read_id_token
from workbench.identity.oidc.signing_keys import SigningKeys

from .forging import (
    CLIENT,
    ISSUER,
    NONCE,
    NOW_S,
    claims,
    hmac_signed,
    key,
    public,
    public_bytes,
    signed,
    unsigned,
)  # fmt: skip

ACCESS = "an access token"
HALF = base64.urlsafe_b64encode(hashlib.sha256(ACCESS.encode()).digest()[:16]).rstrip(b"=").decode()
EXPECTED = Expected("corp", ISSUER, CLIENT, NONCE, NOW_S, 120.0, access_token=ACCESS)


def keys() -> SigningKeys:
    theirs = [public(key("theirs")), public(key("curve", "EC", "P-256"))]
    return SigningKeys("corp", lambda: {"keys": theirs})


def read(token: Any, expected: Expected = EXPECTED) -> dict[str, Any]:
    return read_id_token(token, expected, find_key=keys().find)


def theirs(**changes: Any) -> str:
    return signed(claims(**changes), key("theirs"))


def nothing(*_: Any) -> None:
    """A rule that was left out."""


def whatever_it_says(header: Any, expected: Expected) -> str:
    """The algorithm that the token asks for."""
    return str(header["alg"])


def unchecked(text: str, *_: Any) -> Any:
    """The claims, whoever signed them."""
    part = text.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def by_any_key(text: str, found: Any, algorithm: str, expected: Expected) -> Any:
    """The key's text as the secret of an HMAC: what libraries did that let tokens choose."""
    head, _, shown = text.rpartition(".")
    made = hmac.new(public_bytes(key("theirs")), head.encode(), hashlib.sha256).digest()
    assert algorithm == "HS256"
    assert shown == base64.urlsafe_b64encode(made).rstrip(b"=").decode()
    return unchecked(text)


def any_key(*_: Any) -> None:
    """A look for the key that takes whatever there is."""


ATTACKS: dict[str, tuple[Callable[[], str], str, dict[str, Any]]] = {
    "signed by the attacker, under the provider's key id": (
        lambda: signed(claims(), key("mine"), kid="theirs"), "signature", {"signature": unchecked}),
    "claims changed after signing": (
        lambda: theirs().split(".")[0] + "." + unsigned(claims(sub="s-2")).split(".")[1] + "."
        + theirs().split(".")[2], "signature", {"signature": unchecked}),
    "alg none": (
        lambda: unsigned(claims()), "algorithm",
        {"algorithm": whatever_it_says, "signature": unchecked, "find": any_key}),
    "alg NONE": (
        lambda: unsigned(claims(), "NONE"), "algorithm",
        {"algorithm": whatever_it_says, "signature": unchecked, "find": any_key}),
    "HS256 with the public key for a secret": (
        lambda: hmac_signed(claims(), public_bytes(key("theirs")), "theirs"), "algorithm",
        {"algorithm": whatever_it_says, "signature": by_any_key, "find": any_key}),
    "another issuer": (lambda: theirs(iss="https://evil.example"), "issuer", {"issuer": nothing}),
    "an issuer with a slash": (lambda: theirs(iss=ISSUER + "/"), "issuer", {"issuer": nothing}),
    "no issuer": (lambda: theirs(iss=None), "issuer", {"issuer": nothing}),
    "another audience": (lambda: theirs(aud="other"), "audience", {"audience": nothing}),
    "another audience beside us": (
        lambda: theirs(aud=[CLIENT, "other"], azp=CLIENT), "audience", {"audience": nothing}),
    "made for another who may show it to us": (
        lambda: theirs(azp="other"), "audience", {"audience": nothing}),
    "an empty audience": (lambda: theirs(aud=[]), "audience", {"audience": nothing}),
    "no audience": (lambda: theirs(aud=None), "audience", {"audience": nothing}),
    "expired": (lambda: theirs(exp=NOW_S - 121, iat=NOW_S - 300), "expired", {"times": nothing}),
    "no expiry": (lambda: theirs(exp=None), "times", {"times": nothing}),
    "an expiry that is no number": (lambda: theirs(exp="never"), "times", {"times": nothing}),
    "an expiry of nan": (lambda: theirs(exp=float("nan")), "times", {"times": nothing}),
    "true for a time": (lambda: theirs(exp=True), "times", {"times": nothing}),
    "made in time to come": (lambda: theirs(iat=NOW_S + 121), "early", {"times": nothing}),
    "in force in time to come": (lambda: theirs(nbf=NOW_S + 121), "early", {"times": nothing}),
    "made long ago": (lambda: theirs(iat=NOW_S - 421), "old", {"times": nothing}),
    "another nonce": (lambda: theirs(nonce="of another"), "nonce", {"nonce": nothing}),
    "no nonce": (lambda: theirs(nonce=None), "nonce", {"nonce": nothing}),
    "another's access token": (
        lambda: theirs(at_hash="A" * 22), "access token", {"access token": nothing}),
    "nobody": (lambda: theirs(sub=""), "subject", {"subject": nothing}),
    "a subject that is a list": (lambda: theirs(sub=["s-1"]), "subject", {"subject": nothing}),
    "a subject without end": (lambda: theirs(sub="s" * 256), "subject", {"subject": nothing}),
}  # fmt: skip


def test_a_right_token_is_read() -> None:
    assert read(theirs())["sub"] == "s-1"
    assert read(theirs(aud=[CLIENT], azp=CLIENT, at_hash=HALF))["aud"] == [CLIENT]
    assert read(signed(claims(), key("curve", "EC", "P-256"), "ES256"))["sub"] == "s-1"
    assert read(theirs(exp=NOW_S - 119, iat=NOW_S - 400))  # clocks may differ by two minutes
    assert read(theirs(iat=NOW_S + 119, nbf=NOW_S + 119))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_by_its_rule(name: str) -> None:
    forge, reason, _ = ATTACKS[name]
    with pytest.raises(AccessError) as told:
        read(forge())
    assert told.value.context["reason"] == reason
    assert told.value.hint


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_in_where_its_rule_is_broken(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above would fail for such a verification."""
    forge, _, broken = ATTACKS[name]
    for rule, variant in broken.items():
        if rule in RULES:
            monkeypatch.setitem(RULES, rule, variant)
    find = broken.get("find", keys().find)
    assert "sub" in read_id_token(forge(), EXPECTED, find_key=find)


@pytest.mark.parametrize(
    "token",
    [None, 7, "", "a.b", "a.b.c.d.e", "..", "!.!.!", "e30.e30.", "x" * 70_000, "bnVsbA.e30.e30",
     "é.é.é"],
)  # fmt: skip
def test_what_is_no_token_is_refused(token: Any) -> None:
    with pytest.raises(AccessError):
        read(token)


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False}],
)
def test_a_header_with_demands_is_refused(header: dict[str, Any]) -> None:
    part = base64.urlsafe_b64encode(
        json.dumps({"alg": "RS256", "kid": "theirs", **header}).encode()
    ).rstrip(b"=")
    with pytest.raises(AccessError) as told:
        read(part.decode() + "." + ".".join(theirs().split(".")[1:]))
    assert told.value.context["reason"] == "form"


def test_a_key_in_the_token_itself_is_not_looked_at() -> None:
    """CVE-2018-0114: the header brings the key that the token is then checked by."""
    mine = key("mine")
    text = signed(claims(), mine, jwk=public(mine))
    with pytest.raises(AccessError) as told:
        read(text)
    assert told.value.context["reason"] == "key"


def test_a_provider_that_signs_by_one_algorithm_is_not_believed_by_another() -> None:
    text = signed(claims(), key("curve", "EC", "P-256"), "ES256")
    with pytest.raises(AccessError) as told:
        read(text, replace(EXPECTED, algorithms=("RS256",)))
    assert told.value.context["reason"] == "algorithm"
    assert not {"none", "HS256", "HS384", "HS512"} & set(ALGORITHMS)
    with pytest.raises(AccessError):  # not even if a discovery document asks for it
        read(unsigned(claims()), replace(EXPECTED, algorithms=("none", "HS256")))


@pytest.mark.parametrize(
    ("off_s", "reason", "said"),
    [(3600.0, "old", "3,600 s ahead of"), (-3600.0, "early", "3,600 s behind")],
)
def test_a_clock_that_is_an_hour_off_is_said(off_s: float, reason: str, said: str) -> None:
    off = replace(EXPECTED, now_s=NOW_S + off_s, provider_time_s=NOW_S)
    with pytest.raises(AccessError) as told:
        read(theirs(exp=NOW_S + 7200), off)
    assert told.value.context["reason"] == reason
    assert said in str(told.value)
    assert "timedatectl" in str(told.value.hint)


def test_an_old_token_by_clocks_that_agree_is_no_matter_of_clocks() -> None:
    with pytest.raises(AccessError) as told:
        read(theirs(iat=NOW_S - 3600), replace(EXPECTED, provider_time_s=NOW_S))
    assert "clock" not in str(told.value)
