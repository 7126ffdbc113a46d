"""What a user can ask about signing in by OpenID Connect."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Annotated

import annotated_types as bounds

from workbench.core.errors import WorkbenchError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from ..sessions import NewSession
from ..verbs import SpaceRole
from .links import Link, Links
from .providers import MOST_LEEWAY_S, ClientAuth, Enter, GroupRole, Provider, Providers


@dataclass(frozen=True)
class Looked(Viewable):
    """One thing that was looked at: whether it is right, and what was found."""

    what: str
    ok: bool
    said: str


@dataclass(frozen=True)
class Checked(Viewable):
    """What was found out about a provider. ``ok`` is whether somebody could sign in by it."""

    provider: str
    looked: tuple[Looked, ...]

    @property
    def ok(self) -> bool:
        """Whether all is right."""
        return all(each.ok for each in self.looked)


@operation("identity.oidc_set", title="Set a provider", produces="provider", group="oidc")
def set_provider(
    name: str,
    *,
    issuer: str,
    client_id: str,
    label: str = "",
    secret_file: str = "",
    client_auth: ClientAuth = "basic",
    scopes: list[str] | None = None,
    enter: Enter = "linked",
    name_claim: str = "preferred_username",
    default_role: SpaceRole | None = None,
    default_space: str = "/",
    groups_claim: str = "",
    group_roles: list[str] | None = None,
    leeway_s: Annotated[float, bounds.Ge(0), bounds.Le(MOST_LEEWAY_S)] = 120.0,
) -> Provider:
    """Have users sign in at a provider of OpenID Connect; all its settings are set anew.

    The client's secret is in OIDC_CLIENT_SECRET_NAME or in a file, and nowhere in the store. A
    client without a secret has PKCE alone.

    Args:
        name: What it is called here, in addresses too: lower-case letters, digits and -.
        issuer: Its address, to the letter as it writes it itself.
        client_id: What this machine is called there.
        label: What the button on the sign-in page says after "Sign in with".
        secret_file: A file with the client's secret.
        client_auth: How the secret is sent: basic (in a header) or post (in the body).
        scopes: What is asked for; by default openid and profile.
        enter: linked for who is linked already, create also for anybody whom it names.
        name_claim: What a user who is made is called by; email counts where it was verified.
        default_role: The role that a user who is made gets.
        default_space: The space of that role.
        groups_claim: The claim that names somebody's groups, such as groups.
        group_roles: GROUP=ROLE:SPACE, as in editors=contributor:/knowledge.
        leeway_s: So far its clock and this one's may differ.
    """
    return Providers().set(
        Provider(
            name,
            issuer,
            client_id,
            label=label,
            secret_file=secret_file,
            client_auth=client_auth,
            scopes=tuple(scopes) if scopes else ("openid", "profile"),
            enter=enter,
            name_claim=name_claim,
            default_role=default_role or "",
            default_space=default_space,
            groups_claim=groups_claim,
            group_roles=tuple(GroupRole.of(text) for text in group_roles or ()),
            leeway_s=leeway_s,
        )
    )


@operation("identity.oidc_show", title="Show the providers", produces="providers", group="oidc")
def show_providers() -> tuple[Provider, ...]:
    """Show the providers at which users sign in, with their settings."""
    return Providers().list()


@operation("identity.oidc_check", title="Check a provider", produces="checked", group="oidc")
def check_provider(name: str) -> Checked:
    """Ask a provider for what signing in needs; exit status 1 if something is not right.

    Args:
        name: Its name here.
    """
    from .issuers import Issuer

    provider = Providers().get(name)
    issuer, looked = Issuer(provider), []

    def document() -> str:
        found = issuer.discover()
        named = "names itself in answers" if found.names_issuer else "does not name itself"
        out = "signs out there too" if found.end_session_endpoint else "does not sign out"
        return f"signs by {', '.join(found.algorithms)}; {named}; {out}"

    def keys() -> str:
        found = [issuer.keys.count(algorithm) for algorithm in issuer.discover().algorithms]
        if not any(found):
            raise WorkbenchError("it publishes no key for how it signs")
        return f"{sum(found)} for how it signs"

    def secret() -> str:
        return "is there" if provider.secret() else "none: PKCE alone"

    for what, look in (("document", document), ("keys", keys), ("secret", secret)):
        try:
            looked.append(Looked(what, True, look()))
        except WorkbenchError as error:
            cause = error.context.get("cause")
            looked.append(Looked(what, False, f"{error}: {cause}" if cause else str(error)))
    return Checked(name, tuple(looked))


@operation("identity.oidc_remove", title="Remove a provider", produces="provider", group="oidc")
def remove_provider(name: str) -> Provider:
    """Believe a provider no longer; sessions that came by it end. Users and links stay.

    Args:
        name: Its name here.
    """
    return Providers().remove(name)


@operation("identity.oidc_link", title="Link a user to a provider", produces="link", group="oidc")
def link_user(user: str, *, provider: str, subject: str) -> Link:
    """Say that a user of here is a subject of a provider's; by that alone, not by name or e-mail.

    Args:
        user: Who.
        provider: The provider's name here.
        subject: Who he is there: the claim sub, which a refused sign-in tells.
    """
    return Links().add(user, Providers().get(provider).issuer, subject)


@operation("identity.oidc_unlink", title="Unlink a user", produces="count", group="oidc")
def unlink_user(user: str, *, provider: str) -> int:
    """Take a user's links to a provider away; his sessions that came by it end.

    Args:
        user: Whose.
        provider: The provider's name here.
    """
    return Links().remove(user, Providers().get(provider).issuer)


@operation("identity.oidc_links", title="List links", produces="links", group="oidc")
def list_links(*, user: str | None = None) -> tuple[Link, ...]:
    """List who is whom at which provider.

    Args:
        user: Only this one's.
    """
    return Links().list(user=user)


@operation("identity.sign_in", title="Sign in with a browser", produces="secret")
def sign_in(*, oidc: str, browser: bool = True) -> NewSession:
    """Sign in at a provider with a browser of this machine; the session is shown once.

    The provider must know http://127.0.0.1/signed-in, at any port (RFC 8252).

    Args:
        oidc: The provider's name here.
        browser: Open one; otherwise the address is told, to be opened by hand.
    """
    import sys
    import webbrowser

    from .terminal import sign_in_here

    def show(url: str) -> None:
        sys.stderr.write(f"sign in at:\n{url}\n")
        sys.stderr.flush()
        if browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    return sign_in_here(oidc, show=show)
