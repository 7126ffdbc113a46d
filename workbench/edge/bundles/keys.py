"""The keys that bundles and channels are signed with (Ed25519): one of this home, made once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import InputError, IntegrityError
from workbench.edge.device.signatures import dump_signature, name_key, signed_bytes
from workbench.store import files

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_NAME, PRIVATE_NAME = "public.pem", "signing.pem"


@dataclass(frozen=True)
class Signer:
    """What signs. ``public_key`` is hexadecimal, as manifests name it."""

    public_key: str
    _key: Ed25519PrivateKey

    @property
    def name(self) -> str:
        """The key's name."""
        return name_key(self.public_key)

    def sign(self, form: str, said: bytes) -> bytes:
        """The signature's file for a statement of a form."""
        return dump_signature(self.public_key, self._key.sign(signed_bytes(form, said)))


def keys_folder() -> Path:
    """Where the signing key of this home is."""
    return settings.home() / "edge" / "keys"


def load_signer(folder: Path | None = None) -> Signer:
    """The signing key of a folder, by default of this home; made when it is first needed.

    Raises:
        IntegrityError: The file is no key.
        AccessError: Others than its owner may read it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from workbench.privacy.ledger.key_files import make_key_file, read_key_file

    path = (folder or keys_folder()) / PRIVATE_NAME
    pem = read_key_file(path)
    if pem is None:
        made = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        pem = make_key_file(path, made)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise IntegrityError(
            f"the signing key {path} is damaged, or no key of Ed25519",
            hint="restore it from a backup; devices take nothing that another key signed",
        )
    public = key.public_key()
    shown = path.with_name(PUBLIC_NAME)
    if not shown.is_file():
        encoded = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        files.write_bytes(shown, encoded)
    return Signer(public.public_bytes_raw().hex(), key)


def read_keys(given: Iterable[str]) -> tuple[str, ...]:
    """Public keys as manifests name them: each given as 64 hexadecimal digits or a PEM's path.

    Raises:
        InputError: One is neither.
    """
    return tuple(_read_key(each) for each in given)


def _read_key(given: str) -> str:
    if len(given) == 64 and all(digit in "0123456789abcdef" for digit in given):
        return given
    from workbench.privacy.ledger.verifier import CannotCheckError, load_public_key

    path = Path(given).expanduser()
    try:
        return str(load_public_key(path.read_bytes()).public_bytes_raw().hex())
    except OSError:
        said = "it is no path of a file, and not 64 digits of 0-9a-f"
    except CannotCheckError as error:
        said = str(error)
    raise InputError(f"{given!r} is no public key: {said}", hint=f"{keys_folder() / PUBLIC_NAME}")
