"""Small bundles for tests: a line of versions of a few files, and a machine that they are for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.edge.bundles.building import Built, Terms, build
from workbench.edge.bundles.keys import Signer, load_signer
from workbench.edge.bundles.parts import Content
from workbench.edge.device.trust import Here

NOW_S = 1_795_000_000
HERE = Here("linux", "x86_64", {"xllamacpp": "2026.10.11549"}, NOW_S)
RUNNER = {"__main__.py": b"print('a version')\n", "edge_device/__init__.py": b""}


def noise(size_bytes: int, seed: int = 0) -> bytes:
    """Bytes that nothing packs."""
    return random.Random(seed).randbytes(size_bytes)


def changed(data: bytes, share: float, *, runs: int, seed: int = 0) -> bytes:
    """Bytes of which a share is other, in so many runs at drawn places."""
    drawn, out = random.Random(seed), bytearray(data)
    size = max(1, round(len(data) * share / runs))
    for _ in range(runs):
        place = drawn.randrange(len(data) - size)
        out[place : place + size] = drawn.randbytes(size)
    return bytes(out)


def well(folder: Path, root: Path) -> None:
    """Every version starts."""


@dataclass
class Line:
    """A line of versions, each a bundle in a folder."""

    folder: Path
    name: str = "notes"
    terms: Terms = field(default_factory=Terms)
    built: list[Built] = field(default_factory=list)
    runner: Mapping[str, bytes] | None = field(default_factory=lambda: RUNNER)

    @property
    def signer(self) -> Signer:
        """The key that it is signed with."""
        return load_signer(self.folder / "keys")

    def add(
        self,
        files: Mapping[str, bytes],
        *,
        after: Built | None = None,
        signer: Signer | None = None,
        keys: tuple[str, ...] = (),
        terms: Terms | None = None,
        now_s: float = NOW_S - 1000,
    ) -> Built:
        """The next version, of these files; ``after`` another than the last one makes a fork."""
        number = len(self.built) + 1
        source = self.folder / f"files-{number}"
        source.mkdir(parents=True, exist_ok=True)
        contents = []
        for name, data in files.items():
            path = source / name
            path.write_bytes(data)
            kind = name.partition(".")[0]
            contents.append(Content(kind, f"parts/{name}", path))
        before = after or (self.built[-1] if self.built else None)
        made = build(
            self.name,
            self.folder / f"{self.name}-{number}.bundle",
            contents=contents,
            architecture="llama",
            terms=terms or self.terms,
            previous=before.path if before else None,
            signer=signer or self.signer,
            keys=keys,
            now_s=now_s,
            runner=self.runner,
        )
        self.built.append(made)
        return made
