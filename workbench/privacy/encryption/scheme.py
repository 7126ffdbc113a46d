"""SEAL's CKKS through TenSEAL's binding: a context with its levels, and objects as bytes.

The binding saves to and loads from files alone, and does not say when a disk is full; here bytes go
in and out, whole or with an error. It knows nothing of any key: keys are loaded by who may have
them.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError, StorageError
from workbench.core.optional import require
from workbench.store import files

from .parameters import Parameters

MAGIC = b"\x5e\xa1\x10"  # of each object that SEAL writes, with the header's size
HEADER = struct.Struct("<HBBBBHQ")


def sealapi() -> Any:
    """TenSEAL's binding of SEAL.

    Raises:
        DependencyError: It is not installed.
    """
    return require("tenseal.sealapi", extra="privacy")


class Scheme:
    """A context for parameters, with what of it is needed at each level.

    ``levels`` has the parms_id and the last prime by how many levels are left.
    """

    def __init__(self, parameters: Parameters) -> None:
        seal = sealapi()
        self.parameters = parameters
        asked = seal.EncryptionParameters(seal.SCHEME_TYPE.CKKS)
        asked.set_poly_modulus_degree(parameters.degree)
        bits = list(parameters.prime_bits)
        asked.set_coeff_modulus(seal.CoeffModulus.Create(parameters.degree, bits))
        self.context = seal.SEALContext(asked, True, seal.SEC_LEVEL_TYPE.TC128)
        if not self.context.parameters_set():
            raise IntegrityError(
                f"SEAL refuses the parameters: {self.context.parameters_error_message()}",
                hint="compile the model again",
            )
        self.encoder = seal.CKKSEncoder(self.context)
        self.levels: dict[int, tuple[Any, int]] = {}
        data = self.context.first_context_data()
        while data is not None:
            primes = data.parms().coeff_modulus()
            self.levels[len(primes) - 1] = (data.parms_id(), primes[-1].value())
            data = data.next_context_data()

    def galois_element(self, steps: int) -> int:
        """What SEAL calls a rotation by so many slots to the left."""
        return pow(3, steps, 2 * self.parameters.degree)

    def encode(self, values: Sequence[float], *, level: int, scale: float) -> Any:
        """Slots as a plaintext of a level."""
        plain = sealapi().Plaintext()
        self.encoder.encode(list(values), self.levels[level][0], scale, plain)
        return plain


@cache
def scheme_of(parameters: Parameters) -> Scheme:
    """The context of parameters, made once a process."""
    return Scheme(parameters)


def dump(item: Any) -> bytes:
    """An object of SEAL as bytes."""
    with tempfile.TemporaryDirectory(prefix="workbench-seal-") as folder:
        path = Path(folder) / "object"
        item.save(str(path))
        content = path.read_bytes()
    if object_size(content) != len(content):
        raise StorageError(
            f"the folder for temporary files, {tempfile.gettempdir()}, has no room left",
            hint="export TMPDIR=/another/folder",
        )
    return content


def load(kind: str, content: bytes, scheme: Scheme, *, what: str) -> Any:
    """Bytes as an object of SEAL that is valid in a context.

    Args:
        kind: The class of the binding: Ciphertext, PublicKey, ...
        content: What ``dump`` gave.
        scheme: The context.
        what: What it is, for the error.

    Raises:
        IntegrityError: They are no such object, or one of other parameters.
    """
    if object_size(content) != len(content):
        raise IntegrityError(f"{what} is cut off, or nothing that SEAL wrote", hint="send it again")
    with tempfile.TemporaryDirectory(prefix="workbench-seal-") as folder:
        path = Path(folder) / "object"
        with files.saying_why(path):
            path.write_bytes(content)
        return load_file(kind, path, scheme, what=what)


def load_file(kind: str, path: Path, scheme: Scheme, *, what: str) -> Any:
    """A file as an object of SEAL; see ``load``. A secret key is read by it in its own place."""
    found = getattr(sealapi(), kind)()
    try:
        found.load(scheme.context, str(path))
    except (RuntimeError, ValueError, IndexError, MemoryError) as error:
        # SEAL tells a broken object by a C++ exception, which the binding makes one of these.
        raise IntegrityError(
            f"{what} is no {kind} of this plan ({error})",
            hint="the keys, the ciphertext and the server must be of the same plan",
        ) from None
    return found


def object_size(content: bytes, at: int = 0) -> int | None:
    """How long the object of SEAL that begins at a place says it is; None where none begins."""
    if content[at : at + 3] != MAGIC or len(content) - at < HEADER.size:
        return None
    _, _, major, _, packed, reserved, size = HEADER.unpack_from(content, at)
    return int(size) if major in (3, 4) and packed <= 2 and reserved == 0 else None
