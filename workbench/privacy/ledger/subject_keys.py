"""A key for each person of whom the ledger tells: dropping it makes what is told unreadable.

In the ledger a person is a *pseudonym*, and personal values are *sealed*: AES-256-GCM (NIST SP
800-38D) under a key that HKDF-SHA256 (RFC 5869) draws from the person's own. Both come from 32
random bytes that are in no other place than the person's key file. Once that is gone neither can be
read or reckoned again, by whoever knows the name and all other keys; the entries stay as they are,
and so do their hashes. This is erasure by dropping a key ("crypto-shredding").

The file is named by a keyed hash of the person's name, so a list of the folder tells no names.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.store import files
from workbench.store.documents import check_text, dump_document

from .key_files import (
    destroy_key_file,
    keys_folder,
    locked,
    make_key_file,
    read_key_file,
)

PREFIX = "person:"
_KEY_BYTES, _NONCE_BYTES, _PADDED_BYTES = 32, 12, 64
_NAMING, _PERSONS, _ERASING = "naming.key", "persons", "erasing"


class SubjectKeys:
    """The keys of the persons in one ledger.

    Args:
        folder: Where they are, by default the folder of the setting ``ledger_keys``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or keys_folder()

    def pseudonym(self, person: str) -> str | None:
        """What a person is called in the ledger now; None if no key of theirs is kept."""
        key = self._find(person)
        return None if key is None else pseudonym_of(key)

    def seal(self, person: str, values: Mapping[str, Any], *, bound_to: str) -> tuple[str, str]:
        """A person's pseudonym, and their name and values in a form that only their key opens.

        Args:
            person: Whom the values tell of, as you name them: an address, a number.
            values: What is personal, as plain data.
            bound_to: Of what entry this is part; opened under another it is refused.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        plain = dump_document({"person": person, "values": dict(values)}, what="personal values")
        body = plain.encode()
        body += b" " * (-len(body) % _PADDED_BYTES)  # how long a name is would tell a little
        key, nonce = self._make(person), os.urandom(_NONCE_BYTES)
        name = pseudonym_of(key)
        sealed = AESGCM(_sealing_key(key)).encrypt(nonce, body, f"{name}\0{bound_to}".encode())
        return name, base64.b64encode(nonce + sealed).decode()

    def open(self, person: str, sealed: str, *, bound_to: str) -> dict[str, Any]:
        """The personal values of one entry.

        Raises:
            NotFoundError: No key of that person is kept: none was made, or it was dropped.
            IntegrityError: It was not sealed with this key, or not for this entry.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._find(person)
        if key is None:
            raise _unknown()
        try:
            given = base64.b64decode(sealed, validate=True)
            bound = f"{pseudonym_of(key)}\0{bound_to}".encode()
            body = AESGCM(_sealing_key(key)).decrypt(
                given[:_NONCE_BYTES], given[_NONCE_BYTES:], bound
            )
        except (InvalidTag, ValueError):
            raise IntegrityError(
                "the personal values of this entry do not open with the person's key",
                hint="workbench privacy ledger verify",
            ) from None
        values: dict[str, Any] = json.loads(body)["values"]
        return values

    def drop(self, person: str, entered: Callable[[str], None]) -> str:
        """Destroy a person's key. After a crash in the midst of it, ``finish`` does the rest.

        Args:
            person: Whose.
            entered: Called with the pseudonym while the key is out of use and still there: it
                writes down that it was dropped.

        Returns:
            The pseudonym, which nothing leads to from now on.

        Raises:
            NotFoundError: No key of that person is kept.
        """
        with locked(self.folder):
            path = self._path(person)
            key = None if path is None else read_key_file(path, size_bytes=_KEY_BYTES)
            if path is None or key is None:
                raise _unknown()
            leaving = self.folder / _ERASING / path.name
            files.make_folder(leaving.parent)
            path.rename(leaving)
            files.sync_folder(leaving.parent)
            files.sync_folder(path.parent)
            self._end(leaving, key, entered)
        return pseudonym_of(key)

    def finish(self, entered: Callable[[str], None]) -> list[str]:
        """End what a crash left of ``drop``; the pseudonyms that this concerned."""
        if not self._leaving():
            return []
        done = []
        with locked(self.folder):
            for path in self._leaving():
                key = read_key_file(path)
                if key is not None:
                    # All zero: the crash came between writing over the key and taking its name.
                    done += [pseudonym_of(key)] if any(key) else []
                    self._end(path, key, entered)
        return done

    def _end(self, path: Path, key: bytes, entered: Callable[[str], None]) -> None:
        if any(key):
            entered(pseudonym_of(key))
        destroy_key_file(path)

    def _leaving(self) -> list[Path]:
        return sorted((self.folder / _ERASING).glob("*.key"))

    def _find(self, person: str) -> bytes | None:
        path = self._path(person)
        return None if path is None else read_key_file(path, size_bytes=_KEY_BYTES)

    def _make(self, person: str) -> bytes:
        key = self._find(person)
        if key is not None:
            return key
        with locked(self.folder):
            self._make_naming_key()
            path = self._path(person)
            assert path is not None
            return make_key_file(path, os.urandom(_KEY_BYTES))

    def _make_naming_key(self) -> None:
        path = self.folder / _NAMING
        with contextlib.suppress(FileNotFoundError):
            if read_key_file(path) is None and any((self.folder / _PERSONS).glob("*.key")):
                # With a new one none of them would ever be found again, nor erased.
                raise IntegrityError(
                    f"the keys of persons in {self.folder} have lost {_NAMING}, which names them",
                    hint=f"restore {path} from a backup",
                )
        make_key_file(path, os.urandom(_KEY_BYTES))

    def _path(self, person: str) -> Path | None:
        """Where a person's key would be; None while no key has been made at all."""
        name = unicodedata.normalize("NFC", check_text(person, what="person"))
        naming = read_key_file(self.folder / _NAMING, size_bytes=_KEY_BYTES)
        if naming is None:
            return None
        tag = hmac.new(naming, name.encode(), hashlib.sha256).hexdigest()
        return self.folder / _PERSONS / f"{tag}.key"


def pseudonym_of(key: bytes) -> str:
    """What the owner of a key is called in the ledger."""
    return PREFIX + hmac.new(key, b"workbench ledger pseudonym v1", hashlib.sha256).hexdigest()[:32]


def _sealing_key(key: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"workbench ledger sealed values v1"
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(key)


def _unknown() -> NotFoundError:
    return NotFoundError(
        "no key of that person is kept: the ledger tells nothing personal of them, or they were "
        "erased",
        hint="name them as they were named when it was written",
    )
