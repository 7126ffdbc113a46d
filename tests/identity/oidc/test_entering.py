"""Who of those whom a provider names may come in, under which name and with which roles."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.errors import AccessError, ConflictError, InputError
from workbench.identity import Passwords
from workbench.identity.grants import Grants
from workbench.identity.oidc.entering import user_for
from workbench.identity.oidc.group_roles import wanted_roles
from workbench.identity.oidc.providers import GroupRole
from workbench.identity.users import Users
from workbench.store.ledger import Ledger

from .conftest import SOURCE, Door
from .real_provider import RealProvider

ROLES = tuple(
    GroupRole.of(text)
    for text in ("editors=contributor:/knowledge", "staff=reader:/knowledge",
                 "staff=reader:/notebooks", "boss=admin:/")
)  # fmt: skip


def held(user: str) -> dict[str, tuple[str, str]]:
    return {each.space: (each.role, each.granted_by) for each in Grants().list(user=user)}


def refused(door: Door, login: str = "sub-ann") -> AccessError:
    departure = door.depart()
    found = door.back(departure, login)
    with pytest.raises(AccessError) as told:
        door.arrive(found, departure.browser)
    assert told.value.hint
    return told.value


def test_where_users_are_not_made_only_who_is_linked_comes_in(door: Door) -> None:
    door.set(enter="linked")
    Users().add("ann")
    told = refused(door)
    assert told.context["reason"] == "unlinked"
    assert "--subject sub-ann" in str(told.hint)
    door.oidc.links.add("ann", door.settings.issuer, "sub-ann")
    assert door.sign_in().user == "ann"
    assert refused(door, "sub-bob").context["reason"] == "unlinked"


def test_somebody_elses_name_or_address_lets_nobody_in(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """eve calls herself ann at the provider and has ann's address there."""
    assert door.sign_in("sub-ann").user == "ann"
    told = refused(door, "sub-eve")
    assert told.context["reason"] == "name taken"
    assert [link.subject for link in door.oidc.links.list()] == ["sub-ann"]
    Users().add("bob")  # who was here before the provider was
    assert refused(door, "sub-bob").context["reason"] == "name taken"

    def by_name(issuer: str, subject: str) -> Any:
        """Broken: whoever is called so."""
        return door.oidc.links.list(user="ann")[0]

    monkeypatch.setattr("workbench.identity.oidc.links.Links.find", lambda *_: by_name(*_[1:]))
    assert door.sign_in("sub-eve").user == "ann"


def test_a_name_that_changes_there_stays_here(door: Door, provider: RealProvider) -> None:
    door.sign_in()
    provider.people["sub-ann"] = {"preferred_username": "bob"}
    provider.again()
    assert door.sign_in().user == "ann"


def test_who_would_look_like_somebody_here_is_nobody_and_names_are_in_one_form(door: Door) -> None:
    Users().add("ann")
    for name in ("Ann", "\u0430nn"):
        with pytest.raises(AccessError, match="could be taken for 'ann'") as told:
            user_for(door.oidc.database, door.settings, {"sub": "s", "preferred_username": name})
        assert told.value.context["reason"] == "name taken"
        assert "oidc link ann " in str(told.value.hint)
    made = user_for(
        door.oidc.database, door.settings, {"sub": "z", "preferred_username": "zoe\u0308"}
    )
    assert (made, Users().get("zo\u00eb").name) == ("zo\u00eb", "zo\u00eb")


@pytest.mark.parametrize(
    "name", ["local", "", " ann", "a\nb", "x" * 101, "wbs-" + "a" * 43, None, 7, ["ann"]]
)
def test_a_name_that_is_none_here_lets_nobody_in(name: Any, door: Door) -> None:
    claims = {"sub": "s", "preferred_username": name}
    with pytest.raises(AccessError) as told:
        user_for(door.oidc.database, door.settings, claims)
    assert told.value.context["reason"] in ("name", "name taken")
    assert door.oidc.links.list() == ()


def test_an_address_counts_only_where_it_was_verified(door: Door) -> None:
    door.set(name_claim="email", scopes=("email",))
    assert refused(door, "sub-bob").context["reason"] == "name"
    assert door.sign_in("sub-ann").user == "ann@example.org"


