"""What the pages at the door do: sign in by password or at a provider, link, sign out.

GET   sign-in                the page; ?next=/a/page/of/here
POST  sign-in/form           its form
GET   oidc/NAME/start        to a provider; ?next=
GET   oidc/NAME/callback     and back
POST  oidc/NAME/link         to a provider, to be linked
POST  oidc/NAME/back-channel a provider's own word that somebody signed out there
GET   account                who one is here, with roles and links
POST  sign-out/form          out
"""

from __future__ import annotations

from urllib.parse import urlencode

from workbench.core.errors import (
    AccessError,
    ConflictError,
    InputError,
    LimitError,
    NotFoundError,
    WorkbenchError,
)
from workbench.store.database import Database, open_database

from ..grants import Grants
from ..oidc.addresses import page_of_here
from ..oidc.logging_out import end_by_provider
from ..oidc.signing_in import OidcSignIn
from ..scopes import SignedIn
from ..signing_in import NewSignIn
from . import pages
from .asking import MOST_COOKIE_S, OIDC_COOKIE, Answer, Asked, Cookie, Place

# An answer that came straight from the provider's site shows none of this site's strict cookies, so
# not the session that is to end, or to be linked: a page of here asks the same again.
_AGAIN = "again"
_STATUS: tuple[tuple[type[WorkbenchError], int], ...] = (
    (AccessError, 403),
    (LimitError, 429),
    (NotFoundError, 404),
    (ConflictError, 409),
    (InputError, 400),
)


