"""What a provider says of itself: where it is asked what (OpenID Connect Discovery 1.0), its keys.

Kept in the process for an hour. What it says must be of the issuer that is set, to the letter:
else a document of one provider could send secrets and codes to another.
"""

from __future__ import annotations

import copy
import threading
import time
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConfigError, FetchError, InputError, WorkbenchError

from .addresses import check_address
from .fetching import fetch_json
from .id_tokens import ALGORITHMS
from .providers import Provider
from .signing_keys import FAILED_S, KEPT_S, SigningKeys

WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Discovered:
    """The parts of a discovery document that are used, checked."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    names_issuer: bool  # in each answer, as RFC 9207 has it


class Issuer:
    """One provider as this process knows it."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._found: Discovered | None = None
        self._found_s = self._failed_s = float("-inf")
        self._fault: WorkbenchError | None = None
        self._lock = threading.Lock()
        self.keys = SigningKeys(provider.name, self._fetch_keys)

    def discover(self) -> Discovered:
        """What it says of itself, at most an hour old.

        Raises:
            ConfigError: It is another issuer's, or cannot be used.
            DeadlineError: It is slow.
            FetchError: It cannot be reached, or what it says is incomplete.
        """
        with self._lock:
            now_s = time.monotonic()
            if self._found is None or now_s - self._found_s >= KEPT_S:
                if self._fault is not None and now_s - self._failed_s < FAILED_S:
                    raise copy.copy(self._fault)
                self._found = self._ask()
                self._found_s = now_s
            return self._found

    def _ask(self) -> Discovered:
        """Many may wait here while a provider is slow: they are told at once what the first was."""
        url = self.provider.issuer.removesuffix("/") + WELL_KNOWN
        self._fault = None
        try:
            return read_document(fetch_json(self.provider.name, url), self.provider)
        except WorkbenchError as error:
            self._fault, self._failed_s = error, time.monotonic()
            raise

    def _fetch_keys(self) -> dict[str, Any]:
        return fetch_json(self.provider.name, self.discover().jwks_uri)


def read_document(document: dict[str, Any], provider: Provider) -> Discovered:
    """The parts that are used of a discovery document. Raises ConfigError or FetchError."""
    check = f"workbench identity oidc check {provider.name}"
    if document.get("issuer") != provider.issuer:
        raise ConfigError(
            f"the document at {provider.issuer} is of the issuer {document.get('issuer')!r:.200}",
            hint="set the issuer to the letter as the provider writes it, with or without a slash",
            provider=provider.name,
        )

    def address(name: str) -> str:
        try:
            return check_address(str(document.get(name, "")), what=name)
        except InputError as error:
            raise FetchError(
                f"what the provider {provider.name!r} says of itself cannot be used: {error}",
                hint=check,
                reason="answer",
                provider=provider.name,
            ) from None

    def texts(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = document.get(name)
        return tuple(map(str, value)) if isinstance(value, list) else default

    signed = texts("id_token_signing_alg_values_supported", ("RS256",))
    algorithms = tuple(each for each in ALGORITHMS if each in signed)
    if not algorithms:
        raise ConfigError(
            f"the provider {provider.name!r} signs by {', '.join(signed)}; it may be by "
            f"{', '.join(ALGORITHMS)}",
            hint="have it sign id_tokens by RS256 or ES256",
            provider=provider.name,
        )
    if "S256" not in texts("code_challenge_methods_supported", ("S256",)):
        raise ConfigError(
            f"the provider {provider.name!r} does not take a proof of who began (PKCE by S256)",
            hint="switch it on there for this client",
            provider=provider.name,
        )
    return Discovered(
        provider.issuer,
        address("authorization_endpoint"),
        address("token_endpoint"),
        address("jwks_uri"),
        address("userinfo_endpoint") if document.get("userinfo_endpoint") else None,
        address("end_session_endpoint") if document.get("end_session_endpoint") else None,
        algorithms,
        document.get("authorization_response_iss_parameter_supported") is True,
    )


_issuers: dict[Provider, Issuer] = {}
_lock = threading.Lock()
_KEPT_ISSUERS = 32


def issuer_of(provider: Provider) -> Issuer:
    """The one of these settings; other settings begin anew."""
    with _lock:
        found = _issuers.get(provider)
        if found is None:
            while len(_issuers) >= _KEPT_ISSUERS:
                _issuers.pop(next(iter(_issuers)))
            found = _issuers[provider] = Issuer(provider)
        return found
