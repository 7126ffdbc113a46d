"""Who sits before a page: nobody, until somebody signs in by his password or at a provider.

A page's process could do all that this machine's own user can. What it does for a visitor it does
by his session alone, which is asked for anew at each deed: what was ended, here or elsewhere, and
whoever was disabled is refused from that moment on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core import settings
from workbench.core.errors import AccessError, WorkbenchError
from workbench.identity.oidc import OidcSignIn, Providers
from workbench.identity.oidc.signing_in import Departure
from workbench.identity.scopes import SignedIn
from workbench.identity.sessions import Sessions
from workbench.identity.signing_in import NewSignIn, SignIn
from workbench.store.database import FILE_NAME

log = logging.getLogger(__name__)

SOURCE = "dashboards"
NOBODY = "nobody is signed in on this page"


@dataclass(frozen=True)
class Way:
    """A provider at which somebody can sign in; ``label`` is what it is called on the page."""

    name: str
    label: str


def ways_in() -> tuple[Way, ...]:
    """The providers that are set up; a home without a store has none, and gets no store by this."""
    if not (settings.home() / FILE_NAME).exists():
        return ()
    return tuple(Way(each.name, each.label or each.name) for each in Providers().list())


class Visitor:
    """One page's visitor. The session's text is kept here, in memory, and is told to nobody.

    Args:
        source: Where attempts to sign in are counted as coming from: all pages of a server share
            one, for the server does not tell a page's process whose address it serves.
    """

    def __init__(self, *, source: str = SOURCE) -> None:
        self._source = source
        self._text: str | None = None
        self._signed: SignedIn | None = None

    @property
    def user(self) -> str | None:
        """Who signed in; whether his session still holds is told by ``signed_in``."""
        return None if self._signed is None else self._signed.user

    def sign_in(self, user: str, password: str, *, device: str | None = None) -> str:
        """Begin a session; what was begun here before is ended.

        Args:
            user: The name as it was typed.
            password: As it was typed. It is not kept.
            device: The proof that an earlier sign-in left in the browser.

        Returns:
            A new proof of that kind. It opens nothing.

        Raises:
            AccessError: The name or the password is wrong.
            LimitError: Too many attempts failed; one has to wait.
        """
        made = SignIn().sign_in(
            user, password, source=self._source, previous=self._text, device=device
        )
        return self._begin(made)

    def depart(self, provider: str, *, page: str) -> Departure:
        """Begin to sign in at a provider: where the browser is sent, and what it has to keep.

        Args:
            provider: Its name here.
            page: The page's own address, which the provider has to know with the provider's name
                behind it (``back_to``).

        Raises: As ``OidcSignIn.depart``.
        """
        return OidcSignIn().depart(
            provider, redirect_uri=back_to(page, provider), source=self._source
        )

    def arrive(
        self,
        provider: str,
        query: Mapping[str, str],
        *,
        browser: str | None,
        device: str | None = None,
    ) -> str:
        """End what ``depart`` began, here or in a page that is gone; a session begins.

        Args:
            provider: As the address has it that the browser came back to.
            query: What the provider put into that address.
            browser: What the browser kept since.
            device: The proof that an earlier sign-in left in the browser.

        Returns:
            A new proof of that kind.

        Raises: As ``OidcSignIn.arrive``.
        """
        came = {"browser": browser, "source": self._source, "previous": self._text}
        arrived = OidcSignIn().arrive(provider, query, device=device, **came)
        assert arrived.sign_in is not None, "nobody is linked from here"
        return self._begin(arrived.sign_in)

    def sign_out(self, *, page: str | None = None) -> tuple[str, str] | None:
        """End the session, for good.

        Args:
            page: The page's own address: then it is told where to sign out at the provider too.

        Returns:
            That address and what the provider is called, if the session came by one that has it.
        """
        text, signed, self._text, self._signed = self._text, self._signed, None, None
        if text is None:
            return None
        SignIn().sign_out(text)
        return OidcSignIn().logout_url(signed, back=page) if page and signed else None

    def _begin(self, made: NewSignIn) -> str:
        self._text = made.session.text
        self._signed = Sessions().verify(self._text, kind="session")
        return made.device

    def signed_in(self) -> SignedIn:
        """Who he is, for a deed: the session is looked at again, and counts as used.

        Raises:
            AccessError: Nobody signed in, or the session is over.
        """
        if self._text is None:
            raise AccessError(NOBODY, hint="sign in", reason="session")
        try:
            self._signed = Sessions().verify(self._text, kind="session")
        except AccessError:
            self._text = self._signed = None
            raise
        return self._signed

    def still_signed_in(self) -> SignedIn:
        """Who he is, for a look that he did not ask for: it does not count as use.

        Raises:
            AccessError: Nobody signed in, or the session is over.
        """
        if self._signed is None:
            raise AccessError(NOBODY, hint="sign in", reason="session")
        try:
            Sessions().look(self._signed, used=False)
        except AccessError:
            self._text = self._signed = None
            raise
        return self._signed

    def leave(self) -> None:
        """Sign out as the process ends, if the store can still be written."""
        try:
            self.sign_out()
        except WorkbenchError as error:  # it ends by itself after an hour without use
            log.warning("the session of this page was not ended: %s", error)


def back_to(page: str, provider: str) -> str:
    """Where a provider sends the browser back to: the page, with the provider's name, so that the
    answer of one is not taken for that of another (RFC 9700, section 4.4.2.2)."""
    return f"{page}?provider={provider}"
