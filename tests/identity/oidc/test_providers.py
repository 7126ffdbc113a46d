"""Settings of a provider, and providers that are away, slow, or say something unfit."""

from __future__ import annotations

import socket
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import (
    ConfigError,
    ConflictError,
    DeadlineError,
    FetchError,
    InputError,
    NotFoundError,
    WorkbenchError,
)  # fmt: skip
from workbench.identity.oidc import Provider, Providers, fetching
from workbench.identity.oidc.addresses import check_address, page_of_here
from workbench.identity.oidc.issuers import issuer_of, read_document
from workbench.identity.oidc.providers import GroupRole
from workbench.store.database import Database

from .conftest import Door
from .real_provider import RealProvider

CORP = Provider("corp", "https://login.example.org", "workbench")
DOCUMENT: dict[str, Any] = {
    "issuer": CORP.issuer,
    "authorization_endpoint": f"{CORP.issuer}/auth",
    "token_endpoint": f"{CORP.issuer}/token",
    "jwks_uri": f"{CORP.issuer}/jwks",
}


def test_settings_are_kept_as_they_were_set(database: Database) -> None:
    roles = (GroupRole.of("a=b=reader:/knowledge"),)
    told = replace(CORP, groups_claim="groups", group_roles=roles, scopes=("email", "email"))
    kept = Providers().set(told)
    assert kept.scopes == ("openid", "email")
    assert kept.group_roles[0].group == "a=b"
    assert Providers().get("corp") == kept
    assert Providers().set(replace(kept, label="Corp")).label == "Corp"
    with pytest.raises(ConflictError):
        Providers().set(replace(kept, name="other"))
    with pytest.raises(NotFoundError):
        Providers().get("crop")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Corp"}, {"name": ""}, {"name": "../x"}, {"client_id": ""}, {"client_id": "a\n"},
        {"issuer": "http://login.example.org"}, {"issuer": "login.example.org"},
        {"issuer": "https://u:p@login.example.org"}, {"issuer": "https://login.example.org?x"},
        {"issuer": "https://login.example.org#x"}, {"issuer": "https://[bad"},
        {"issuer": "file:///etc/passwd"}, {"issuer": "https://a b"}, {"enter": "everybody"},
        {"client_auth": "none"}, {"scopes": ('a"b',)}, {"name_claim": "a b"}, {"leeway_s": 601.0},
        {"leeway_s": -1.0}, {"label": "x" * 61}, {"label": "a\n"}, {"leeway_s": float("nan")},
        {"group_roles": (GroupRole.of("a=reader:/b"),)}, {"default_space": "a"},
    ],
)  # fmt: skip
def test_settings_that_are_wrong_are_refused(wrong: dict[str, Any], database: Database) -> None:
    with pytest.raises((InputError, NotFoundError)):
        Providers().set(replace(CORP, **wrong))
    assert Providers().list() == ()


@pytest.mark.parametrize("text", ["", "a", "a=reader", "a=nothing:/b", "=reader:/b", "a=reader:b"])
def test_a_group_has_a_role_somewhere(text: str) -> None:
    with pytest.raises((InputError, NotFoundError)):
        GroupRole.of(text)


def test_a_secret_is_in_the_environment_or_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    named = replace(CORP, name="my-corp", secret_file=str(file))
    assert CORP.secret() == ""
    with pytest.raises(ConfigError, match="No such file"):
        named.secret()
    file.write_text("")
    with pytest.raises(ConfigError, match="empty"):
        named.secret()
    file.write_text("s3cret\n")
    file.chmod(stat.S_IRUSR)
    assert named.secret() == "s3cret"
    monkeypatch.setenv("OIDC_CLIENT_SECRET_MY_CORP", "other")
    assert named.secret() == "other"


@pytest.mark.parametrize(
    "address",
    ["https://a.example", "http://127.0.0.1:99/x", "http://localhost", "http://[::1]:8/"],
)
def test_an_address_that_can_be_trusted(address: str) -> None:
    assert check_address(address, what="it") == address


