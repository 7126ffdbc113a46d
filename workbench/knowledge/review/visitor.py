"""Who sits before a page: nobody, until somebody signs in by his password.

A page's process could do all that this machine's own user can. What it does for a visitor it does
by his session alone, which is asked for anew at each deed: what was ended, here or elsewhere, and
whoever was disabled is refused from that moment on.
"""

from __future__ import annotations

import logging

from workbench.core.errors import AccessError, WorkbenchError
from workbench.identity.scopes import SignedIn
from workbench.identity.sessions import Sessions
from workbench.identity.signing_in import SignIn

log = logging.getLogger(__name__)

SOURCE = "dashboards"
NOBODY = "nobody is signed in on this page"


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
        self._text = made.session.text
        self._signed = Sessions().verify(self._text, kind="session")
        return made.device

    def sign_out(self) -> None:
        """End the session, for good."""
        text, self._text, self._signed = self._text, None, None
        if text is not None:
            SignIn().sign_out(text)

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
