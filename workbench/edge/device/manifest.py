"""What a bundle says of itself: its parts by digest, for what machine, until when, after what."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from . import canonical
from .faults import Fault

FORMAT = "workbench-bundle/1"
SIGNATURE_FORMAT = "workbench-signature/1"
# A part up to this size is one chunk: its own digest is the chunk's, and it has no list of chunks.
WHOLE_BYTES = 64 * 1024
MOST_BYTES = 16 * 1024 * 1024  # of a manifest
ANY = "any"
SYSTEMS = (ANY, "linux", "darwin")
MACHINES = (ANY, "x86_64", "aarch64")
WHEN_WRONG = ("refuse", "warn")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# A part's name is a path below the bundle's folder; nothing in it can lead out of it.
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*){0,3}")
RESERVED = ("manifest.json", "signature.json", "chunks")


@dataclass(frozen=True)
class Part:
    """One file. ``chunks_sha256`` is the digest of its list of chunks, empty where it is one."""

    kind: str
    name: str
    sha256: str
    size_bytes: int
    chunks_sha256: str = ""
    chunks: int = 1

    @property
    def chunk_list(self) -> str:
        """The name of its list of chunks in the bundle."""
        return f"chunks/{self.sha256}"


@dataclass(frozen=True)
class Manifest:
    """A bundle's manifest. Times are Unix seconds; ``keys`` (hexadecimal) may sign what follows.

    ``history`` has the digests of the manifests of all versions before, in order, so the version is
    one more than there are.
    """

    name: str
    line: str
    history: tuple[str, ...]
    made_s: int
    expires_s: int | None
    keys: tuple[str, ...]
    system: str
    machine: str
    runtime: str
    runtime_least: str
    architecture: str
    memory_bytes: int
    context_tokens: int
    clock_tolerance_s: int
    clock_when_wrong: str
    parts: tuple[Part, ...]

    @property
    def version(self) -> int:
        """Which one of its line it is, from 1."""
        return len(self.history) + 1

    @property
    def digest(self) -> str:
        """The sha256 of its bytes: the bundle's own name."""
        return hashlib.sha256(self.dump()).hexdigest()

    @property
    def size_bytes(self) -> int:
        """Of all parts."""
        return sum(part.size_bytes for part in self.parts)

    def of_kind(self, kind: str) -> tuple[Part, ...]:
        """The parts of one kind."""
        return tuple(part for part in self.parts if part.kind == kind)

    def dump(self) -> bytes:
        """Its bytes, which are what is signed."""
        return canonical.dump(
            {
                "architecture": self.architecture,
                "clock": {
                    "tolerance_s": self.clock_tolerance_s,
                    "when_wrong": self.clock_when_wrong,
                },
                "expires_s": self.expires_s,
                "format": FORMAT,
                "history": list(self.history),
                "keys": list(self.keys),
                "limits": {
                    "context_tokens": self.context_tokens,
                    "memory_bytes": self.memory_bytes,
                },
                "line": self.line,
                "made_s": self.made_s,
                "name": self.name,
                "parts": [
                    {
                        "chunks": part.chunks,
                        "chunks_sha256": part.chunks_sha256,
                        "kind": part.kind,
                        "name": part.name,
                        "sha256": part.sha256,
                        "size_bytes": part.size_bytes,
                    }
                    for part in self.parts
                ],
                "runtime": {"least": self.runtime_least, "name": self.runtime},
                "target": {"machine": self.machine, "system": self.system},
            }
        )


def read_manifest(data: bytes) -> Manifest:
    """A manifest from its bytes. Nothing is said of who signed it.

    Raises:
        Fault: ``integrity`` or ``input``: it is no manifest, or one of another form.
    """
    value = canonical.load(data, "the manifest")
    try:
        if value["format"] != FORMAT:
            raise Fault(
                "input",
                f"the bundle has the form {value['format']!r}; this runner reads {FORMAT!r}",
                hint="use the runner of the Workbench that made it",
            )
        made = Manifest(
            name=value["name"],
            line=value["line"],
            history=tuple(value["history"]),
            made_s=value["made_s"],
            expires_s=value["expires_s"],
            keys=tuple(value["keys"]),
            system=value["target"]["system"],
            machine=value["target"]["machine"],
            runtime=value["runtime"]["name"],
            runtime_least=value["runtime"]["least"],
            architecture=value["architecture"],
            memory_bytes=value["limits"]["memory_bytes"],
            context_tokens=value["limits"]["context_tokens"],
            clock_tolerance_s=value["clock"]["tolerance_s"],
            clock_when_wrong=value["clock"]["when_wrong"],
            parts=tuple(_part(each) for each in value["parts"]),
        )
        check(made)
    except (KeyError, TypeError, AttributeError, AssertionError) as error:
        raise Fault("input", f"the manifest is not of the form {FORMAT}: {error!r}") from None
    if made.dump() != data:
        raise Fault("input", "the manifest says more than this runner knows", hint="update it")
    return made


def check(manifest: Manifest) -> None:
    """Raise Fault or AssertionError unless each value is of its kind and within its bounds."""
    assert _NAME.fullmatch(manifest.name), "name"
    assert _LINE.fullmatch(manifest.line), "line"
    assert all(_SHA256.fullmatch(each) for each in manifest.history), "history"
    assert manifest.keys and all(_SHA256.fullmatch(each) for each in manifest.keys), "keys"
    numbers = (manifest.made_s, manifest.memory_bytes, manifest.context_tokens)
    assert all(_is_count(each) for each in (*numbers, manifest.clock_tolerance_s)), "numbers"
    assert manifest.expires_s is None or _is_count(manifest.expires_s), "expires_s"
    assert manifest.system in SYSTEMS and manifest.machine in MACHINES, "target"
    assert manifest.clock_when_wrong in WHEN_WRONG, "clock"
    texts = (manifest.runtime, manifest.runtime_least, manifest.architecture)
    assert all(isinstance(each, str) for each in texts), "runtime"
    _check_parts(manifest.parts)


def _check_parts(parts: tuple[Part, ...]) -> None:
    names = [part.name for part in parts]
    assert names == sorted(set(names)), "parts stand once each, by name"
    for part in parts:
        path = part.name.split("/")
        if not _PATH.fullmatch(part.name) or ".." in part.name or path[0] in RESERVED:
            raise Fault("input", f"a part cannot be called {part.name!r}")
        above = {"/".join(path[:depth]) for depth in range(1, len(path))}
        assert not above & set(names), "a part is no folder"
        assert _NAME.fullmatch(part.kind), "kind"
        assert _SHA256.fullmatch(part.sha256) and _is_count(part.size_bytes), "digest"
        whole = part.size_bytes <= WHOLE_BYTES
        assert _is_count(part.chunks) and (part.chunks == 1 if whole else part.chunks > 0), "chunks"
        assert whole == (part.chunks_sha256 == ""), "chunks"
        assert whole or _SHA256.fullmatch(part.chunks_sha256), "chunks"


def _part(value: Any) -> Part:
    return Part(
        value["kind"],
        value["name"],
        value["sha256"],
        value["size_bytes"],
        value["chunks_sha256"],
        value["chunks"],
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0
