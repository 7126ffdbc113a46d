"""What a source offers now: one signed statement beside the bundles, and for whom it is meant.

It has a number that only grows and a time after which it says nothing any more, so that who stands
in between can neither offer what was withdrawn nor hide that there is something newer for long
(the attacks that The Update Framework calls roll-back and freeze). ``share_ppm`` opens a version
to some of the devices: which is drawn by each device's own name, so that no list is needed.
``back`` says that devices which have something newer are to go back: who may sign what comes next
may say so, and nobody who merely shows an older statement can.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import canonical
from .archive import Head
from .faults import Fault
from .manifest import Manifest
from .signatures import check_signature
from .sources import HttpSource, is_address
from .state import State
from .trust import Here

FORMAT = "workbench-channel/1"
NAME, SIGNATURE_NAME = "channel.json", "channel.signature"
ALL_PPM = 1_000_000
_MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class Channel:
    """What is offered: a version, by the digest of its manifest, in a file beside it."""

    line: str
    sequence: int
    made_s: int
    expires_s: int | None
    version: int
    digest: str
    file: str
    share_ppm: int = ALL_PPM
    back: bool = False

    def dump(self) -> bytes:
        """Its bytes, which are what is signed."""
        return canonical.dump({**asdict(self), "format": FORMAT})

    def is_for(self, device: str) -> bool:
        """Whether it is this device's turn."""
        return place_of(device, self.digest) < self.share_ppm


def place_of(device: str, digest: str) -> int:
    """Where a device stands in the order in which a version is given out: 0 to 999,999."""
    drawn = hashlib.sha256(f"{device}:{digest}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") % ALL_PPM


def load(data: bytes) -> Channel:
    """A statement from its bytes. Raises Fault ``integrity`` or ``input``."""
    value: Any = canonical.load(data, "the channel")
    try:
        assert value.pop("format") == FORMAT, "format"
        said = Channel(**value)
        numbers = (said.sequence, said.made_s, said.version, said.share_ppm)
        assert all(type(each) is int and each >= 0 for each in numbers), "numbers"
        assert said.expires_s is None or type(said.expires_s) is int, "expires_s"
        assert all(isinstance(t, str) for t in (said.line, said.digest, said.file)), "texts"
        assert type(said.back) is bool, "back"
        assert said.file and "/" not in said.file and not said.file.startswith("."), "file"
    except (AssertionError, TypeError, KeyError, AttributeError) as error:
        raise Fault("input", f"the channel is not of the form {FORMAT}: {error}") from None
    return said


def read(place: str, known: State, current: Manifest | None, here: Here) -> Channel:
    """What a source offers, if that may be believed.

    Raises:
        Fault: ``not-found``: there is none. ``integrity``, ``two-masters``, ``older``, ``expired``.
    """
    data, signature = _file(place, NAME), _file(place, SIGNATURE_NAME)
    check_signature(FORMAT, data, signature, known.keys)
    said = load(data)
    if said.line != known.line:
        raise Fault("two-masters", f"the channel at {place} is of another line of versions")
    if said.sequence < known.channel_sequence:
        raise Fault(
            "older",
            f"the channel at {place} is number {said.sequence}; {known.channel_sequence} was seen",
            hint="somebody offers what was withdrawn; ask who runs it",
        )
    tolerance_s = current.clock_tolerance_s if current else 0
    if said.expires_s is not None and here.now_s > said.expires_s + tolerance_s:
        raise Fault(
            "expired",
            f"the channel at {place} said nothing new since it ran out; or the clock is ahead",
            hint="ask who runs it; see whether the clock is right",
        )
    return said


def check_bundle(said: Channel, head: Head) -> None:
    """See that a bundle is the one that was offered."""
    if head.digest != said.digest:
        raise Fault(
            "integrity",
            f"{said.file} is not the bundle that the channel offers",
            hint="try again: it may just be being replaced",
        )


def join(place: str, name: str) -> str:
    """A file beside the channel."""
    return place + quote(name) if is_address(place) else str(Path(place) / name)


def _file(place: str, name: str) -> bytes:
    if is_address(place):
        source = HttpSource(join(place, name))
        try:
            return source.whole(_MOST_BYTES)
        finally:
            source.close()
    try:
        with (Path(place) / name).open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise Fault(
            "not-found", f"{place} has no {name}: {error.strerror}", hint="name a bundle"
        ) from None
