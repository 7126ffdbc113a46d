"""Ways to a provider and back: begun by one browser, used once, by that browser, soon.

The browser carries one random text in a cookie. The nonce and the verifier of PKCE (RFC 7636) are
made of it and of the state, so whoever reads the store can go none of these ways to its end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.core.errors import AccessError, LimitError
from workbench.store.database import Database

from ..attempts import source_of
from ..secret_texts import SECRET_CHARS, hash_secret, random_text

BROWSER_PREFIX = "wbo-"
FLOW_S = 600.0
MOST_OF_SOURCE = 120  # within FLOW_S; each may have us ask the provider once
MOST_FLOWS = 10_000


@dataclass(frozen=True)
class Begun:
    """What is sent to the provider, but for ``verifier``, which follows with the code."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class Flow:
    """A way that was gone: what its begin said."""

    redirect_uri: str
    next: str
    link_session: str | None
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Flows:
    """The ways that were begun in one store.

    Args:
        database: The store.
        clock: Tells Unix time.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self.database, self._clock = database, clock

    def begin(
        self,
        provider: str,
        browser: str,
        *,
        redirect_uri: str,
        next_page: str,
        source: str,
        link_session: str | None = None,
    ) -> Begun:
        """Begin a way.

        Raises:
            LimitError: So many were begun from this source that the next has to wait.
        """
        state, now_s, source = random_text(), self._clock(), source_of(source)
        with self.database.transaction() as connection:
            connection.execute(
                "DELETE FROM oidc_flows WHERE begun_s <= ? OR begun_s > ?",
                (now_s - FLOW_S, now_s),
            )
            row = self.database.read_one(
                "SELECT count(*) AS number, min(begun_s) AS first_s FROM oidc_flows "
                "WHERE source = ?",
                (source,),
            )
            if row is not None and row["number"] >= MOST_OF_SOURCE:
                wait_s = row["first_s"] + FLOW_S - now_s
                raise LimitError(
                    f"{row['number']} sign-ins were begun from here within {FLOW_S:g} s; the next "
                    f"may be in {max(1, round(wait_s))} s",
                    hint="wait, or sign in by password",
                    limit="sign-in",
                    retry_after_s=wait_s,
                )
            connection.execute(
                "DELETE FROM oidc_flows WHERE state IN (SELECT state FROM oidc_flows "
                "ORDER BY begun_s DESC LIMIT -1 OFFSET ?)",
                (MOST_FLOWS - 1,),
            )
            connection.execute(
                "INSERT INTO oidc_flows (state, browser, provider, redirect_uri, next, source, "
                "link_session, begun_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (hash_secret(state), hash_secret(browser), provider, redirect_uri, next_page,
                 source, link_session, now_s),
            )  # fmt: skip
        return Begun(state, derive(browser, "nonce", state), derive(browser, "verifier", state))

    def take(self, state: str, browser: str | None, *, provider: str) -> Flow:
        """Go a way to its end; it cannot be gone twice.

        Raises:
            AccessError: It was not begun here, or by another browser or for another provider, was
                gone already, or too long ago. The context's ``reason`` says which.
        """
        with self.database.transaction() as connection:
            row = self.database.read_one(
                "SELECT * FROM oidc_flows WHERE state = ?", (hash_secret(state),)
            )
            if row is None or not 0 <= self._clock() - row["begun_s"] < FLOW_S:
                raise _refusal("state", "was not begun here, or too long ago", provider)
            if not browser or not hmac.compare_digest(row["browser"], hash_secret(browser)):
                raise _refusal("browser", "was begun in another browser", provider)
            if row["provider"] != provider:
                raise _refusal("mix-up", f"was begun for {row['provider']!r}", provider)
            if row["used_s"] is not None:
                raise _refusal("used", "was used already", provider)
            connection.execute(
                "UPDATE oidc_flows SET used_s = ? WHERE state = ?",
                (self._clock(), row["state"]),
            )
        nonce, verifier = derive(browser, "nonce", state), derive(browser, "verifier", state)
        return Flow(row["redirect_uri"], row["next"], row["link_session"], nonce, verifier)


def browser_text(shown: str | None) -> str:
    """What a browser carries: what it shows, if that has the form, or else a new text."""
    if (
        shown
        and shown.startswith(BROWSER_PREFIX)
        and len(shown) == len(BROWSER_PREFIX) + SECRET_CHARS
        and shown.isascii()
    ):
        return shown
    return BROWSER_PREFIX + random_text()


def derive(browser: str, what: str, state: str) -> str:
    """43 characters that only who has the browser's text can tell (RFC 7636 asks for as many)."""
    made = hmac.new(browser.encode(), f"{what}:{state}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _refusal(reason: str, said: str, provider: str) -> AccessError:
    return AccessError(
        f"this sign-in by {provider!r} {said}",
        hint="begin anew on the sign-in page",
        reason=reason,
        provider=provider,
    )
