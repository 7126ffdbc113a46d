"""Keys of a client: the secret one in a folder of its owner's, the others in one to give away.

    CLIENT/secret.key            0600: decrypts; never leaves the client
    CLIENT/plan.json             the plan that they were made for
    CLIENT/for_server/*.key      public, relinearisation and Galois keys

A Galois key is made for each rotation that the plan makes and for no other.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import ConflictError, IntegrityError, NotFoundError, StorageError
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.privacy.ledger.key_files import read_key_file
from workbench.privacy.ledger.recording import record
from workbench.store import files

from .plan import FILE, Plan, read_plan
from .scheme import Scheme, dump, load, load_file, object_size, scheme_of, sealapi

SECRET = "secret.key"
FOR_SERVER = "for_server"
PARTS = {"public.key": "PublicKey", "relin.key": "RelinKeys", "galois.key": "GaloisKeys"}


@dataclass(frozen=True)
class KeyFolder(Viewable):
    """Keys on the disk. ``key`` names them; ``full_galois_bytes`` is what the Galois keys for every
    power-of-two rotation, which SEAL makes by default, would take."""

    folder: Path
    plan: str
    key: str
    galois_keys: int
    galois_bytes: int
    full_galois_keys: int
    full_galois_bytes: int
    given_bytes: int

    @property
    def for_server(self) -> Path:
        """The folder that a server may have."""
        return self.folder / FOR_SERVER


@dataclass(frozen=True)
class ServerKeys:
    """What a server computes with: loaded relinearisation and Galois keys."""

    key: str
    relin: Any
    galois: Any


def make_encryption_keys(plan: Plan, folder: Path) -> KeyFolder:
    """Make keys for a plan in a new folder, which its owner alone may read.

    Raises:
        ConflictError: There is a secret key in the folder.
        StorageError: The disk is full or cannot be written.
        CancelledError: The run was cancelled; no secret key is left.
    """
    seal, scheme, secret = sealapi(), scheme_of(plan.parameters), folder / SECRET
    if secret.exists():
        raise ConflictError(
            f"{secret} is there, and what was encrypted with it would be lost",
            hint="name another folder",
        )
    files.make_folder(folder)
    folder.chmod(0o700)
    given = folder / FOR_SERVER
    files.make_folder(given)
    try:
        with progress("making keys", total=4, unit="keys") as task:
            generator = seal.KeyGenerator(scheme.context)
            _save_private(secret, generator.secret_key())
            task.advance()
            made = {"public.key": seal.PublicKey(), "relin.key": seal.RelinKeys(),
                    "galois.key": seal.GaloisKeys()}  # fmt: skip
            generator.create_public_key(made["public.key"])
            task.advance()
            generator.create_relin_keys(made["relin.key"])
            task.advance()
            # An empty list would mean all of them.
            elements = [scheme.galois_element(step) for step in plan.steps or (1,)]
            generator.create_galois_keys(elements, made["galois.key"])
            for name, item in made.items():
                check_cancelled()
                files.write_bytes(given / name, dump(item))
            files.write_text(folder / FILE, plan.to_json())
            task.advance()
    except BaseException:
        secret.unlink(missing_ok=True)
        raise
    found = read_folder(folder)
    told = {"plan": plan.sha256, "galois_keys": found.galois_keys, "secret": "made"}
    record("key", f"encryption key {found.key[:16]}", data=told)
    return found


def read_folder(folder: Path) -> KeyFolder:
    """What a client's folder holds.

    Raises:
        NotFoundError: There are no keys.
    """
    plan = read_plan(folder)
    contents = read_given(folder / FOR_SERVER)
    sizes = {name: len(content) for name, content in contents.items()}
    count = len(plan.steps)
    full = 2 * (plan.parameters.degree.bit_length() - 2)
    each = sizes["relin.key"]  # a Galois key is a key-switching key of the same size
    return KeyFolder(
        folder, plan.sha256, key_name(contents), count, sizes["galois.key"], full, full * each,
        sum(sizes.values()),
    )  # fmt: skip


def read_given(folder: Path) -> dict[str, bytes]:
    """The keys of a folder for a server, by file.

    Raises:
        NotFoundError: One is missing.
    """
    missing = [name for name in PARTS if not (folder / name).is_file()]
    if missing:
        raise NotFoundError(
            f"there is no {missing[0]} in {folder}",
            hint="workbench privacy encryption keys FOLDER --plan PLAN",
        )
    return {name: (folder / name).read_bytes() for name in PARTS}


def key_name(contents: dict[str, bytes]) -> str:
    """What keys are known by: the sha256 of all that is given away of them."""
    digest = hashlib.sha256()
    for name in PARTS:
        digest.update(len(contents[name]).to_bytes(8, "big") + contents[name])
    return digest.hexdigest()


def load_server_keys(contents: dict[str, bytes], plan: Plan) -> ServerKeys:
    """Keys as a server needs them.

    Raises:
        IntegrityError: One is broken, of another plan, or a rotation of the plan has none.
    """
    scheme = scheme_of(plan.parameters)
    loaded = {name: load(kind, contents[name], scheme, what=name) for name, kind in PARTS.items()}
    galois = loaded["galois.key"]
    elements = [scheme.galois_element(step) for step in plan.steps]
    lacking = sum(not galois.has_key(element) for element in elements)
    if lacking:
        raise IntegrityError(
            f"{lacking} of the {len(elements)} rotations of the plan have no Galois key",
            hint="workbench privacy encryption keys FOLDER --plan PLAN",
        )
    return ServerKeys(key_name(contents), loaded["relin.key"], galois)


def load_secret_key(folder: Path, scheme: Scheme) -> Any:
    """The secret key of a client's folder.

    Raises:
        NotFoundError: There is none.
        AccessError: Others than its owner may read it.
        IntegrityError: It is broken, or of another plan.
    """
    content = read_key_file(folder / SECRET)
    if content is None:
        raise NotFoundError(
            f"there is no secret key in {folder}",
            hint="workbench privacy encryption keys FOLDER --plan PLAN",
        )
    return load_file("SecretKey", folder / SECRET, scheme, what=str(folder / SECRET))


def _save_private(path: Path, secret: Any) -> None:
    """Save a secret key in its own place: a copy elsewhere would stay on the disk."""
    with files.saying_why(path):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        secret.save(str(path))
        with path.open("rb+") as file:
            content = file.read()
            files.sync_file(file.fileno())
    if object_size(content) != len(content):
        raise StorageError(f"the disk has no room left for {path}", hint="free some space")
