"""The pages at the door as HTML: they need no script, no picture and nothing from elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from workbench.core.errors import WorkbenchError

from ..grants import Grant
from ..oidc.links import Link
from ..oidc.providers import Provider
from .asking import Place


@functools.cache
def style() -> str:
    """The style of all these pages."""
    return (Path(__file__).parent / "door.css").read_text(encoding="utf-8")


def page(title: str, inner: str, *, refresh: str | None = None) -> str:
    """A whole page. ``refresh`` is where it goes on to by itself."""
    onward = f'<meta http-equiv="refresh" content="0; url={escape(refresh)}">' if refresh else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Workbench</title>{onward}<style>{style()}</style></head>"
        f'<body><main><p class="sign" aria-hidden="true">Workbench</p><h1>{escape(title)}</h1>'
        f"{inner}</main></body></html>\n"
    )


def sign_in_page(
    place: Place,
    providers: Sequence[Provider],
    *,
    onward: str,
    user: str = "",
    error: WorkbenchError | None = None,
) -> str:
    """The form for a password, and a way to each provider."""
    ways = "".join(
        f'<a class="way" href="{_with_next(place.path(f"oidc/{each.name}/start"), onward)}">'
        f"Sign in with {escape(each.label or each.name)}</a>"
        for each in providers
    )
    between = '<p class="or"><span>or by password</span></p>' if ways else ""
    name, sure = (" autofocus", "") if not user else ("", " autofocus")
    form = (
        f'<form method="post" action="{escape(place.path("sign-in/form"))}">'
        f'<input type="hidden" name="next" value="{escape(onward)}">'
        '<label for="user">Name</label>'
        f'<input id="user" name="user" value="{escape(user)}" autocomplete="username" '
        f'autocapitalize="none" spellcheck="false" required{name}>'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" '
        f"required{sure}>"
        "<button>Sign in</button></form>"
    )
    return page("Sign in", f"{_alert(error)}{ways}{between}{form}")


def account_page(
    place: Place,
    user: str,
    grants: Iterable[Grant],
    links: Iterable[Link],
    providers: Iterable[Provider],
) -> str:
    """Who is signed in, with what he may where and at which providers he is known."""
    rows = "".join(
        f"<tr><td><code>{escape(each.space)}</code></td><td>{escape(each.role)}</td></tr>"
        for each in grants
    )
    table = (
        f"<table><thead><tr><th>Space</th><th>Role</th></tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else '<p class="quiet">You have no role in any space yet; an admin gives them.</p>'
    )
    known = {each.issuer for each in links}
    ways = "".join(
        f'<p class="quiet">You can sign in with {escape(each.label or each.name)}.</p>'
        if each.issuer in known
        else f'<form method="post" action="{escape(place.path(f"oidc/{each.name}/link"))}">'
        f'<button class="way">Link {escape(each.label or each.name)}</button></form>'
        for each in providers
    )
    out = (
        f'<form method="post" action="{escape(place.path("sign-out/form"))}">'
        "<button>Sign out</button></form>"
    )
    return page(f"Signed in as {user}", f"{table}{ways}{out}")


def on_the_way_page(title: str, to: str) -> str:
    """A page that leads on by itself: what it leads to is asked for by a page of here."""
    return page(title, f'<p><a href="{escape(to)}">Go on</a></p>', refresh=to)


def signed_out_page(place: Place, *, there: str | None, label: str) -> str:
    """That it is done, and how to sign out at the provider too."""
    more = (
        f'<p>You are still signed in at {escape(label)}.</p><a class="way" '
        f'href="{escape(there)}">Sign out there too</a>'
        if there
        else ""
    )
    again = f'<p><a href="{escape(place.path(place.page))}">Sign in again</a></p>'
    return page("Signed out", f"<p>This browser is signed out.</p>{more}{again}")


def error_page(place: Place, error: WorkbenchError) -> str:
    """Why not, and the way back."""
    back = f'<p><a href="{escape(place.path(place.page))}">To the sign-in page</a></p>'
    return page("Not signed in", f"{_alert(error)}{back}")


def _alert(error: WorkbenchError | None) -> str:
    if error is None:
        return ""
    hint = f"<br><small>{escape(error.hint)}</small>" if error.hint else ""
    return f'<p class="no" role="alert">{escape(str(error))}{hint}</p>'


def _with_next(path: str, onward: str) -> str:
    return escape(f"{path}?next={quote(onward, safe='')}")
