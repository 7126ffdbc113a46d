"""A made fleet: devices by the words that they sent, and a shelf with versions of small files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.edge.made_bundles import NOW_S, Line
from workbench.edge.bundles.keys import load_signer
from workbench.edge.device import letters
from workbench.edge.device.outbox import Record
from workbench.edge.syncing.receiving import Desk


@dataclass
class MadeFleet:
    """A line of three versions, signed by the home's key; devices say what they are told to."""

    folder: Path

    def __post_init__(self) -> None:
        self.line = Line(self.folder / "line")
        for number in range(3):
            self.line.add({"a.bin": bytes([number])}, signer=load_signer())
        self.shelf = self.folder / "shelf"
        self._known: dict[str, tuple[str, bytes]] = {}
        self._sent = 0

    def bundle(self, version: int) -> Path:
        """The file of a version."""
        return self.line.built[version - 1].path

    def enrol(self, name: str) -> None:
        """Let a device in that says nothing yet."""
        self._known[name] = Desk().enrol(name)

    def say(self, name: str, version: int, **told: Any) -> None:
        """A device's word of how it is, taken in."""
        if name not in self._known:
            self.enrol(name)
        made = self.line.built[version - 1].manifest
        said = {
            "device": f"runner-{name}", "name": made.name, "line": made.line, "version": version,
            "digest": made.digest, "healthy": True, "highest": version, "fell_back": [],
            "refused": {}, "previous": "", "time_s": NOW_S, "clock": "", "temperature_c": None,
            "battery_percent": None, "records_waiting": 0, "records_refused": 0,
        } | told  # fmt: skip
        self.send(name, "status", json.dumps(said).encode())

    def fail(self, name: str, version: int, why: str) -> None:
        """A device's word that a version did not start, and that it is back at the one before."""
        digest = self.line.built[version - 1].manifest.digest
        self.say(name, version - 1, refused={digest: why}, fell_back=[digest, why])

    def send(self, name: str, kind: str, body: bytes) -> None:
        """A record of a device, taken in."""
        import hashlib

        device, secret = self._known[name]
        self._sent += 1
        sha256 = hashlib.sha256(body).hexdigest()
        record = Record(f"{self._sent:032x}", kind, body, sha256, NOW_S + self._sent)
        Desk().take(letters.write_letter(device, [record], secret))