def test_claims_come_with_the_token_or_beside_it(door: Door, provider: RealProvider) -> None:
    door.set(groups_claim="groups", group_roles=ROLES, scopes=("profile", "groups"))
    door.sign_in()
    assert provider.line.asked["/me"] == 1
    provider.in_token = True
    provider.again()
    door.sign_in()
    assert provider.line.asked["/me"] == 1


def test_roles_follow_the_groups_at_each_sign_in(door: Door, provider: RealProvider) -> None:
    door.set(groups_claim="groups", group_roles=ROLES, scopes=("profile", "groups"),
             default_role="reader", default_space="/shared")  # fmt: skip
    door.sign_in()
    ours, local, default = "oidc:corp", "local", "oidc:corp default"
    assert held("ann") == {"/knowledge": ("contributor", ours), "/notebooks": ("reader", ours),
                           "/shared": ("reader", default)}  # fmt: skip
    Grants().give("ann", "curator", space="/notebooks")  # by hand, so it stands
    provider.people["sub-ann"]["groups"] = ["staff"]
    provider.again()
    door.sign_in()
    assert held("ann") == {"/knowledge": ("reader", ours), "/notebooks": ("curator", local),
                           "/shared": ("reader", default)}  # fmt: skip
    del provider.people["sub-ann"]["groups"]
    provider.again()
    door.sign_in()
    assert held("ann") == {"/notebooks": ("curator", local), "/shared": ("reader", default)}


def test_the_larger_of_default_and_group_holds_and_the_default_comes_back(
    door: Door, provider: RealProvider
) -> None:
    door.set(groups_claim="groups", group_roles=ROLES, scopes=("profile", "groups"),
             default_role="reader", default_space="/knowledge")  # fmt: skip
    default, group = "oidc:corp default", "oidc:corp"

    def after(*groups: str) -> tuple[str, str] | None:
        provider.people["sub-ann"]["groups"] = [*groups]
        provider.again()
        door.sign_in()
        return held("ann").get("/knowledge")

    assert after() == ("reader", default)
    assert after("editors") == ("contributor", group)
    assert after("staff") == ("reader", default)  # the group's is no larger
    assert after("editors") == ("contributor", group)
    assert after() == ("reader", default)
    door.set(default_role="curator")  # given once: who is here keeps what he has
    assert after() == ("reader", default)
    Grants().take("ann", space="/knowledge")
    assert after() is None  # what an admin took is not given again
    Grants().give("ann", "reader", space="/knowledge")
    assert after("editors") == ("reader", "local")  # nor what he gave changed
    given = [each.data for each in Ledger().entries() if each.action == "grant.given"]
    assert {"space": "/knowledge", "from": "reader", "to": "contributor"} in given


def test_a_default_that_is_larger_than_a_groups_role_stands(door: Door) -> None:
    door.set(groups_claim="groups", group_roles=ROLES, scopes=("profile", "groups"),
             default_role="curator", default_space="/knowledge")  # fmt: skip
    door.sign_in()
    assert held("ann")["/knowledge"] == ("curator", "oidc:corp default")


def test_who_was_linked_by_hand_gets_no_default_when_he_leaves_a_group(
    door: Door, provider: RealProvider
) -> None:
    door.set(groups_claim="groups", group_roles=ROLES, scopes=("profile", "groups"),
             default_role="reader", default_space="/knowledge")  # fmt: skip
    Users().add("zoe")
    door.oidc.links.add("zoe", provider.issuer, "sub-ann")
    door.sign_in()
    assert held("zoe")["/knowledge"] == ("contributor", "oidc:corp")
    provider.people["sub-ann"]["groups"] = []
    provider.again()
    door.sign_in()
    assert held("zoe") == {}


def test_the_last_admin_stays_and_comes_in(door: Door, provider: RealProvider) -> None:
    door.set(groups_claim="groups", group_roles=ROLES, scopes=("profile", "groups"))
    provider.people["sub-ann"] = {"preferred_username": "ann", "groups": ["boss"]}
    provider.again()
    door.sign_in()
    provider.people["sub-ann"]["groups"] = []
    provider.again()
    assert door.sign_in().user == "ann"
    assert held("ann") == {"/": ("admin", "oidc:corp")}
    Users().add("bob")
    Grants().give("bob", "admin", space="/")
    door.sign_in()
    assert held("ann") == {}


