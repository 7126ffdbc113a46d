"""From what a provider says of somebody to a user of here, or to a no with its reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.errors import AccessError, ConflictError, InputError
from workbench.store.database import Database

from ..names import MOST_NAME_CHARS, check_name, one_form
from ..users import LOCAL, Users
from .group_roles import bring_up_to_date, give_default
from .links import Links
from .providers import Provider

MOST_GROUPS = 1000
UNVERIFIED = "email"  # a claim that says something only beside email_verified


def needed_claims(provider: Provider) -> tuple[str, ...]:
    """The claims that the settings ask for beside the subject."""
    name = provider.name_claim if provider.enter == "create" else ""
    return tuple(filter(None, (name, provider.groups_claim)))


def user_for(
    database: Database,
    provider: Provider,
    claims: Mapping[str, Any],
    *,
    clock: Callable[[], float] = time.time,
) -> str:
    """The name of the user whom a subject is, made if the settings say so, with his roles.

    Raises:
        AccessError: He is nobody here and may not become somebody, his name is taken, or he is
            disabled or removed. The context's ``reason`` says which.
    """
    subject = str(claims["sub"])
    links = Links(database, clock=clock)
    with database.transaction():
        link = links.find(provider.issuer, subject)
        if link is None:
            if provider.enter != "create":
                raise _refusal(
                    provider,
                    "unlinked",
                    f"nobody here is the subject {subject!r} of {provider.name!r}",
                    f"sign in by password and link yourself, or: workbench identity oidc link NAME "
                    f"--provider {provider.name} --subject {subject}",
                )
            name = _make_user(database, provider, claims, links, clock())
        else:
            name = link.user
        known = Users(database).get(name)
        if known.disabled_s is not None:
            raise _refusal(
                provider, known.state, f"the user {name!r} is {known.state}", "ask an admin"
            )
        if provider.groups_claim:
            bring_up_to_date(database, provider, name, _groups(provider, claims), clock=clock)
    return name


def _make_user(
    database: Database, provider: Provider, claims: Mapping[str, Any], links: Links, now_s: float
) -> str:
    name = _name_of(provider, claims)
    try:
        if name == LOCAL:
            raise ConflictError(f"{LOCAL!r} is whoever sits at this machine")
        name = Users(database).add(name, actor=provider.granted_by).name
    except ConflictError as error:
        # Never joined by the name: whoever may choose his name there could be anybody here.
        raise _refusal(
            provider,
            "name taken",
            f"who signed in at {provider.name!r} would be called {name!r} here, and cannot: "
            f"{error}",
            f"if it is the same person: workbench identity oidc link "
            f"{error.context.get('other', name)} --provider {provider.name} "
            f"--subject {claims['sub']}",
        ) from None
    links.add(name, provider.issuer, str(claims["sub"]), actor=provider.granted_by)
    if provider.default_role:
        give_default(database, provider, name, time_s=now_s)
    return name


def _name_of(provider: Provider, claims: Mapping[str, Any]) -> str:
    name = claims.get(provider.name_claim)
    if provider.name_claim == UNVERIFIED and claims.get("email_verified") is not True:
        name = None
    try:
        if not isinstance(name, str) or len(name) > MOST_NAME_CHARS:
            raise InputError("it is missing, not verified, or too long")
        return one_form(check_name(name, what="user"))
    except InputError as error:
        raise _refusal(
            provider,
            "name",
            f"the claim {provider.name_claim!r} of {provider.name!r} gives no user's name: {error}",
            "workbench identity oidc set with another --name-claim, or with its --scopes",
        ) from None


def _groups(provider: Provider, claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups that are told. A claim that is not there means none: roles by group are taken."""
    found = claims.get(provider.groups_claim, ())
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list | tuple) or len(found) > MOST_GROUPS:
        raise _refusal(
            provider,
            "groups",
            f"the claim {provider.groups_claim!r} of {provider.name!r} is no list of groups",
            "have the provider send the names of groups as a list of texts",
        )
    return tuple(each for each in found if isinstance(each, str))


def _refusal(provider: Provider, reason: str, said: str, hint: str) -> AccessError:
    return AccessError(said, hint=hint, reason=reason, provider=provider.name)
