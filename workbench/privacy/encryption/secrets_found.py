"""Looking for secret keys where none may be: in a server's folder and in what it is sent.

SEAL's objects tell their size but not their kind, so what is found is tried: it is a secret key if
it loads as one. What SEAL wrote and is none of the public kinds of the plan is refused as well, for
it may be a secret key of other parameters. A key that somebody compressed, encoded as text or
renamed into another format is not seen; the file names are.
"""

from __future__ import annotations

import re
from pathlib import Path

from workbench.core.errors import InputError, IntegrityError

from .scheme import MAGIC, Scheme, load, object_size

PUBLIC_KINDS = ("Ciphertext", "PublicKey", "RelinKeys", "GaloisKeys")
_NAMES = re.compile(r"secret|private|\.pem$|id_rsa|id_ed25519", re.IGNORECASE)
_MOST_BYTES = 1 << 30
_HINT = (
    "of a client's folder a server gets `for_server` alone; whoever could read the key here can "
    "decrypt, so make new keys"
)


def refuse_secret_keys(folder: Path, scheme: Scheme) -> None:
    """Refuse a folder that a server is to read, if a secret key is anywhere in it.

    Raises:
        InputError: A file is a secret key, holds one, or is called one.
    """
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if _NAMES.search(path.name):
            raise InputError(
                f"a secret key in a server folder: {path} is called one", hint=_HINT, path=str(path)
            )
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is too large to be looked through for a secret key")
        refuse_secret_bytes(path.read_bytes(), scheme, where=f"a server folder: {path}")


def refuse_secret_bytes(content: bytes, scheme: Scheme, *, where: str) -> None:
    """Refuse bytes that hold a secret key.

    Args:
        content: A file, or the body of a request.
        scheme: The context of the plan.
        where: Where they were found, for the error.

    Raises:
        InputError: They hold one, or something that SEAL wrote and is no public kind of this plan.
    """
    at = content.find(MAGIC)
    while at >= 0:
        size = object_size(content, at)
        step = 1
        if size is not None and 16 < size <= len(content) - at:
            found = content[at : at + size]
            if is_kind("SecretKey", found, scheme):
                raise InputError(f"a secret key in {where}", hint=_HINT)
            if any(is_kind(kind, found, scheme) for kind in PUBLIC_KINDS):
                step = size
            elif at == 0 or size > 1024:
                raise InputError(
                    f"a secret key may be in {where}: SEAL wrote it, and it is no public key and "
                    "no ciphertext of this plan",
                    hint="take it away; a server's folder holds the plan, the weights and keys",
                )
        at = content.find(MAGIC, at + step)


def is_kind(kind: str, content: bytes, scheme: Scheme) -> bool:
    """Whether bytes load as an object of SEAL of that kind."""
    try:
        load(kind, content, scheme, what="the object")
    except IntegrityError:
        return False
    return True