@pytest.mark.parametrize("groups", [7, {"boss": True}, ["g"] * 1001])
def test_groups_that_are_no_list_let_nobody_in(groups: Any, door: Door) -> None:
    settings = door.set(groups_claim="groups", group_roles=ROLES)
    claims = {"sub": "s", "preferred_username": "zoe", "groups": groups}
    with pytest.raises(AccessError) as told:
        user_for(door.oidc.database, settings, claims)
    assert told.value.context["reason"] == "groups"
    assert Users().find("zoe") is None


def test_of_several_groups_the_larger_role_counts(door: Door) -> None:
    settings = door.set(groups_claim="groups", group_roles=ROLES)
    assert wanted_roles(settings, ["editors", "staff"])["/knowledge"] == "contributor"
    assert wanted_roles(settings, ["Editors", "nobody"]) == {}


def test_who_signed_in_by_password_links_himself(door: Door) -> None:
    door.set(enter="linked")
    Users().add("ann")
    Passwords().set("ann", "violet hammock seven")
    passwords = door.oidc.passwords
    made = passwords.sign_in("ann", "violet hammock seven", source=SOURCE)
    signed = passwords.sessions.verify(made.session.text, kind="session")
    departure = door.depart(link_to=signed)
    found = door.back(departure)
    arrived = door.arrive(found, departure.browser, previous=made.session.text)
    assert (arrived.user, arrived.sign_in) == ("ann", None)
    assert passwords.sessions.verify(made.session.text, kind="session")  # it goes on
    assert door.oidc.links.list()[0].linked_by == "ann"
    assert door.sign_in().user == "ann"


@pytest.mark.parametrize("shown", ["another's", "none", "ended"])
def test_nobody_is_linked_but_who_began(shown: str, door: Door) -> None:
    """An attacker who has a victim come back from linking would be the victim from then on."""
    door.set(enter="linked")
    sessions = door.oidc.passwords.sessions
    texts = {}
    for name in ("ann", "bob"):
        Users().add(name)
        texts[name] = sessions.start(name).text
    departure = door.depart(link_to=sessions.verify(texts["ann"], kind="session"))
    found = door.back(departure, "sub-eve")
    if shown == "ended":
        sessions.end_shown(texts["ann"], because="signed out")
    previous = {"another's": texts["bob"], "none": None, "ended": texts["ann"]}[shown]
    with pytest.raises(AccessError):
        door.arrive(found, departure.browser, previous=previous)
    assert door.oidc.links.list() == ()


def test_a_token_links_nobody(door: Door) -> None:
    Users().add("ann")
    Grants().give("ann", "reader", space="/a")
    sessions = door.oidc.passwords.sessions
    token = sessions.add_token("ann", "t", scopes=["read:/a"]).text
    with pytest.raises(AccessError):
        door.depart(link_to=sessions.verify(token, kind="token"))


def test_a_subject_is_one_user_and_a_user_may_be_several_subjects(door: Door) -> None:
    links, issuer = door.oidc.links, door.settings.issuer
    for name in ("ann", "bob", "gone"):
        Users().add(name)
    links.add("ann", issuer, "one")
    links.add("ann", issuer, "two")
    links.add("bob", "https://other.example", "one")
    with pytest.raises(ConflictError):
        links.add("bob", issuer, "one")
    Users().disable("gone")
    for user, subject in (("local", "x"), ("gone", "x"), ("ann", ""), ("ann", "x" * 256)):
        with pytest.raises(InputError):
            links.add(user, issuer, subject)
    assert links.remove("ann", issuer) == 2


def test_who_is_unlinked_is_out(door: Door) -> None:
    arrived = door.sign_in()
    by_password = door.oidc.passwords.sessions.start("ann").text
    assert arrived.sign_in is not None
    door.set(enter="linked")
    door.oidc.links.remove("ann", door.settings.issuer)
    verify = door.oidc.passwords.sessions.verify
    with pytest.raises(AccessError) as told:
        verify(arrived.sign_in.session.text, kind="session")
    assert told.value.context["reason"] == "revoked"
    assert verify(by_password, kind="session")
    assert refused(door).context["reason"] == "unlinked"


def test_who_came_by_a_provider_that_is_removed_is_out(door: Door) -> None:
    arrived = door.sign_in()
    assert arrived.sign_in is not None
    door.oidc.providers.remove("corp")
    with pytest.raises(AccessError):
        door.oidc.passwords.sessions.verify(arrived.sign_in.session.text, kind="session")
    assert [link.user for link in door.oidc.links.list()] == ["ann"]
