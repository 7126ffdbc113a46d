"""What comes back from a provider: a code by way of the browser, then tokens for it, straight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from workbench.core.errors import AccessError, ConfigError, FetchError
from workbench.core.optional import require

from .fetching import ask, fetch_json, make_transport, time_of
from .flows import Begun, Flow
from .issuers import Issuer

MOST_CODE_CHARS = 4096
_OUR_FAULTS = ("invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type")


@dataclass(frozen=True)
class Tokens:
    """What the provider gave for a code, and what its clock said then."""

    id_token: Any = field(repr=False)
    access_token: str | None = field(repr=False)
    provider_time_s: float | None


def authorization_url(issuer: Issuer, begun: Begun, *, redirect_uri: str) -> str:
    """Where the browser is sent. Raises what ``Issuer.discover`` does."""
    provider, found = issuer.provider, issuer.discover()
    with _client(issuer, redirect_uri) as client:
        url: str = client.create_authorization_url(
            found.authorization_endpoint,
            state=begun.state,
            code_verifier=begun.verifier,
            nonce=begun.nonce,
            scope=" ".join(provider.scopes),
        )[0]
    return url


def code_of(issuer: Issuer, query: Mapping[str, str]) -> str:
    """The code in an answer, if the answer is of this issuer (RFC 9207).

    Raises:
        AccessError: It is of another issuer, says no, or has no code.
    """
    name = issuer.provider.name
    said = query.get("iss")
    if said != issuer.provider.issuer and (said is not None or issuer.discover().names_issuer):
        raise AccessError(
            f"this answer is of the issuer {said!r:.200}; it must be of {issuer.provider.issuer}",
            hint="begin anew on the sign-in page",
            reason="mix-up",
            provider=name,
        )
    if (error := query.get("error")) is not None:
        told = query.get("error_description", "")
        said = f"{shown(error)} ({shown(told)})" if told else shown(error)
        raise AccessError(
            f"the provider {name!r} says no: {said}",
            hint="begin anew on the sign-in page, or sign in by password",
            reason="refused",
            provider=name,
        )
    code = query.get("code", "")
    if not 0 < len(code) <= MOST_CODE_CHARS or any(not " " <= sign <= "~" for sign in code):
        raise AccessError(
            f"the answer of {name!r} has no code",
            hint="begin anew on the sign-in page",
            reason="form",
            provider=name,
        )
    return code


def fetch_tokens(issuer: Issuer, code: str, flow: Flow) -> Tokens:
    """Change a code for tokens, with the proof that we are who began.

    Raises:
        AccessError: The provider does not take the code: it was used already, or is another's.
        ConfigError: It does not take the client.
        DeadlineError: It is slow.
        FetchError: It cannot be reached, or its answer is none.
    """
    provider, found = issuer.provider, issuer.discover()
    base = require("authlib.integrations.base_client", extra="identity")
    times: list[float | None] = []
    with _client(issuer, flow.redirect_uri) as client:

        def look(answer: Any) -> Any:
            times.append(time_of(answer.headers.get("date")))
            if answer.status_code >= 500 or 300 <= answer.status_code < 400:
                raise FetchError(
                    f"{found.token_endpoint} answers {answer.status_code}", reason="answer"
                )
            return answer

        def call() -> Mapping[str, Any]:
            client.register_compliance_hook("access_token_response", look)
            try:
                given: Mapping[str, Any] = client.fetch_token(
                    found.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=flow.verifier,
                    redirect_uri=flow.redirect_uri,
                    auth=_client_auth(issuer, client),
                )
            except (ValueError, TypeError, AttributeError, RecursionError):
                raise FetchError(
                    f"{found.token_endpoint} answers no tokens", reason="answer"
                ) from None
            return given

        try:
            given = ask(provider.name, client, call)
        except base.OAuthError as error:
            raise _refusal(provider.name, error) from None
    access_token = given.get("access_token")
    if isinstance(access_token, str) and any(not "!" <= sign <= "~" for sign in access_token):
        raise FetchError(
            f"the provider {provider.name!r} answers an access token that cannot be sent",
            hint="ask who runs the provider",
            reason="answer",
            provider=provider.name,
        )
    return Tokens(
        given.get("id_token"),
        access_token if isinstance(access_token, str) else None,
        times[0] if times else None,
    )


def fetch_user_info(issuer: Issuer, tokens: Tokens, subject: str) -> dict[str, Any]:
    """What the provider says beside the id_token, if it is of the same subject.

    Raises:
        AccessError: It is of another: somebody put one user's token into another's answer.
        DeadlineError: The provider is slow.
        FetchError: It cannot be reached, or its answer is none.
    """
    url = issuer.discover().userinfo_endpoint
    if url is None or tokens.access_token is None:
        return {}
    found = fetch_json(issuer.provider.name, url, bearer=tokens.access_token)
    if found.get("sub") != subject:
        raise AccessError(
            f"what {issuer.provider.name!r} tells of who signed in is of somebody else",
            hint="sign in again; if it is so again, ask who runs the provider",
            reason="subject",
            provider=issuer.provider.name,
        )
    return found


def shown(text: str) -> str:
    """A provider's words, as far as they can be shown."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:200])


def _client(issuer: Issuer, redirect_uri: str) -> Any:
    library = require("authlib.integrations.httpx_client", extra="identity")
    return library.OAuth2Client(
        client_id=issuer.provider.client_id,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
        transport=make_transport(),
        follow_redirects=False,
        trust_env=False,
        timeout=10.0,
    )


def _client_auth(issuer: Issuer, client: Any) -> Any:
    """How the client shows who it is: RFC 6749, section 2.3.1, where both are form-encoded."""
    httpx = require("httpx2", extra="identity")
    secret = issuer.provider.secret()
    if not secret:
        return client.client_auth("none")
    if issuer.provider.client_auth == "basic":
        return httpx.BasicAuth(quote(issuer.provider.client_id, ""), quote(secret, ""))
    client.client_secret = secret
    return client.client_auth("client_secret_post")


def _refusal(name: str, error: Any) -> AccessError | ConfigError:
    told = shown(f"{error.error} ({error.description})" if error.description else str(error.error))
    if error.error in _OUR_FAULTS:
        return ConfigError(
            f"the provider {name!r} does not take this client: {told}",
            hint=f"workbench identity oidc check {name}: the client's id, its secret and how it is "
            "sent are as the provider has them",
            provider=name,
        )
    return AccessError(
        f"the provider {name!r} does not take the code: {told}",
        hint="begin anew on the sign-in page",
        reason="code",
        provider=name,
    )
