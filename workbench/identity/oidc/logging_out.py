"""A provider tells that somebody signed out there: OpenID Connect Back-Channel Logout 1.0.

It says so straight to this server, without a browser, by a token that it signs. What that token
names ends here too. It opens nothing, and is no id_token: neither can be shown for the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .id_tokens import RULES, Claims, Expected, read_header, refuse
from .issuers import Issuer, issuer_of
from .providers import Providers

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TYPES = ("logout+jwt", "application/logout+jwt", "JWT", None)


def read_logout_token(
    text: Any, expected: Expected, *, find_key: Callable[[str | None, str], Any]
) -> dict[str, Any]:
    """The claims of a logout token (section 2.6).

    Args:
        text: The token.
        expected: What it must say; its nonce counts for nothing.
        find_key: As for ``read_id_token``.

    Raises:
        AccessError: It is not to be taken; the context's ``reason`` says which rule it breaks.
    """
    header = read_header(text, expected)
    algorithm = RULES["algorithm"](header, expected)
    kid = header.get("kid")
    if (kid is not None and not isinstance(kid, str)) or header.get("typ") not in _TYPES:
        refuse("form", "is no token about signing out", expected)
    claims: Claims = RULES["signature"](text, find_key(kid, algorithm), algorithm, expected)
    for rule in ("issuer", "audience", "times"):
        RULES[rule](claims, header, expected)
    check_event(claims, expected)
    return dict(claims)


def check_event(claims: Claims, expected: Expected) -> None:
    """It must be about signing out, of somebody, and no answer to a browser's question."""
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(EVENT), Mapping):
        refuse("event", "does not say that somebody signed out", expected)
    if "nonce" in claims:
        refuse("nonce", "is an id_token, or may be one", expected)
    named = [claims.get(name) for name in ("sub", "sid")]
    if all(each is None for each in named) or any(
        each is not None and not isinstance(each, str) for each in named
    ):
        refuse("subject", "names nobody who signed out", expected)


def end_by_provider(
    name: str,
    text: Any,
    *,
    database: Database | None = None,
    clock: Callable[[], float] = time.time,
) -> int:
    """End what a logout token names: one session of the provider's, or all of a subject.

    Where it names both, sessions of the subject whose id_token named no session of the provider's
    end too: one of them may be it (section 2.7), and signing in again is all that it costs.

    Sessions that began after the token was made go on, so one that is shown again ends nothing new.

    Args:
        name: The provider's.
        text: The token.
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time.

    Returns:
        How many sessions ended.

    Raises:
        AccessError: The token is not to be taken.
        DeadlineError: The provider is slow.
        FetchError: Its keys cannot be fetched.
        NotFoundError: There is no such provider.
    """
    database = database or open_database()
    issuer = issuer_of(Providers(database).get(name))
    now_s = clock()
    claims = read_logout_token(text, _expected(issuer, now_s), find_key=issuer.keys.find)
    values = (
        now_s,
        issuer.provider.issuer,
        claims.get("sub"),
        claims.get("sid"),
        float(claims["iat"]) + issuer.provider.leeway_s,
    )
    with database.transaction() as connection:
        ended = connection.execute(
            "UPDATE sessions SET ended_s = ?1, ended_because = 'signed out there' "
            "WHERE ended_s IS NULL AND created_s <= ?5 AND id IN (SELECT session "
            "FROM oidc_sessions WHERE issuer = ?2 AND (?3 IS NULL OR subject = ?3) AND "
            "(?4 IS NULL OR sid = ?4 OR (sid IS NULL AND ?3 IS NOT NULL)))",
            values,
        ).rowcount
        data = {"ended": ended}
        Ledger(database).append("oidc.signed_out_there", name, actor=f"oidc:{name}", data=data)
    return ended


def _expected(issuer: Issuer, now_s: float) -> Expected:
    provider = issuer.provider
    return Expected(
        provider.name,
        provider.issuer,
        provider.client_id,
        "",
        now_s,
        provider.leeway_s,
        issuer.discover().algorithms,
    )
