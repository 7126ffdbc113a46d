"""The file that holds the owner's key: read if it is there, else made, for no other eyes."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import AccessError, InputError
from workbench.identity import access
from workbench.identity.verification import verifier
from workbench.serving.running import is_alive
from workbench.store import files

log = logging.getLogger(__name__)
_PASSING_S = 86_400.0  # a key that nobody could take back is refused after a day


def owner_key(path: Path) -> str:
    """The owner's key of a file, made and put there if it is not there yet.

    Raises:
        InputError: What stands there is no key that this home knows.
    """
    key = read_or_make(path, _make_passing_key if _passing_pid(path) else _make_owner_key)
    try:
        principal = verifier().verify(key)
    except AccessError as error:
        raise InputError(
            f"{path} holds a key that cannot be used: {error.message}",
            hint="name another file with --key-file, and a new key is put there",
        ) from None
    if not principal.may("admin:keys"):
        log.info("the key in %s is not an owner's", path)
    return key


def passing_key_file() -> Path:
    """A file for a key that is to go with its gateway: another gateway's stays as it is.

    Keys whose process was killed and could not take them back are taken back now.
    """
    folder = settings.home() / "serving"
    for left in folder.glob("passing-*.key"):
        pid = _passing_pid(left)
        if pid is not None and not is_alive(pid):
            take_back(left)
    return folder / f"passing-{os.getpid()}-{secrets.token_hex(4)}.key"


def _passing_pid(path: Path) -> int | None:
    """The process whose gateway a passing key belongs to; None for any other file."""
    found = re.fullmatch(r"passing-(\d+)-[0-9a-f]{8}\.key", path.name)
    return int(found.group(1)) if found else None


def take_back(path: Path) -> None:
    """Revoke the key of a file and remove the file; nothing if there is none."""
    if not path.is_file():
        return
    try:
        access.revoke_key(verifier().verify(_read(path)).key_id, reason="its gateway has ended")
    except AccessError as error:  # somebody has revoked it already
        log.info("the key in %s was not in force: %s", path, error.message)
    path.unlink(missing_ok=True)


def _make_owner_key() -> str:
    """A new owner's key. The first is called ``owner``; lost ones stay until they are revoked."""
    taken = {key.name for key in access.list_keys()}
    name = "owner" if "owner" not in taken else f"owner-{secrets.token_hex(3)}"
    return access.create_key(name, role="owner").key


def _make_passing_key() -> str:
    """An owner's key for a gateway in a notebook; its name says so where calls are told by key."""
    name = f"notebook-{secrets.token_hex(3)}"
    return access.create_key(name, role="owner", expires_s=time.time() + _PASSING_S).key


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The key in a file; if there is none, a new one, which is then in the file.

    Args:
        path: The file. It comes into being whole, with mode 0600.
        make: Gives a new key; called only if one is needed.

    Raises:
        InputError: There is something else in the file.
        StorageError: It cannot be read or written.
    """
    with files.saying_why(path):
        if path.is_file() and (found := _read(path)):
            return found
        folder = path.absolute().parent
        if path.is_dir() or (folder.exists() and not folder.is_dir()):
            raise InputError(
                f"{path} cannot be a file: {path if path.is_dir() else folder} is in its way",
                hint="name another file with --key-file",
            )
        files.make_folder(folder)
        key = make()
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(key + "\n")
                file.flush()
                files.sync_file(file.fileno())
            draft.replace(path)
            files.sync_folder(folder)
        finally:
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()
    return key


def _read(path: Path) -> str:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        log.warning("%s can be read by others; chmod 600 %s", path, path)
    text = path.read_bytes()[:4096].decode("ascii", "replace").strip()
    if len(text.split()) > 1 or not text.isprintable() or "�" in text:
        raise InputError(
            f"{path} does not hold a key, a single word", hint="name another file with --key-file"
        )
    return text
