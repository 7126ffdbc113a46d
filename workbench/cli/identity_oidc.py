"""How providers of OpenID Connect and links to them look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_count, format_time, print_table

if TYPE_CHECKING:
    from workbench.identity.oidc.links import Link
    from workbench.identity.oidc.operations import Checked
    from workbench.identity.oidc.providers import Provider


def show_oidc_show(providers: tuple[Provider, ...]) -> None:
    """A few lines a provider."""
    if not providers:
        click.echo(
            "no provider is set; workbench identity oidc set NAME --issuer URL --client-id ID"
        )
    for each in providers:
        show_oidc_set(each)


def show_oidc_set(provider: Provider) -> None:
    """Its settings, and what it has to be told."""
    secret = provider.secret_file or f"in {provider.secret_variable}, if it has one"
    made = "who is linked" if provider.enter == "linked" else "anybody whom it names"
    roles = [str(each) for each in provider.group_roles]
    if provider.default_role:
        roles.append(f"{provider.default_role} in {provider.default_space} at first")
    cells = [
        ["issuer", provider.issuer],
        ["client", f"{provider.client_id}, secret {secret} (sent by {provider.client_auth})"],
        ["scopes", " ".join(provider.scopes)],
        ["comes in", f"{made}; called by {provider.name_claim}"],
        ["roles", "; ".join(roles) or "none by it"],
        ["clocks", f"may differ by {provider.leeway_s:g} s"],
        ["sends back to", f"https://HOST/live/oidc/{provider.name}/callback"],
        ["", f"https://HOST/oidc/{provider.name}/callback (JupyterLab)"],
        ["", "http://127.0.0.1/signed-in (from a terminal)"],
        ["signed out at", "https://HOST/live/sign-in"],
        ["tells of it at", f"https://HOST/live/oidc/{provider.name}/back-channel"],
    ]
    print_table([provider.name, provider.label], cells)


def show_oidc_check(checked: Checked) -> None:
    """A line for each thing that was looked at."""
    cells = [[each.what, "right" if each.ok else "wrong", each.said] for each in checked.looked]
    print_table([checked.provider, "", "found"], cells)


def show_oidc_remove(provider: Provider) -> None:
    """Which."""
    click.echo(f"{provider.name} is removed; its links stay, for when it is set again")


def show_oidc_link(link: Link) -> None:
    """Who is whom."""
    click.echo(f"{link.user} is {link.subject} at {link.issuer}")


def show_oidc_unlink(links: int) -> None:
    """How many."""
    click.echo(f"took {format_count(links, 'link')} away")


def show_oidc_links(links: tuple[Link, ...]) -> None:
    """A line a link."""
    cells = [
        [each.user, each.issuer, each.subject, each.linked_by, format_time(each.linked_s)]
        for each in links
    ]
    print_table(["user", "issuer", "subject", "linked by", "at"], cells)
