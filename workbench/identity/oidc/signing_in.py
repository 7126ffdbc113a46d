"""Signing in at a provider: the authorization code flow with PKCE, state and nonce, to a session.

OpenID Connect Core 1.0, section 3.1; RFC 6749, 7636, 9207 and 9700. The session that begins is
one like those of passwords, and ends like them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from workbench.core.errors import AccessError, WorkbenchError
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from ..attempts import source_of
from ..scopes import SignedIn
from ..signing_in import NewSignIn, SignIn
from ..users import LOCAL
from .answers import authorization_url, code_of, fetch_tokens, fetch_user_info
from .entering import needed_claims, user_for
from .flows import Flow, Flows, browser_text
from .id_tokens import Expected, read_id_token
from .issuers import Issuer, issuer_of
from .links import Links
from .providers import Providers


@dataclass(frozen=True)
class Departure:
    """Where a browser is sent, and what it has to carry until it is back."""

    url: str = field(repr=False)
    browser: str = field(repr=False)


@dataclass(frozen=True)
class Arrival:
    """Who came back. ``sign_in`` is None where somebody signed in already linked himself."""

    user: str
    next: str
    sign_in: NewSignIn | None


class OidcSignIn:
    """Signing in to one store by its providers.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time to all that is asked here; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock
        self.providers = Providers(self.database, clock=clock)
        self.flows = Flows(self.database, clock=clock)
        self.links = Links(self.database, clock=clock)
        self.passwords = SignIn(self.database, clock=clock)

    def depart(
        self,
        name: str,
        *,
        redirect_uri: str,
        source: str,
        browser: str | None = None,
        next_page: str = "",
        link_to: SignedIn | None = None,
    ) -> Departure:
        """Begin to sign in.

        Args:
            name: The provider's.
            redirect_uri: Where it is to send the browser back to; it knows it already.
            source: Where the browser comes from.
            browser: What it carries from before.
            next_page: Where it goes on to afterwards.
            link_to: Who is signed in and wants to be linked, by a session.

        Raises:
            DeadlineError: The provider is slow.
            FetchError: It cannot be reached.
            LimitError: Too many were begun from this source.
            NotFoundError: There is no such provider.
        """
        issuer = issuer_of(self.providers.get(name))
        issuer.discover()  # before anything is kept
        if link_to is not None and link_to.kind != "session":
            raise AccessError("a token cannot be linked", hint="sign in", reason="owner")
        carried = browser_text(browser)
        begun = self.flows.begin(
            name,
            carried,
            redirect_uri=redirect_uri,
            next_page=next_page,
            source=source,
            link_session=link_to.id if link_to else None,
        )
        url = authorization_url(issuer, begun, redirect_uri=redirect_uri)
        return Departure(url, carried)

    def arrive(
        self,
        name: str,
        query: Mapping[str, str],
        *,
        browser: str | None,
        source: str,
        previous: str | None = None,
        device: str | None = None,
    ) -> Arrival:
        """End what ``depart`` began, with what the provider sent by way of the browser.

        Args:
            name: The provider's, as the address has it that the browser came back to.
            query: What stands in that address.
            browser: What the browser carries.
            source: Where it comes from.
            previous: The text of the session that it shows.
            device: The proof that an earlier sign-in left.

        Raises:
            AccessError: It is refused; the context's ``reason`` says by which rule.
            ConfigError: The provider does not take this client.
            DeadlineError: The provider is slow.
            FetchError: It cannot be reached.
            NotFoundError: There is no such provider.
        """
        issuer = issuer_of(self.providers.get(name))
        flow = self.flows.take(query.get("state", ""), browser, provider=name)
        try:
            claims = self._claims(issuer, query, flow)
            with self.database.transaction():
                return self._enter(issuer, claims, flow, source, previous, device)
        except WorkbenchError as error:
            data = {"reason": error.context.get("reason", error.code)}
            Ledger(self.database).append("oidc.refused", name, actor=LOCAL, data=data)
            raise

    def logout_url(self, signed: SignedIn, *, back: str) -> tuple[str, str] | None:
        """Where a browser can sign out at the provider as well (RP-Initiated Logout 1.0), and what
        that is called; None if nowhere.

        Args:
            signed: Whose session came by a provider, or did not.
            back: Where the provider may send the browser back to.
        """
        issuer = self.came_by(signed)
        for provider in self.providers.list() if issuer is not None else ():
            if provider.issuer == issuer:
                try:
                    url = issuer_of(provider).discover().end_session_endpoint
                except WorkbenchError:
                    return None  # it is away; here one is signed out all the same
                if url is None:
                    return None
                asked = {"client_id": provider.client_id, "post_logout_redirect_uri": back}
                whole = f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"
                return whole, provider.label or provider.name
        return None

    def came_by(self, signed: SignedIn) -> str | None:
        """The issuer that a session came by; None for one that a password began."""
        row = self.database.read_one(
            "SELECT issuer FROM oidc_sessions WHERE session = ?", (signed.id,)
        )
        return row["issuer"] if row else None

    def _claims(self, issuer: Issuer, query: Mapping[str, str], flow: Flow) -> dict[str, object]:
        """Who it is, as far as the provider's settings need it."""
        provider = issuer.provider
        tokens = fetch_tokens(issuer, code_of(issuer, query), flow)
        expected = Expected(
            provider.name,
            provider.issuer,
            provider.client_id,
            flow.nonce,
            self._clock(),
            provider.leeway_s,
            issuer.discover().algorithms,
            tokens.access_token,
            tokens.provider_time_s,
        )
        claims = read_id_token(tokens.id_token, expected, find_key=issuer.keys.find)
        if any(name not in claims for name in needed_claims(provider)):
            claims = {**fetch_user_info(issuer, tokens, claims["sub"]), **claims}
        return claims

    def _enter(
        self,
        issuer: Issuer,
        claims: Mapping[str, object],
        flow: Flow,
        source: str,
        previous: str | None,
        device: str | None,
    ) -> Arrival:
        provider, subject, sid = issuer.provider, str(claims["sub"]), claims.get("sid")
        if self.providers.get(provider.name) != provider:
            raise AccessError(
                f"the settings of {provider.name!r} were changed meanwhile",
                hint="begin anew on the sign-in page",
                reason="changed",
            )
        if flow.link_session is not None:
            user = self._linking(flow.link_session, previous)
            self.links.add(user, provider.issuer, subject, actor=user)
            return Arrival(user, flow.next, None)
        user = user_for(self.database, provider, claims, clock=self._clock)
        made = self.passwords.admit(
            user, source=source_of(source), previous=previous, device=device
        )
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO oidc_sessions (session, issuer, subject, sid) VALUES (?, ?, ?, ?)",
                (made.session.id, provider.issuer, subject, sid if isinstance(sid, str) else None),
            )
        return Arrival(user, flow.next, made)

    def _linking(self, session: str, shown: str | None) -> str:
        """The user who began to link himself, if it is still he who sits there."""
        signed = self.passwords.sessions.verify(shown or "", kind="session")
        if signed.id != session:
            raise AccessError(
                "somebody else is signed in here than who began to link himself",
                hint="begin anew on the sign-in page",
                reason="browser",
            )
        return signed.user
