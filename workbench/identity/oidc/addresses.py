"""Addresses that are trusted: of providers, and of pages that one goes on to."""

from __future__ import annotations

from urllib.parse import urlsplit

from workbench.core.errors import InputError
from workbench.core.listening import is_loopback

MOST_ADDRESS_CHARS = 2000


def check_address(text: str, *, what: str) -> str:
    """An address with TLS, or one of this machine.

    Raises:
        InputError: It is neither, or has a user or a password in it.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or len(text) > MOST_ADDRESS_CHARS or not text.isascii() or _has_blanks(text):
        raise InputError(f"{what} {text!r:.200} is no address", hint="https://login.example.org")
    if parts.username is not None or parts.password is not None:
        raise InputError(f"{what} has a user or a password in it", hint="leave them out")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise InputError(
            f"{what} {text!r:.200} is not encrypted: anybody on the way could be the provider",
            hint="an address of https, or one of this machine",
        )
    return text


def page_of_here(text: str | None, *, otherwise: str) -> str:
    """Where one goes on to after signing in: a path of this server, or else another one.

    Browsers take ``//host``, ``/\\host`` and ``/<tab>/host`` for another server's address.
    """
    if (
        not text
        or len(text) > MOST_ADDRESS_CHARS
        or not text.startswith("/")
        or text.startswith("//")
        or "\\" in text
        or not text.isascii()
        or _has_blanks(text)
    ):
        return otherwise
    return text


def _has_blanks(text: str) -> bool:
    return any(not "!" <= sign <= "~" for sign in text)
