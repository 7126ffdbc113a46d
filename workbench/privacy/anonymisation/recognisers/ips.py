"""Addresses of computers, of both versions of the protocol."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_FOUR = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_SIX = re.compile(
    r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})(?![\w:])", re.I
)
_VERSION = re.compile(
    r"(?:\b(?:versions?|release|v|ver|build|firmware|driver|update(?:d)?(?: to)?|upgrade(?:d)?(?: to)?|patch|software|"
    r"chrome|firefox|edge|safari|android|ios|windows|linux|kernel|sdk|app)[ /:_-]*(?:\w+[ /-])?)$",
    re.IGNORECASE,
)
_LOW = 23
_SAID = re.compile(
    r"\b(?:ip|ips|ipv4|address|addr|host|hosts|from|server|client|dns|gateway|record|network|resolver|log(?:ged)? ?in|"
    r"via|ping|peer|remote|source|src|dst|at|user|nas|for|on)\b[^\n]{0,20}$",
    re.IGNORECASE,
)
_LEAST_SIX_CHARS = 6  # "::" and "a::b" are code more often than addresses


def find(text: str, reading: Reading) -> Iterator[Found]:
    """What the standard library takes for an address, and no version of a program."""
    for pattern in (_FOUR, _SIX):
        for hit in pattern.finditer(text):
            if pattern is _SIX and len(hit.group()) < _LEAST_SIX_CHARS:
                continue
            try:
                address = ipaddress.ip_address(hit.group())
            except ValueError:
                continue
            if is_nobodys(address):
                continue
            if (
                pattern is _FOUR
                and int(hit.group().split(".")[0]) <= _LOW
                and not _SAID.search(text, max(0, hit.start() - 48), hit.start())
            ):
                continue  # versions of four parts begin so
            if pattern is _SIX or not _VERSION.search(text, max(0, hit.start() - 12), hit.start()):
                yield Found(hit.start(), hit.end(), "IP", 0.95, "ips", "a valid address")


def is_nobodys(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Loopback, unspecified, masks, and private networks, whose addresses millions share."""
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        return False
    own = address.packed
    documentation = own[:3] in (bytes((192, 0, 2)), bytes((198, 51, 100)), bytes((203, 0, 113)))
    return own[0] in (0, 255) or (address.is_private and not documentation)