@pytest.mark.parametrize(
    "page",
    ["//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "evil",
     "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "///evil.example", " /x",
     "/x y", "", None, "/" + "x" * 3000, "/é", "http:evil.example", "/\x00"],
)  # fmt: skip
def test_one_goes_on_to_pages_of_here_alone(page: str | None) -> None:
    """An open redirect: the sign-in page would lend its good name to somebody else's."""
    assert page_of_here(page, otherwise="/home") == "/home"


@pytest.mark.parametrize("page", ["/", "/live/page/a.md", "/x?next=//y#z", "/%2F%2Fevil"])
def test_a_page_of_here_is_gone_to(page: str) -> None:
    assert page_of_here(page, otherwise="/home") == page


def test_a_document_is_read() -> None:
    found = read_document(DOCUMENT, CORP)
    assert found.algorithms == ("RS256",)
    assert (found.userinfo_endpoint, found.names_issuer) == (None, False)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"}, {"issuer": CORP.issuer + "/"}, {"issuer": None},
        {"token_endpoint": "http://login.example.org/token"}, {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"}, {"jwks_uri": 7},
        {"jwks_uri": "file:///etc/passwd"}, {"userinfo_endpoint": "http://evil.example"},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)  # fmt: skip
def test_a_document_that_is_unfit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((ConfigError, FetchError)) as told:
        read_document({**DOCUMENT, **change}, CORP)
    assert told.value.hint


def test_a_provider_that_is_away_is_named_with_what_helps(
    door: Door, provider: RealProvider
) -> None:
    departure = door.depart()
    found = door.back(departure)
    provider.line.down = True
    with pytest.raises(FetchError, match=r"'corp' does not answer$") as told:
        door.arrive(found, departure.browser)
    assert "oidc check corp" in str(told.value.hint)
    provider.line.down = False
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = replace(door.settings, issuer=f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(FetchError, match="does not answer"):
            issuer_of(away).discover()
    assert door.sign_in().user == "ann"


def test_a_provider_that_is_slow_is_not_waited_for(
    door: Door, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "DEADLINE_S", 0.3)
    departure = door.depart()
    found = door.back(departure)
    provider.line.slow.clear()
    with pytest.raises(DeadlineError, match="did not answer within") as told:
        door.arrive(found, departure.browser)
    assert told.value.hint
    provider.line.slow.set()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", {"error": "x" * 1000}), ("/token", {}), ("/token", {"id_token": 7}),
        ("/token", {"access_token": "a"}), ("/token", {"padding": "x" * (2 << 20)}),
        ("/jwks", {}), ("/jwks", {"keys": 7}), ("/jwks", {"keys": [7, None, {}]}), ("/me", {}),
        ("/me", {"sub": ["sub-ann"]}),
    ],
)  # fmt: skip
def test_an_answer_that_is_unfit_is_named(
    path: str, answer: dict[str, Any], door: Door, provider: RealProvider
) -> None:
    departure = door.depart()
    found = door.back(departure)
    with (
        provider.line.altered(lambda asked, _: answer if asked == path else None),
        pytest.raises(WorkbenchError) as told,
    ):
        door.arrive(found, departure.browser)
    assert told.value.hint
    assert len(str(told.value)) < 600
    assert door.oidc.passwords.sessions.list() == ()


def test_an_access_token_that_cannot_be_sent_is_named(door: Door, provider: RealProvider) -> None:
    departure = door.depart()
    found = door.back(departure)
    answer = {"access_token": "\u00e9\ud800", "id_token": "a.b.c"}
    with (
        provider.line.altered(lambda asked, _: answer if asked == "/token" else None),
        pytest.raises(FetchError, match="access token that cannot be sent"),
    ):
        door.arrive(found, departure.browser)


def test_it_is_not_followed_where_it_sends_us(door: Door, provider: RealProvider) -> None:
    """A provider that redirects could have us ask addresses of our own network."""
    with pytest.raises(FetchError, match="answers 30"):
        fetching.fetch_json("corp", f"{provider.issuer}/auth?client_id=workbench&response_type=code"
                            "&scope=openid&redirect_uri=http://127.0.0.1:8410/live/oidc/corp/callback"
                            f"&code_challenge_method=S256&code_challenge={'v' * 43}")  # fmt: skip
    with pytest.raises(FetchError, match=r"no JSON object|answers 4"):
        fetching.fetch_json("corp", f"{provider.issuer}/nowhere")
