"""A provider's public keys: kept for an hour, and fetched anew when a token names one not there.

Providers change their keys without telling. But whoever sends tokens with made-up key ids must not
make us ask the provider each time: for unknown ids it is asked once in a minute at most.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.errors import AccessError, WorkbenchError
from workbench.core.optional import require

KEPT_S = 3600.0
FAILED_S = 5.0  # so long a provider that could not be asked is not asked again
ASKED_ANEW_S = 60.0
LEAST_RSA_BITS = 2048
MOST_KEYS = 100
_TYPES = {"R": ("RSA",), "P": ("RSA",), "E": ("EC", "OKP")}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


class SigningKeys:
    """The keys of one provider.

    Args:
        name: The provider's.
        fetch: Gives its key set (RFC 7517) as it is now.
        clock: Tells seconds that never go back; tests give their own.
    """

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Mapping[str, Any]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self._fetch, self._clock = name, fetch, clock
        self._keys: tuple[Mapping[str, Any], ...] = ()
        self._fetched_s = self._asked_anew_s = self._failed_s = float("-inf")
        self._fault: WorkbenchError | None = None
        self._lock = threading.Lock()

    def find(self, kid: str | None, algorithm: str) -> Any:
        """The key of that id for an algorithm, as joserfc takes it.

        Raises:
            AccessError: There is none, or none that one may choose.
            DeadlineError: The provider is slow.
            FetchError: The provider cannot be asked.
        """
        with self._lock:
            now_s = self._clock()
            if now_s - self._fetched_s >= KEPT_S:
                self._take()
            found = self._fitting(kid, algorithm)
            if not found and now_s - self._asked_anew_s >= ASKED_ANEW_S:
                self._asked_anew_s = now_s
                if self._fetched_s < now_s:
                    self._take()
                    found = self._fitting(kid, algorithm)
        if len(found) != 1:
            which = "it names none" if kid is None else f"its id is {kid!r:.60}"
            raise AccessError(
                f"{self.name!r} has {'no' if not found else 'more than one'} key for this token "
                f"({which}, by {algorithm})",
                hint="sign in again in a minute, when its keys are fetched anew",
                reason="key",
                provider=self.name,
            )
        return found[0]

    def count(self, algorithm: str) -> int:
        """How many keys there are for an algorithm. Raises as ``find`` does."""
        with self._lock:
            if self._clock() - self._fetched_s >= KEPT_S:
                self._take()
            return len(self._fitting(None, algorithm))

    def _take(self) -> None:
        """Many may wait here while a provider is slow: they are told at once what the first was."""
        if self._fault is not None and self._clock() - self._failed_s < FAILED_S:
            raise copy.copy(self._fault)
        self._fault = None
        try:
            keys = self._fetch().get("keys")
        except WorkbenchError as error:
            self._fault, self._failed_s = error, self._clock()
            raise
        listed = keys if isinstance(keys, list) else []
        self._keys = tuple(key for key in listed[:MOST_KEYS] if isinstance(key, dict))
        self._fetched_s = self._clock()

    def _fitting(self, kid: str | None, algorithm: str) -> list[Any]:
        named = [key for key in self._keys if kid is None or key.get("kid") == kid]
        made = (_import(key, algorithm) for key in named)
        return [key for key in made if key is not None]


def _import(key: Mapping[str, Any], algorithm: str) -> Any:
    """A public key for just this algorithm; None if it is for something else, or none at all."""
    kind = "OKP" if algorithm.startswith("Ed") else _TYPES[algorithm[0]][0]
    operations = key.get("key_ops")
    if (
        key.get("kty") != kind  # so never a shared secret, which is of the type oct
        or key.get("use", "sig") != "sig"
        or key.get("alg", algorithm) != algorithm
        or (isinstance(operations, list) and "verify" not in operations)
        or (kind == "EC" and key.get("crv") != _CURVES[algorithm])
        or (kind == "OKP" and key.get("crv") != "Ed25519")
    ):
        return None
    if kind == "RSA" and len(str(key.get("n", ""))) * 6 < LEAST_RSA_BITS:  # in base64
        return None
    jwk = require("joserfc.jwk", extra="identity")
    errors = require("joserfc.errors", extra="identity")
    public = {name: value for name, value in key.items() if name in _PUBLIC}
    try:
        return jwk.import_key(public)
    except (errors.JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None


_PUBLIC = ("kty", "kid", "n", "e", "crv", "x", "y")