class FrontDoor:
    """The door of one store. It waits for disks and providers, so a server asks it in a thread.

    Args:
        place: Where it stands.
        database: The store, by default that of WORKBENCH_HOME.
        oidc: Signing in at providers, by default that of the store.
    """

    def __init__(
        self,
        place: Place | None = None,
        *,
        database: Database | None = None,
        oidc: OidcSignIn | None = None,
    ) -> None:
        self.place = place or Place()
        self.database = database or open_database()
        self.oidc = oidc or OidcSignIn(self.database)
        self._sign_in = self.oidc.passwords
        self._pages = {
            ("GET", "sign-in"): self._show,
            ("POST", "sign-in/form"): self._by_password,
            ("GET", "account"): self._account,
            ("POST", "sign-out/form"): lambda asked: self.signed_out(
                asked, self.end_session(asked)
            ),
        }
        self._ways = {
            ("GET", "start"): self._start,
            ("GET", "callback"): self._callback,
            ("POST", "link"): self._link,
            ("POST", "back-channel"): self._signed_out_there,
        }

    def answer(self, asked: Asked) -> Answer:
        """What is answered; errors of ours are a page that says so."""
        try:
            return self._answer(asked)
        except WorkbenchError as error:
            return self.refusal(error)

    def refusal(self, error: WorkbenchError) -> Answer:
        """The page that says why not."""
        status = next((status for cls, status in _STATUS if isinstance(error, cls)), 503)
        wait_s = error.context.get("retry_after_s")
        return self._page(pages.error_page(self.place, error), status, retry_after_s=wait_s)

    def _answer(self, asked: Asked) -> Answer:
        page = self._pages.get((asked.method, asked.rest))
        if page is not None:
            return page(asked)
        parts = asked.rest.split("/")
        way = self._ways.get((asked.method, parts[-1]))
        if way is None or len(parts) != 3 or parts[0] != "oidc":
            raise NotFoundError("there is no such page at the door")
        return way(asked, parts[1])

    def _show(self, asked: Asked) -> Answer:
        onward = page_of_here(asked.query.get("next"), otherwise=self.place.home)
        providers = self.oidc.providers.list()
        return self._page(pages.sign_in_page(self.place, providers, onward=onward))

    def _by_password(self, asked: Asked) -> Answer:
        asked.require_own_page()
        onward = page_of_here(asked.form.get("next"), otherwise=self.place.home)
        user = asked.form.get("user", "")
        try:
            made = self._sign_in.sign_in(
                user,
                asked.form.get("password", ""),
                source=asked.source,
                previous=asked.cookies.get(self.place.session_cookie),
                device=asked.cookies.get(self.place.device_cookie),
            )
        except (AccessError, LimitError) as error:
            shown = pages.sign_in_page(
                self.place, self.oidc.providers.list(), onward=onward, user=user[:100], error=error
            )
            wait_s = error.context.get("retry_after_s")
            return self._page(shown, 429 if wait_s else 401, retry_after_s=wait_s)
        return Answer(303, location=onward, cookies=self._cookies(made))

    def _start(self, asked: Asked, name: str) -> Answer:
        onward = page_of_here(asked.query.get("next"), otherwise=self.place.home)
        if asked.is_from_elsewhere:  # it is for who sits here to begin
            return self._show(asked)
        return self._depart(asked, name, onward, None)

    def _link(self, asked: Asked, name: str) -> Answer:
        asked.require_own_page()
        return self._depart(asked, name, self.place.path("account"), self._signed(asked))

    def _depart(self, asked: Asked, name: str, onward: str, link_to: SignedIn | None) -> Answer:
        gone = self.oidc.depart(
            name,
            redirect_uri=self._address(asked, f"oidc/{name}/callback"),
            source=asked.source,
            browser=asked.cookies.get(OIDC_COOKIE),
            next_page=onward,
            link_to=link_to,
        )
        # Lax, for it is a page of the provider's that leads back here.
        carried = Cookie(OIDC_COOKIE, gone.browser, self.place.path("oidc"), lax=True)
        if asked.method == "GET":
            return Answer(303, location=gone.url, cookies=(carried,))
        # A form's answer may not lead elsewhere (form-action), so a page of here does.
        body = pages.on_the_way_page("To the provider", gone.url)
        return self._page(body, cookies=(carried,))

    def _callback(self, asked: Asked, name: str) -> Answer:
        query = dict(asked.query)
        if query.pop(_AGAIN, None) is None:
            here = self.place.path(f"oidc/{name}/callback")
            onward = f"{here}?{urlencode({**query, _AGAIN: '1'})}"
            return self._page(pages.on_the_way_page("Signing in", onward))
        arrived = self.oidc.arrive(
            name,
            query,
            browser=asked.cookies.get(OIDC_COOKIE),
            source=asked.source,
            previous=asked.cookies.get(self.place.session_cookie),
            device=asked.cookies.get(self.place.device_cookie),
        )
        cookies = self._cookies(arrived.sign_in) if arrived.sign_in else ()
        onward = page_of_here(arrived.next, otherwise=self.place.home)
        return Answer(303, location=onward, cookies=cookies)

    def _signed_out_there(self, asked: Asked, name: str) -> Answer:
        """No browser asks, and no cookie counts: the token is all."""
        try:
            end_by_provider(name, asked.form.get("logout_token"), database=self.database)
        except (AccessError, NotFoundError) as error:
            return self._page(pages.error_page(self.place, error), 400)
        return Answer(200)

    def _account(self, asked: Asked) -> Answer:
        try:
            signed = self._signed(asked)
        except AccessError:
            return Answer(303, location=self.place.path("sign-in"))
        grants = Grants(self.database).list(user=signed.user)
        links = self.oidc.links.list(user=signed.user)
        providers = self.oidc.providers.list()
        return self._page(pages.account_page(self.place, signed.user, grants, links, providers))

    def end_session(self, asked: Asked) -> SignedIn | None:
        """Sign out, which waits for no provider.

        Returns:
            Whose session it was, if it came by a provider, at which he is still signed in.

        Raises:
            AccessError: A page of another server asks.
        """
        asked.require_own_page()
        try:
            signed = self._signed(asked)
        except AccessError:
            return None  # whoever is out already is shown that he is
        self._sign_in.sign_out(asked.cookies.get(self.place.session_cookie, ""))
        return signed if self.oidc.came_by(signed) is not None else None

    def signed_out(self, asked: Asked, signed: SignedIn | None) -> Answer:
        """The page that says so; of who came by a provider, that one is asked where to sign out
        there too, which may take long."""
        back = self._address(asked, "sign-in")
        there, label = (signed and self.oidc.logout_url(signed, back=back)) or (None, "")
        gone = Cookie(self.place.session_cookie, "", self.place.prefix)
        shown = pages.signed_out_page(self.place, there=there, label=label)
        return self._page(shown, cookies=(gone,))

    def _signed(self, asked: Asked) -> SignedIn:
        text = asked.cookies.get(self.place.session_cookie, "")
        return self._sign_in.sessions.verify(text, kind="session")

    def _address(self, asked: Asked, rest: str) -> str:
        scheme = "https" if self.place.secure else "http"
        return f"{scheme}://{asked.host}{self.place.path(rest)}"

    def _cookies(self, made: NewSignIn) -> tuple[Cookie, ...]:
        path, most_s = self.place.prefix, MOST_COOKIE_S
        return (
            Cookie(self.place.session_cookie, made.session.text, path),
            Cookie(self.place.device_cookie, made.device, path, most_s=most_s),
            Cookie(OIDC_COOKIE, "", self.place.path("oidc"), lax=True),
        )

    def _page(
        self,
        body: str,
        status: int = 200,
        *,
        cookies: tuple[Cookie, ...] = (),
        retry_after_s: float | None = None,
    ) -> Answer:
        return Answer(status, body, pages.style(), None, cookies, retry_after_s)
