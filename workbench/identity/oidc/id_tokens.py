"""Whether an id_token is what it must be: OpenID Connect Core 1.0, section 3.1.3.7.

The signature is checked before anything that the token says is believed, and by a key and an
algorithm that the token cannot choose: ``none`` and the HMACs are on no list, so a public key is
never taken for a shared secret. Each rule is a function of its own that says what is wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from workbench.core.errors import AccessError
from workbench.core.optional import require

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
MOST_TOKEN_CHARS = 64 * 1024
MOST_SUBJECT_CHARS = 255
MOST_AGE_S = 300.0  # it comes straight from the provider, for a code that was made just now
_HASHES = {
    "256": "sha256",
    "384": "sha384",
    "512": "sha512",
    "Ed25519": "sha512",
    "EdDSA": "sha512",
}


@dataclass(frozen=True)
class Expected:
    """What an id_token must say to be taken.

    ``provider_time_s`` is what the provider's clock said when it sent the token, if it told.
    """

    provider: str
    issuer: str
    client_id: str
    nonce: str
    now_s: float
    leeway_s: float
    algorithms: tuple[str, ...] = ALGORITHMS
    access_token: str | None = None
    provider_time_s: float | None = None


Claims = Mapping[str, Any]


def read_id_token(
    text: Any, expected: Expected, *, find_key: Callable[[str | None, str], Any]
) -> dict[str, Any]:
    """The claims of an id_token.

    Args:
        text: The token, in the compact form of RFC 7515.
        expected: What it must say.
        find_key: Gives the provider's key for a key's id (None if the token names none) and an
            algorithm.

    Raises:
        AccessError: It is not to be taken; the context's ``reason`` says which rule it breaks.
    """
    header = read_header(text, expected)
    algorithm = RULES["algorithm"](header, expected)
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        refuse("form", "names its key by something that is no text", expected)
    claims = RULES["signature"](text, find_key(kid, algorithm), algorithm, expected)
    for rule in ("issuer", "audience", "times", "nonce", "access token", "subject"):
        RULES[rule](claims, header, expected)
    return dict(claims)


def refuse(reason: str, said: str, expected: Expected, hint: str | None = None) -> NoReturn:
    """Raise AccessError: the token is not taken."""
    raise AccessError(
        f"what {expected.provider!r} sent of who signed in {said}",
        hint=hint or "sign in again; if it is so again, ask who runs the provider",
        reason=reason,
        provider=expected.provider,
    )


def read_header(text: Any, expected: Expected) -> dict[str, Any]:
    """The header of a token. Raises AccessError for what has not its form."""
    if not isinstance(text, str) or len(text) > MOST_TOKEN_CHARS or text.count(".") != 2:
        refuse("form", "is no signed token", expected)
    part = text.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        header = None
    if not isinstance(header, dict) or "crit" in header or header.get("b64") is False:
        refuse("form", "is no signed token of a known form", expected)
    return header


def check_algorithm(header: Claims, expected: Expected) -> str:
    """The algorithm, if it is on the list: never ``none``, never one with a shared secret."""
    named = header.get("alg")
    for algorithm in expected.algorithms:
        if named == algorithm and algorithm in ALGORITHMS:
            return algorithm
    allowed = ", ".join(expected.algorithms)
    refuse("algorithm", f"is signed by {named!r:.40}; it may be by {allowed}", expected)


def check_signature(text: str, key: Any, algorithm: str, expected: Expected) -> Claims:
    """The claims, if the key signed them by just this algorithm."""
    jwt = require("joserfc.jwt", extra="identity")
    errors = require("joserfc.errors", extra="identity")
    try:
        token = jwt.decode(text, key, algorithms=[algorithm])
    except (errors.JoseError, ValueError, TypeError, RecursionError):
        refuse("signature", "is not signed by its key", expected)
    found: Claims = token.claims
    return found


def check_issuer(claims: Claims, header: Claims, expected: Expected) -> None:
    """It must be of the provider that was asked."""
    if claims.get("iss") != expected.issuer:
        refuse(
            "issuer",
            f"is of the issuer {claims.get('iss')!r:.200}; it must be of {expected.issuer}",
            expected,
        )


def check_audience(claims: Claims, header: Claims, expected: Expected) -> None:
    """It must be for us, and for nobody whom we do not know."""
    named = claims.get("aud")
    audience = named if isinstance(named, list) else [named]
    parties = [*audience, claims.get("azp", expected.client_id)]
    if not audience or any(each != expected.client_id for each in parties):
        refuse(
            "audience",
            f"is for {named!r:.200} (azp {claims.get('azp')!r:.100}); "
            f"it must be for {expected.client_id!r} alone",
            expected,
        )


def check_times(claims: Claims, header: Claims, expected: Expected) -> None:
    """It must be in force now, and new, by two clocks that may differ a little."""
    now_s, leeway_s = expected.now_s, expected.leeway_s
    times: dict[str, float] = {}
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name)
        if value is None and name == "nbf":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e11:
            refuse("times", f"has no time {name}", expected)
        times[name] = float(value)
    begins_s = max(times["iat"], times.get("nbf", times["iat"]))
    if times["exp"] <= now_s - leeway_s:
        _refuse_time("expired", f"expired at {_when(times['exp'])}", times["iat"], expected)
    if begins_s > now_s + leeway_s:
        _refuse_time("early", f"is in force from {_when(begins_s)}", times["iat"], expected)
    if times["iat"] < now_s - leeway_s - MOST_AGE_S:
        _refuse_time("old", f"was made at {_when(times['iat'])}", times["iat"], expected)


def _refuse_time(reason: str, said: str, made_s: float, expected: Expected) -> NoReturn:
    """Say what the clocks say: that one of them is wrong is by far the likeliest reason."""
    theirs_s = made_s if expected.provider_time_s is None else expected.provider_time_s
    apart_s = expected.now_s - theirs_s
    if abs(apart_s) <= expected.leeway_s:
        refuse(reason, f"{said}; it is {_when(expected.now_s)} now", expected)
    ahead = "ahead of" if apart_s > 0 else "behind"
    refuse(
        reason,
        f"{said}; it is {_when(expected.now_s)} on this machine, whose clock is "
        f"{abs(apart_s):,.0f} s {ahead} the provider's ({expected.leeway_s:g} s are allowed)",
        expected,
        hint="set this machine's clock (timedatectl set-ntp true), or the provider's",
    )


def check_nonce(claims: Claims, header: Claims, expected: Expected) -> None:
    """It must answer what just this browser asked."""
    found = claims.get("nonce")
    if not isinstance(found, str) or not hmac.compare_digest(
        found.encode("utf-8", "surrogatepass"), expected.nonce.encode()
    ):
        refuse("nonce", "answers another question than this browser's", expected)


def check_access_token(claims: Claims, header: Claims, expected: Expected) -> None:
    """If it names an access token, that must be the one that came with it."""
    said = claims.get("at_hash")
    if said is None or expected.access_token is None:
        return
    name = str(header.get("alg"))
    digest = hashlib.new(
        _HASHES.get(name) or _HASHES[name[2:]], expected.access_token.encode()
    ).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if said != half:
        refuse("access token", "came with an access token of another", expected)


def check_subject(claims: Claims, header: Claims, expected: Expected) -> None:
    """It must say who, in a form that can be kept."""
    found = claims.get("sub")
    if (
        not isinstance(found, str)
        or not 0 < len(found) <= MOST_SUBJECT_CHARS
        or not found.isprintable()
    ):
        refuse("subject", "names nobody", expected)


RULES: dict[str, Callable[..., Any]] = {
    "algorithm": check_algorithm,
    "signature": check_signature,
    "issuer": check_issuer,
    "audience": check_audience,
    "times": check_times,
    "nonce": check_nonce,
    "access token": check_access_token,
    "subject": check_subject,
}


def _when(time_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time_s))
